"""Append-only inside the database: what a connection may not do to the log, on both engines."""

import sqlite3

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from tests.traceability.conftest import NOW
from traceability.storage import guards
from traceability.storage.guards import HEAD, QUEUE, WRITTEN_ONCE
from traceability.storage.tables import metadata

only_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

ALL = (*WRITTEN_ONCE, HEAD, *QUEUE)
CHANGES = [
    "UPDATE tlog_entry SET leaf = leaf",
    "UPDATE tlog_lotlink SET seq = seq",
    "UPDATE tlog_body SET bytes = bytes",
    "UPDATE tlog_tile SET root = root",
    "UPDATE tlog_checkpoint SET root = root",
    "UPDATE tlog_note SET line = 'forged'",
    "UPDATE tlog_pending SET leaf = leaf",
    "UPDATE tlog_pendinglot SET n = n + 1",
    *(f"DELETE FROM {table}" for table in (*WRITTEN_ONCE, HEAD)),  # fixed names
    "INSERT INTO tlog_entry (seq, id, leaf) SELECT seq, id, leaf FROM tlog_entry WHERE seq = 1"
    " ON CONFLICT (seq) DO UPDATE SET id = 'forged'",
]
REPLACEMENTS = [
    "INSERT OR REPLACE INTO tlog_entry SELECT 1, 'other', leaf FROM tlog_entry WHERE seq = 2",
    # the number is free, but the id is not: REPLACE would delete entry 1
    "INSERT OR REPLACE INTO tlog_entry SELECT 4, id, zeroblob(32) FROM tlog_entry WHERE seq = 1",
    "INSERT OR REPLACE INTO tlog_body VALUES (1, x'00')",
    "INSERT OR REPLACE INTO tlog_lotlink VALUES ('LOT0', 0, 2)",
    "INSERT OR REPLACE INTO tlog_tile SELECT 0, 0, zeroblob(8192), root FROM tlog_tile",
    # were there hidden row ids, REPLACE would reach any row through them
    "INSERT OR REPLACE INTO tlog_tile (rowid, level, idx, hashes, root) SELECT 1, 0, 1, hashes, root FROM tlog_tile",
    "INSERT OR REPLACE INTO tlog_lotlink (rowid, lot, n, seq) VALUES (1, 'NEW', 0, 2)",
    "INSERT OR REPLACE INTO tlog_checkpoint SELECT size, zeroblob(32) FROM tlog_checkpoint",
    "INSERT OR REPLACE INTO tlog_note (size, key_id, at_ms, line) SELECT size, key_id, at_ms, 'x' FROM tlog_note",
    "INSERT OR REPLACE INTO tlog_head VALUES (1, 0, x'')",
    "INSERT OR REPLACE INTO tlog_pending SELECT qid, id, bytes, zeroblob(32) FROM tlog_pending",
    "INSERT OR REPLACE INTO tlog_pendinglot SELECT lot, n, 99 FROM tlog_pendinglot",
    "UPDATE OR REPLACE tlog_entry SET id = 'x' WHERE seq = 1",
]
ESCAPES = [
    *(f"DROP TABLE {table}" for table in ALL),
    "DROP TRIGGER tlog_entry_no_delete",
    "DROP TRIGGER tlog_tile_next_key",
    "DROP INDEX ix_tlog_lotlink_seq",
    "ALTER TABLE tlog_entry RENAME TO old_entry",
    "ALTER TABLE tlog_entry ADD COLUMN more",
    "ALTER TABLE tlog_body RENAME COLUMN bytes TO old",
    "PRAGMA writable_schema = 1",
    "PRAGMA recursive_triggers = 0",
    "PRAGMA ignore_check_constraints = 1",
    "CREATE TEMP TRIGGER swallow BEFORE INSERT ON tlog_pending BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TRIGGER tlog_more BEFORE INSERT ON tlog_entry BEGIN SELECT RAISE(IGNORE); END",
]


@pytest.fixture
def kept(engine, log, fill, make_event):
    """Four sealed entries, a full tile, a checkpoint with a note, one waiting entry."""
    fill(3)
    log.checkpoint(engine.begin, NOW)
    with engine.begin() as connection:
        log.submit(connection, event=make_event(7), lots=["LOT0"], who="org:a", recorded_at=NOW)
        tile = {"hashes": bytes(8192), "root": bytes(32)}
        connection.execute(text("INSERT INTO tlog_tile (level, idx, hashes, root) VALUES (0, 0, :hashes, :root)"), tile)
    return log


@pytest.mark.parametrize("statement", CHANGES)
def test_the_applications_connection_cannot_change_a_row(engine, kept, statement):
    before = snapshot(engine)
    assert all(before.values())
    with pytest.raises(DatabaseError), engine.begin() as connection:
        connection.execute(text(statement))
    assert snapshot(engine) == before


@only_sqlite
@pytest.mark.parametrize("statement", CHANGES + REPLACEMENTS)
def test_the_triggers_alone_refuse_it_on_any_sqlite_connection(engine, kept, statement):
    before = snapshot(engine)
    bare = sqlite3.connect(engine.url.database)
    with pytest.raises(sqlite3.DatabaseError):
        bare.execute(statement)
    bare.close()
    assert snapshot(engine) == before


@only_sqlite
@pytest.mark.parametrize("statement", ESCAPES + REPLACEMENTS)
def test_an_sqlite_connection_of_the_application_cannot_take_the_guards_away(engine, kept, statement):
    before = snapshot(engine)
    guarded = sqlite3.connect(engine.url.database)
    guards.install_sqlite_guard(guarded)
    with pytest.raises(sqlite3.DatabaseError):
        guarded.execute(statement)
    guarded.close()
    assert snapshot(engine) == before


@only_sqlite
def test_a_guarded_connection_cannot_reach_the_log_under_another_name(engine, kept):
    guarded = sqlite3.connect(engine.url.database)
    guards.install_sqlite_guard(guarded)
    guarded.execute("ATTACH DATABASE ? AS again", (engine.url.database,))
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        guarded.execute("DELETE FROM again.tlog_note")
    guarded.close()


@only_sqlite
def test_a_guarded_connection_still_works_on_other_tables(engine, kept):
    guarded = sqlite3.connect(engine.url.database)
    guards.install_sqlite_guard(guarded)
    guarded.execute("CREATE TABLE other (id INTEGER PRIMARY KEY, name TEXT)")
    guarded.execute("INSERT OR REPLACE INTO other VALUES (1, 'a')")
    guarded.execute("UPDATE other SET name = 'b'")
    guarded.execute("CREATE TRIGGER other_trigger AFTER INSERT ON other BEGIN DELETE FROM other; END")
    guarded.execute("ALTER TABLE other ADD COLUMN more")
    guarded.execute("DROP TABLE other")
    guarded.close()


@only_postgresql
@pytest.mark.parametrize("table", ALL)
def test_truncate_is_refused(engine, kept, table):
    with pytest.raises(DatabaseError, match="refuses TRUNCATE"), engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {table} CASCADE"))


@only_postgresql
def test_the_triggers_hold_in_replica_mode(engine, kept):
    with pytest.raises(DatabaseError, match="refuses DELETE"), engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM tlog_note"))


def test_drop_takes_tables_and_guards_away_and_create_brings_them_back(engine):
    with engine.begin() as connection:
        guards.drop(connection)
        guards.create(connection)
        assert connection.execute(text("SELECT count(*) FROM tlog_entry")).scalar() == 0


def snapshot(engine) -> dict:
    with engine.begin() as connection:
        return {table: connection.execute(select(metadata.tables[table])).all() for table in ALL}
