"""Checks a static export of a log without trusting who made it: no database, no network, the exported files alone.

What is recomputed: every leaf, the profile, links and rules of every entry, every map, uniqueness of ids, every tile,
the root of the signed checkpoint, whether its key was promised, and the root of an older checkpoint somebody kept.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from traceability.canonical.entry import Entry, read_entry
from traceability.canonical.keys import terms
from traceability.checkpoint import (
    Checkpoint,
    Verified,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
    verify_note,
)
from traceability.errors import NoteError, ProfileError
from traceability.merkle import Edge, leaf_hash
from traceability.policy import Policy
from traceability.rules import Finding, Rules
from traceability.tiles import WIDTH, Tile, bundle_path, hashes_at_level, tile_path, tiles_of_tree

SOUND, TAMPERED, FORK, INCOMPLETE, USAGE = 0, 1, 2, 3, 4

_REDACTION = re.compile(rb"([1-9][0-9]{0,15}) ([1-9][0-9]{0,15})")

_TERM = re.compile(r"(0|[1-9][0-9]{0,15}) (-|0|[1-9][0-9]{0,15}) ([!-~]+)")

Read = Callable[[str], bytes | None]
"""Gives the bytes of an exported file by its path in the export, or None when it is not there."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome. `outcome` is the exit code of INTERFACE; `index` the first entry that does not fit, if one does not;
    `withheld` how many bodies were withheld, each announced; `mapped` the seq of the last map, which says that up to
    there nothing is missing; `lot_entries` the numbers of the entries of the lot asked for."""

    outcome: int
    message: str
    size: int = 0
    index: int | None = None
    lot_entries: tuple[int, ...] = ()
    withheld: int = 0
    mapped: int | None = None


class _Ended(Exception):
    def __init__(self, outcome: int, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.index = index


def verify_export(
    read: Read,
    keys: Sequence[VerifierKey],
    *,
    policy: Policy | None = None,
    since: bytes | None = None,
    lot: str | None = None,
) -> Verdict:
    """Check the export from its first entry to its checkpoint and stop at the first thing that does not fit.

    `keys` are the verifier keys the reader trusts, `policy` whose signatures it asks for besides; `since` is an older
    note of this log, kept from before. Raises nothing: whatever the files hold becomes a verdict.
    """
    try:
        checkpoint, signed = _checkpoint(_file(read, "checkpoint"), keys)
        if policy and not policy.check(item.key for item in signed):
            raise _Ended(INCOMPLETE, "checkpoint: signatures that the policy asks for are missing")
        older = _held(since, keys, checkpoint.origin) if since is not None else None
        if older:
            _check_fork(read, checkpoint, older)
        replay = _Replay(checkpoint.origin, lot, Rules(_announced(read, checkpoint.size)))
        _walk(read, checkpoint, replay)
        if older and older.size > checkpoint.size:
            raise _Ended(INCOMPLETE, f"the export ends at {checkpoint.size}, the older note says {older.size}")
        if not {str(item.key) for item in signed} & set(replay.rules.promised(checkpoint.size)):
            raise _Ended(TAMPERED, "checkpoint: the log does not promise the key that signed it")
        _check_history(read, checkpoint, replay.rules)
    except _Ended as end:
        return Verdict(end.outcome, str(end), index=end.index)
    rules = replay.rules
    withheld = f", {rules.withheld} withheld and announced" if rules.withheld else ""
    message = f"sound: {checkpoint.size} entries of {checkpoint.origin}{withheld}"
    mapped = rules.last_map[0] if rules.last_map else None
    return Verdict(SOUND, message, checkpoint.size, None, tuple(replay.found), rules.withheld, mapped)


def _checkpoint(note: bytes, keys: Sequence[VerifierKey]) -> tuple[Checkpoint, list[Verified]]:
    try:
        parsed = parse_note(note)
        verified = verify_note(parsed, keys)
        checkpoint = parse_checkpoint(parsed.text)
    except NoteError as error:
        raise _Ended(TAMPERED, f"checkpoint: {error.message}") from error
    if all(item.key.name != checkpoint.origin for item in verified):
        raise _Ended(TAMPERED, "checkpoint: not signed by a key of its own log")
    return checkpoint, verified


def _held(note: bytes, keys: Sequence[VerifierKey], origin: str) -> Checkpoint:
    """The older note somebody kept; one that cannot be used is no finding about the log."""
    try:
        older = _checkpoint(note, keys)[0]
    except _Ended as end:
        raise _Ended(USAGE, f"the older note cannot be used: {end}") from end
    if older.origin != origin:
        raise _Ended(USAGE, "the older note is of another log")
    return older


def _check_fork(read: Read, checkpoint: Checkpoint, older: Checkpoint) -> None:
    """Where the tiles lead to the signed root, do they also lead to the older one? Two signed trees are a fork whatever
    the entries say."""
    edge, before = Edge(), Edge()
    for tile in tiles_of_tree(checkpoint.size):
        data = _tile(read, tile) if tile.level == 0 else b""
        for at in range(0, len(data) - 31, 32):
            edge, _ = edge.push(data[at : at + 32])
            before = edge if edge.size == older.size else before
    if edge.root() == checkpoint.root and before.size == older.size and before.root() != older.root:
        raise _Ended(FORK, f"the older note of {older.size} entries has another root", older.size)


def _announced(read: Read, size: int) -> dict[int, tuple[int, Entry]]:
    """The redact entries that the file `redactions` names, read ahead: they say how a lot goes on."""
    found: dict[int, tuple[int, Entry]] = {}
    for line in filter(None, (read("redactions") or b"").split(b"\n")):
        told = _REDACTION.fullmatch(line)
        if not told or int(told[1]) >= int(told[2]) or int(told[1]) in found:
            raise _Ended(TAMPERED, "the file redactions names something else than earlier entries, each once")
        seq, by = int(told[1]), int(told[2])
        if by >= size:
            continue  # as if it were not announced
        width = min(WIDTH, size - by // WIDTH * WIDTH)
        for index, data in _records(read, Tile(0, by // WIDTH, width)):
            if index == by:
                with suppress(ProfileError):
                    found[seq] = (by, read_entry(data))
                break
    return found


def _check_history(read: Read, checkpoint: Checkpoint, rules: Rules) -> None:
    """The key history, signed by the offline root key that the genesis names, says what the entries say."""
    data, root = read("key-history"), rules.promises[0][1].event.get("root") if rules.promises else None
    if data is None or root is None:
        return
    try:
        note = parse_note(data)
        verify_note(note, [parse_verifier_key(root)])
    except NoteError as error:
        raise _Ended(TAMPERED, f"key-history: {error.message}") from error
    first, *lines = note.text.splitlines()
    told = {term.key: term for term in terms(rules.promises)}
    seen: set[str] = set()
    before, good = 0, first == f"{checkpoint.origin}/key-history"
    for line in lines:
        row = _TERM.fullmatch(line)
        good = good and row is not None and int(row[1]) >= before and row[3] not in seen
        if not row or not good:
            break
        before, stop, term = int(row[1]), None if row[2] == "-" else int(row[2]), told.get(row[3])
        seen.add(row[3])
        if term is None:
            good = before > checkpoint.size
        else:
            good = before == term.start and (stop in (None, term.stop) or (term.stop is None and stop > checkpoint.size))
    if not good:
        raise _Ended(TAMPERED, "key-history: it does not say what the log says of its keys")


def _walk(read: Read, checkpoint: Checkpoint, replay: "_Replay") -> None:
    for tile in tiles_of_tree(checkpoint.size):
        if tile.level == 0:
            _compare(read, replay, tile)
    if replay.edge.root() != checkpoint.root:
        raise _Ended(TAMPERED, "the entries do not lead to the signed root", checkpoint.size)
    for tile in tiles_of_tree(checkpoint.size):
        if tile.level and _tile(read, tile) != replay.tile(tile):
            raise _Ended(TAMPERED, f"{tile_path(tile)} differs from the entries", tile.start << (8 * tile.level))


def _compare(read: Read, replay: "_Replay", tile: Tile) -> None:
    hashes = _tile(read, tile)
    for index, data in _records(read, tile):
        at = 32 * (index - tile.start)
        leaf = hashes[at : at + 32]
        if len(leaf) < 32 or (data and leaf_hash(data) != leaf):
            raise _Ended(TAMPERED, "the entry does not have the leaf in its tile", index)
        replay.take(index, data, leaf)
    if len(hashes) != 32 * tile.width:
        raise _Ended(TAMPERED, f"{tile_path(tile)} has another length", tile.stop)


def _records(read: Read, tile: Tile) -> Iterator[tuple[int, bytes]]:
    """(number, bytes) of the entries of a bundle, as far as it is whole."""
    data = read(bundle_path(tile.index, tile.width))
    cut = data is None and tile.width < WIDTH  # a full bundle may stand for a partial one (C2SP tlog-tiles)
    data = _file(read, bundle_path(tile.index, WIDTH if cut else tile.width))
    at = 0
    for index in range(tile.start, tile.stop):
        stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or stop > len(data):
            raise _Ended(TAMPERED, "the bundle is cut short at this entry", index)
        yield index, data[at + 2 : stop]
        at = stop
    if at != len(data) and not cut:
        raise _Ended(TAMPERED, "the bundle holds more than its entries", tile.stop)


def _tile(read: Read, tile: Tile) -> bytes:
    if tile.width < WIDTH and read(tile_path(tile)) is None:
        whole = read(tile_path(Tile(tile.level, tile.index)))
        if whole is not None:
            return whole[: 32 * tile.width]
    return _file(read, tile_path(tile))


def _file(read: Read, path: str) -> bytes:
    data = read(path)
    if data is None:
        raise _Ended(INCOMPLETE, f"{path} is missing")
    return data


def _read(index: int, data: bytes) -> Entry:
    try:
        return read_entry(data)
    except ProfileError as error:
        raise _Ended(TAMPERED, error.message, index) from error


@dataclass
class _Replay:
    """The log as built up again, entry by entry."""

    origin: str
    lot: str | None
    rules: Rules
    edge: Edge = field(default_factory=Edge)
    found: list[int] = field(default_factory=list)
    levels: list[list[bytes]] = field(default_factory=list)

    def take(self, index: int, data: bytes, leaf: bytes) -> None:
        """Check one entry (empty: withheld) and add it."""
        findings = self._entry(index, data, leaf) if data else self.rules.take_withheld(index, leaf)
        if findings:
            raise _Ended(TAMPERED, findings[0].message, index)
        if any(link.lot == self.lot for link in self.rules.last_links):
            self.found.append(index)
        self.edge, completed = self.edge.push(leaf)
        for node in completed:
            level, above = divmod(node.height, 8)
            if level and not above:
                while len(self.levels) < level:
                    self.levels.append([])
                self.levels[level - 1].append(node.hash)

    def tile(self, tile: Tile) -> bytes:
        """The bytes a tile above the leaves must have."""
        count = hashes_at_level(self.edge.size, tile.level)
        hashes = self.levels[tile.level - 1][tile.index * WIDTH : min(tile.stop, count)]
        return b"".join(hashes)

    def _entry(self, index: int, data: bytes, leaf: bytes) -> list[Finding]:
        entry = _read(index, data)
        if entry.log != self.origin:
            raise _Ended(TAMPERED, f"the entry belongs to {entry.log}", index)
        if index in self.rules.announced:
            raise _Ended(TAMPERED, "the file redactions says this entry is withheld, but it is here", index)
        return self.rules.take(index, leaf, entry)
