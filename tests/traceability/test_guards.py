"""Append-only inside the database: what the application's connection may not do, on both engines."""

import sqlite3

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from traceability.storage import guards
from traceability.storage.guards import HEAD, QUEUE, WRITTEN_ONCE

CHANGE = {
    "tlog_entry": "leaf = leaf", "tlog_lotlink": "seq = seq", "tlog_body": "bytes = bytes", "tlog_tile": "root = root",
    "tlog_checkpoint": "root = root", "tlog_note": "line = line",
}  # fmt: skip
REPLACE = {
    "an entry": "INSERT OR REPLACE INTO tlog_entry SELECT 1, 'other', leaf FROM tlog_entry WHERE seq = 2",
    "an entry through its id": "INSERT OR REPLACE INTO tlog_entry"
    " SELECT (SELECT max(seq) + 1 FROM tlog_entry), id, zeroblob(32) FROM tlog_entry WHERE seq = 1",
    "a body": "INSERT OR REPLACE INTO tlog_body VALUES (1, x'00')",
    "a link": "INSERT OR REPLACE INTO tlog_lotlink VALUES ('LOT0', 0, 2)",
    "a tile": "INSERT OR REPLACE INTO tlog_tile SELECT 0, 0, zeroblob(8192), root FROM tlog_tile WHERE idx = 0",
    "a checkpoint": "INSERT OR REPLACE INTO tlog_checkpoint SELECT size, zeroblob(32) FROM tlog_checkpoint",
    "a note": "INSERT OR REPLACE INTO tlog_note SELECT size, key_id, at_ms, 'forged' FROM tlog_note",
    "the head": "INSERT OR REPLACE INTO tlog_head VALUES (1, 0, x'')",
}


@pytest.fixture
def sealed(engine, log, fill):
    """A log with a full tile, a checkpoint and one waiting entry."""
    from tests.traceability.conftest import NOW

    fill(260)
    log.checkpoint(engine.begin, NOW)
    return log


@pytest.fixture
def waiting(engine, sealed, make_event):
    from tests.traceability.conftest import NOW

    with engine.begin() as connection:
        sealed.submit(connection, event=make_event(7), lots=["LOT0"], who="org:a", recorded_at=NOW)


def refused(engine, statement: str) -> str:
    """Runs one statement in a transaction and returns the database's refusal."""
    with pytest.raises(DatabaseError) as refusal, engine.begin() as connection:
        connection.execute(text(statement))
    return str(refusal.value.orig)


@pytest.mark.parametrize("table", WRITTEN_ONCE)
def test_update_and_delete_of_a_log_row_are_refused(engine, sealed, table):
    before = snapshot(engine)
    assert "refuses UPDATE" in refused(engine, f"UPDATE {table} SET {CHANGE[table]}") or is_sqlite(engine)
    assert "refuses DELETE" in refused(engine, f"DELETE FROM {table}") or is_sqlite(engine)
    assert snapshot(engine) == before


@pytest.mark.parametrize("statement", [f"DELETE FROM {HEAD}", *(f"UPDATE {table} SET qid = qid" for table in QUEUE)])
def test_the_head_cannot_be_deleted_nor_a_waiting_row_changed(engine, waiting, statement):
    before = snapshot(engine)
    refused(engine, statement)
    assert snapshot(engine) == before


@pytest.mark.parametrize("table", [*WRITTEN_ONCE, HEAD, *QUEUE])
def test_truncate_is_refused_on_postgresql(engine, sealed, table):
    if is_sqlite(engine):
        assert "no such" in refused(engine, f"DELETE FROM {table}_truncate") or True
        return
    assert "refuses TRUNCATE" in refused(engine, f"TRUNCATE {table} CASCADE")


def test_an_upsert_that_would_change_a_row_is_refused(engine, sealed):
    refused(
        engine,
        "INSERT INTO tlog_entry (seq, id, leaf) SELECT seq, id, leaf FROM tlog_entry WHERE seq = 1"
        " ON CONFLICT (seq) DO UPDATE SET id = 'forged'",
    )


def test_triggers_hold_in_replica_mode_on_postgresql(engine, sealed):
    if is_sqlite(engine):
        pytest.skip("replication roles are PostgreSQL's")
    with pytest.raises(DatabaseError) as refusal, engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("DELETE FROM tlog_note"))
    assert "refuses DELETE" in str(refusal.value.orig)


def test_drop_takes_tables_and_guards_away_and_create_brings_them_back(engine):
    with engine.begin() as connection:
        guards.drop(connection)
        guards.create(connection)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM tlog_entry")).scalar() == 0


def is_sqlite(engine) -> bool:
    return engine.dialect.name == "sqlite"


def snapshot(engine) -> dict:
    with engine.begin() as connection:
        return {
            table: connection.execute(text(f"SELECT * FROM {table}")).all() for table in (*WRITTEN_ONCE, HEAD, *QUEUE)
        }
