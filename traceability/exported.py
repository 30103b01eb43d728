"""The files of an export: in a folder or an archive, and the tiles and entry bundles among them."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from traceability.errors import TileError
from traceability.merkle import HASH_BYTES
from traceability.tiles import WIDTH, Tile, bundle_path, snapshot_path, tile_path, tiles_of_tree


class Files(Protocol):
    """Files by their path in the export."""

    def read(self, path: str) -> bytes | None:
        """The bytes, or None when the file is not there or cannot be read."""

    def has(self, path: str) -> bool:
        """Is the file there?"""


class Folder:
    """An export in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        try:
            return (self._folder / path).read_bytes()
        except OSError:
            return None

    def has(self, path: str) -> bool:
        return (self._folder / path).is_file()


class Archive:
    """An export in a tar file, wherever its folder stands there; members are read in place. Raises TarError or EOFError
    for an archive that is damaged or cut short."""

    def __init__(self, place: Path) -> None:
        self._archive = tarfile.open(place)  # noqa: SIM115 - it is read until the command ends
        self._names = {member.name.removeprefix("./"): member for member in self._archive if member.isfile()}
        found = [name for name in self._names if name == "checkpoint" or name.endswith("/checkpoint")]
        self._prefix = min(found, key=len, default="").removesuffix("checkpoint")

    def read(self, path: str) -> bytes | None:
        member = self._names.get(self._prefix + path)
        file = self._archive.extractfile(member) if member else None
        return None if file is None else file.read()

    def has(self, path: str) -> bool:
        return self._prefix + path in self._names


class Export:
    """The tiles and bundles that a tree of `size` leaves needs. Where a partial one is gone, the full one stands for it
    (C2SP tlog-tiles): its first hashes or records are meant, and what follows them is not looked at."""

    def __init__(self, files: Files, size: int) -> None:
        self.size = size
        self._files = files
        self._kept: tuple[int, bytes] | None = None

    def check_presence(self) -> None:
        """Raises TileError unless every file the size needs is there; what is in them is not looked at."""
        for tile in tiles_of_tree(self.size):
            for paths in (_tile_paths(tile), *([] if tile.level else [_bundle_paths(tile)])):
                if not any(map(self._files.has, paths)):
                    raise TileError("missing", f"{paths[0]} is missing")

    def leaves(self) -> Iterator[Tile]:
        """The tiles of the leaves, in order."""
        return (tile for tile in tiles_of_tree(self.size) if not tile.level)

    def hashes(self, tile: Tile) -> bytes:
        """The tile's bytes, whatever their length. Raises TileError when it cannot be read."""
        data, stands_in = self._load(_tile_paths(tile))
        return data[: HASH_BYTES * tile.width] if stands_in else data

    def records(self, tile: Tile) -> tuple[list[bytes], bool]:
        """The entries of a bundle as far as it is whole, at most as many as are due, and whether bytes are left over
        that belong to none. Raises TileError when it cannot be read."""
        data, stands_in = self._load(_bundle_paths(tile))
        found: list[bytes] = []
        at = 0
        while len(found) < tile.width and at + 2 <= len(data):
            stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
            if stop > len(data):
                break
            found.append(data[at + 2 : stop])
            at = stop
        return found, at < len(data) and not stands_in

    def entry(self, seq: int) -> tuple[bytes, bytes]:
        """(record, leaf hash) of one entry below the size; shorter than they should be, or empty, where files are cut."""
        tile = Tile(0, seq // WIDTH, min(WIDTH, self.size - seq // WIDTH * WIDTH))
        records, at = self.records(tile)[0], seq - tile.start
        leaf = self.hashes(tile)[HASH_BYTES * at : HASH_BYTES * (at + 1)]
        return (records[at] if at < len(records) else b""), leaf

    def leaf(self, seq: int) -> bytes:
        """The leaf hash of an entry below the size. Raises TileError when it cannot be read."""
        index = seq // WIDTH
        if self._kept is None or self._kept[0] != index:
            tile = Tile(0, index, min(WIDTH, self.size - WIDTH * index))
            self._kept = (index, self.hashes(tile))
        at = HASH_BYTES * (seq % WIDTH)
        return self._kept[1][at : at + HASH_BYTES]

    def snapshot(self, seq: int, index: int) -> tuple[str, bytes]:
        """(path, content) of a file of the map's records. Raises TileError when it cannot be read."""
        path = snapshot_path(seq, index)
        data = self._files.read(path)
        if data is None:
            raise TileError("missing", f"{path} is missing")
        return path, data

    def _load(self, paths: list[str]) -> tuple[bytes, bool]:
        for path in paths:
            data = self._files.read(path)
            if data is not None:
                return data, path != paths[0]
        raise TileError("missing", f"{paths[0]} cannot be read")


def _tile_paths(tile: Tile) -> list[str]:
    return list(dict.fromkeys((tile_path(tile), tile_path(Tile(tile.level, tile.index)))))


def _bundle_paths(tile: Tile) -> list[str]:
    return list(dict.fromkeys((bundle_path(tile.index, tile.width), bundle_path(tile.index))))
