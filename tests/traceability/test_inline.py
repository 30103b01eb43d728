"""Entries sealed in the transaction that records them, past the queue: in memory and on SQLite, whose writer is alone."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.traceability.conftest import NOW, ORIGIN
from traceability.errors import ConflictError, LogStateError, ProfileError, TamperError
from traceability.log import Log
from traceability.storage import guards
from traceability.storage.sql import SqlStorage


@pytest.fixture(params=["memory", "sqlite"])
def begun(request, tmp_path, open_sqlite, signer):
    """A started log and a connection, in a transaction where there is one."""
    if request.param == "memory":
        yield request.getfixturevalue("memory_log"), None
        return
    engine, log = open_sqlite(tmp_path / "inline.db"), Log(ORIGIN, SqlStorage(), signer)
    with engine.begin() as connection:
        guards.create(connection)
        log.incept(connection, entry_id="urn:uuid:genesis", who="org:market", policy=b"policy", now=NOW)
        yield log, connection
    engine.dispose()


def put(log, connection, event, *lots, at_once=True):
    return log.submit(connection, event=event, lots=lots, who="org:coop", recorded_at=NOW, at_once=at_once)


def test_entries_are_sealed_one_by_one_and_chained_to_their_lots(begun, make_event, slow_root):
    log, connection = begun
    receipts = [put(log, connection, make_event(number), "A", f"B{number % 3}") for number in range(300)]
    assert [receipt.seq for receipt in receipts] == list(range(1, 301))
    assert log.storage.pending(connection, 1) == []
    assert [record.leaf for record in log.lot(connection, "A")] == [receipt.leaf for receipt in receipts]
    assert [record.entry.links[0].n for record in log.lot(connection, "A")] == list(range(300))
    assert log.tree(connection).root(301) == slow_root(log.storage.leaves(connection, 0, 301))
    assert log.check(connection).sound


def test_the_same_event_again_gets_the_first_receipt_and_another_content_is_refused(begun, make_event):
    log, connection = begun
    event = make_event(1)
    first = put(log, connection, event, "A", "B")
    put(log, connection, make_event(2), "A")
    again = log.submit(
        connection, event=event, lots=["B", "A"], who="org:coop", recorded_at=NOW + timedelta(hours=1), at_once=True
    )
    assert again == first
    for other, lots in ((event | {"bizStep": "shipping"}, ["A", "B"]), (event, ["A"])):
        with pytest.raises(ConflictError) as refusal:
            put(log, connection, other, *lots)
        assert refusal.value.code == "id-reused"
    assert put(log, connection, make_event(3), "A").seq == 3
    assert (log.size(connection), log.check(connection).sound) == (4, True)


def test_what_waits_is_not_passed_by_what_comes_later(begun, make_event):
    log, connection = begun
    put(log, connection, make_event(1), "A", at_once=False)
    assert not put(log, connection, make_event(2), "A").sealed
    assert put(log, connection, make_event(1), "A", at_once=True).seq is None
    assert log.sequence(connection).sealed == 2
    assert put(log, connection, make_event(3), "A").links[0].n == 2


@pytest.mark.parametrize("spoilt", [{"kg": 1.5}, {"eventTime": "now"}, {"note": None}, {"note": "x" * 17_000}])
def test_an_event_outside_the_profile_is_refused_and_changes_nothing(begun, make_event, spoilt):
    log, connection = begun
    with pytest.raises(ProfileError):
        put(log, connection, make_event(1) | spoilt, "A")
    assert (log.size(connection), log.lot(connection, "A")) == (1, [])


def test_nothing_is_sealed_before_the_inception(tmp_path, open_sqlite, signer, make_event):
    engine = open_sqlite(tmp_path / "empty.db")
    with engine.begin() as connection:
        guards.create(connection)
        with pytest.raises(LogStateError) as refusal:
            put(Log(ORIGIN, SqlStorage(), signer), connection, make_event(1), "A")
    assert refusal.value.code == "not-started"
    engine.dispose()


def test_a_store_that_goes_on_behind_its_head_is_not_written_to(tmp_path, open_sqlite, signer, make_event):
    engine, log = open_sqlite(tmp_path / "torn.db"), Log(ORIGIN, SqlStorage(), signer)
    with engine.begin() as connection:
        guards.create(connection)
        log.incept(connection, entry_id="urn:uuid:genesis", who="org:market", policy=b"policy", now=NOW)
        connection.execute(text("INSERT INTO tlog_entry VALUES (1, 'urn:x:stray', zeroblob(32))"))
        with pytest.raises(TamperError) as refusal:
            put(log, connection, make_event(1), "A")
        assert refusal.value.code == "not-next"
        assert log.lot(connection, "A") == []
    engine.dispose()
