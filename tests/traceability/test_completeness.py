"""The map in the store: logged, extended lot by lot, proved, built again, compared."""

import pytest
from sqlalchemy import text

from tests.traceability.conftest import NOW, ORIGIN
from traceability.errors import LogStateError
from traceability.log.completeness import append_map, check_tables, map_proof, rebuild
from traceability.lotmap import LotMap, height_for, verify_map


@pytest.fixture
def grow(engine, log, make_event):
    """Seals one entry for each lot given."""

    def run(*lots):
        with engine.begin() as connection:
            for lot in lots:
                log.submit(connection, event=make_event(), lots=[lot], who="org:coop", recorded_at=NOW)
            while log.sequence(connection).sealed:
                pass

    return run


@pytest.fixture
def add_map(engine, log):
    def run():
        with engine.begin() as connection:
            return append_map(log.storage, connection, origin=ORIGIN, who="org:market", now=NOW)

    return run


def told(engine, log, lot):
    with engine.begin() as connection:
        proof = map_proof(log.storage, connection, lot)
        [row] = log.storage.sealed(connection, proof.seq, proof.seq + 1)
    siblings = [proof.siblings[at : at + 32] for at in range(0, len(proof.siblings), 32)]
    entry = log_entry(row.data)
    assert entry["ev"] | {"size": proof.size, "root": proof.root.hex(), "height": proof.height} == entry["ev"]
    return verify_map(lot, height=proof.height, root=proof.root, bucket=proof.bucket, siblings=siblings)


def log_entry(data):
    from traceability.canonical.profile import parse

    return parse(data)


def test_the_map_is_logged_sealed_and_proves_presence_and_absence(engine, log, grow, add_map):
    grow("A", "B", "A")
    assert add_map() == 4
    with engine.begin() as connection:
        leaf = log.storage.tail(connection, "A").leaf
        [row] = log.storage.sealed(connection, 4, 5)
        assert log.check(connection).sound
    assert log_entry(row.data)["ev"]["size"] == 4
    assert told(engine, log, "A") == (2, leaf)
    assert told(engine, log, "INVENTED") is None


def test_a_map_is_written_only_when_a_lot_changed(add_map, grow):
    assert add_map() is None
    grow("A")
    assert add_map() == 2
    assert add_map() is None
    grow("A")
    assert add_map() == 4


def test_maps_extended_lot_by_lot_equal_those_built_anew(engine, log, grow, add_map):
    slow = LotMap()
    counts = {}
    for step in range(6):
        changed = [f"L{number * step}" for number in range(1 + 30 * step)]
        grow(*changed)
        for lot in changed:
            counts[lot] = counts.get(lot, 0) + 1
        add_map()
        with engine.begin() as connection:
            state = log.storage.map_state(connection)
            leaves = {lot: log.storage.tail(connection, lot).leaf for lot in counts}
            assert check_tables(log.storage, connection) is None
        fresh = {lot: (counts[lot], leaves[lot]) for lot in counts}
        assert state.lots == len(counts)
        assert slow.update(fresh, state.height) == state.root
    assert state.height >= height_for(60)


def test_a_map_over_waiting_entries_is_refused_and_leaves_nothing(engine, log, grow, make_event):
    grow("A")
    with pytest.raises(LogStateError), engine.begin() as connection:
        log.submit(connection, event=make_event(), lots=["A"], who="org:coop", recorded_at=NOW)
        append_map(log.storage, connection, origin=ORIGIN, who="org:market", now=NOW)
    with engine.begin() as connection:
        assert (log.size(connection), log.storage.map_state(connection)) == (2, None)


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE tlog_mapbucket SET records = :junk",
        "UPDATE tlog_mapnode SET hashes = :junk",
        "DELETE FROM tlog_mapbucket",
        "DELETE FROM tlog_map",
    ],
)
def test_tables_that_were_changed_are_noticed_and_built_again(engine, log, grow, add_map, spoil):
    grow("A", "B")
    add_map()
    with engine.begin() as connection:
        connection.execute(text(spoil), {"junk": bytes(32)} if ":junk" in spoil else {})
        assert check_tables(log.storage, connection)
        state = rebuild(log.storage, connection)
        assert (check_tables(log.storage, connection), state.seq) == (None, 3)
    assert told(engine, log, "B")[0] == 1


def test_after_tables_were_lost_the_next_map_goes_on_from_the_last(engine, log, grow, add_map):
    grow(*(f"L{number}" for number in range(40)))
    add_map()
    with engine.begin() as connection:
        for table in ("tlog_map", "tlog_mapbucket", "tlog_mapnode"):
            connection.execute(text(f"DELETE FROM {table}"))
    assert add_map() is None
    grow("NEW")
    assert add_map() == 43
    with engine.begin() as connection:
        assert check_tables(log.storage, connection) is None


def test_a_store_in_memory_has_maps_too(memory_log, make_event):
    memory_log.submit(None, event=make_event(), lots=["A"], who="org:coop", recorded_at=NOW)
    memory_log.sequence(None)
    assert append_map(memory_log.storage, None, origin=ORIGIN, who="org:market", now=NOW) == 2
    assert map_proof(memory_log.storage, None, "A").seq == 2
    assert check_tables(memory_log.storage, None) is None
