"""Taking back: personal values at request or when their time is over, and in an emergency the body of one entry."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import Connection

from marketplace.database import db, transaction, vietnam_day
from marketplace.provenance.archiving import drop_archive
from marketplace.provenance.personal import the_keys
from marketplace.provenance.sealing import export, publish_checkpoint, seal_at_commit
from marketplace.provenance.site import OPERATOR, TEXTS, the_log, the_site
from marketplace.provenance.sweeping import NotSwept, sweep
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
    Raises ValueError unless `ground` is a word, RuntimeError inside transaction(), and NotSwept when all is erased but
    bytes are left in files.
    """
    _outside_transaction()
    the_keys().mark(_word(ground), subject=subject)
    return _finish(the_keys().marked(subject), now)


def erase_due(*, now: datetime) -> int:
    """Erase what is kept long enough, and finish erasures that were interrupted; returns how many values. A job.
    Raises NotSwept as `erase` does."""
    _outside_transaction()
    day = vietnam_day(now).isoformat()
    due = the_log().storage.due_keys(db.session.connection(), day)
    if due:
        the_keys().mark(RETENTION, key_ids=due)
    return _finish(the_keys().marked(), now)


@dataclass(frozen=True)
class Withheld:
    """The id of an entry whose body is gone, and in sentences for the operator what of it is still to be done."""

    event_id: str
    remains: tuple[str, ...]


def redact(*, seq: int, reason: str, now: datetime) -> Withheld:
    """Withhold the body of entry `seq`: announce it, publish that, delete the row, write the kept export again.

    Its personal values are erased with it. The caller then forgets its own copies and sweeps: until then the bytes are
    in the database's files. A second call finishes what a crash interrupted. Raises LogStateError for an entry that is
    not there or cannot be withheld, ValueError unless `reason` is a word.
    """
    _outside_transaction()
    log_, reason = the_log(), _word(reason)
    with transaction() as session:
        connection = _fit(session.connection())
        [row] = log_.storage.sealed(connection, seq, seq + 1) or [None]
        writing = {"origin": log_.origin, "who": OPERATOR, "now": now}
        if row is not None:
            erase_openings(log_.storage, connection, ground=reason, entry_ids=[row.id], **writing)
        by = announce_redaction(log_.storage, connection, seq=seq, reason=reason, **writing)
        seal_at_commit(session)
    try:
        publish_checkpoint(now=now, keep=False)  # the export is written when the body is gone
    except TraceabilityError as error:  # a phone number in public does not wait for the signer
        log.critical("redaction-not-published", seq=seq, code=error.code)
    with transaction() as session:
        log_.storage.withhold(session.connection(), seq)
    drop_archive()
    return Withheld(row.id, tuple(_remains(by)))


def _remains(by: int) -> Iterator[str]:
    """Writes the kept export without the body; says so where that cannot be done yet."""
    signed = the_log().latest_checkpoint(db.session.connection())
    kept = the_site().settings.log_export_dir
    if signed is None or signed.checkpoint.size <= by:
        yield "no signed checkpoint announces it yet: see that the signer answers; the worker publishes by itself then"
        if kept:
            yield f"{kept} has the entry until then"
        return
    if kept:
        try:
            export(Path(kept))
        except (OSError, TraceabilityError) as error:
            yield f"{kept} still has the entry ({error}): mend that, then `flask log export {kept}`"


def redactions() -> str:
    """The public file `redactions`: `<seq> <seq of the redact entry>`, a line for each withheld entry."""
    connection = db.session.connection()
    signed = the_log().latest_checkpoint(connection)
    size = signed.checkpoint.size if signed else 0
    return "".join(f"{seq} {by}\n" for seq, by in the_log().storage.withheld(connection).items() if by < size)


TEXTS["redactions"] = redactions


def _finish(marked: dict[str, list[str]], now: datetime) -> int:
    gone, left = 0, []
    log_ = the_log()
    for ground, key_ids in marked.items():
        with transaction() as session:
            gone += erase_openings(
                log_.storage, _fit(session.connection()), origin=log_.origin, who=OPERATOR, ground=ground, now=now, key_ids=key_ids
            )
            seal_at_commit(session)
        left.append(the_keys().destroy(key_ids))
    if marked:
        sweep()
    if any(left):
        raise NotSwept(f"erased, but destroyed keys are still in the files of subject_key ({next(filter(None, left))})")
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
