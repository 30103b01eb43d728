"""The static export: the files a mirror serves and an auditor checks (reference log.md §2.10).

A file is written aside, flushed to disk and renamed; the checkpoint comes last, so that a reader never sees one that
the files before it do not cover. Files of full tiles are never written twice.
"""

import os
from pathlib import Path

from traceability.errors import LogStateError
from traceability.log.core import Log
from traceability.storage.base import Connection
from traceability.tiles import WIDTH, bundle_path, tile_path, tiles_of_tree


def export(log: Log, connection: Connection, folder: Path) -> int:
    """Write everything the latest checkpoint covers into `folder`; returns its size. May be repeated at any time.

    Raises LogStateError before the first checkpoint, OSError when the disk refuses.
    """
    signed = log.latest_checkpoint(connection)
    if signed is None:
        raise LogStateError("no-checkpoint", "nothing has been published yet")
    tree = log.tree(connection)
    for tile in tiles_of_tree(signed.checkpoint.size):
        path = folder / tile_path(tile)
        if tile.width < WIDTH or not path.exists():
            _write(path, tree.tile(tile))
        if tile.level == 0:
            path = folder / bundle_path(tile.index, tile.width)
            if tile.width < WIDTH or not path.exists():
                _write(path, tree.bundle(tile))
    _write(folder / "keys", "".join(f"{key}\n" for key in log.keys).encode())
    _write(folder / "checkpoint", str(signed.note).encode())
    return signed.checkpoint.size


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
