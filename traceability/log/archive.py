"""The whole export as one tar file: everything the latest checkpoint covers, as of one moment (docs/log.md §9)."""

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from traceability.durable import alone_in, replacing, settle
from traceability.errors import LogStateError
from traceability.log.checkpoints import Choose, SignedCheckpoint
from traceability.log.core import Log
from traceability.log.snapshot import snapshot
from traceability.storage.base import Connection
from traceability.tiles import bundle_path, tile_path, tiles_of_tree

FOLDER = "so-cai"
"""The folder that the archive unpacks to."""


def write_archive(
    log: Log, connection: Connection, place: Path, texts: Mapping[str, str], choose: Choose | None = None
) -> int:
    """Put the archive in the place of the one there; returns the size of the log in it. A reader has the old file or
    the new one, whatever happens meanwhile.

    `connection` sees the database as of one moment. `choose` gives the checkpoint, the latest without it. `texts` are the
    further files beside it (policy, redactions, key-history). Raises LogStateError before the first checkpoint, while a
    redaction is not yet published, and when another process is at it; OSError when the disk refuses.
    """
    signed = (choose or log.latest_checkpoint)(connection)
    if signed is None:
        raise LogStateError("no-checkpoint", "nothing has been published yet")
    size = signed.checkpoint.size
    if log.unannounced(connection, size):
        raise LogStateError("redaction-waiting", "an entry is withheld that no published checkpoint announces yet")
    try:
        with alone_in(place.parent, wait=False):
            with replacing(place) as file:
                _fill(file, _files(log, connection, signed, texts), int(signed.at.timestamp()))
            settle(place.parent)
    except BlockingIOError as error:
        raise LogStateError("being-written", "another process is writing the archive") from error
    return size


def _fill(file: IO[bytes], files: Iterable[tuple[str, bytes]], at: int) -> None:
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, data in files:
            member = tarfile.TarInfo(f"{FOLDER}/{path}")
            member.size, member.mtime, member.mode = len(data), at, 0o644
            archive.addfile(member, io.BytesIO(data))


def _files(
    log: Log, connection: Connection, signed: SignedCheckpoint, texts: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    """(path, content) of every file, the checkpoint last: an archive cut short is seen to be."""
    size = signed.checkpoint.size
    for tile in tiles_of_tree(size):
        tree = log.tree(connection)  # keeps each tile it has read: not for a whole log
        yield tile_path(tile), tree.tile(tile)
        if tile.level == 0:
            yield bundle_path(tile.index, tile.width), tree.bundle(tile)
    yield from snapshot(log.storage, connection, size)
    yield "keys", log.key_list(connection).encode()
    for name, text in texts.items():
        yield name, text.encode()
    yield "checkpoint", str(signed.note).encode()
