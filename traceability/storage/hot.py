"""The statements on the way of every entry, into the log and through an audit, in each engine's own SQL and handed to
the driver as they are.

Building and binding them by SQLAlchemy's expression language costs several times what the databases take for them; on
SQLite even handing them over does, so there they go to the driver itself, in the same transaction.
A list of values (`lots`, `qids`, `keys`) is one array on PostgreSQL; on SQLite the statement is run once a value, which
costs less than taking a list apart in SQL.
"""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_LISTS = {
    "postgresql": "unnest(CAST(:{name} AS {type}[])) AS v(value)",
    "sqlite": "(SELECT :value AS value) AS v",
}
_LAST = {
    "postgresql": "JOIN LATERAL (SELECT * FROM {links} WHERE lot = v.value ORDER BY n DESC LIMIT 1) AS l ON true",
    "sqlite": "JOIN {links} AS l ON l.lot = v.value AND l.n = (SELECT max(n) FROM {links} WHERE lot = :value)",
}
_COMMON = {
    "find": "SELECT id, bytes, leaf, NULL AS seq, 0 AS place FROM tlog_pending WHERE id = :id"
    " UNION ALL SELECT e.id, b.bytes, e.leaf, e.seq, 1 FROM tlog_entry e LEFT JOIN tlog_body b ON b.seq = e.seq"
    " WHERE e.id = :id ORDER BY place",
    "enqueue": "INSERT INTO tlog_pending (id, bytes, leaf) VALUES (:id, :bytes, :leaf) RETURNING qid",
    "pending": "SELECT qid, id, bytes, leaf FROM tlog_pending WHERE qid > :after ORDER BY qid LIMIT :most",
    "head": "SELECT size, edge FROM tlog_head",
    "sealed": "SELECT e.seq, e.id, e.leaf, b.bytes FROM tlog_entry e LEFT JOIN tlog_body b ON b.seq = e.seq"
    " WHERE e.seq >= :start AND e.seq < :stop ORDER BY e.seq",
    "bodies": "SELECT e.seq, e.leaf, b.bytes FROM tlog_entry e LEFT JOIN tlog_body b ON b.seq = e.seq"
    " WHERE e.seq >= :start AND e.seq < :stop ORDER BY e.seq",
    "move_head": "UPDATE tlog_head SET size = :size, edge = :edge",
}
_INSERTS = {
    "enqueue_lot": ("tlog_pendinglot", {"lot": "text", "n": "bigint", "qid": "bigint"}),
    "entry": ("tlog_entry", {"seq": "bigint", "id": "text", "leaf": "bytea"}),
    "body": ("tlog_body", {"seq": "bigint", "bytes": "bytea"}),
    "link": ("tlog_lotlink", {"lot": "text", "n": "bigint", "seq": "bigint"}),
}
_OF_LISTS = {
    "sealed_tails": ("lots", "text", "SELECT l.lot, l.n, e.leaf FROM {list} {last_link} JOIN tlog_entry e ON e.seq = l.seq"),
    "tails": (
        "lots",
        "text",
        "SELECT l.lot, l.n, e.leaf FROM {list} {last_link} JOIN tlog_entry e ON e.seq = l.seq"
        " UNION ALL SELECT l.lot, l.n, p.leaf FROM {list} {last_queued} JOIN tlog_pending p ON p.qid = l.qid",
    ),
    "dequeue_lots": ("qids", "bigint", "DELETE FROM tlog_pendinglot WHERE qid IN (SELECT v.value FROM {list})"),
    "dequeue": ("qids", "bigint", "DELETE FROM tlog_pending WHERE qid IN (SELECT v.value FROM {list})"),
}
_POSTGRES = {
    "lock": "SELECT pg_advisory_xact_lock(v.value) FROM unnest(CAST(:keys AS bigint[])) AS v(value)",
    "lock_head": "SELECT size, edge FROM tlog_head FOR UPDATE",
    "try_head": "SELECT size, edge FROM tlog_head FOR UPDATE SKIP LOCKED",
}
_SQLITE = {
    "lock_head": _COMMON["head"],
    "try_head": _COMMON["head"],
    "idle": "SELECT size, edge FROM tlog_head WHERE NOT EXISTS (SELECT 1 FROM tlog_pending)",
    "idle_tail": "SELECT h.size, h.edge, l.n, e.leaf FROM tlog_head h"
    " LEFT JOIN tlog_lotlink l ON l.lot = :lot AND l.n = (SELECT max(n) FROM tlog_lotlink WHERE lot = :lot)"
    " LEFT JOIN tlog_entry e ON e.seq = l.seq WHERE NOT EXISTS (SELECT 1 FROM tlog_pending)",
}


def run(connection: Connection, name: str, values: Mapping[str, Any] | None = None) -> Sequence[Sequence[Any]]:
    """Run the statement `name`; returns its rows, none for one that returns no rows."""
    dialect = connection.dialect.name
    statement, lists = _STATEMENTS[dialect][name]
    if dialect == "sqlite":
        if lists and values:
            [listed] = values.values()
            return [row for value in listed for row in _sqlite(connection, statement, {"value": value}).fetchall()]
        return _sqlite(connection, statement, values or {}).fetchall()
    result = connection.exec_driver_sql(statement, values)  # type: ignore[arg-type]
    return result.all() if result.returns_rows else ()


def insert(connection: Connection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows. PostgreSQL gets them as one array a column: the driver's pipeline for many rows does not survive a
    connection that is cut."""
    dialect = connection.dialect.name
    statement, _ = _STATEMENTS[dialect][name]
    if dialect == "postgresql":
        connection.exec_driver_sql(statement, {key: [row[key] for row in rows] for key in rows[0]})
        return
    for row in rows:
        _sqlite(connection, statement, row)


def _sqlite(connection: Connection, statement: str, values: Mapping[str, Any]) -> sqlite3.Cursor:
    """Raises what SQLAlchemy raises. The transaction is the one SQLAlchemy has begun on this connection."""
    driver: Any = connection.connection.driver_connection
    try:
        return driver.execute(statement, values)  # type: ignore[no-any-return]
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, dict(values), error, sqlite3.Error, dialect=connection.dialect) from error


def _spelt(dialect: str, statement: str) -> str:
    return re.sub(r":(\w+)", r"%(\1)s", statement) if dialect == "postgresql" else statement


def _insert(dialect: str, table: str, columns: Mapping[str, str]) -> str:
    names = ", ".join(columns)
    if dialect == "sqlite":
        values = ", ".join(f":{name}" for name in columns)
        return f"INSERT INTO {table} ({names}) VALUES ({values})"  # noqa: S608  # names are those above
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())
    return f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608  # names are those above


def _of_dialect(dialect: str) -> dict[str, tuple[str, bool]]:
    plain = _COMMON | (_POSTGRES if dialect == "postgresql" else _SQLITE)
    last = {
        "last_link": _LAST[dialect].format(links="tlog_lotlink"),
        "last_queued": _LAST[dialect].format(links="tlog_pendinglot"),
    }
    found = {name: (_spelt(dialect, statement), False) for name, statement in plain.items()}
    found |= {name: (_spelt(dialect, _insert(dialect, *insert)), False) for name, insert in _INSERTS.items()}
    for name, (values, kind, statement) in _OF_LISTS.items():
        listed = _LISTS[dialect].format(name=values, type=kind)
        found[name] = (_spelt(dialect, statement.format(list=listed, **last)), True)
    return found


_STATEMENTS = {dialect: _of_dialect(dialect) for dialect in ("postgresql", "sqlite")}
