"""The store in memory: for tests, tools and small logs of one process. `connection` is not looked at, there is no
rollback, and nothing survives the process."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

from traceability.canonical.chain import Tail
from traceability.errors import ConflictError, LogStateError
from traceability.merkle import Edge
from traceability.storage.base import (
    Connection,
    NewEntry,
    Sealed,
    Stored,
    StoredLink,
    StoredNote,
    StoredTile,
    Waiting,
)
from traceability.storage.memory_derived import MemoryDerived


@dataclass
class MemoryStorage(MemoryDerived):
    """`Storage` in lists and dicts."""

    edge: Edge | None = None
    queue: dict[int, NewEntry] = field(default_factory=dict)
    stored_tiles: dict[tuple[int, int], StoredTile] = field(default_factory=dict)
    roots: dict[int, bytes] = field(default_factory=dict)
    lines: list[StoredNote] = field(default_factory=list)
    _qids: "count[int]" = field(default_factory=lambda: count(1))

    def lock(self, connection: Connection, names: Iterable[str]) -> None:
        """One process, one thread: nothing to wait for."""

    def tail(self, connection: Connection, lot: str) -> Tail | None:
        waiting = [Tail(link.n, entry.leaf) for entry in self.queue.values() for link in entry.links if link.lot == lot]
        return waiting[-1] if waiting else self.sealed_tails(connection, [lot]).get(lot)

    def tails(self, connection: Connection, lots: Iterable[str]) -> dict[str, Tail]:
        return {lot: tail for lot in lots if (tail := self.tail(connection, lot))}

    def sealed_tails(self, connection: Connection, lots: Iterable[str]) -> dict[str, Tail]:
        last = {lot: self.by_lot[lot][-1] for lot in lots if lot in self.by_lot}
        return {lot: Tail(link.n, self.entries[link.seq].leaf) for lot, link in last.items()}

    def find(self, connection: Connection, entry_id: str) -> Stored | None:
        for entry in self.queue.values():
            if entry.id == entry_id:
                return Stored(entry.id, entry.data, entry.leaf, None)
        seq = self.by_id.get(entry_id)
        return None if seq is None else Stored(entry_id, self._data(seq), self.entries[seq].leaf, seq)

    def enqueue(self, connection: Connection, entry: NewEntry) -> None:
        taken = {(link.lot, link.n) for waiting in self.queue.values() for link in waiting.links}
        if self.find(connection, entry.id) or any((link.lot, link.n) in taken for link in entry.links):
            raise ConflictError("taken", "the entry id or a lot's number is already in the queue")
        self.queue[next(self._qids)] = entry

    def pending(self, connection: Connection, limit: int, after: int = 0) -> list[Waiting]:
        rows = [(qid, entry) for qid, entry in self.queue.items() if qid > after]
        return [Waiting(qid, entry.id, entry.data, entry.leaf) for qid, entry in rows[:limit]]

    def pending_of_lot(self, connection: Connection, lot: str) -> list[Waiting]:
        return [
            Waiting(qid, entry.id, entry.data, entry.leaf)
            for qid, entry in self.queue.items()
            if any(link.lot == lot for link in entry.links)
        ]

    def start(self, connection: Connection) -> None:
        if self.edge is not None:
            raise LogStateError("already-started", "this log has a head; inception is done once")
        self.edge = Edge()

    def head(self, connection: Connection) -> Edge | None:
        return self.edge

    def lock_head(self, connection: Connection, *, wait: bool) -> Edge | None:
        return self.edge

    def idle(self, connection: Connection, lots: Sequence[str]) -> tuple[Edge, dict[str, Tail]] | None:
        return None if self.queue or self.edge is None else (self.edge, self.sealed_tails(connection, lots))

    def append(self, connection: Connection, start: int, batch: Sequence[NewEntry]) -> None:
        if start != len(self.entries):
            raise LogStateError("not-next", f"entry {start} where {len(self.entries)} is due")
        if any(entry.id in self.by_id for entry in batch):
            raise ConflictError("taken", "an entry's id is already in the log")
        for seq, entry in enumerate(batch, start):
            self.entries.append(entry)
            self.by_id[entry.id] = seq
            for link in entry.links:
                self.by_lot.setdefault(link.lot, []).append(StoredLink(link.lot, link.n, seq))

    def dequeue(self, connection: Connection, qids: Sequence[int]) -> None:
        for qid in qids:
            del self.queue[qid]

    def add_tile(self, connection: Connection, tile: StoredTile) -> None:
        if (tile.level, tile.index) in self.stored_tiles:
            raise LogStateError("tile-taken", "a tile is written once")
        self.stored_tiles[tile.level, tile.index] = tile

    def set_head(self, connection: Connection, edge: Edge) -> None:
        self.edge = edge

    def leaves(self, connection: Connection, start: int, stop: int) -> list[bytes]:
        return [entry.leaf for entry in self.entries[start:stop]]

    def tile(self, connection: Connection, level: int, index: int) -> bytes | None:
        found = self.stored_tiles.get((level, index))
        return found.hashes if found else None

    def tile_roots(self, connection: Connection, level: int, start: int, stop: int) -> list[bytes]:
        return [tile.root for tile in self.tiles(connection, level, start, stop)]

    def tiles(self, connection: Connection, level: int, start: int, stop: int) -> list[StoredTile]:
        found = (self.stored_tiles.get((level, index)) for index in range(start, stop))
        return [tile for tile in found if tile]

    def sealed(self, connection: Connection, start: int, stop: int) -> list[Sealed]:
        rows = enumerate(self.entries[start:stop], start)
        return [Sealed(seq, entry.id, entry.leaf, self._data(seq)) for seq, entry in rows]

    def bodies(self, connection: Connection, start: int, stop: int) -> Sequence[tuple[int, bytes, bytes | None]]:
        return [(seq, leaf, data) for seq, _, leaf, data in self.sealed(connection, start, stop)]

    def sealed_of_lot(self, connection: Connection, lot: str) -> list[Sealed]:
        return [row for link in self.by_lot.get(lot, []) for row in self.sealed(connection, link.seq, link.seq + 1)]

    def links(self, connection: Connection, start: int, stop: int) -> list[StoredLink]:
        found = (link for links in self.by_lot.values() for link in links if start <= link.seq < stop)
        return sorted(found, key=lambda link: (link.seq, link.lot))

    def counts(self, connection: Connection) -> dict[str, int]:
        links = sum(len(links) for links in self.by_lot.values())
        size = len(self.entries)
        return {"entry": size, "body": size - len(self.gone), "lotlink": links, "tile": len(self.stored_tiles)}

    def add_checkpoint(self, connection: Connection, size: int, root: bytes) -> None:
        if self.roots and size <= max(self.roots):
            raise LogStateError("size-taken", f"size {size} has a checkpoint, or a larger size has")
        self.roots[size] = root

    def last_checkpoint(self, connection: Connection) -> tuple[int, bytes] | None:
        return max(self.roots.items(), default=None)

    def checkpoints(self, connection: Connection) -> list[tuple[int, bytes]]:
        return sorted(self.roots.items())

    def add_note(self, connection: Connection, note: StoredNote) -> None:
        self.lines.append(note)

    def latest_signed(self, connection: Connection) -> tuple[bytes, list[StoredNote]] | None:
        size = max((line.size for line in self.lines), default=None)
        return None if size is None else (self.roots[size], self.notes(connection, size))

    def notes(self, connection: Connection, size: int) -> list[StoredNote]:
        return list({line.key_id: line for line in self.lines if line.size == size}.values())

    def _data(self, seq: int) -> bytes | None:
        return None if seq in self.gone else self.entries[seq].data
