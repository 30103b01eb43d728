"""State of the sandbox in one SQLite file: it survives a restart, and a crash in the middle of a request."""

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Thing = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS thing (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, parent TEXT NOT NULL DEFAULT '', created REAL NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS thing_kind ON thing (kind, parent, created);
CREATE TABLE IF NOT EXISTS request (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER, answer TEXT
);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY, event TEXT NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting', answer INTEGER
);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (state, due);
CREATE TABLE IF NOT EXISTS control (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """Opens one connection per transaction: requests run in several threads."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        with self.transaction() as db:
            # executescript would commit by itself; the statements are simple enough to split
            for statement in SCHEMA.split(";"):
                db.execute(statement)
            # a key without an answer is a request that died with the process: its effects were never committed
            db.execute("DELETE FROM request WHERE status IS NULL")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """BEGIN IMMEDIATE … COMMIT; any exception rolls back."""
        db = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        finally:
            # closing an open transaction rolls it back
            db.close()


def wipe(db: sqlite3.Connection) -> None:
    """Forget everything."""
    for table in ("thing", "request", "delivery", "control"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are ours


def new_id(prefix: str) -> str:
    """An unguessable id in the gateway's habit: ``pi_…``, ``re_…``, ``evt_…``."""
    return f"{prefix}_{secrets.token_hex(12)}"


def put(db: sqlite3.Connection, thing: Thing, *, parent: str = "") -> None:
    """Insert or renew one thing (intent, refund, event); ``parent`` is kept from the first insert."""
    db.execute(
        "INSERT INTO thing (id, kind, parent, created, body) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        (thing["id"], thing["object"], parent, time.time(), json.dumps(thing)),
    )


def get(db: sqlite3.Connection, kind: str, thing_id: str) -> Thing | None:
    """One thing by id, or None."""
    row = db.execute("SELECT body FROM thing WHERE id = ? AND kind = ?", (thing_id, kind)).fetchone()
    return json.loads(row[0]) if row else None


def newest(db: sqlite3.Connection, kind: str, *, parent: str = "", limit: int = 100, after: str = "") -> list[Thing]:
    """Things of a kind, newest first; ``after`` is the id of the last one of the page before."""
    rows = db.execute(
        "SELECT body FROM thing WHERE kind = ? AND (? = '' OR parent = ?)"
        " AND (? = '' OR rowid < (SELECT rowid FROM thing WHERE id = ?)) ORDER BY rowid DESC LIMIT ?",
        (kind, parent, parent, after, after, limit),
    ).fetchall()
    return [json.loads(row[0]) for row in rows]


def intent_of_secret(db: sqlite3.Connection, client_secret: str) -> Thing | None:
    """The intent a pay page belongs to: the secret starts with the intent's id."""
    intent = get(db, "payment_intent", client_secret.partition("_secret_")[0])
    if intent and secrets.compare_digest(intent["client_secret"].encode(), client_secret.encode()):
        return intent
    return None


def read_control(db: sqlite3.Connection, name: str) -> Mapping[str, Any]:
    """A control as last set, or an empty mapping."""
    row = db.execute("SELECT value FROM control WHERE name = ?", (name,)).fetchone()
    return json.loads(row[0]) if row else {}


def write_control(db: sqlite3.Connection, name: str, value: Mapping[str, Any]) -> None:
    """Set a control; it survives a restart like everything else."""
    db.execute("INSERT OR REPLACE INTO control (name, value) VALUES (?, ?)", (name, json.dumps(dict(value))))
