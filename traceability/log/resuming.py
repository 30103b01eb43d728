"""Taking the log up again after a restore (docs/log.md §3): what the database lacks is read back from the export.

Entries come back with their numbers, bytes and leaves, in the caller's one transaction. Nothing is numbered anew and
nothing is re-linked: where a record made since the restore stands on a lot's old end, a person has to decide.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from traceability.canonical.entry import Entry, Link, read_entry
from traceability.canonical.types import REDACT
from traceability.checkpoint import Checkpoint, Note, parse_checkpoint, parse_note, verify_note
from traceability.errors import LogStateError, NoteError, ProfileError, TileError
from traceability.log.checkpoints import keep_signature
from traceability.log.core import Log
from traceability.log.export import NEWEST
from traceability.log.reader import TreeReader
from traceability.log.sequencer import append
from traceability.merkle import Edge, leaf_hash
from traceability.storage.base import Connection, NewEntry, Waiting
from traceability.tiles import WIDTH, Tile, bundle_path, decode_bundle, split_hashes, tile_path

Read = Callable[[str], bytes | None]
"""Gives the bytes of an exported file by its path in the export, or None when it is not there."""

_PLACEHOLDER = b"{}"


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was done: size before and after, what the signer has signed, how many waiting rows were the same entries as
    some read back, and how many personal values were lost with the database. `level`: the log may go on."""

    before: int
    size: int
    signed: int
    met_in_queue: int
    lost: int = 0

    @property
    def level(self) -> bool:
        return self.size >= self.signed


def resume(log: Log, connection: Connection, read: Read | None, signed: tuple[int, bytes] | None, now: datetime) -> Resumed:
    """Bring the log up to the export's checkpoint and compare it with what the signer has signed.

    Raises LogStateError, and then the caller rolls back: `signer-state-missing`, `no-export` (the log is behind and
    `read` is None), `export-unreadable`, `export-differs` (its entries are not those signed, or not a continuation of
    those here), `differs-from-signer`, `queue-conflict` (waiting entries that stand where others are signed).
    """
    if signed is None:
        raise LogStateError("signer-state-missing", "the signer has lost its state; see docs/operation.md")
    storage = log.storage
    edge = storage.lock_head(connection, wait=True)
    if edge is None:
        storage.start(connection)
        edge = Edge()
    before = edge.size
    if read is None and before < signed[0]:
        raise LogStateError("no-export", f"the log has {before} entries, {signed[0]} are signed: give an export")
    met = 0
    if read is not None:
        met = _bring_back(log, connection, edge, read, now)
    head = storage.head(connection) or edge
    if head.size >= signed[0] and TreeReader(storage, connection).root(signed[0]) != signed[1]:
        raise LogStateError("differs-from-signer", f"the first {signed[0]} entries are not those that were signed")
    return Resumed(before, head.size, signed[0], met)


def _bring_back(log: Log, connection: Connection, edge: Edge, read: Read, now: datetime) -> int:
    storage = log.storage
    note, checkpoint = _published(log, read)
    export = _Export(read, checkpoint.size)
    queue = _Queue(storage.pending(connection, 2**31 - 1))
    for batch in export.from_entry(edge.size):
        queue.meet(batch)
        storage.dequeue(connection, [qid for entry in batch if (qid := queue.row_of(entry.id))])
        edge = append(storage, connection, edge, batch)
    queue.refuse_conflicts()
    for seq, by in export.withheld.items():
        storage.add_redaction(connection, seq, by)
        storage.withhold(connection, seq)
    if TreeReader(storage, connection).root(checkpoint.size) != checkpoint.root:
        raise LogStateError("export-differs", "log and export do not lead to the export's checkpoint together")
    _keep_note(log, connection, note, checkpoint, now)
    return queue.met


def _published(log: Log, read: Read) -> tuple[Note, Checkpoint]:
    """The larger of the export's checkpoints: outsiders may have been shown an older one than its files reach."""
    names = ["checkpoint", *([NEWEST] if read(NEWEST) is not None else [])]
    return max((_checkpoint(log, read, name) for name in names), key=lambda found: found[1].size)


def _checkpoint(log: Log, read: Read, name: str) -> tuple[Note, Checkpoint]:
    try:
        note = parse_note(_file(read, name))
        checkpoint = parse_checkpoint(note.text)
    except NoteError as error:
        raise LogStateError("export-unreadable", f"{name}: {error.message}") from error
    if checkpoint.origin != log.origin:
        raise LogStateError("export-unreadable", f"the export belongs to {checkpoint.origin}")
    return note, checkpoint


def _keep_note(log: Log, connection: Connection, note: Note, checkpoint: Checkpoint, now: datetime) -> None:
    """The checkpoint counts when a key signed it that the log, now whole, promises for its size."""
    keys = log.promised(connection, checkpoint.size)
    try:
        good = {(item.key.name, item.key.id) for item in verify_note(note, keys)}
    except NoteError as error:
        raise LogStateError("export-differs", f"checkpoint: {error.message}") from error
    last = log.storage.last_checkpoint(connection)
    if last is None or last[0] < checkpoint.size:
        log.storage.add_checkpoint(connection, checkpoint.size, checkpoint.root)
        for line in note.signatures:
            if (line.name, line.key_id) in good:
                keep_signature(log.storage, connection, checkpoint.size, line, now)


