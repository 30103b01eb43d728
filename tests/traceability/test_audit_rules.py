"""The audit of rules, maps, openings and redactions: each broken once, each named at its entry."""

import pytest
from sqlalchemy import text

from tests.traceability.conftest import NOW, ORIGIN
from traceability.canonical.entry import Reference
from traceability.canonical.types import CORRECT, DISPUTE, GRANT, MAP, REDACT
from traceability.log.completeness import append_map
from traceability.log.erasure import announce_redaction, commitment_of, encrypt, erase_openings, new_opening
from traceability.storage.derived import StoredOpening

WHO = {"origin": ORIGIN, "who": "org:market", "now": NOW}


@pytest.fixture
def put(engine, log):
    """Seals an entry of another type, whatever it says."""

    def run(type, event, **more):
        with engine.begin() as connection:
            more.setdefault("who", "org:market")
            log.submit_entry(connection, type=type, event=event, recorded_at=NOW, **more)
            log.sequence(connection)

    return run


@pytest.fixture
def findings(engine, log):
    def run():
        with engine.begin() as connection:
            return [(problem.index, problem.kind) for problem in log.check(connection).problems]

    return run


@pytest.fixture
def about(engine, log):
    def run(seq, relation, leaf=None):
        with engine.begin() as connection:
            [found] = log.storage.leaves(connection, seq, seq + 1)
        return [Reference(leaf or found, relation, seq)]

    return run


def test_a_map_whose_root_is_not_that_of_the_entries_is_named(fill, put, findings):
    fill(3)
    put(MAP, {"size": 4, "height": 0, "lots": 3, "root": "ab" * 32})
    assert (4, "map") in findings()


def test_a_right_map_that_another_wrote_and_a_right_somebody_took_are_named(engine, log, fill, put, findings):
    fill(3)
    with engine.begin() as connection:
        append_map(log.storage, connection, **WHO | {"who": "org:coop"})
    put(GRANT, {"to": "org:coop", "right": "certifier"}, who="org:coop")
    assert findings() == [(4, "operator"), (5, "operator")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tlog_mapbucket SET records = (SELECT hashes FROM tlog_mapnode)",
        "UPDATE tlog_mapnode SET hashes = (SELECT leaf FROM tlog_entry WHERE seq = 1)",
        "UPDATE tlog_map SET root = (SELECT leaf FROM tlog_entry WHERE seq = 1)",
        "DELETE FROM tlog_map",
        "DELETE FROM tlog_mapbucket",
    ],
)
def test_a_map_table_that_was_changed_is_named(engine, log, fill, findings, statement):
    fill(3)
    with engine.begin() as connection:
        append_map(log.storage, connection, **WHO)
        assert log.check(connection).sound
        connection.execute(text(statement))
    assert findings() == [(4, "map")]


def test_a_correction_of_another_leaf_or_of_other_lots_is_named(fill, put, about, findings):
    fill(3)
    told = {"fields": {"/bizStep": "x"}, "reason": "other"}
    put(CORRECT, told, lots=["LOT2"], references=about(1, "corrects", bytes(32)))
    put(DISPUTE, {"reason": "other"}, lots=["LOT2"], references=about(1, "disputes"))
    assert findings() == [(4, "target"), (5, "target")]


def test_a_redact_entry_that_tells_other_links_is_named(engine, log, fill, put, about, findings):
    fill(3)
    with engine.begin() as connection:
        [row] = log.storage.sealed(connection, 2, 3)
    told = {"seq": 2, "leaf": row.leaf.hex(), "id": row.id, "lots": [], "reason": "name"}
    put(REDACT, told, references=about(2, "redacts"))
    assert findings() == [(4, "redaction")]


def test_a_body_withheld_under_another_entrys_name_is_named(engine, log, fill, tamper, findings):
    fill(4)
    with engine.begin() as connection:
        announce_redaction(log.storage, connection, seq=2, reason="name", **WHO)
    tamper(("INSERT INTO tlog_redaction (seq, by_seq) VALUES (3, 5)", {}), ("DELETE FROM tlog_body WHERE seq = 3", {}))
    assert (3, "redaction") in findings()
    tamper(("DELETE FROM tlog_redaction", {}))
    assert (3, "body") in findings()


def test_a_lost_opening_an_invented_one_and_an_erased_one_are_told_apart(engine, log, make_event, findings):
    with engine.begin() as connection:
        for number in (1, 2):
            event = make_event(number)
            opening = new_opening(event["eventID"], "/cns:note", "x")
            log.submit(
                connection, event=event, lots=["A"], who="org:a", recorded_at=NOW,
                commitments={"/cns:note": commitment_of(opening, ORIGIN)},
            )  # fmt: skip
            row = StoredOpening(opening.entry_id, "/cns:note", f"k{number}", "2028-01-01", False, encrypt(opening, bytes(32)))
            log.storage.add_openings(connection, [row])
            assert log.check(connection).sound, "entries with openings may wait"
        log.sequence(connection)
        erase_openings(log.storage, connection, key_ids=["k2"], ground="request", **WHO)
        assert log.check(connection).sound
        connection.execute(text("UPDATE tlog_opening SET entry_id = 'urn:other'"))
    assert findings() == [(1, "opening"), (4, "opening")]
