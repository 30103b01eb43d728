"""The full audit: every stored byte hashed again and compared with every row that speaks of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from traceability.canonical.entry import NO_PREVIOUS, Entry, Link, read_entry
from traceability.canonical.types import ERASE
from traceability.checkpoint import Checkpoint, Note, VerifierKey, parse_signature_line, verify_note
from traceability.errors import NoteError, ProfileError
from traceability.log.completeness import check_tables
from traceability.merkle import Edge, Node, leaf_hash
from traceability.rules import Finding, Rules
from traceability.storage.base import Connection, Sealed, Storage, StoredLink
from traceability.tiles import HEIGHT, WIDTH, split_hashes

_CHUNK = 512
_MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not fit. `index` is the entry's number (a tile's first wrong entry, a checkpoint's size).

    Kinds: `entry` (row missing), `body`, `leaf`, `id`, `link`, `tile`, `head`, `checkpoint`, `note`, `opening` (lost),
    and those of `rules.Finding`: `genesis`, `operator`, `target`, `map`, `redaction`.
    """

    index: int
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Audit:
    """The outcome: entries read, how many of them withheld, the root over their leaves, and what does not fit, first
    index first."""

    size: int
    root: bytes
    problems: tuple[Problem, ...]
    withheld: int = 0

    @property
    def sound(self) -> bool:
        return not self.problems


def audit(storage: Storage, connection: Connection, origin: str, keys: Sequence[VerifierKey]) -> Audit:
    """Read the whole log from its first entry and compare bodies, leaves, ids, lot links, tiles, head, checkpoints
    and their signatures, the rules of its entries, map and openings. Reads only; at most 100 problems are kept. A log
    before its inception is sound and empty. Of `keys` those count that the log promises for a checkpoint's size."""
    rules = Rules(_announced(storage, connection))
    check = _Check(storage, connection, origin, dict(storage.checkpoints(connection)), rules)
    head = storage.head(connection) or Edge()
    at = 0
    while check.complete and at < max(head.size, check.rows_stored):
        check.rows(at, storage.sealed(connection, at, at + _CHUNK))
        at += _CHUNK
    check.totals()
    if head != check.edge:
        check.report(min(head.size, check.edge.size), "head", f"the head says {head.size} entries or another edge")
    for size, root in check.roots.items():
        promised = rules.promised(size)
        _check_notes(check, Checkpoint(origin, size, root), [key for key in keys if str(key) in promised])
    problems = sorted(check.problems, key=lambda problem: problem.index)
    return Audit(check.edge.size, check.edge.root(), tuple(problems[:_MOST_PROBLEMS]), rules.withheld)


