"""The map's records in the export, and the whole export as one archive: what is in them, what a crash leaves."""

import os
import subprocess
import sys
import tarfile
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.traceability.conftest import NOW, ORIGIN
from traceability.durable import alone_in
from traceability.errors import LogStateError
from traceability.exported import Archive, Folder
from traceability.log.archive import write_archive
from traceability.log.completeness import append_map
from traceability.log.erasure import announce_redaction
from traceability.log.export import export
from traceability.lotmap import key_of, record_of
from traceability.verify import verify_export

VERIFIER = Path(__file__).parents[2] / "traceability" / "standalone" / "verifier" / "tlog_verify.py"


@pytest.fixture
def grown(memory_log, make_event):
    """Adds entries on so many new lots, then a map and a checkpoint; returns the map's seq."""

    def run(lots: int, *, mapped: bool = True) -> int | None:
        for number in range(lots):
            event = make_event(memory_log.size(None) * 1000 + number)
            memory_log.submit(None, event=event, lots=[f"LOT{event['eventID'][-12:]}"], who="org:coop", recorded_at=NOW)
        while memory_log.sequence(None).sealed:
            pass
        seq = append_map(memory_log.storage, None, origin=ORIGIN, who="org:market", now=NOW) if mapped else None
        memory_log.checkpoint(nullcontext, NOW)
        return seq

    return run


def judged(place: Path) -> int:
    return subprocess.run([sys.executable, VERIFIER, "export", place], capture_output=True, check=False).returncode


def changed(folder: Path, name: str, change) -> None:
    path = folder / name
    path.write_bytes(change(path.read_bytes()))


def test_files_hold_the_record_of_every_lot(memory_log, grown, tmp_path):
    seq = grown(40)

    export(memory_log, None, tmp_path)

    due = sorted(record_of(*told) for told in memory_log.storage.last_links(None, seq))
    assert (tmp_path / "map/latest").read_bytes() == b"%d\n" % seq
    assert [path.name for path in (tmp_path / f"map/{seq}").iterdir()] == ["000"]
    assert (tmp_path / f"map/{seq}/000").read_bytes() == b"".join(due)
    assert verify_export(Folder(tmp_path)).outcome == 0
    assert judged(tmp_path) == 0


def test_large_map_has_a_file_for_every_256_buckets(memory_log, grown, tmp_path):
    seq = grown(4200)

    export(memory_log, None, tmp_path)

    files = sorted((tmp_path / f"map/{seq}").iterdir())
    assert [path.name for path in files] == ["000", "001"]
    halves = [sorted(record_of(*told) for told in memory_log.storage.last_links(None, seq) if key_of(told[0])[0] >> 7 == at) for at in (0, 1)]
    assert [path.read_bytes() for path in files] == [b"".join(half) for half in halves]
    assert verify_export(Folder(tmp_path)).outcome == 0
    assert judged(tmp_path) == 0
    changed(tmp_path, f"map/{seq}/001", lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    assert (verify_export(Folder(tmp_path)).outcome, verify_export(Folder(tmp_path)).index, judged(tmp_path)) == (1, seq, 1)


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        (lambda folder, seq: changed(folder, f"map/{seq}/000", lambda data: data[68:]), (1, True)),
        (lambda folder, seq: (folder / f"map/{seq}/000").unlink(), (3, False)),
        (lambda folder, seq: (folder / "map/latest").write_bytes(b"1\n"), (1, True)),
        (lambda folder, seq: (folder / "map/latest").write_bytes(b"x\n"), (1, False)),
        (lambda folder, seq: (folder / "map/latest").write_bytes(b"999\n"), (0, False)),
        (lambda folder, seq: (folder / "map/latest").unlink(), (0, False)),
    ],
    ids=["a record is gone", "a file is gone", "of no map", "malformed", "after the checkpoint", "none"],
)
def test_both_checks_judge_the_files(memory_log, grown, tmp_path, deed, expected):
    seq = grown(40)
    export(memory_log, None, tmp_path)

    deed(tmp_path, seq)

    found = verify_export(Folder(tmp_path))
    assert (found.outcome, found.index is not None) == expected
    assert judged(tmp_path) == expected[0]