@dataclass
class _Export:
    """The entries of an export of `size`, read bundle by bundle; `withheld` fills on the way: seq → redact's seq."""

    read: Read
    size: int
    withheld: dict[int, int] = field(default_factory=dict)

    def from_entry(self, start: int) -> Iterator[list[NewEntry]]:
        """Batches of the entries from number `start` on."""
        announced: dict[int, tuple[int, Entry]] | None = None
        for index in range(start // WIDTH, -(-self.size // WIDTH)):
            tile, bodies = self._bundle(index)
            batch = []
            for seq, data in enumerate(bodies, tile.start):
                if seq < start:
                    continue
                if not data and announced is None:
                    announced = dict(self._announcements(start))
                batch.append(_entry(data) if data else self._withheld(tile, seq, announced or {}))
            if batch:
                yield batch

    def _bundle(self, index: int) -> tuple[Tile, list[bytes]]:
        width = min(WIDTH, self.size - index * WIDTH)
        try:
            bodies = decode_bundle(_file(self.read, bundle_path(index, width), bundle_path(index)))[:width]
        except TileError as error:
            raise LogStateError("export-unreadable", f"{bundle_path(index, width)}: {error.message}") from error
        if len(bodies) != width:
            raise LogStateError("export-unreadable", f"{bundle_path(index, width)} has {len(bodies)} entries")
        return Tile(0, index, width), bodies

    def _announcements(self, start: int) -> Iterator[tuple[int, tuple[int, Entry]]]:
        """(withheld seq, (redact's seq, redact entry)) of the entries read back."""
        for index in range(start // WIDTH, -(-self.size // WIDTH)):
            tile, bodies = self._bundle(index)
            for seq, data in enumerate(bodies, tile.start):
                entry = read_entry(data) if data else None
                if entry and entry.type == REDACT:
                    yield entry.event["seq"], (seq, entry)

    def _withheld(self, tile: Tile, seq: int, announced: dict[int, tuple[int, Entry]]) -> NewEntry:
        if seq not in announced:
            raise LogStateError("export-differs", f"entry {seq} has no body and no entry announces that")
        by, entry = announced[seq]
        leaf = split_hashes(_file(self.read, tile_path(tile), tile_path(Tile(0, tile.index))))[seq - tile.start]
        links = tuple(Link(item["lot"], item["n"], bytes.fromhex(item["prev"])) for item in entry.event["lots"])
        self.withheld[seq] = by
        return NewEntry(entry.event["id"], links, _PLACEHOLDER, leaf)


class _Queue:
    """The rows that wait here, compared with what comes back."""

    def __init__(self, rows: list[Waiting]) -> None:
        self.met = 0
        self._by_id = {row.id: row for row in rows}
        self._by_link: dict[tuple[str, int], Waiting] = {}
        for row in rows:
            try:
                self._by_link |= {(link.lot, link.n): row for link in read_entry(row.data).links}
            except ProfileError:  # a torn row is named by the next run of the sequencer
                continue
        self._conflicts: list[str] = []

    def meet(self, batch: list[NewEntry]) -> None:
        for entry in batch:
            same = self._by_id.get(entry.id)
            if same and same.leaf == entry.leaf:
                self.met += 1
                continue
            if same:
                self._conflicts.append(f"{entry.id} waits with other bytes than were signed")
            for link in entry.links:
                other = self._by_link.get((link.lot, link.n))
                if other and other is not same:
                    self._conflicts.append(f"{other.id} waits as number {link.n} of lot {link.lot}, which is {entry.id}")

    def row_of(self, entry_id: str) -> int | None:
        row = self._by_id.get(entry_id)
        return row.qid if row else None

    def refuse_conflicts(self) -> None:
        if self._conflicts:
            shown = "; ".join(self._conflicts[:20])
            raise LogStateError(
                "queue-conflict",
                f"{len(self._conflicts)} waiting entries were made on lots whose signed history was not here: {shown}."
                " They cannot be linked anew: their leaves were given out. See docs/operation.md, Restore.",
            )


def _entry(data: bytes) -> NewEntry:
    try:
        entry = read_entry(data)
    except ProfileError as error:
        raise LogStateError("export-differs", f"an entry is outside the profile: {error.message}") from error
    return NewEntry(entry.id, entry.links, data, leaf_hash(data))


def _file(read: Read, path: str, full: str | None = None) -> bytes:
    """The file, or the `full` one that stands for a partial one."""
    data = read(path)
    if data is None and full:
        data = read(full)
    if data is None:
        raise LogStateError("export-unreadable", f"{path} is missing from the export")
    return data
