"""Append-only guards inside the database (reference log.md §2.3). They are rails, not the guarantee: a superuser can
remove them, openly. The guarantee is the published checkpoint.

SQLite: triggers refuse UPDATE and DELETE; INSERT OR REPLACE fires no delete trigger, so BEFORE INSERT triggers refuse
every row whose key is not the next one, or is taken. Dropping triggers is open to any SQLite connection, therefore
application connections also get an authorizer (`install_sqlite_guard`).
PostgreSQL: row triggers on UPDATE and DELETE, statement triggers on TRUNCATE, all ENABLE ALWAYS.

One row may go: the body of an entry that a `redact` entry names. `tlog_redaction` holds the pair, its own guard reads
the `redact` entry's bytes, and the body's guard asks it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, text

from traceability.storage.redacting import NOT_REDACTING, REDACTING
from traceability.storage.tables import DERIVED, metadata

WRITTEN_ONCE = ("tlog_entry", "tlog_lotlink", "tlog_body", "tlog_tile", "tlog_checkpoint", "tlog_note")
QUEUE = ("tlog_pending", "tlog_pendinglot")
HEAD = "tlog_head"
REDACTION = "tlog_redaction"
REWRITABLE = ("tlog_opening", "tlog_erasure", "tlog_map", "tlog_mapbucket", "tlog_mapnode")

_NEXT_KEY = {
    "tlog_entry": "NEW.seq IS NOT (SELECT coalesce(max(seq), -1) + 1 FROM tlog_entry)"
    " OR EXISTS (SELECT 1 FROM tlog_entry WHERE id = NEW.id)",
    "tlog_body": "NEW.seq IS NOT (SELECT coalesce(max(seq), -1) + 1 FROM tlog_body)",
    "tlog_lotlink": "NEW.n IS NOT (SELECT coalesce(max(n), -1) + 1 FROM tlog_lotlink WHERE lot = NEW.lot)",
    "tlog_tile": "NEW.idx IS NOT (SELECT coalesce(max(idx), -1) + 1 FROM tlog_tile WHERE level = NEW.level)",
    "tlog_checkpoint": "NEW.size <= (SELECT max(size) FROM tlog_checkpoint)",
    "tlog_note": "EXISTS (SELECT 1 FROM tlog_note"
    " WHERE size = NEW.size AND key_id = NEW.key_id AND at_ms = NEW.at_ms)",
    "tlog_head": "EXISTS (SELECT 1 FROM tlog_head)",
    "tlog_pending": "EXISTS (SELECT 1 FROM tlog_pending WHERE qid = NEW.qid OR id = NEW.id)"
    " OR EXISTS (SELECT 1 FROM tlog_entry WHERE id = NEW.id)",
    "tlog_pendinglot": "EXISTS (SELECT 1 FROM tlog_pendinglot WHERE lot = NEW.lot AND n = NEW.n)",
}

_POSTGRES_REFUSE = """
CREATE OR REPLACE FUNCTION tlog_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% refuses %: the log is append-only', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

_SQLITE_CHANGES = {sqlite3.SQLITE_UPDATE: "update", sqlite3.SQLITE_DELETE: "delete"}
_SQLITE_DROPS = frozenset(
    {
        sqlite3.SQLITE_DROP_TABLE,
        sqlite3.SQLITE_DROP_INDEX,
        sqlite3.SQLITE_DROP_TRIGGER,
        sqlite3.SQLITE_DROP_TEMP_TRIGGER,
        sqlite3.SQLITE_DROP_VIEW,
    }
)
_SQLITE_CREATES = frozenset({sqlite3.SQLITE_CREATE_TRIGGER, sqlite3.SQLITE_CREATE_TEMP_TRIGGER})
_SQLITE_PRAGMAS = frozenset({"writable_schema", "recursive_triggers", "ignore_check_constraints", "legacy_alter_table"})


def create(connection: Connection) -> None:
    """Create the log's tables and their guards, for SQLite or PostgreSQL. An SQLite connection is left guarded."""
    create_core(connection)
    create_derived(connection)


def drop(connection: Connection) -> None:
    """Drop the log with all it holds: for a migration downwards on a database that nobody relies on."""
    drop_derived(connection)
    drop_core(connection)


def create_core(connection: Connection) -> None:
    """The tables that are written once, the queue and the head (migration 0005)."""
    with _unguarded(connection):
        metadata.create_all(connection, _core(), checkfirst=False)
        for statement in _statements(connection.dialect.name):
            connection.execute(text(statement))


