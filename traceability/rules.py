"""What the entries of a log owe each other (docs/log.md §2, §4, §6, §7), checked while it is read from entry 0 on.

Rights to correct are not here: an entry without them makes no log unsound, it only does not count
(`traceability.history`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from traceability.canonical.chain import Chains, Tail
from traceability.canonical.entry import Entry, Link, read_links
from traceability.canonical.keys import keys_at, terms
from traceability.canonical.types import (
    CORRECT,
    DISPUTE,
    GENESIS,
    KEY,
    MAP,
    OPERATOR_ONLY,
    REDACT,
    RELATIONS,
    VOID,
)
from traceability.errors import ChainError, ProofError
from traceability.lotmap import LotMap, height_for
from traceability.merkle import HASH_BYTES
from traceability.spill import Names, Rows, Tails

_ON_TARGETS_LOTS = frozenset({CORRECT, VOID, DISPUTE})
_DIGEST_BYTES = 8
_LOTS_AT_ONCE = 4_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit. Kinds: `genesis`, `id`, `operator`, `target`, `link`, `map`, `redaction`."""

    kind: str
    message: str


@dataclass
class Rules:
    """The state of a log while it is replayed. `announced`: withheld entries by seq, each with the number and the
    entry of its `redact` entry; there before the withheld entry is taken."""

    announced: dict[int, tuple[int, Entry]] = field(default_factory=dict)
    operator: str = ""
    chains: Chains = field(default_factory=lambda: Chains(Tails()))
    withheld: int = 0
    promises: list[tuple[int, Entry]] = field(default_factory=list)
    last_map: tuple[int, int] | None = None
    """Seq and number of lots of the last `map` entry."""
    last_links: tuple[Link, ...] = ()
    """The links of the entry taken last, those its `redact` tells where it is withheld."""

    def __post_init__(self) -> None:
        self._map = LotMap()
        self._changed: set[str] = set()
        self._rows, self._ids = Rows(HASH_BYTES + 2 * _DIGEST_BYTES), Names()

    def take(self, seq: int, leaf: bytes, entry: Entry) -> list[Finding]:
        """Check the next entry against all before it. It counts on whatever was found, so that one change is one
        finding."""
        return [*self._check(seq, entry), *self._add(leaf, entry.id, entry.links)]

    def take_withheld(self, seq: int, leaf: bytes) -> list[Finding]:
        """Check that an entry without body is announced, and go on over it with the links its `redact` names."""
        self.withheld += 1
        by, redact = self.announced.get(seq, (0, None))
        if redact is None or by <= seq or not seq:
            return [Finding("redaction", "the body is withheld, and no redact entry announces it"), *self._add(leaf, "", ())]
        told = redact.event
        if (redact.type, redact.who, told.get("seq"), told.get("leaf")) != (REDACT, self.operator, seq, leaf.hex()):
            return [Finding("redaction", f"entry {by} does not announce that this one is withheld"), *self._add(leaf, "", ())]
        return self._add(leaf, told["id"], read_links(told["lots"]))

    def skip(self, leaf: bytes, links: tuple[Link, ...] = ()) -> None:
        """Go on over an entry that cannot be read; `links` as they are known from elsewhere."""
        self._add(leaf, "", links, follow=False)

    def promised(self, size: int) -> list[str]:
        """The verifier keys that may sign a checkpoint of this size."""
        return keys_at(terms(item for item in self.promises if item[0] < size), size)

    @property
    def map_height(self) -> int:
        """The height of the last map."""
        return self._map.height

    def map_records(self, first: int, stop: int) -> bytes:
        """The records of the last map's buckets from `first` up to `stop`, joined."""
        return b"".join(self._map.buckets.get(index, b"") for index in range(first, stop))

    def _check(self, seq: int, entry: Entry) -> Iterator[Finding]:
        if (entry.type == GENESIS) != (seq == 0):
            yield Finding("genesis", "a log has one genesis entry, its first")
        if seq == 0:
            self.operator = entry.who
        if entry.type in (GENESIS, KEY):
            self.promises.append((seq, entry))
        if entry.type in OPERATOR_ONLY and entry.who != self.operator:
            yield Finding("operator", f"{entry.who} is not the operator: it may not write {entry.type}")
        if entry.type in RELATIONS:
            yield from self._targets(seq, entry)
        if entry.type == MAP:
            yield from self._map_entry(seq, entry)

    def _targets(self, seq: int, entry: Entry) -> Iterator[Finding]:
        for item in entry.references:
            at = entry.event["seq"] if item.seq is None else item.seq
            row = self._rows[at] if 0 <= at < seq else b""
            leaf, its_lots, name = row[:HASH_BYTES], row[HASH_BYTES:-_DIGEST_BYTES], row[-_DIGEST_BYTES:]
            if leaf != item.leaf:
                yield Finding("target", f"entry {at} is not before this one, or has another leaf")
                continue
            lots = _lots(link.lot for link in entry.links)
            if entry.type in _ON_TARGETS_LOTS and its_lots != lots:
                yield Finding("target", f"entry {at} is of other lots")
            if entry.type == REDACT and at not in self.announced and name != _withheld_as(entry):
                yield Finding("redaction", f"the id and links told are not those of entry {at}")

    def _map_entry(self, seq: int, entry: Entry) -> Iterator[Finding]:
        told = entry.event
        height, before = told["height"], self._map.height if self.last_map else None
        lots = len(self.chains.tails)
        try:
            root = self._map_root(height)
        except ProofError as error:
            yield Finding("map", error.message)
            return
        self._changed = set()
        if told["size"] != seq:
            yield Finding("map", f"the map says it covers {told['size']} entries, {seq} are before it")
        elif told["lots"] != lots or told["root"] != root.hex():
            yield Finding("map", "the map does not say what the entries before it say")
        elif height not in {height_for(lots), height_for(lots, before)}:
            yield Finding("map", f"height {height} does not suit {lots} lots")
        self.last_map = (seq, lots)

    def _add(self, leaf: bytes, entry_id: str, links: tuple[Link, ...], *, follow: bool = True) -> list[Finding]:
        found = []
        if entry_id:
            name = blake2b(entry_id.encode(), digest_size=16).digest()
            if name in self._ids:
                found.append(Finding("id", f"the id {entry_id} is there twice"))
            self._ids.add(name)
        try:
            if follow:
                self.chains.follow(links, leaf)
        except ChainError as error:
            found.append(Finding("link", error.message))
            follow = False
        if not follow:
            for link in links:
                self.chains.tails[link.lot] = Tail(link.n, leaf)
        self.last_links = links
        self._changed.update(link.lot for link in links)
        self._rows.append(leaf + _lots(link.lot for link in links) + _name(entry_id, links))
        return found

    def _map_root(self, height: int) -> bytes:
        """The root after the lots that changed since the last map, put in some at a time for the sake of memory."""
        lots, root = sorted(self._changed), b""
        for at in range(0, max(len(lots), 1), _LOTS_AT_ONCE):
            tails = ((lot, self.chains.tails[lot]) for lot in lots[at : at + _LOTS_AT_ONCE])
            root = self._map.update({lot: (tail.n + 1, tail.leaf) for lot, tail in tails}, height)
        return root


def _lots(names: Iterator[str]) -> bytes:
    return blake2b("\0".join(names).encode(), digest_size=_DIGEST_BYTES).digest()


def _withheld_as(redact: Entry) -> bytes:
    return _name(redact.event["id"], read_links(redact.event["lots"]))


def _name(entry_id: str, links: tuple[Link, ...]) -> bytes:
    told = b"\0".join(f"{link.lot} {link.n} {link.previous.hex()}".encode() for link in links)
    return blake2b(entry_id.encode() + b"\0" + told, digest_size=_DIGEST_BYTES).digest()
