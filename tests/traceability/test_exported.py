"""The files of an export: which must be there, and what stands for a partial tile or bundle that is gone."""

import tarfile

import pytest

from traceability.errors import TileError
from traceability.exported import Archive, Export, Folder
from traceability.tiles import Tile, encode_bundle

LEAVES = [bytes([number]) * 32 for number in range(3)]
PARTIAL = Tile(0, 0, 3)


@pytest.fixture
def folder(tmp_path):
    put(tmp_path / "tile/0/000.p/3", b"".join(LEAVES))
    put(tmp_path / "tile/entries/000.p/3", encode_bundle([b"a", b"", b"ccc"]))
    return tmp_path


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_entries_and_their_leaves_are_read(folder):
    export = Export(Folder(folder), 3)
    export.check_presence()
    assert export.records(PARTIAL) == ([b"a", b"", b"ccc"], False)
    assert [export.entry(seq) for seq in range(3)] == list(zip([b"a", b"", b"ccc"], LEAVES, strict=True))


@pytest.mark.parametrize("name", ["tile/0/000.p/3", "tile/entries/000.p/3"])
def test_a_file_that_is_not_there_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(TileError) as refusal:
        Export(Folder(folder), 3).check_presence()
    assert refusal.value.message == f"{name} is missing"


def test_a_full_file_stands_for_a_partial_one_and_what_follows_is_not_looked_at(folder):
    for name in ("0", "entries"):
        partial = folder / "tile" / name / "000.p/3"
        put(folder / "tile" / name / "000", partial.read_bytes() + b"\0\1x\0")
        partial.unlink()
    export = Export(Folder(folder), 3)
    export.check_presence()
    assert export.hashes(PARTIAL) == b"".join(LEAVES)
    assert export.records(PARTIAL) == ([b"a", b"", b"ccc"], False)


def test_a_bundle_cut_short_gives_what_is_whole_and_a_longer_one_tells_of_its_rest(folder):
    path = folder / "tile/entries/000.p/3"
    whole = path.read_bytes()
    for more, expected in ((whole[:-1], [b"a", b""]), (whole[:4], [b"a"]), (b"", [])):
        put(path, more)
        assert Export(Folder(folder), 3).records(PARTIAL)[0] == expected
    put(path, whole + b"\0")
    assert Export(Folder(folder), 3).records(PARTIAL) == ([b"a", b"", b"ccc"], True)


def test_an_archive_gives_the_same_files_as_the_folder(folder, tmp_path):
    put(folder / "checkpoint", b"x")
    with tarfile.open(tmp_path / "export.tar", "w") as archive:
        archive.add(folder, "log-2026", filter=lambda member: None if member.name.endswith(".tar") else member)
    files = Archive(tmp_path / "export.tar")
    assert files.read("checkpoint") == b"x"
    assert files.has("tile/0/000.p/3") and not files.has("tile/0/000")
    assert files.read("tile/0") is None