def drop_core(connection: Connection) -> None:
    """Undo `create_core`."""
    with _unguarded(connection):
        metadata.drop_all(connection, _core(), checkfirst=False)
        if connection.dialect.name == "postgresql":
            connection.execute(text("DROP FUNCTION tlog_refuse()"))


def create_derived(connection: Connection) -> None:
    """The tables of openings, map and redactions, and a body's guard that knows redactions (migration 0012)."""
    with _unguarded(connection):
        metadata.create_all(connection, DERIVED, checkfirst=False)
        for statement in REDACTING[connection.dialect.name]:
            connection.execute(text(statement))


def drop_derived(connection: Connection) -> None:
    """Undo `create_derived`."""
    with _unguarded(connection):
        for statement in NOT_REDACTING[connection.dialect.name]:
            connection.execute(text(statement))
        metadata.drop_all(connection, DERIVED, checkfirst=False)


def _core() -> list[Table]:
    return [table for table in metadata.sorted_tables if table not in DERIVED]


def install_sqlite_guard(connection: sqlite3.Connection) -> None:
    """Deny this connection every change of the log's tables that is not an append. For every connection of the
    application, as soon as it is opened."""
    connection.set_authorizer(_authorize)


@contextmanager
def _unguarded(connection: Connection) -> Iterator[None]:
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("the guards know the standard library's sqlite3 only")
    driver.set_authorizer(None)
    try:
        yield
    finally:
        install_sqlite_guard(driver)


def _statements(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return _sqlite_statements()
    if dialect == "postgresql":
        return _postgres_statements()
    raise ValueError(f"no guards are known for {dialect}")


def _sqlite_statements() -> list[str]:
    refusals = [(table, operation) for table in WRITTEN_ONCE for operation in ("UPDATE", "DELETE")]
    refusals += [(HEAD, "DELETE"), *((table, "UPDATE") for table in QUEUE)]
    return [
        f"CREATE TRIGGER {table}_no_{operation.lower()} BEFORE {operation} ON {table} BEGIN "
        f"SELECT RAISE(ABORT, '{table} refuses {operation}: the log is append-only'); END"
        for table, operation in refusals
    ] + [
        f"CREATE TRIGGER {table}_next_key BEFORE INSERT ON {table} WHEN {condition} BEGIN "
        f"SELECT RAISE(ABORT, '{table} refuses this key: the log is append-only'); END"
        for table, condition in _NEXT_KEY.items()
    ]


def _postgres_statements() -> list[str]:
    operations = dict.fromkeys(WRITTEN_ONCE, "UPDATE OR DELETE") | {HEAD: "DELETE"} | dict.fromkeys(QUEUE, "UPDATE")
    statements = [_POSTGRES_REFUSE]
    for table, operation in operations.items():
        guards = {
            "rows": f"BEFORE {operation} ON {table} FOR EACH ROW",
            "truncate": f"BEFORE TRUNCATE ON {table} FOR EACH STATEMENT",
        }
        for name, event in guards.items():
            statements.append(f"CREATE TRIGGER {table}_no_{name} {event} EXECUTE FUNCTION tlog_refuse()")
            statements.append(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{name}")
    return statements


def _authorize(action: int, first: str | None, second: str | None, schema: str | None, trigger: str | None) -> int:
    """SQLite calls this while it prepares a statement; what the names are: sqlite.org/c3ref/c_alter_table.html."""
    allowed = sqlite3.SQLITE_OK
    if action in _SQLITE_CHANGES and _of_log(first):
        # a body's own trigger still asks whether a redaction is announced
        deletes = first in (*QUEUE, "tlog_body") and action == sqlite3.SQLITE_DELETE
        moves_head = first == HEAD and action == sqlite3.SQLITE_UPDATE
        allowed = sqlite3.SQLITE_OK if deletes or moves_head or first in REWRITABLE else sqlite3.SQLITE_DENY
    elif action in _SQLITE_DROPS or action in _SQLITE_CREATES:
        # a trigger's or an index's table is the second name; a temporary trigger could swallow inserts in silence
        allowed = sqlite3.SQLITE_DENY if _of_log(first) or _of_log(second) else sqlite3.SQLITE_OK
    elif action == sqlite3.SQLITE_ALTER_TABLE:
        allowed = sqlite3.SQLITE_DENY if _of_log(second) else sqlite3.SQLITE_OK
    elif action == sqlite3.SQLITE_PRAGMA and second is not None and str(first).lower() in _SQLITE_PRAGMAS:
        allowed = sqlite3.SQLITE_DENY
    return allowed


def _of_log(name: Any) -> bool:
    return isinstance(name, str) and name.lower().startswith("tlog_")
