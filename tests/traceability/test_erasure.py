"""Openings and redactions in the store: what is deleted is announced, and everything else still holds."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from tests.traceability.conftest import NOW, ORIGIN
from traceability.canonical.entry import read_entry
from traceability.canonical.types import ERASE, REDACT
from traceability.errors import ConflictError, LogStateError, TamperError
from traceability.log.erasure import (
    announce_redaction,
    check_openings,
    commitment_of,
    decrypt,
    encrypt,
    erase_lost,
    erase_openings,
    new_opening,
    reapply,
)
from traceability.storage.derived import StoredOpening

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
WHO = {"origin": ORIGIN, "who": "org:market", "now": NOW}


@pytest.fixture
def record(engine, log, make_event):
    """Seals an event with a note, and keeps its opening; returns the entry id."""

    def run(number=1, value="Bón thúc đợt hai", key_id="k1"):
        event = make_event(number)
        opening = new_opening(event["eventID"], "/cns:note", value)
        with engine.begin() as connection:
            log.submit(
                connection, event=event, lots=["A"], who="org:coop", recorded_at=NOW,
                commitments={"/cns:note": commitment_of(opening, ORIGIN)},
            )  # fmt: skip
            log.sequence(connection)
            row = StoredOpening(opening.entry_id, opening.path, key_id, "2028-12-01", False, encrypt(opening, KEY))
            log.storage.add_openings(connection, [row])
        return opening.entry_id

    return run


@pytest.fixture
def wrong(engine, log):
    def run(keys=None):
        with engine.begin() as connection:
            return list(check_openings(log.storage, connection, ORIGIN, {"k1": KEY} if keys is None else keys))

    return run


def entries(engine, log):
    with engine.begin() as connection:
        rows = log.storage.sealed(connection, 0, 10_000)
    return [read_entry(row.data) if row.data else None for row in rows]


def test_an_opening_opens_only_with_its_key_entry_and_path(engine, log, record):
    name = record()
    with engine.begin() as connection:
        [row] = log.storage.openings(connection, entry_ids=[name])
    assert decrypt(row, KEY).value == "Bón thúc đợt hai"
    moved = StoredOpening(name, "/cns:worker", row.key_id, row.until, False, row.box)
    for stored, key in ((row, OTHER), (moved, KEY)):
        with pytest.raises(TamperError):
            decrypt(stored, key)


def test_the_store_holds_neither_value_nor_salt(engine, log, record):
    name = record()
    with engine.begin() as connection:
        [row] = log.storage.openings(connection, entry_ids=[name])
        opened = decrypt(row, KEY)
    assert opened.salt not in row.box
    assert b"th\xc3\xbac" not in row.box


def test_sound_openings_are_found_sound_and_spoilt_ones_named(engine, record, wrong):
    record(1)
    record(2)
    assert wrong() == []
    assert [seq for seq, _ in wrong(keys={})] == [1, 2]
    with engine.begin() as connection:
        connection.execute(text("UPDATE tlog_opening SET box = :junk WHERE entry_id LIKE '%1'"), {"junk": bytes(80)})
    assert [seq for seq, _ in wrong()] == [1]


def test_an_opening_without_commitment_is_named(engine, log, fill, wrong):
    [receipt] = fill(1)
    opening = new_opening(receipt.id, "/cns:note", "x")
    row = StoredOpening(receipt.id, "/cns:note", "k1", "2028-12-01", False, encrypt(opening, KEY))
    with engine.begin() as connection:
        log.storage.add_openings(connection, [row])
    assert wrong()[0][0] == 1


def test_erasing_logs_paths_and_ground_and_nobodys_name_then_there_is_nothing_to_erase(engine, log, record):
    names = [record(number) for number in (1, 2, 3)]
    record(4, key_id="k2")
    with engine.begin() as connection:
        assert erase_openings(log.storage, connection, key_ids=["k1"], ground="request", **WHO) == 3
        assert log.storage.openings(connection, entry_ids=names) == []
        assert log.check(connection).sound
        leaves = log.storage.leaves(connection, 1, 4)
    last = entries(engine, log)[-1]
    assert (last.type, last.event["ground"], last.links) == (ERASE, "request", ())
    assert last.event["paths"] == {leaf.hex(): ["/cns:note"] for leaf in leaves}
    assert [(item.leaf, item.relation, item.seq) for item in last.references] == [
        (leaf, "erases", seq) for seq, leaf in enumerate(leaves, 1)
    ]
    with engine.begin() as connection:
        assert erase_openings(log.storage, connection, key_ids=["k1"], ground="request", **WHO) == 0
        assert log.size(connection) == 6


def test_many_openings_are_erased_by_several_entries(engine, log, record):
    for number in range(90):
        record(number)
    with engine.begin() as connection:
        assert erase_openings(log.storage, connection, key_ids=["k1"], ground="retention", **WHO) == 90
        assert log.check(connection).sound
    assert [entry.type for entry in entries(engine, log)].count(ERASE) == 3


def test_an_erasure_that_is_rolled_back_leaves_the_openings_and_no_entry(engine, log, record, wrong):
    record()
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        erase_openings(log.storage, connection, key_ids=["k1"], ground="request", **WHO)
        raise ZeroDivisionError
    with engine.begin() as connection:
        assert (log.size(connection), len(log.storage.openings(connection, key_ids=["k1"]))) == (2, 1)
    assert wrong() == []


def test_values_whose_openings_did_not_come_back_are_said_to_be_lost_once(engine, log, record):
    lost, kept = record(1), record(2)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM tlog_opening WHERE entry_id = :name"), {"name": lost})
        assert not log.check(connection).sound
        assert erase_lost(log.storage, connection, ground="lost", start=2, **WHO) == 0
        assert erase_lost(log.storage, connection, ground="lost", start=0, **WHO) == 1
        assert erase_lost(log.storage, connection, ground="lost", start=0, **WHO) == 0
        assert log.check(connection).sound
        assert [row.entry_id for row in log.storage.openings(connection, entry_ids=[lost, kept])] == [kept]
        [told] = log.storage.erasures(connection, [lost, kept])
    last = entries(engine, log)[-1]
    assert (last.type, last.event["ground"], told) == (ERASE, "lost", (lost, "/cns:note", last.id))


def test_a_body_goes_only_after_its_redaction_is_logged(engine, log, fill):
    fill(3)
    for statement in ("DELETE FROM tlog_body WHERE seq = 2", "INSERT INTO tlog_redaction (seq, by_seq) VALUES (2, 3)"):
        with pytest.raises(DatabaseError), engine.begin() as connection:
            connection.execute(text(statement))
    with engine.begin() as connection:
        by = announce_redaction(log.storage, connection, seq=2, reason="phone_number", **WHO)
        assert announce_redaction(log.storage, connection, seq=2, reason="phone_number", **WHO) == by == 4
        assert log.storage.withheld(connection) == {}
        log.storage.withhold(connection, 2)
        assert log.storage.withheld(connection) == {2: 4}
    for statement in (
        "DELETE FROM tlog_body WHERE seq = 1",
        "UPDATE tlog_body SET bytes = bytes WHERE seq = 1",
        "DELETE FROM tlog_redaction",
        "UPDATE tlog_redaction SET seq = 1",
        "INSERT INTO tlog_redaction (seq, by_seq) VALUES (1, 4)",
        "INSERT INTO tlog_redaction (seq, by_seq) VALUES (2, 4)",
    ):
        with pytest.raises(DatabaseError), engine.begin() as connection:
            connection.execute(text(statement))


def test_the_redact_entry_carries_what_the_chain_needs(engine, log, fill):
    receipts = fill(3)
    with engine.begin() as connection:
        announce_redaction(log.storage, connection, seq=2, reason="phone_number", **WHO)
    told = entries(engine, log)[-1]
    [link] = receipts[1].links
    assert told.type == REDACT
    assert told.event["lots"] == [{"lot": link.lot, "n": link.n, "prev": link.previous.hex()}]
    assert (told.event["leaf"], told.event["id"]) == (receipts[1].leaf.hex(), receipts[1].id)


@pytest.mark.parametrize("seq", [0, 99])
def test_the_first_entry_and_one_that_is_not_there_cannot_be_withheld(engine, log, fill, seq):
    fill(1)
    with pytest.raises(LogStateError), engine.begin() as connection:
        announce_redaction(log.storage, connection, seq=seq, reason="phone_number", **WHO)


def test_a_lot_goes_on_over_a_withheld_entry_and_its_id_stays_taken(engine, log, fill, make_event):
    fill(4)
    with engine.begin() as connection:
        announce_redaction(log.storage, connection, seq=2, reason="phone_number", **WHO)
        log.storage.withhold(connection, 2)
    fill(6, start=2000)
    with engine.begin() as connection:
        assert log.check(connection).problems == ()
        assert log.find(connection, make_event(1001)["eventID"]) is None
        with pytest.raises(ConflictError):
            log.submit(connection, event=make_event(1001), lots=["A"], who="org:a", recorded_at=NOW)
        lots = {record.seq for record in log.lot(connection, "LOT1")}
        assert 2 not in lots


def test_what_was_taken_away_goes_again_after_its_entries_were_read_back(engine, log, record, fill):
    name = record()
    fill(1)
    with engine.begin() as connection:
        [kept] = log.storage.openings(connection, entry_ids=[name])
        erase_openings(log.storage, connection, key_ids=["k1"], ground="request", **WHO)
        announce_redaction(log.storage, connection, seq=2, reason="phone_number", **WHO)
        # an older database: the opening and the body are still there, and nothing is known of their going
        log.storage.add_openings(connection, [kept])
        connection.execute(text("DELETE FROM tlog_erasure"))
        reapply(log.storage, connection, 2)
        reapply(log.storage, connection, 2)
        assert log.storage.openings(connection, entry_ids=[name]) == []
        assert [path for _, path, _ in log.storage.erasures(connection, [name])] == ["/cns:note"]
        assert log.check(connection).sound
