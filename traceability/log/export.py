"""The static export: the files a mirror serves and an auditor checks (docs/log.md §9).

A file is written aside, flushed to disk and renamed; the checkpoint comes last, so that a reader never sees one that
the files before it do not cover. Files of full tiles are never written twice; a partial one that a full one has
replaced is removed (C2SP tlog-tiles allows that).
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from traceability.errors import LogStateError
from traceability.log.core import Log
from traceability.storage.base import Connection
from traceability.tiles import WIDTH, bundle_path, tile_path, tiles_of_tree


def export(log: Log, connection: Connection, folder: Path, texts: Mapping[str, str] | None = None) -> int:
    """Write everything the latest checkpoint covers into `folder`; returns its size. May be repeated at any time.

    `texts` are the further files beside it (policy, redactions, key-history), path → content. Raises LogStateError
    before the first checkpoint, OSError when the disk refuses.
    """
    signed = log.latest_checkpoint(connection)
    if signed is None:
        raise LogStateError("no-checkpoint", "nothing has been published yet")
    tree = log.tree(connection)
    keys = "".join(f"{key}\n" for key in log.verifiers(connection))
    withheld = log.storage.withheld(connection)
    if any(by >= signed.checkpoint.size > seq for seq, by in withheld.items()):
        raise LogStateError("redaction-waiting", "an entry is withheld that no published checkpoint announces yet")
    redacted = {seq // WIDTH for seq in withheld}
    with _alone(folder):
        for tile in tiles_of_tree(signed.checkpoint.size):
            _once(folder / tile_path(tile), tile.width, lambda tile=tile: tree.tile(tile))  # type: ignore[misc]
            if tile.level == 0:
                path = folder / bundle_path(tile.index, tile.width)
                _once(path, tile.width, lambda tile=tile: tree.bundle(tile))  # type: ignore[misc]
                if tile.index in redacted:
                    _again(path, tree.bundle(tile))
        for name, text in {"keys": keys, **(texts or {})}.items():
            _write(folder / name, text.encode())
        _write(folder / "checkpoint", str(signed.note).encode())
    return signed.checkpoint.size


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One export at a time writes into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _once(path: Path, width: int, content: Callable[[], bytes]) -> None:
    if path.exists():
        return
    _write(path, content())
    if width == WIDTH:
        shutil.rmtree(path.with_name(f"{path.name}.p"), ignore_errors=True)


def _again(path: Path, data: bytes) -> None:
    """A bundle from which an entry was withheld after it had been written; its shorter forms go too."""
    _write(path, data)
    if path.parent.suffix == ".p":
        for other in path.parent.iterdir():
            if other != path:
                other.unlink()


def _write(path: Path, data: bytes) -> None:
    """Durable when it returns; a file that already says this is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_bytes() == data:
        return
    aside = path.with_name(f"{path.name}.new")
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
