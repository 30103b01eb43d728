"""C2SP tlog-tiles: which hashes a tile holds, how its path is written, how entries are bundled.

A tile of level L and index N holds up to 256 hashes of height 8·L: those numbered 256·N … 256·N+255.
Source: https://c2sp.org/tlog-tiles.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from traceability.errors import TileError
from traceability.merkle import HASH_BYTES

HEIGHT = 8
WIDTH = 1 << HEIGHT
LATEST_SNAPSHOT = "map/latest"
MAX_LEVEL = 63
MAX_ENTRY_BYTES = 0xFFFF

_INDEX = re.compile(r"(?:x[0-9]{3}/){0,6}[0-9]{3}")
_LEVEL = re.compile(r"0|[1-9][0-9]?")
_WIDTH = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Where a tile stands and how many hashes (or entries) of it are meant, 1 to 256."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def start(self) -> int:
        """Number of its first hash among those of its level."""
        return self.index * WIDTH

    @property
    def stop(self) -> int:
        return self.start + self.width


def tile_path(tile: Tile) -> str:
    """`tile/<L>/<N>[.p/<W>]`."""
    return f"tile/{tile.level}/{index_path(tile.index)}{_width_suffix(tile.width)}"


def bundle_path(index: int, width: int = WIDTH) -> str:
    """`tile/entries/<N>[.p/<W>]`."""
    return f"tile/entries/{index_path(index)}{_width_suffix(width)}"


def parse_tile_path(level: str, rest: str) -> Tile:
    """The tile named by the path pieces `<L>` and `<N>[.p/<W>]`; `entries` counts as level 0.

    Raises TileError for any other spelling of the same numbers: one tile has one address.
    """
    if level == "entries":
        number = 0
    elif _LEVEL.fullmatch(level) and int(level) <= MAX_LEVEL:
        number = int(level)
    else:
        raise TileError("bad-level", "the level is not a number from 0 to 63")
    text, partial, width_text = rest.partition(".p/")
    width = WIDTH
    if partial:
        if not _WIDTH.fullmatch(width_text) or int(width_text) >= WIDTH:
            raise TileError("bad-width", "the width is not a number from 1 to 255")
        width = int(width_text)
    if not _INDEX.fullmatch(text):
        raise TileError("bad-index", "the index is not groups of three digits")
    index = int(text.replace("x", "").replace("/", ""))
    if index_path(index) != text:
        raise TileError("bad-index", "the index has a group too many")
    return Tile(number, index, width)


def hashes_at_level(size: int, level: int) -> int:
    """How many hashes of height 8·level a tree of `size` leaves has."""
    return size >> (HEIGHT * level)


def tile_within(tile: Tile, size: int) -> bool:
    """Does a tree of `size` leaves have all the hashes of this tile?"""
    return tile.stop <= hashes_at_level(size, tile.level)


def tiles_of_tree(size: int) -> Iterator[Tile]:
    """Every tile a tree of `size` leaves publishes: the full ones and at most one partial a level."""
    for level in range(MAX_LEVEL + 1):
        count = hashes_at_level(size, level)
        if not count:
            return
        for index in range(count // WIDTH):
            yield Tile(level, index)
        if count % WIDTH:
            yield Tile(level, count // WIDTH, count % WIDTH)


def split_hashes(data: bytes) -> list[bytes]:
    """The hashes of a tile's bytes. Raises TileError when they are not 1 to 256 whole hashes."""
    if not data or len(data) % HASH_BYTES or len(data) > WIDTH * HASH_BYTES:
        raise TileError("bad-length", f"{len(data)} bytes are not a tile")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry after its length as two big-endian bytes."""
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise TileError("entry-too-long", f"{len(entry)} bytes do not fit a bundle")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises TileError when it is cut short or holds more than 256."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or stop > len(data):
            raise TileError("cut-short", f"entry {len(entries)} of the bundle is cut short")
        entries.append(data[at + 2 : stop])
        at = stop
    if len(entries) > WIDTH:
        raise TileError("too-many", f"{len(entries)} entries in one bundle")
    return entries


def snapshot_path(seq: int, index: int) -> str:
    """The file with the buckets WIDTH·index … of the map logged as entry `seq` (docs/log.md §9)."""
    return f"map/{seq}/{index_path(index)}"


def index_path(index: int) -> str:
    """A number in groups of three digits: 1234067 is x001/x234/067 (C2SP tlog-tiles)."""
    text = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        text = f"x{index % 1000:03d}/{text}"
    return text


def _width_suffix(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