@dataclass
class _Check:
    """The audit's running state. A wrong row is reported and its stored leaf used on, so that one change is one
    finding; a missing row ends the reading."""

    storage: Storage
    connection: Connection
    origin: str
    roots: dict[int, bytes]
    rules: Rules
    edge: Edge = field(default_factory=Edge)
    problems: list[Problem] = field(default_factory=list)
    links: int = 0
    tiles: int = 0
    complete: bool = True
    committed: dict[str, tuple[int, set[str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.counts = self.storage.counts(self.connection)
        self.rows_stored = self.counts["entry"]

    def report(self, index: int, kind: str, message: str) -> None:
        if len(self.problems) < 10 * _MOST_PROBLEMS:
            self.problems.append(Problem(index, kind, message))

    def rows(self, start: int, rows: Sequence[Sealed]) -> None:
        """Check the rows of one chunk."""
        stored = _by_seq(self.storage.links(self.connection, start, start + _CHUNK))
        for row in rows:
            if row.seq != self.edge.size:
                break
            self._row(row, stored.get(row.seq, []))
        expected = min(start + _CHUNK, self.rows_stored)
        if self.edge.size < expected:
            self.complete = False
            self.report(self.edge.size, "entry", "the entry row is missing; nothing after it was read")

    def _row(self, row: Sealed, stored: Sequence[StoredLink]) -> None:
        if row.data is None and row.seq in self.rules.announced:
            redact = self.rules.announced[row.seq][1]
            self._say(row.seq, self.rules.take_withheld(row.seq, row.leaf))
            self._compare(row, redact.event.get("id", ""), self.rules.last_links, stored)
        elif entry := self._entry(row):
            self._say(row.seq, self.rules.take(row.seq, row.leaf, entry))
            self._compare(row, entry.id, entry.links, stored)
            self._openings(row, entry)
        else:
            self.links += len(stored)
            self.rules.skip(row.leaf, tuple(Link(link.lot, link.n, NO_PREVIOUS) for link in stored))
        self.edge, completed = self.edge.push(row.leaf)
        for node in completed:
            if node.height and node.height % HEIGHT == 0:
                self._tile(node)
        root = self.roots.get(self.edge.size)
        if root is not None and root != self.edge.root():
            self.report(self.edge.size, "checkpoint", "the stored root is not the root of the entries")

    def _entry(self, row: Sealed) -> Entry | None:
        """The entry in the row's body, if it is what was sealed."""
        if row.data is None:
            self.report(row.seq, "body", "the body is missing")
            return None
        leaf = leaf_hash(row.data)
        if leaf != row.leaf:
            stored = self.storage.tile(self.connection, 0, row.seq // WIDTH)
            changed_leaf = stored and split_hashes(stored)[row.seq % WIDTH] == leaf
            kind = "leaf" if changed_leaf else "body"
            self.report(row.seq, kind, f"the {kind} was changed: the body does not hash to the leaf")
            return None
        try:
            entry = read_entry(row.data)
        except ProfileError as error:
            self.report(row.seq, "body", f"outside the profile: {error}")
            return None
        if entry.log != self.origin:
            self.report(row.seq, "body", "the entry belongs to another log")
        return entry

    def _compare(self, row: Sealed, entry_id: str, links: Sequence[Link], stored: Sequence[StoredLink]) -> None:
        """The columns beside the body, with what the body (or the redact entry in its place) says."""
        self.links += len(links)
        if entry_id != row.id:
            self.report(row.seq, "id", "the id column is not the id in the entry")
        if [(link.lot, link.n) for link in stored] != [(link.lot, link.n) for link in links]:
            self.report(row.seq, "link", "the lot index does not say what the entry says")

    def _say(self, seq: int, findings: Iterable[Finding]) -> None:
        for found in findings:
            self.report(seq, found.kind, found.message)

    def _openings(self, row: Sealed, entry: Entry) -> None:
        if entry.commitments:
            self.committed[row.leaf.hex()] = (row.seq, set(entry.commitments))
        if entry.type == ERASE:
            for leaf, paths in entry.event["paths"].items():
                if leaf in self.committed:
                    self.committed[leaf][1].difference_update(paths)

    def _tile(self, node: Node) -> None:
        self.tiles += 1
        level, start = node.height // HEIGHT - 1, node.index * WIDTH
        [*found] = self.storage.tiles(self.connection, level, node.index, node.index + 1)
        first = start << (HEIGHT * level)
        if not found:
            self.report(first, "tile", f"tile {level}/{node.index} is missing")
            return
        if level:
            expected = self.storage.tile_roots(self.connection, level - 1, start, start + WIDTH)
        else:
            expected = self.storage.leaves(self.connection, start, start + WIDTH)
        for offset, (hash_, due) in enumerate(zip(split_hashes(found[0].hashes), expected, strict=False)):
            if hash_ != due:
                self.report((start + offset) << (HEIGHT * level), "tile", f"tile {level}/{node.index} differs")
                return
        if len(expected) != WIDTH or found[0].root != node.hash:
            self.report(first, "tile", f"the root of tile {level}/{node.index} differs")

    def totals(self) -> None:
        """Rows that no entry accounts for, and derived rows that do not say what the entries say."""
        if not self.complete:
            return
        self._lost()
        wrong_map = check_tables(self.storage, self.connection)
        if wrong_map:
            self.report(self.rules.last_map[0] if self.rules.last_map else self.edge.size, "map", wrong_map)
        due = {"body": self.edge.size - self.rules.withheld, "lotlink": self.links, "tile": self.tiles}
        kinds = {"body": "body", "lotlink": "link", "tile": "tile"}
        for name, count in due.items():
            if self.counts[name] > count:
                self.report(self.edge.size, kinds[name], f"{self.counts[name]} rows of {name} where {count} are due")
        for size in self.roots:
            if size > self.edge.size:
                self.report(self.edge.size, "checkpoint", f"there is a checkpoint of {size} entries")


    def _lost(self) -> None:
        """Commitments that no opening opens, and no erase entry speaks of."""
        open_paths: dict[int, set[str]] = {}
        for name, path, seq in self.storage.all_openings(self.connection):
            if seq is None and self.storage.find(self.connection, name):
                continue  # it waits to be sealed
            if seq is None:
                self.report(self.edge.size, "opening", f"there is an opening of {path} that no entry commits to")
            else:
                open_paths.setdefault(seq, set()).add(path)
        for seq, paths in self.committed.values():
            for path in sorted(paths - open_paths.get(seq, set())):
                self.report(seq, "opening", f"the opening of {path} is lost: no erase entry speaks of it")


def _announced(storage: Storage, connection: Connection) -> dict[int, tuple[int, Entry]]:
    """The redact entries that the store's list of redactions names."""
    found = {}
    for seq, by in storage.withheld(connection).items():
        for row in storage.sealed(connection, by, by + 1):
            if row.data is not None:
                found[seq] = (by, read_entry(row.data))
    return found


def _by_seq(links: Iterable[StoredLink]) -> dict[int, list[StoredLink]]:
    result: dict[int, list[StoredLink]] = {}
    for link in links:
        result.setdefault(link.seq, []).append(link)
    return result


def _check_notes(check: _Check, checkpoint: Checkpoint, keys: Sequence[VerifierKey]) -> None:
    """A checkpoint may have no line yet (a crash between storing and signing); lines it has must hold."""
    notes = check.storage.notes(check.connection, checkpoint.size)
    try:
        lines = tuple(parse_signature_line(note.line) for note in notes)
        if lines:
            verify_note(Note(checkpoint.text(), lines), keys)
    except NoteError as error:
        check.report(checkpoint.size, "note", error.message)
