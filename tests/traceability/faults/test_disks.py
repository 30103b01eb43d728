"""Full disks, read-only disks, flushes that fail: nothing acknowledged is lost, nothing is signed or published that might be."""

import errno
import re
import shutil
from contextlib import closing

import pytest
from sqlalchemy.exc import OperationalError

from tests.traceability.conftest import NOW, ORIGIN
from tests.traceability.faults.disk import Flushes, small_disk
from tests.traceability.faults.drill import Drill
from traceability.cli import main
from traceability.errors import SignerError
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
        assert re.search("disk I/O error|disk is full|too large", drill.run_until_it_ends(limit=300_000))
        assert drill.acknowledged
        drill.inspect()


@pytest.mark.parametrize("room", [250_000, 700_000])
def test_a_full_disk_stops_the_process_and_loses_nothing_acknowledged(disk, room):
    """Database, signer, export and witness on one disk without room."""
    with closing(Drill(disk.path)) as drill:
        disk.fill(leave=room)
        assert re.search("disk is full|disk I/O error|No space left", drill.run_until_it_ends())
        disk.make_room()
        assert drill.acknowledged
        drill.inspect()


def test_a_read_only_disk_takes_nothing_and_keeps_everything(disk):
    with closing(Drill(disk.path)) as drill:
        drill.kill_at("F3", 1)
        before = dict(drill.acknowledged)
        with disk.read_only():
            assert re.search("readonly|read-only|Read-only|unable to open", drill.run_until_it_ends())
        assert drill.acknowledged == before != {}
        drill.inspect()


def to_be_replaced(state) -> None:
    """A state of the older form: its next record is written aside and renamed."""
    state.write_bytes(b"".join(state.read_bytes().splitlines(keepends=True)[:3]))


def test_a_signer_that_cannot_begin_on_a_full_device_has_not_begun(tmp_path, key):
    keys = KeyFile(tmp_path / "keys")
    keys.write([key])
    keeper = Keeper(StateFile(tmp_path / "state"), keys)
    (tmp_path / "state.new").symlink_to("/dev/full")
    with pytest.raises(SignerError) as refusal:
        keeper.incept(ORIGIN)
    assert refusal.value.__cause__.errno == errno.ENOSPC
    assert keeper.state() is None
    assert not (tmp_path / "state.new").is_symlink(), "what was begun aside is gone"
    keeper.incept(ORIGIN)
    assert keeper.state()[0] == 0


@pytest.fixture
def elsewhere(log, disk, tmp_path):
    """The log, whose signer has its files on a disk that fails, the database on one that does not."""
    for name in ("state", "keys"):
        shutil.copy(tmp_path / name, disk.path / name)
    return Log(ORIGIN, log.storage, Keeper(StateFile(disk.path / "state"), KeyFile(disk.path / "keys"), clock=lambda: NOW))


@on_sqlite
def test_a_signer_on_a_full_disk_signs_nothing_and_goes_on_when_there_is_room(engine, elsewhere, fill, disk):
    fill(3)
    size = elsewhere.checkpoint(engine.begin, NOW).checkpoint.size
    disk.fill()
    for number in range(100):  # what is left of its last block may take a few more
        fill(1, start=100 + number)
        try:
            size = elsewhere.checkpoint(engine.begin, NOW).checkpoint.size
        except SignerError as refusal:
            assert refusal.code == "state-not-written"
            break
    else:
        pytest.fail("a full disk took a hundred checkpoints")
    with engine.begin() as connection:
        assert elsewhere.latest_checkpoint(connection).checkpoint.size == size
    assert elsewhere.signer.state()[0] == size
    disk.make_room()
    assert elsewhere.checkpoint(engine.begin, NOW).checkpoint.size == size + 1


def test_a_signer_on_a_read_only_disk_refuses_in_its_own_words(engine, elsewhere, fill, disk):
    """So the market goes on and the log waits."""
    fill(3)
    with disk.read_only():
        with pytest.raises(SignerError):
            elsewhere.checkpoint(engine.begin, NOW)
        with engine.begin() as connection, pytest.raises(SignerError):
            elsewhere.check_standing(connection)
    assert elsewhere.checkpoint(engine.begin, NOW).checkpoint.size == 4


@on_sqlite
def test_a_flush_that_fails_lets_no_signature_out(engine, log, fill, flushes):
    """Whichever of the signer's flushes it is, also where the new state can already be read."""
    fill(1)
    log.checkpoint(engine.begin, NOW)
    flushes.again()
    fill(1, start=50)
    size = log.checkpoint(engine.begin, NOW).checkpoint.size
    assert flushes.asked
    for number in range(flushes.asked):
        fill(2, start=100 * (number + 1))
        flushes.again(fail_at=number)
        with pytest.raises(SignerError) as refusal:
            log.checkpoint(engine.begin, NOW)
        assert refusal.value.__cause__.errno == errno.EIO
        with engine.begin() as connection:
            assert log.latest_checkpoint(connection).checkpoint.size == size
        flushes.again()
        size = log.checkpoint(engine.begin, NOW).checkpoint.size
        assert flushes.asked
    with engine.begin() as connection:
        assert log.size(connection) == size
        assert log.check(connection).sound


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
    assert not (tmp_path / "export" / name).is_symlink(), "what was begun aside is gone"
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
