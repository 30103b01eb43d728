"""The store on SQLite and PostgreSQL, in SQLAlchemy Core. `connection` is an SQLAlchemy connection in a transaction;
on SQLite a writing one must have begun IMMEDIATE, which is also the lock."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError

from traceability.canonical.chain import Tail
from traceability.errors import ConflictError, LogStateError
from traceability.merkle import HASH_BYTES, Edge
from traceability.storage import hot, tables
from traceability.storage.base import (
    NewEntry,
    Sealed,
    Stored,
    StoredLink,
    StoredNote,
    StoredTile,
    Waiting,
)
from traceability.storage.sql_derived import SqlDerived

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_entry, _body, _link, _tile = tables.entry.c, tables.body.c, tables.lotlink.c, tables.tile.c
_queue, _queuelot, _head, _note = tables.pending.c, tables.pendinglot.c, tables.head.c, tables.note.c
_start, _stop, _lot = bindparam("start"), bindparam("stop"), bindparam("of_lot")

# Built once: making a statement costs more than running it.
_QUEUE_OF_LOT = (
    select(_queue.qid, _queue.id, _queue.bytes, _queue.leaf)
    .join_from(tables.pendinglot, tables.pending, _queue.qid == _queuelot.qid)
    .where(_queuelot.lot == _lot)
    .order_by(_queuelot.n)
)
_LEAVES = select(_entry.leaf).where(_entry.seq >= _start, _entry.seq < _stop).order_by(_entry.seq)
_TILE = select(_tile.hashes).where(_tile.level == bindparam("of_level"), _tile.idx == bindparam("of_idx"))
_TILES = (
    select(_tile.level, _tile.idx, _tile.hashes, _tile.root)
    .where(_tile.level == bindparam("of_level"), _tile.idx >= _start, _tile.idx < _stop)
    .order_by(_tile.idx)
)
_ROOTS = (
    select(_tile.root)
    .where(_tile.level == bindparam("of_level"), _tile.idx >= _start, _tile.idx < _stop)
    .order_by(_tile.idx)
)
_SEALED_OF_LOT = (
    select(_entry.seq, _entry.id, _entry.leaf, _body.bytes)
    .join_from(tables.lotlink, tables.entry, _entry.seq == _link.seq)
    .join(tables.body, _body.seq == _entry.seq, isouter=True)
    .where(_link.lot == _lot)
    .order_by(_link.n)
)
_LINKS = (
    select(_link.lot, _link.n, _link.seq)
    .where(_link.seq >= _start, _link.seq < _stop)
    .order_by(_link.seq, _link.lot)
)
_LAST_CHECKPOINT = (
    select(tables.checkpoint.c.size, tables.checkpoint.c.root).order_by(tables.checkpoint.c.size.desc()).limit(1)
)
_NOTES = (
    select(_note.size, _note.key_id, _note.line, _note.at_ms)
    .where(_note.size == bindparam("of_size"))
    .order_by(_note.at_ms)
)
_LATEST_SIGNED = (
    select(_note.size, _note.key_id, _note.line, _note.at_ms, tables.checkpoint.c.root)
    .join_from(tables.note, tables.checkpoint, tables.checkpoint.c.size == _note.size)
    .where(_note.size == select(func.max(_note.size)).scalar_subquery())
    .order_by(_note.at_ms)
)


class SqlStorage(SqlDerived):
    """`Storage` over the tables of `traceability.storage.tables`."""

    def lock(self, connection: Connection, names: Iterable[str]) -> None:
        """PostgreSQL: transaction-level advisory locks, in order of key so that two callers cannot cross."""
        if connection.dialect.name == "postgresql":
            hot.run(connection, "lock", {"keys": sorted({_lock_key(name) for name in names})})

    def tail(self, connection: Connection, lot: str) -> Tail | None:
        return self.tails(connection, [lot]).get(lot)

    def tails(self, connection: Connection, lots: Iterable[str]) -> dict[str, Tail]:
        # the queued ones come last: they are behind the sealed ones
        rows = hot.run(connection, "tails", {"lots": list(lots)})
        return {lot: Tail(n, leaf) for lot, n, leaf in rows}

    def sealed_tails(self, connection: Connection, lots: Iterable[str]) -> dict[str, Tail]:
        rows = hot.run(connection, "sealed_tails", {"lots": list(lots)})
        return {lot: Tail(n, leaf) for lot, n, leaf in rows}

    def find(self, connection: Connection, entry_id: str) -> Stored | None:
        rows = hot.run(connection, "find", {"id": entry_id})
        return Stored(*rows[0][:4]) if rows else None

    def enqueue(self, connection: Connection, entry: NewEntry) -> None:
        try:
            [[qid]] = hot.run(connection, "enqueue", {"id": entry.id, "bytes": entry.data, "leaf": entry.leaf})
            if entry.links:
                links = [{"lot": link.lot, "n": link.n, "qid": qid} for link in entry.links]
                hot.insert(connection, "enqueue_lot", links)
        except IntegrityError as error:
            raise ConflictError("taken", "the entry id or a lot's number is already in the queue") from error

    def pending(self, connection: Connection, limit: int, after: int = 0) -> list[Waiting]:
        return [Waiting(*row) for row in hot.run(connection, "pending", {"most": limit, "after": after})]

    def pending_of_lot(self, connection: Connection, lot: str) -> list[Waiting]:
        return [Waiting(*row) for row in connection.execute(_QUEUE_OF_LOT, {"of_lot": lot})]

    def start(self, connection: Connection) -> None:
        try:
            connection.execute(insert(tables.head), {"id": 1, "size": 0, "edge": b""})
        except IntegrityError as error:
            raise LogStateError("already-started", "this log has a head; inception is done once") from error

    def head(self, connection: Connection) -> Edge | None:
        return _first_edge(hot.run(connection, "head"))

    def lock_head(self, connection: Connection, *, wait: bool) -> Edge | None:
        return _first_edge(hot.run(connection, "lock_head" if wait else "try_head"))

    def idle(self, connection: Connection, lots: Sequence[str]) -> tuple[Edge, dict[str, Tail]] | None:
        """SQLite only: its writing transaction, begun IMMEDIATE, is alone. On PostgreSQL the head would be locked until
        the business transaction ends, and commits could no longer be grouped (reference log.md §2.4)."""
        if connection.dialect.name != "sqlite":
            return None
        rows = [(lot, row) for lot in lots for row in hot.run(connection, "idle_tail", {"lot": lot})]
        if not rows:
            edge = None if lots else _first_edge(hot.run(connection, "idle"))
            return None if edge is None else (edge, {})
        return _edge(*rows[0][1][:2]), {lot: Tail(n, leaf) for lot, (_, _, n, leaf) in rows if leaf is not None}

    def append(self, connection: Connection, start: int, batch: Sequence[NewEntry]) -> None:
        numbered = list(enumerate(batch, start))
        entries = [{"seq": seq, "id": entry.id, "leaf": entry.leaf} for seq, entry in numbered]
        try:
            hot.insert(connection, "entry", entries)
        except IntegrityError as error:
            raise ConflictError("taken", "an entry's id or number is already in the log") from error
        hot.insert(connection, "body", [{"seq": seq, "bytes": entry.data} for seq, entry in numbered])
        links = [{"lot": link.lot, "n": link.n, "seq": seq} for seq, entry in numbered for link in entry.links]
        if links:
            hot.insert(connection, "link", links)

    def dequeue(self, connection: Connection, qids: Sequence[int]) -> None:
        hot.run(connection, "dequeue_lots", {"qids": list(qids)})
        hot.run(connection, "dequeue", {"qids": list(qids)})

    def add_tile(self, connection: Connection, tile: StoredTile) -> None:
        row = {"level": tile.level, "idx": tile.index, "hashes": tile.hashes, "root": tile.root}
        connection.execute(insert(tables.tile), row)

    def set_head(self, connection: Connection, edge: Edge) -> None:
        hot.run(connection, "move_head", {"size": edge.size, "edge": b"".join(edge.hashes)})

    def leaves(self, connection: Connection, start: int, stop: int) -> list[bytes]:
        return list(connection.execute(_LEAVES, {"start": start, "stop": stop}).scalars())

    def tile(self, connection: Connection, level: int, index: int) -> bytes | None:
        value: bytes | None = connection.execute(_TILE, {"of_level": level, "of_idx": index}).scalar()
        return value

    def tile_roots(self, connection: Connection, level: int, start: int, stop: int) -> list[bytes]:
        return list(connection.execute(_ROOTS, {"of_level": level, "start": start, "stop": stop}).scalars())

    def tiles(self, connection: Connection, level: int, start: int, stop: int) -> list[StoredTile]:
        rows = connection.execute(_TILES, {"of_level": level, "start": start, "stop": stop})
        return [StoredTile(*row) for row in rows]

    def sealed(self, connection: Connection, start: int, stop: int) -> list[Sealed]:
        return [Sealed._make(row) for row in hot.run(connection, "sealed", {"start": start, "stop": stop})]

    def bodies(self, connection: Connection, start: int, stop: int) -> Sequence[tuple[int, bytes, bytes | None]]:
        return hot.run(connection, "bodies", {"start": start, "stop": stop})  # type: ignore[return-value]

    def sealed_of_lot(self, connection: Connection, lot: str) -> list[Sealed]:
        return [Sealed(*row) for row in connection.execute(_SEALED_OF_LOT, {"of_lot": lot})]

    def links(self, connection: Connection, start: int, stop: int) -> list[StoredLink]:
        return [StoredLink(*row) for row in connection.execute(_LINKS, {"start": start, "stop": stop})]

    def counts(self, connection: Connection) -> dict[str, int]:
        counted = {"entry": tables.entry, "body": tables.body, "lotlink": tables.lotlink, "tile": tables.tile}
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in counted.items()
        }

    def add_checkpoint(self, connection: Connection, size: int, root: bytes) -> None:
        try:
            connection.execute(insert(tables.checkpoint), {"size": size, "root": root})
        except IntegrityError as error:
            raise LogStateError("size-taken", f"size {size} has a checkpoint, or a larger size has") from error

    def last_checkpoint(self, connection: Connection) -> tuple[int, bytes] | None:
        row = connection.execute(_LAST_CHECKPOINT).first()
        return (row.size, row.root) if row else None

    def checkpoints(self, connection: Connection) -> list[tuple[int, bytes]]:
        columns = tables.checkpoint.c
        return [(row.size, row.root) for row in connection.execute(select(columns.size, columns.root).order_by("size"))]

    def add_note(self, connection: Connection, note: StoredNote) -> None:
        row = {"size": note.size, "key_id": note.key_id, "line": note.line, "at_ms": _milliseconds(note.at)}
        connection.execute(insert(tables.note), row)

    def latest_signed(self, connection: Connection) -> tuple[bytes, list[StoredNote]] | None:
        rows = connection.execute(_LATEST_SIGNED).all()
        return (rows[0].root, _newest(rows)) if rows else None

    def notes(self, connection: Connection, size: int) -> list[StoredNote]:
        return _newest(connection.execute(_NOTES, {"of_size": size}).all())


def _newest(rows: Sequence[Row]) -> list[StoredNote]:
    """One line a key: rows come in order of time, later ones win."""
    found = {
        row.key_id: StoredNote(row.size, row.key_id, row.line, _EPOCH + timedelta(milliseconds=row.at_ms))
        for row in rows
    }
    return list(found.values())


def _first_edge(rows: Sequence[Sequence[Any]]) -> Edge | None:
    return _edge(*rows[0]) if rows else None


def _edge(size: int, data: bytes) -> Edge:
    return Edge(size, tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)))


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _lock_key(name: str) -> int:
    """A 64-bit advisory lock key; names of the log share the number space with nothing else of this application."""
    return int.from_bytes(sha256(b"tlog-lock\0" + name.encode()).digest()[:8], "big", signed=True)
