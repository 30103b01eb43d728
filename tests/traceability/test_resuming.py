"""The restore drill: a database put back from a backup refuses to go on until the export has brought it up again."""

import shutil

import pytest
from sqlalchemy import create_engine, text

from tests.traceability.conftest import NOW, ORIGIN, sqlite_engine
from traceability.cli import main
from traceability.errors import LogStateError
from traceability.log import Log
from traceability.log.export import export
from traceability.log.resuming import resume
from traceability.signer import Keeper, KeyFile, StateFile
from traceability.storage import guards
from traceability.storage.sql import SqlStorage
from traceability.storage.tables import metadata


class Site:
    """A log with its signer and export, and a backup to go back to."""

    def __init__(self, folder, log, engine, make_event) -> None:
        self.folder, self.log, self.engine, self.make_event = folder, log, engine, make_event
        self.schema = None

    def put(self, *numbers, lot=None, seal=True):
        with self.engine.begin() as connection:
            for number in numbers:
                lots = [lot or f"LOT{number % 3}"]
                event = self.make_event(number)
                self.log.submit(connection, event=event, lots=lots, who="org:coop", recorded_at=NOW)
            while seal and self.log.sequence(connection).sealed:
                pass

    def publish(self):
        signed = self.log.checkpoint(self.engine.begin, NOW)
        with self.engine.begin() as connection:
            export(self.log, connection, self.folder / "export")
        return signed.checkpoint

    def back_up(self):
        if self.engine.dialect.name == "sqlite":
            self.engine.dispose()
            shutil.copy(self.folder / "log.db", self.folder / "backup.db")
            return
        with self.engine.begin() as connection:
            for table in metadata.tables:
                connection.execute(text(f"CREATE TABLE kept_{table} AS TABLE {table}"))

    def restore(self):
        """A copy from then in the place of what there is now."""
        if self.engine.dialect.name == "sqlite":
            self.engine.dispose()
            self.engine = sqlite_engine(self.folder / "backup.db")
            return
        with self.engine.begin() as connection:
            old = connection.scalar(text("SELECT current_schema()"))
            connection.execute(text(f"CREATE SCHEMA {old}_restored"))
        self.engine = create_engine(self.engine.url, connect_args={"options": f"-csearch_path={old}_restored"})
        self.schema = f"{old}_restored"
        with self.engine.begin() as connection:
            guards.create(connection)
            for table in metadata.sorted_tables:
                connection.execute(text(f"INSERT INTO {table.name} SELECT * FROM {old}.kept_{table.name}"))
            connection.execute(text("SELECT setval('tlog_pending_qid_seq', 1000)"))

    def close(self):
        with self.engine.begin() as connection:
            if self.schema:
                connection.execute(text(f"DROP SCHEMA {self.schema} CASCADE"))
        self.engine.dispose()

    def standing(self):
        with self.engine.begin() as connection:
            try:
                self.log.check_standing(connection)
            except LogStateError as error:
                return error.code
        return "good"

    def resume(self, read=True):
        with self.engine.begin() as connection:
            return resume(self.log, connection, self.read if read else None, self.log.signer.state(), NOW)

    def read(self, path):
        file = self.folder / "export" / path
        return file.read_bytes() if file.exists() else None

    def refused(self, **more):
        with pytest.raises(LogStateError) as refusal:
            self.resume(**more)
        return refusal.value.code


@pytest.fixture
def site(engine, log, make_event, tmp_path):
    made = Site(tmp_path, log, engine, make_event)
    yield made
    made.close()