def test_only_the_newest_two_are_kept_and_one_that_is_there_is_not_written_again(memory_log, grown, tmp_path):
    folder = tmp_path / "export"
    for _ in range(2):
        older = grown(3)
        export(memory_log, None, folder)
    mark = (folder / f"map/{older}/000").stat().st_ino
    grown(2, mapped=False)
    export(memory_log, None, folder)
    assert (folder / f"map/{older}/000").stat().st_ino == mark

    newest = grown(1)
    export(memory_log, None, folder)

    assert {path.name for path in (folder / "map").iterdir()} == {"latest", str(older), str(newest)}
    assert judged(folder) == 0


def test_broken_tables_are_not_published(memory_log, grown, tmp_path):
    grown(40)
    buckets = memory_log.storage.map_buckets(None, range(4))
    state = memory_log.storage.map_state(None)
    memory_log.storage.write_map(None, state, {0: buckets[1]}, {}, whole=False)

    export(memory_log, None, tmp_path)

    assert not (tmp_path / "map/latest").exists()


def test_archive_is_the_export_and_unpacks_to_one(memory_log, grown, tmp_path):
    grown(300)
    export(memory_log, None, tmp_path / "export")

    size = write_archive(memory_log, None, tmp_path / "a" / "log.tar", {"policy": "quorum none\n"})

    assert size == memory_log.size(None)
    assert judged(tmp_path / "a" / "log.tar") == 0
    assert verify_export(Archive(tmp_path / "a" / "log.tar")).outcome == 0
    with tarfile.open(tmp_path / "a" / "log.tar") as tar:
        names = tar.getnames()
        tar.extractall(tmp_path / "unpacked", filter="data")
    assert names[-1] == "so-cai/checkpoint"
    folder = tmp_path / "unpacked" / "so-cai"
    assert judged(folder) == 0
    there, here = ({path.relative_to(top): path.read_bytes() for path in top.rglob("*") if path.is_file()} for top in (tmp_path / "export", folder))
    assert here == {name: data for name, data in there.items() if name.name != ".lock"} | {Path("policy"): b"quorum none\n"}
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"log.tar", ".lock"}


def test_archive_cut_short_is_incomplete(memory_log, grown, tmp_path):
    grown(40)
    write_archive(memory_log, None, tmp_path / "log.tar", {})
    data = (tmp_path / "log.tar").read_bytes()
    end = data.rindex(b"so-cai/checkpoint")

    (tmp_path / "cut.tar").write_bytes(data[:end])

    assert judged(tmp_path / "cut.tar") == 3


@pytest.mark.parametrize("step", ["fsync", "replace", "addfile"])
def test_a_crash_leaves_the_archive_of_the_night_before(memory_log, grown, tmp_path, monkeypatch, step):
    place = tmp_path / "log.tar"
    grown(3)
    write_archive(memory_log, None, place, {})
    before = place.read_bytes()
    grown(3)

    def cut(*_arguments, **_named):
        raise OSError("no more power")

    where = {"fsync": os, "replace": Path, "addfile": tarfile.TarFile}[step]
    with monkeypatch.context() as broken:
        broken.setattr(where, step, cut)
        with pytest.raises(OSError, match="no more power"):
            write_archive(memory_log, None, place, {})
    assert place.read_bytes() == before
    assert not list(tmp_path.glob("*.new")), "a full disk gets its room back"
    write_archive(memory_log, None, place, {})

    assert judged(place) == 0
    assert place.read_bytes() != before


def test_two_do_not_write_one_archive(memory_log, grown, tmp_path):
    grown(3)
    with alone_in(tmp_path, wait=False), pytest.raises(LogStateError, match="another process"):
        write_archive(memory_log, None, tmp_path / "log.tar", {})
    assert not (tmp_path / "log.tar").exists()


def test_before_a_checkpoint_and_while_a_redaction_waits_there_is_none(memory_log, grown, tmp_path):
    with pytest.raises(LogStateError, match="nothing has been published"):
        write_archive(memory_log, None, tmp_path / "log.tar", {})
    grown(3)
    announce_redaction(memory_log.storage, None, origin=ORIGIN, who="org:market", seq=2, reason="phone", now=NOW)
    memory_log.sequence(None)
    memory_log.storage.withhold(None, 2)

    with pytest.raises(LogStateError, match="no published checkpoint announces"):
        write_archive(memory_log, None, tmp_path / "log.tar", {})
