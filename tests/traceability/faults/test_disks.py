"""Full disks, read-only disks, flushes that fail: nothing acknowledged is lost, nothing is signed or published that might be."""

import errno
import shutil
from contextlib import closing

import pytest
from sqlalchemy.exc import OperationalError

from tests.traceability.conftest import NOW, ORIGIN
from tests.traceability.faults.disk import Flushes, small_disk
from tests.traceability.faults.drill import Drill
from traceability.cli import main
from traceability.errors import LogStateError, SignerError
from traceability.log import Log
from traceability.log.export import export
from traceability.signer import Keeper, KeyFile, StateFile
from traceability.storage import guards
from traceability.storage.sql import SqlStorage

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""What is tried is files, not the database."""


@pytest.fixture
def disk():
    with small_disk(4 << 20) as made:
        yield made


@pytest.fixture
def publish(engine, log, tmp_path):
    """Writes the export into `tmp_path`/export."""

    def run():
        with engine.begin() as connection:
            return export(log, connection, tmp_path / "export")

    return run


@pytest.fixture
def flushes(monkeypatch):
    return Flushes(monkeypatch)


def sound(folder) -> bool:
    return main(["verify", str(folder)]) == 0


def test_a_limit_on_file_sizes_stops_the_process_and_loses_nothing_acknowledged(tmp_path):
    with closing(Drill(tmp_path)) as drill:
        assert drill.run_until_it_ends(limit=300_000) == 1
        assert drill.acknowledged
        drill.inspect()


@pytest.mark.parametrize("room", [150_000, 600_000])
def test_a_full_disk_stops_the_process_and_loses_nothing_acknowledged(disk, room):
    """Database, signer, export and witness on one disk without room."""
    with closing(Drill(disk.path)) as drill:
        disk.fill(leave=room)
        assert drill.run_until_it_ends() == 1
        disk.make_room()
        assert drill.acknowledged
        drill.inspect()


def test_a_read_only_disk_takes_nothing_and_keeps_everything(disk):
    with closing(Drill(disk.path)) as drill:
        drill.kill_at("F3", 1)
        before = dict(drill.acknowledged)
        with disk.read_only():
            assert drill.run_until_it_ends() == 1
        assert drill.acknowledged == before != {}
        drill.inspect()


def test_a_signer_on_a_full_device_signs_nothing_and_goes_on_when_there_is_room(engine, log, fill, tmp_path):
    fill(3)
    (tmp_path / "state.new").symlink_to("/dev/full")
    with pytest.raises(SignerError) as refusal:
        log.checkpoint(engine.begin, NOW)
    assert refusal.value.__cause__.errno == errno.ENOSPC
    with engine.begin() as connection:
        assert log.latest_checkpoint(connection) is None
    (tmp_path / "state.new").unlink()
    assert log.checkpoint(engine.begin, NOW).checkpoint.size == 4


@on_sqlite
def test_something_in_the_place_of_the_signers_file_is_a_refusal(engine, log, fill, tmp_path):
    fill(3)
    (tmp_path / "state.new").mkdir()
    with pytest.raises(SignerError, match=r"state cannot be written"):
        log.checkpoint(engine.begin, NOW)
    with engine.begin() as connection:
        assert log.latest_checkpoint(connection) is None


def test_a_signer_on_a_read_only_disk_refuses_in_its_own_words(engine, log, fill, disk, tmp_path):
    """Its files on a disk that fails, the database on one that does not: the market goes on, the log waits."""
    fill(3)
    for name in ("state", "keys"):
        shutil.copy(tmp_path / name, disk.path / name)
    log = Log(ORIGIN, log.storage, Keeper(StateFile(disk.path / "state"), KeyFile(disk.path / "keys"), clock=lambda: NOW))
    with disk.read_only():
        with pytest.raises(SignerError):
            log.checkpoint(engine.begin, NOW)
        with engine.begin() as connection, pytest.raises((SignerError, LogStateError)):
            log.check_standing(connection)
    disk.fill()
    with pytest.raises(SignerError):
        log.checkpoint(engine.begin, NOW)
    disk.make_room()
    assert log.checkpoint(engine.begin, NOW).checkpoint.size == 4


@on_sqlite
def test_a_flush_that_fails_lets_no_signature_out(engine, log, fill, flushes, tmp_path):
    """Whichever of the signer's flushes it is; the file's, or that of its folder when the new state can already be read."""
    for turn in range(2):
        fill(2, start=100 * turn)
        flushes.again(fail_at=turn)
        with pytest.raises(SignerError) as refusal:
            log.checkpoint(engine.begin, NOW)
        assert refusal.value.__cause__.errno == errno.EIO
        with engine.begin() as connection:
            assert log.latest_checkpoint(connection) is None
    flushes.again()
    flushes.done.clear()
    assert log.checkpoint(engine.begin, NOW).checkpoint.size == 5
    assert flushes.done == [tmp_path / "state.new", tmp_path]


@on_sqlite
def test_a_flush_that_fails_during_an_export_is_made_good_by_the_next_one(sealed, flushes, publish, tmp_path):
    """Each flush of an export fails once. The checkpoint's file does not appear before all it covers was flushed, by this
    run or the next."""
    folder = tmp_path / "export"
    publish()
    flushes_of_all = flushes.asked
    assert flushes_of_all > 10
    for number in range(flushes_of_all):
        shutil.rmtree(folder)
        flushes.done.clear()
        flushes.again(fail_at=number)
        with pytest.raises(OSError, match="Input/output error"):
            publish()
        if (folder / "checkpoint").exists():
            assert set(flushes.lacking(folder)) <= {folder / "checkpoint"}
        flushes.again()
        publish()
        assert flushes.lacking(folder) == []
        assert sound(folder)


@on_sqlite
@pytest.mark.parametrize("name", ["tile/0/000.new", "tile/entries/000.new", "checkpoint.new"])
def test_an_export_onto_a_full_device_leaves_the_one_before(engine, log, fill, publish, tmp_path, name):
    fill(3)
    log.checkpoint(engine.begin, NOW)
    publish()
    before = (tmp_path / "export/checkpoint").read_bytes()
    fill(300, start=5000)
    log.checkpoint(engine.begin, NOW)
    (tmp_path / "export" / name).symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        publish()
    assert (tmp_path / "export/checkpoint").read_bytes() == before
    assert sound(tmp_path / "export")
    (tmp_path / "export" / name).unlink()
    assert publish() == 304
    assert sound(tmp_path / "export")


@on_sqlite
def test_an_export_on_a_full_or_read_only_disk_leaves_the_one_before(engine, log, fill, disk):
    folder = disk.path / "export"
    for turn in range(2):
        fill(300, start=1000 * turn)
        log.checkpoint(engine.begin, NOW)
        if turn:
            disk.fill(leave=20_000)
            with engine.begin() as connection, pytest.raises(OSError, match="No space left"):
                export(log, connection, folder)
            assert sound(folder)
            disk.make_room()
            with disk.read_only(), engine.begin() as connection, pytest.raises(OSError, match="Read-only"):
                export(log, connection, folder)
            assert sound(folder)
        with engine.begin() as connection:
            assert export(log, connection, folder) == 301 + 300 * turn
    assert sound(folder)


def test_a_database_on_a_read_only_disk_refuses_and_comes_back(disk, signer, make_event, open_sqlite):
    engine, log = open_sqlite(disk.path / "log.db"), Log(ORIGIN, SqlStorage(), signer)
    with engine.begin() as connection:
        guards.create(connection)
        log.incept(connection, entry_id="urn:uuid:genesis", who="org:market", policy=b"", now=NOW)
    engine.dispose()

    def put():
        with engine.begin() as connection:
            return log.submit(connection, event=make_event(1), lots=["A"], who="org:coop", recorded_at=NOW)

    with disk.read_only():
        with pytest.raises(OperationalError):
            put()
        engine.dispose()
    receipt = put()
    with engine.begin() as connection:
        assert log.sequence(connection).sealed == 1
        assert [record.leaf for record in log.lot(connection, "A")] == [receipt.leaf]
        assert log.check(connection).sound
    engine.dispose()
