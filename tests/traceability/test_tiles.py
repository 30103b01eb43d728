"""Tile geometry and paths of C2SP tlog-tiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.errors import TileError
from traceability.tiles import (
    Tile,
    bundle_path,
    decode_bundle,
    encode_bundle,
    parse_tile_path,
    split_hashes,
    tile_path,
    tile_within,
    tiles_of_tree,
)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(1, 1, 17), "tile/1/001.p/17"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
    ],
)
def test_paths_are_those_of_the_specification(tile, path):
    assert tile_path(tile) == path
    _, level, rest = path.split("/", 2)
    assert parse_tile_path(level, rest) == tile


def test_a_bundle_has_the_path_of_its_tile_under_entries():
    assert bundle_path(1234067) == "tile/entries/x001/x234/067"
    assert bundle_path(3, 9) == "tile/entries/003.p/9"
    assert parse_tile_path("entries", "003.p/9") == Tile(0, 3, 9)


@given(st.integers(0, 63), st.integers(0, 10**15), st.integers(1, 256))
def test_every_path_is_read_back(level, index, width):
    tile = Tile(level, index, width)
    _, text, rest = tile_path(tile).split("/", 2)
    assert parse_tile_path(text, rest) == tile


@pytest.mark.parametrize(
    ("level", "rest"),
    [
        ("64", "000"), ("00", "000"), ("-1", "000"), ("0", "0"), ("0", "1000"), ("0", "x000/001"), ("0", "000.p/0"),
        ("0", "000.p/256"), ("0", "000.p/01"), ("0", "000.p/"), ("0", "x001/x002"), ("0", "٠٠٠"), ("0", "000/"),
        ("data", "000"), ("0", ""), ("0", "x001//002"), ("0", "000.p/1/"), ("0", "x" * 5000), ("0", "000\n"),
    ],
)  # fmt: skip
def test_another_spelling_is_refused(level, rest):
    with pytest.raises(TileError):
        parse_tile_path(level, rest)


def test_the_specification_example_of_70000_entries_has_its_tiles():
    tiles = list(tiles_of_tree(70_000))
    assert [tile for tile in tiles if tile.width < 256] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert len(tiles) == 273 + 1 + 1 + 1 + 1
    assert all(tile_within(tile, 70_000) for tile in tiles)
    assert not tile_within(Tile(0, 273, 113), 70_000)


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_is_read_back(entries):
    assert decode_bundle(encode_bundle(entries)) == entries


@given(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=20), st.data())
def test_a_bundle_cut_inside_an_entry_is_refused(entries, data):
    whole = encode_bundle(entries)
    ends = [len(encode_bundle(entries[:count])) for count in range(len(entries) + 1)]
    cut = data.draw(st.integers(1, len(whole) - 1).filter(lambda at: at not in ends))
    with pytest.raises(TileError):
        decode_bundle(whole[:cut])


def test_what_does_not_fit_a_bundle_or_a_tile_is_refused():
    with pytest.raises(TileError):
        encode_bundle([bytes(65_536)])
    with pytest.raises(TileError):
        decode_bundle(encode_bundle([b"x"] * 257))
    for length in (0, 31, 33, 257 * 32):
        with pytest.raises(TileError):
            split_hashes(bytes(length))
