"""The static export: the files a mirror serves and an auditor checks (docs/log.md §9).

A file is written aside, flushed to disk and renamed, then all folders are flushed; the checkpoint comes last, so that a
reader never sees one that the files before it do not cover, after a power cut neither. What the checkpoint already there
covers is never written twice; what a run that was cut short left beyond it is written again, because nobody knows whether
it was flushed. A partial file that a full one has replaced is removed (C2SP tlog-tiles allows that).

The folder is also the archive that a restored database is brought up from. So where outsiders are shown an older checkpoint
than the newest, because that has not enough signatures yet, the files of both are there and the newest stands beside it.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from traceability.checkpoint import parse_checkpoint, parse_note
from traceability.durable import alone_in, replacing, settle
from traceability.errors import LogStateError, NoteError
from traceability.log.checkpoints import Choose, SignedCheckpoint
from traceability.log.core import Log
from traceability.log.reader import TreeReader
from traceability.log.snapshot import snapshot, snapshot_seq
from traceability.storage.base import Connection
from traceability.tiles import HEIGHT, LATEST_SNAPSHOT, WIDTH, Tile, bundle_path, tile_path, tiles_of_tree

NEWEST = "checkpoint.newest"
"""The newest checkpoint, where `checkpoint` is an older one."""


def export(
    log: Log,
    connection: Connection,
    folder: Path,
    texts: Callable[[], Mapping[str, str]] = dict,
    choose: Choose | None = None,
) -> int:
    """Write everything the latest checkpoint covers into `folder`; returns its size. May be repeated at any time.

    `choose` gives the checkpoint for outsiders, the latest without it; once a larger one was shown here it stays.

    `texts` gives the further files beside it (policy, redactions, key-history), path → content. The database is read
    once nobody else writes into the folder: an export that waited does not bring back a body withheld meanwhile; the
    caller has not read in this transaction before. Raises LogStateError before the first checkpoint and where the folder
    holds more than the log, OSError when the disk refuses.
    """
    with alone_in(folder, wait=True):
        return _export(log, connection, folder, texts, choose or log.latest_checkpoint)


def _export(
    log: Log, connection: Connection, folder: Path, texts: Callable[[], Mapping[str, str]], choose: Choose
) -> int:
    signed = log.latest_checkpoint(connection)
    if signed is None:
        raise LogStateError("no-checkpoint", "nothing has been published yet")
    shown, note = _shown(folder, signed, choose(connection) or signed)
    tree = log.tree(connection)
    if log.unannounced(connection, signed.checkpoint.size):
        raise LogStateError("redaction-waiting", "an entry is withheld that no published checkpoint announces yet")
    redacted = {seq // WIDTH for seq in log.storage.withheld(connection)}
    covered = max(_covered(folder / name, log.origin) for name in ("checkpoint", NEWEST))
    written = [folder / "checkpoint"]
    for tile in tiles_of_tree(signed.checkpoint.size):
        sure = tile.stop << HEIGHT * tile.level <= covered
        files = [(folder / tile_path(tile), tree.tile)]
        if tile.level == 0:
            files.append((folder / bundle_path(tile.index, tile.width), tree.bundle))
        for path, content in files:
            if not (sure and path.exists()):
                _write(path, content(tile))
                written.append(path)
        if tile.level == 0 and tile.index in redacted and _again(path, tree.bundle(tile)):
            written.append(path)
    for partial in tiles_of_tree(shown):
        written += _partial_files(folder, partial, tree)
    _keep_snapshot(log, connection, folder, shown)
    for name, text in {"keys": log.key_list(connection), **texts()}.items():
        _unless_same(folder / name, text.encode())
    _flush_folders(folder, written)
    if shown < signed.checkpoint.size:
        _unless_same(folder / NEWEST, str(signed.note).encode())
    _unless_same(folder / "checkpoint", note)
    if shown == signed.checkpoint.size:
        (folder / NEWEST).unlink(missing_ok=True)
    settle(folder)
    for path in written:
        shutil.rmtree(path.with_name(f"{path.name}.p"), ignore_errors=True)
    return signed.checkpoint.size


def _keep_snapshot(log: Log, connection: Connection, folder: Path, size: int) -> None:
    """Write the latest map's records, unless they are there: their files first, then which they are. The ones before
    stay for who is reading them, older ones go."""
    latest, seq = folder / LATEST_SNAPSHOT, snapshot_seq(log.storage, connection, size)
    before = latest.read_text("ascii").strip() if latest.exists() else ""
    if seq is None or before == str(seq):
        return
    written: list[Path] = []
    for name, data in snapshot(log.storage, connection, size):
        if name == LATEST_SNAPSHOT:
            _flush_folders(folder, written)
        _write(folder / name, data)
        written.append(folder / name)
    settle(latest.parent)
    for other in latest.parent.iterdir():
        if other.is_dir() and other.name not in (before, str(seq)):
            shutil.rmtree(other)


def _shown(folder: Path, newest: SignedCheckpoint, chosen: SignedCheckpoint) -> tuple[int, bytes]:
    """Size and note of the checkpoint for outsiders: never a smaller one than they found here before."""
    before = _covered(folder / "checkpoint", newest.checkpoint.origin)
    if before > newest.checkpoint.size:
        raise LogStateError("export-ahead", f"the folder holds {before} entries, the log {newest.checkpoint.size}: resume it")
    if chosen.checkpoint.size < before < newest.checkpoint.size:
        return before, (folder / "checkpoint").read_bytes()
    best = chosen if chosen.checkpoint.size >= before else newest
    return best.checkpoint.size, str(best.note).encode()


def _partial_files(folder: Path, tile: Tile, tree: TreeReader) -> list[Path]:
    """Write the files of a partial tile of the older tree, unless a full one is there; they may hold what is redacted since."""
    files = [(tile_path, tree.tile)] if tile.level else [(tile_path, tree.tile), (_bundle_path, tree.bundle)]
    return [
        folder / path(tile)
        for path, content in files
        if tile.width < WIDTH
        and not (folder / path(Tile(tile.level, tile.index))).exists()
        and _unless_same(folder / path(tile), content(tile))
    ]


def _bundle_path(tile: Tile) -> str:
    return bundle_path(tile.index, tile.width)


def _covered(checkpoint: Path, origin: str) -> int:
    """The size of the log whose files are on disk for sure: that of their checkpoint, which came after them."""
    try:
        found = parse_checkpoint(parse_note(checkpoint.read_bytes()).text)
    except (FileNotFoundError, NoteError):
        return 0
    return found.size if found.origin == origin else 0


def _again(path: Path, data: bytes) -> bool:
    """A bundle from which an entry was withheld after it had been written; its shorter forms go too. Was it changed?"""
    changed = _unless_same(path, data)
    if path.parent.suffix == ".p":
        for other in path.parent.iterdir():
            if other != path:
                other.unlink()
                changed = True
    return changed


def _unless_same(path: Path, data: bytes) -> bool:
    if path.exists() and path.read_bytes() == data:
        return False
    _write(path, data)
    return True


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(data)


def _flush_folders(top: Path, written: Iterable[Path]) -> None:
    """The folders of what was written, and those above them up to `top`: a new folder's name is in the one above."""
    for place in {place for path in written for place in path.parents if place.is_relative_to(top)}:
        settle(place)
