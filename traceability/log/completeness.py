"""The completeness map in the store: written after the entries it speaks of, changed lots only (docs/log.md §7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from traceability.canonical.entry import Entry, read_entry
from traceability.canonical.types import MAP
from traceability.errors import LogStateError, ProofError
from traceability.identifiers import new_event_id
from traceability.log.sequencer import sequence
from traceability.log.submission import submit
from traceability.lotmap import (
    Groups,
    bucket_hash,
    bucket_of,
    buckets_from,
    fold,
    height_for,
    key_of,
    record_of,
    siblings_of,
    split,
    verify_map,
    with_records,
)
from traceability.storage.base import Connection, Storage
from traceability.storage.derived import MapState

_CHUNK = 10_000
_BATCH = 512
_STEP = 256
_TRIES = 3


@dataclass(frozen=True, slots=True)
class MapProof:
    """What `lotmap.verify_map` needs for one lot, and which `map` entry it belongs to. `bucket`: records joined;
    `siblings`: `height` hashes joined, leaf level first."""

    seq: int
    size: int
    height: int
    root: bytes
    bucket: bytes
    siblings: bytes


def append_map(storage: Storage, connection: Connection, *, origin: str, who: str, now: datetime) -> int | None:
    """Log the map over all sealed entries, seal it and keep its buckets; returns its seq, or None when no lot changed
    since the last one.

    In the caller's transaction, with the queue drained. Raises LogStateError before the log's inception, or when the
    map entry would not be sealed as the next one.
    """
    edge = storage.lock_head(connection, wait=True)
    if edge is None:
        raise LogStateError("not-started", "a log before its inception has no map")
    size, before = edge.size, storage.map_state(connection)
    if before is None and (before := _last_map(storage, connection, size)):
        rebuild(storage, connection)
    made = _extend(storage, connection, size, before) if before else _build(storage, connection, size, None)
    if made is None or not made.state.lots:
        return None
    state, name = made.state, new_event_id()
    told = {"size": size, "height": state.height, "lots": state.lots, "root": state.root.hex()}
    submit(storage, connection, Entry(MAP, origin, name, now, who, told), ())
    sequence(storage, connection, origin, limit=_BATCH, wait=True)
    sealed = storage.find(connection, name)
    if sealed is None or sealed.seq != size:
        raise LogStateError("not-next", "entries were waiting: the map would not speak of all before it")
    storage.write_map(connection, state, made.buckets, made.groups, whole=made.whole)
    return size


def map_proof(storage: Storage, connection: Connection, lot: str) -> MapProof | None:
    """The latest map's proof for this lot, of presence or of absence; None before the first map.

    The map may be newer than the checkpoint a reader holds: compare `seq` with its size.
    """
    for _ in range(_TRIES):
        state = storage.map_state(connection)
        if state is None:
            return None
        index = bucket_of(key_of(lot), state.height)
        bucket = storage.map_buckets(connection, [index]).get(index, b"")
        path = siblings_of(
            state.height, index, lambda level, indexes: storage.map_groups(connection, level, indexes)
        )
        try:
            verify_map(lot, height=state.height, root=state.root, bucket=bucket, siblings=path)
        except ProofError:
            continue  # PostgreSQL reads each statement anew: a map written between two of them, or a broken table
        return MapProof(state.seq, state.size, state.height, state.root, bucket, b"".join(path))
    raise LogStateError("map-differs", "the map's tables contradict the map entry: run the check, then rebuild")


def rebuild(storage: Storage, connection: Connection) -> MapState | None:
    """Build the map's tables again from the log, for its last `map` entry; None when there is none.

    Raises LogStateError when that entry has another root: then the log, not the tables, needs looking at.
    """
    edge = storage.lock_head(connection, wait=True)
    last = _last_map(storage, connection, edge.size) if edge else None
    if last is None:
        return None
    made = _build(storage, connection, last.size, last.height)
    if made.state != last:
        raise LogStateError("map-differs", f"the map entry {last.seq} does not say what the log says")
    storage.write_map(connection, last, made.buckets, made.groups, whole=True)
    return last


def map_before(storage: Storage, connection: Connection, size: int) -> MapState | None:
    """The last map among the first `size` entries; None when there is none."""
    state = storage.map_state(connection)
    return state if state is None or state.seq < size else _last_map(storage, connection, size)


def buckets_of(storage: Storage, connection: Connection, state: MapState) -> Iterator[tuple[int, dict[int, bytes]]]:
    """The records of a map, by bucket, in steps of 256 buckets: (first, those that hold any). From the map's tables when
    they are of this map, else from the log's own rows."""
    whole = 1 << state.height
    steps = range(0, whole, _STEP)
    if state == storage.map_state(connection):
        yield from ((first, storage.map_buckets(connection, range(first, min(first + _STEP, whole)))) for first in steps)
        return
    made = _build(storage, connection, state.size, state.height).buckets
    for first in steps:
        yield first, {index: made[index] for index in range(first, min(first + _STEP, whole)) if index in made}