def test_a_hundred_entries_lost_with_the_database_come_back_with_the_same_root(site):
    site.put(*range(300))
    site.publish()
    site.back_up()
    site.put(*range(300, 400))
    published = site.publish()
    shutil.copy(site.folder / "export" / "checkpoint", site.folder / "seen")
    site.restore()
    assert site.standing() == "behind-signer"
    with pytest.raises(LogStateError):
        site.log.checkpoint(site.engine.begin, NOW)

    done = site.resume()

    assert (done.before, done.size, done.signed, done.level) == (301, 401, 401, True)
    assert site.standing() == "good"
    with site.engine.begin() as connection:
        assert site.log.tree(connection).root(401) == published.root
        assert site.log.latest_checkpoint(connection).checkpoint == published
        assert site.log.check(connection).sound
    site.put(500)
    assert site.publish().size == 402
    assert main(["verify", str(site.folder / "export"), "--since", str(site.folder / "seen")]) == 0


def test_a_level_log_is_left_as_it_is_and_resuming_twice_is_harmless(site):
    site.put(1, 2)
    site.publish()
    site.put(3)
    assert site.resume() == site.resume()
    assert site.resume(read=False).size == 4


def test_an_empty_database_comes_back_whole(site, signer):
    site.put(*range(10))
    published = site.publish()
    site.engine = sqlite_engine(site.folder / "fresh.db")
    with site.engine.begin() as connection:
        guards.create(connection)
    assert site.resume().size == 11
    with site.engine.begin() as connection:
        assert site.log.latest_checkpoint(connection).checkpoint == published


def test_without_an_export_nothing_goes_on(site):
    site.back_up()
    site.put(1)
    site.publish()
    site.restore()
    assert site.refused(read=False) == "no-export"


def test_an_export_that_ends_too_early_brings_back_what_it_has(site):
    site.back_up()
    site.put(1, 2)
    site.publish()
    site.put(3)
    site.log.checkpoint(site.engine.begin, NOW)
    site.restore()
    done = site.resume()
    assert (done.size, done.signed, done.level) == (3, 4, False)
    assert site.standing() == "behind-signer"


def test_entries_that_still_wait_here_are_not_doubled(site):
    site.put(1)
    site.put(2, seal=False)
    site.back_up()
    site.put(3)
    site.publish()
    site.restore()
    done = site.resume()
    assert (done.met_in_queue, done.size) == (1, 4)
    with site.engine.begin() as connection:
        assert site.log.storage.pending(connection, 10) == []
        assert site.log.check(connection).sound


def test_a_record_made_since_the_restore_on_a_lot_with_lost_entries_is_named_and_nothing_changes(site):
    site.put(1, lot="A")
    site.back_up()
    site.put(2, lot="A")
    site.publish()
    site.restore()
    site.put(3, lot="A", seal=False)
    with pytest.raises(LogStateError) as refusal:
        site.resume()
    assert refusal.value.code == "queue-conflict"
    assert site.make_event(3)["eventID"] in refusal.value.message
    assert "number 1 of lot A" in refusal.value.message
    with site.engine.begin() as connection:
        assert (site.log.size(connection), len(site.log.storage.pending(connection, 10))) == (2, 1)


def test_a_record_made_since_on_another_lot_waits_and_is_sealed_after(site):
    site.back_up()
    site.put(1, lot="A")
    site.publish()
    site.restore()
    site.put(2, lot="B", seal=False)
    assert site.resume().level
    site.put(3, lot="A")
    with site.engine.begin() as connection:
        assert site.log.size(connection) == 4
        assert site.log.check(connection).sound


def test_a_changed_export_is_refused_and_changes_nothing(site):
    site.back_up()
    site.put(1)
    site.publish()
    [bundle] = (site.folder / "export/tile/entries").rglob("2")
    bundle.write_bytes(bundle.read_bytes().replace(b"irrigating", b"harvesting"))
    site.restore()
    assert site.refused() == "export-differs"
    bundle.write_bytes(bundle.read_bytes()[:-1])
    assert site.refused() == "export-unreadable"
    bundle.unlink()
    assert site.refused() == "export-unreadable"
    with site.engine.begin() as connection:
        assert site.log.size(connection) == 1


