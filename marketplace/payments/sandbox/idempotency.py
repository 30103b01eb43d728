"""Idempotency keys as the Stripe API keeps them: one effect per key, the same answer ever after."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from typing import Any

from .answers import Refusal
from .store import Store

Work = Callable[[sqlite3.Connection], dict[str, Any]]


def fingerprint(method: str, path: str, pairs: list[tuple[str, str]]) -> str:
    """What must be equal for two requests with one key to count as the same request."""
    return hashlib.sha256(json.dumps([method, path, sorted(pairs)]).encode()).hexdigest()


def perform(store: Store, *, key: str, mark: str, pause: Callable[[], None], work: Work) -> tuple[int, str, bool]:
    """Run ``work`` once for ``key``: answers (status, JSON text, was it kept from before).

    400 when the key was used for another request; 409 while the first one is still running. An answer is kept
    when the request had an effect; a request that was merely wrong may be sent again corrected.
    """
    if key:
        with store.transaction() as db:
            kept = _claim(db, key, mark)
        if kept is not None:
            return (*kept, True)
    pause()
    try:
        with store.transaction() as db:
            status, answer, performed = _run(db, work)
            if key and performed:
                db.execute("UPDATE request SET status = ?, answer = ? WHERE key = ?", (status, answer, key))
    except BaseException:
        _forget(store, key)
        raise
    if not performed:
        _forget(store, key)
    return status, answer, False


def _claim(db: sqlite3.Connection, key: str, mark: str) -> tuple[int, str] | None:
    row = db.execute("SELECT fingerprint, status, answer FROM request WHERE key = ?", (key,)).fetchone()
    if row is None:
        db.execute("INSERT INTO request (key, fingerprint) VALUES (?, ?)", (key, mark))
        return None
    if row[0] != mark:
        message = "Keys for idempotent requests can only be used with the same parameters they were first used with."
        raise Refusal(400, "idempotency_error", "idempotency_key_reused", message)
    if row[1] is None:
        message = "There is currently another in-progress request using this Idempotency-Key."
        raise Refusal(409, "idempotency_error", "idempotency_key_in_use", message)
    return row[1], row[2]


def _run(db: sqlite3.Connection, work: Work) -> tuple[int, str, bool]:
    db.execute("SAVEPOINT work")
    try:
        return 200, json.dumps(work(db)), True
    except Refusal as refusal:
        if not refusal.performed:
            db.execute("ROLLBACK TO work")
        return refusal.status, json.dumps(refusal.body), refusal.performed


def _forget(store: Store, key: str) -> None:
    with store.transaction() as db:
        db.execute("DELETE FROM request WHERE key = ? AND status IS NULL", (key,))
