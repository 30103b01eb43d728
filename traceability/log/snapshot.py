"""The map's records as files of the export (docs/log.md §9), so that whoever has the files can prove a lot complete, or
not there, without us."""

from collections.abc import Iterator

from traceability.log.completeness import buckets_of, map_before
from traceability.lotmap import bucket_hash, fold
from traceability.storage.base import Connection, Storage
from traceability.tiles import LATEST_SNAPSHOT, WIDTH, snapshot_path


def snapshot_seq(storage: Storage, connection: Connection, size: int) -> int | None:
    """The entry of the last map under a checkpoint of `size`; None when there is none."""
    state = map_before(storage, connection, size)
    return state.seq if state else None


def snapshot(storage: Storage, connection: Connection, size: int) -> Iterator[tuple[str, bytes]]:
    """(path, content) of the files of the last map under a checkpoint of `size`, and at the end LATEST_SNAPSHOT, which
    says that they are whole: without it when they do not lead to the map's root, because a new map came while they were
    read, or the tables are broken. Nothing before the first map."""
    state = map_before(storage, connection, size)
    if state is None:
        return
    hashes: dict[int, bytes] = {}
    for first, found in buckets_of(storage, connection, state):
        hashes |= {index: bucket_hash(records) for index, records in found.items()}
        yield snapshot_path(state.seq, first // WIDTH), b"".join(found[index] for index in sorted(found))
    if fold(state.height, hashes, lambda _level, _indexes: {})[1] == state.root:
        yield LATEST_SNAPSHOT, b"%d\n" % state.seq