def test_a_database_that_went_another_way_is_named(site, tmp_path):
    site.back_up()
    site.put(1)
    site.publish()
    site.restore()
    site.put(2)
    assert site.standing() == "differs-from-signer"
    assert site.refused() == "export-differs"
    assert site.refused(read=False) == "differs-from-signer"


def test_a_lost_signer_state_stops_the_resuming(site, tmp_path):
    (tmp_path / "state").unlink()
    assert site.standing() == "signer-state-missing"
    assert site.refused() == "signer-state-missing"


def test_a_copied_signer_state_can_fork_and_the_export_proves_it(site, tmp_path):
    """The fork drill up to the evidence: two signers with two copies of one state, two histories of one size."""
    site.put(1)
    site.publish()
    site.back_up()
    for name in ("state", "keys"):
        shutil.copy(tmp_path / name, tmp_path / f"{name}.copy")
    site.put(2)
    honest = site.log.checkpoint(site.engine.begin, NOW)
    (tmp_path / "kept").write_text(str(honest.note), encoding="utf-8")
    site.restore()
    copied = Keeper(StateFile(tmp_path / "state.copy"), KeyFile(tmp_path / "keys.copy"))
    site.log = Log(ORIGIN, SqlStorage(), copied)
    site.put(3)
    assert site.publish().size == honest.checkpoint.size
    evidence = tmp_path / "evidence.json"
    assert main(["verify", str(tmp_path / "export"), "--since", str(tmp_path / "kept"), "--evidence-out", str(evidence)]) == 2
    assert evidence.exists()


def test_outsiders_are_shown_an_older_checkpoint_and_the_archive_reaches_the_newest(site):
    """An export whose `checkpoint` waits for outside signatures, over the edge of a tile; and the restore from it."""
    site.put(*range(240))
    site.publish()
    site.back_up()
    site.put(*range(240, 250))
    signed = site.log.checkpoint(site.engine.begin, NOW)
    site.put(*range(250, 254))
    site.log.checkpoint(site.engine.begin, NOW)
    folder = site.folder / "export"

    def write():
        with site.engine.begin() as connection:
            return export(site.log, connection, folder, choose=lambda _connection: signed)

    assert write() == 255
    assert ((folder / "checkpoint").read_text("utf-8"), main(["verify", str(folder)])) == (str(signed.note), 0)
    site.put(*range(254, 270))
    newest = site.log.checkpoint(site.engine.begin, NOW)
    assert write() == 271
    assert ((folder / "checkpoint").read_text("utf-8"), main(["verify", str(folder)])) == (str(signed.note), 0)

    site.restore()
    done = site.resume()

    assert (done.size, done.level) == (271, True)
    with site.engine.begin() as connection:
        assert site.log.latest_checkpoint(connection).checkpoint == newest.checkpoint
    signed = newest
    assert write() == 271
    assert not (folder / "checkpoint.newest").exists()
    assert main(["verify", str(folder)]) == 0


def test_checkpoint_shown_once_is_never_replaced_by_an_older_one(site):
    site.put(1)
    older = site.log.checkpoint(site.engine.begin, NOW)
    site.put(2)
    shown = site.publish()
    site.put(3)
    site.log.checkpoint(site.engine.begin, NOW)
    folder = site.folder / "export"

    with site.engine.begin() as connection:
        export(site.log, connection, folder, choose=lambda _connection: older)

    assert f"\n{shown.size}\n" in (folder / "checkpoint").read_text("utf-8")
    assert main(["verify", str(folder)]) == 0


def test_export_that_holds_more_than_the_log_is_not_written_over(site):
    site.put(1)
    site.publish()
    site.back_up()
    site.put(2)
    site.publish()
    site.restore()

    with pytest.raises(LogStateError) as refusal, site.engine.begin() as connection:
        export(site.log, connection, site.folder / "export")
    assert refusal.value.code == "export-ahead"
