"""Taking back: personal values at request or when their time is over, and in an emergency the body of one entry."""

import re
from datetime import datetime

import structlog
from sqlalchemy import Connection, text

from marketplace.database import db, transaction, vietnam_day
from marketplace.provenance.personal import the_keys
from marketplace.provenance.sealing import publish_checkpoint, seal_at_commit
from marketplace.provenance.site import OPERATOR, TEXTS, the_log, the_site
from traceability.errors import LogStateError, TraceabilityError
from traceability.log.erasure import announce_redaction, erase_openings

log = structlog.get_logger()

Refused = TraceabilityError
"""What the log refuses with; the message is for the operator."""

RETENTION = "retention"
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")


def erase(*, subject: str, ground: str, now: datetime) -> int:
    """Erase every personal value of a subject and say so in the log; returns how many values.

    First the keys are marked, then openings go and the `erase` entry comes in one transaction, then the keys are
    destroyed: after a crash anywhere the next call, or the job, finishes, and a finished one finds nothing to do.
    Raises ValueError unless `ground` is a word, RuntimeError inside transaction().
    """
    _outside_transaction()
    the_keys().mark(_word(ground), subject=subject)
    return _finish(the_keys().marked(subject), now)


def erase_due(*, now: datetime) -> int:
    """Erase what is kept long enough, and finish erasures that were interrupted; returns how many values. A job."""
    _outside_transaction()
    day = vietnam_day(now).isoformat()
    due = the_log().storage.due_keys(db.session.connection(), day)
    if due:
        the_keys().mark(RETENTION, key_ids=due)
    return _finish(the_keys().marked(), now)


def redact(*, seq: int, reason: str, now: datetime) -> str:
    """Withhold the body of entry `seq`: announce it, publish that, then delete the row; returns the entry's id.

    Its personal values are erased with it. A second call finishes what a crash interrupted. Raises LogStateError for an
    entry that is not there or cannot be withheld, ValueError unless `reason` is a word.
    """
    _outside_transaction()
    log_, reason = the_log(), _word(reason)
    with transaction() as session:
        connection = _fit(session.connection())
        [row] = log_.storage.sealed(connection, seq, seq + 1) or [None]
        writing = {"origin": log_.origin, "who": OPERATOR, "now": now}
        if row is not None:
            erase_openings(log_.storage, connection, ground=reason, entry_ids=[row.id], **writing)
        announce_redaction(log_.storage, connection, seq=seq, reason=reason, **writing)
        seal_at_commit(session)
    try:
        publish_checkpoint(now=now)
    except TraceabilityError as error:  # a phone number in public does not wait for the signer
        log.critical("redaction-not-published", seq=seq, code=error.code)
    with transaction() as session:
        log_.storage.withhold(session.connection(), seq)
    sweep("tlog_body", "tlog_pending")
    return row.id


def redactions() -> str:
    """The public file `redactions`: `<seq> <seq of the redact entry>`, a line for each withheld entry."""
    connection = db.session.connection()
    signed = the_log().latest_checkpoint(connection)
    size = signed.checkpoint.size if signed else 0
    return "".join(f"{seq} {by}\n" for seq, by in the_log().storage.withheld(connection).items() if by < size)


TEXTS["redactions"] = redactions


def sweep(*rewritten: str) -> None:
    """Overwrite what the database keeps of deleted rows: on SQLite the write-ahead log, on PostgreSQL dead openings.

    `rewritten` are tables to be written anew, locked meanwhile (on SQLite the whole file).
    """
    db.session().rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("VACUUM tlog_opening"))
            for table in rewritten:
                connection.execute(text(f"VACUUM FULL {table}"))
            return
    driver = db.engine.raw_connection()
    try:
        if rewritten:
            driver.driver_connection.execute("VACUUM")
        [busy, *_] = driver.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            log.warning("sweep-busy", detail="a reader holds the write-ahead log; the next erasure empties it")
    finally:
        driver.close()


def _finish(marked: dict[str, list[str]], now: datetime) -> int:
    gone = 0
    log_ = the_log()
    for ground, key_ids in marked.items():
        with transaction() as session:
            gone += erase_openings(
                log_.storage, _fit(session.connection()), origin=log_.origin, who=OPERATOR, ground=ground, now=now, key_ids=key_ids
            )
            seal_at_commit(session)
        the_keys().destroy(key_ids)
    if marked:
        sweep()
    return gone


def _fit(connection: Connection) -> Connection:
    if not the_site().fit(connection):
        raise LogStateError("read-only", "the log does not hold what is signed: run `flask log resume` first")
    return connection


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError(f"{text!r} is not a word as the log takes it: [a-z][a-z0-9_]*")
    return text


def _outside_transaction() -> None:
    if db.session().info.get("depth"):
        raise RuntimeError("keys are marked and destroyed around a commit: not inside transaction()")
