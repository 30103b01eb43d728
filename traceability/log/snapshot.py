"""The map's records as files of the export (docs/log.md §9), so that whoever has the files can prove a lot complete, or
not there, without us."""

from collections.abc import Iterator

from traceability.lotmap import bucket_hash, fold
from traceability.storage.base import Connection, Storage
from traceability.tiles import LATEST_SNAPSHOT, WIDTH, snapshot_path


def snapshot_seq(storage: Storage, connection: Connection, size: int) -> int | None:
    """The entry of the latest map; None before the first, or while no checkpoint of `size` covers it."""
    state = storage.map_state(connection)
    return state.seq if state and state.seq < size else None


def snapshot(storage: Storage, connection: Connection, size: int) -> Iterator[tuple[str, bytes]]:
    """(path, content) of the latest map's files, and last LATEST_SNAPSHOT, which says that they are whole; without it when the
    tables do not lead to the map's root, or a new map came while they were read. Nothing before the first map."""
    state = storage.map_state(connection)
    if state is None or state.seq >= size:
        return
    hashes: dict[int, bytes] = {}
    for first in range(0, 1 << state.height, WIDTH):
        found = storage.map_buckets(connection, range(first, min(first + WIDTH, 1 << state.height)))
        hashes |= {index: bucket_hash(records) for index, records in found.items()}
        yield snapshot_path(state.seq, first // WIDTH), b"".join(found[index] for index in sorted(found))
    if fold(state.height, hashes, lambda _level, _indexes: {})[1] == state.root:
        yield LATEST_SNAPSHOT, b"%d\n" % state.seq