def check_tables(storage: Storage, connection: Connection) -> str | None:
    """What is wrong with the map's tables, compared with what the log says; None when nothing is."""
    state, edge = storage.map_state(connection), storage.head(connection)
    if state != (_last_map(storage, connection, edge.size) if edge else None):
        return "the map's tables do not belong to the last map entry"
    if state is None:
        return None
    made = _build(storage, connection, state.size, state.height)
    if made.state != state:
        return f"the map entry {state.seq} does not say what the log says"
    for first in range(0, 1 << state.height, _STEP):
        numbers = range(first, min(first + _STEP, 1 << state.height))
        if storage.map_buckets(connection, numbers) != {index: made.buckets[index] for index in numbers if index in made.buckets}:
            return "the map's buckets differ from the log"
    for level in sorted({level for level, _ in made.groups}):
        due = {index: hashes for (at, index), hashes in made.groups.items() if at == level}
        if storage.map_groups(connection, level, due) != due:
            return f"the map's nodes of level {level} differ from the log"
    return None


@dataclass(frozen=True, slots=True)
class _Made:
    """A map to be logged: what it says, and the rows it changes, or all its rows."""

    state: MapState
    buckets: dict[int, bytes]
    groups: Groups
    whole: bool


def _build(storage: Storage, connection: Connection, size: int, height: int | None) -> _Made:
    """The map over the first `size` entries, from the log's own rows."""
    records = sorted(record_of(*found) for found in storage.last_links(connection, size))
    chosen = height_for(len(records)) if height is None else height
    buckets = buckets_from(records, chosen)
    hashes = {index: bucket_hash(bucket) for index, bucket in buckets.items()}
    groups, root = fold(chosen, hashes, lambda _level, _indexes: {})
    return _Made(MapState(size, size, chosen, len(records), root), buckets, groups, True)


def _extend(storage: Storage, connection: Connection, size: int, before: MapState) -> _Made | None:
    """The map after `before`, from the lots that changed since; None when none did."""
    changed: dict[str, tuple[int, bytes]] = {}
    lots = before.lots
    for at in range(before.size, size, _CHUNK):
        stop = min(at + _CHUNK, size)
        leaves = storage.leaves(connection, at, stop)
        for link in storage.links(connection, at, stop):
            changed[link.lot] = (link.n + 1, leaves[link.seq - at])
            lots += link.n == 0
    if not changed:
        return None
    height = height_for(lots, before.height)
    if height != before.height:
        return _build(storage, connection, size, height)
    records = sorted(record_of(lot, *last) for lot, last in changed.items())
    fresh = buckets_from(records, height)
    stored = storage.map_buckets(connection, fresh)
    buckets = {index: with_records(stored.get(index, b""), split(items)) for index, items in fresh.items()}
    hashes = {index: bucket_hash(bucket) for index, bucket in buckets.items()}
    groups, root = fold(height, hashes, lambda level, indexes: storage.map_groups(connection, level, indexes))
    return _Made(MapState(size, size, height, lots, root), buckets, groups, False)


def _last_map(storage: Storage, connection: Connection, size: int) -> MapState | None:
    """The last `map` entry of the log, read backwards."""
    for stop in range(size, 0, -_BATCH):
        for row in reversed(storage.sealed(connection, max(0, stop - _BATCH), stop)):
            if row.data and _MARK in row.data and (entry := read_entry(row.data)).type == MAP:
                told = entry.event
                return MapState(row.seq, told["size"], told["height"], told["lots"], bytes.fromhex(told["root"]))
    return None


_MARK = MAP.encode()
