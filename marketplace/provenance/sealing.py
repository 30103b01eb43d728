"""Sealing what waits and signing checkpoints: inside the business transaction (inline) or by the loop (batch)."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection, event, func, select, text
from sqlalchemy.orm import Session

from marketplace.database import after_commit, db, on_postgresql, transaction
from marketplace.extensions import jobs
from marketplace.provenance.mapping import add_map
from marketplace.provenance.outsiders import for_outsiders
from marketplace.provenance.site import TEXTS, Site, the_log, the_site, writing
from marketplace.provenance.witnesses import ask_witnesses, witness_due
from traceability.errors import LogStateError, TraceabilityError
from traceability.log import Batch
from traceability.log.export import export as write_export
from traceability.storage import tables

log = structlog.get_logger()

_WAITING = "log_entries_waiting"
_BATCH = 512
_COSIGN_AGAIN = timedelta(hours=1)
_MAP_TO_SIGN = timedelta(minutes=1)


def seals_at_once(connection: Connection) -> bool:
    """May an entry be sealed while it is recorded, past the queue?"""
    return the_site().inline and the_site().fit(connection)


def seal_at_commit(session: Session, *, sealed: bool = False) -> None:
    """The session's transaction has put entries into the queue: seal them right before it commits when the log is
    sequenced inline; else wake this process's sealing loop when it has committed. With `sealed` only the loop is told."""
    if not sealed:
        session.info[_WAITING] = True
    loop = the_site().loop
    if loop is not None:
        after_commit(loop.wake)


@event.listens_for(Session, "before_commit")
def _seal_before_commit(session: Session) -> None:
    if session.in_nested_transaction() or not session.info.pop(_WAITING, False):
        return
    if the_site().inline:
        session.flush()
        seal(session.connection())


@event.listens_for(Session, "after_rollback")
def _forget_waiting(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_WAITING, None)


def seal(connection: Connection) -> None:
    """Seal what waits in this transaction, unless a loop seals in its own. A store that contradicts itself stops the
    sealing, loudly, but not the market."""
    while the_site().inline and _seal_batch(connection, wait=True).sealed == _BATCH:
        pass


def drain() -> int:
    """Seal what waits, one batch a transaction; returns how many. Leaves it to another process that is at it."""
    total, full = 0, True
    while full:
        with _alone(the_site()) as alone:
            if not alone:
                break
            with transaction() as session:
                sealed = _seal_batch(session.connection(), wait=False).sealed
        total, full = total + sealed, sealed == _BATCH
    return total


def queue_ends() -> tuple[int, int] | None:
    """The oldest and the newest row of the queue, or None when nothing waits. For the loop: one cheap statement."""
    qid = tables.pending.c.qid
    first, last = db.session.execute(select(func.min(qid), func.max(qid))).one()
    return None if first is None else (first, last)


def may_sequence() -> bool:
    """Has this process's database role the right to seal? A web role of `flask log roles` has not."""
    if not on_postgresql():
        return True
    return bool(db.session.scalar(text("SELECT has_table_privilege('tlog_entry', 'INSERT')")))


def publish_checkpoint(*, now: datetime, keep: bool = True) -> int:
    """Seal what waits, sign a checkpoint when entries came since the last one, or again when that is an hour old, and
    (`keep`) write the export where one is kept; returns how many entries are new in it. A job."""
    if db.session().info.get("depth"):
        raise RuntimeError("a checkpoint is committed before it is signed: not inside transaction()")
    site = the_site()
    connection = db.session.connection()
    if not site.log.started(connection) or not site.fit(connection):
        db.session.rollback()
        return 0
    if queue_ends():
        drain()
    mapped = add_map(now=now)
    connection = db.session.connection()
    size, signed = site.log.size(connection), site.log.latest_checkpoint(connection)
    db.session.rollback()
    new = size - (signed.checkpoint.size if signed else 0)
    if new or (signed and now - signed.at >= _COSIGN_AGAIN):
        try:
            site.log.checkpoint(writing, now)
        except LogStateError as error:
            site.stop(error)
            return 0
        if keep and site.settings.log_export_dir:
            export(Path(site.settings.log_export_dir))
        if mapped:  # until witnesses have signed the new map, no phone is told that a lot is complete
            jobs.wake("witness")
    return new


def export(folder: Path) -> int:
    """Write the static export of what the latest checkpoint covers, under the newest one that meets the policy; returns how
    many entries. Raises LogStateError before the first checkpoint. Ends a reading transaction left open: the export is of
    the moment it may write."""
    db.session.rollback()

    def texts() -> dict[str, str]:
        return {name: found for name, content in TEXTS.items() if (found := content()) is not None}

    return write_export(the_log(), db.session.connection(), folder, texts, for_outsiders)


def gather_cosignatures(*, now: datetime) -> int:
    """Ask the witnesses that are due to sign; returns how many did. A job. They get a map and a checkpoint of this moment,
    because a phone is told that a lot is complete only up to a map they signed; the export then shows what they signed.
    Raises as `ask_witnesses` does."""
    if not witness_due(now=now):
        return 0
    add_map(now=now, every=_MAP_TO_SIGN)
    publish_checkpoint(now=now)
    signed = ask_witnesses(now=now)
    if signed and the_site().settings.log_export_dir:
        export(Path(the_site().settings.log_export_dir))
    return signed


def _seal_batch(connection: Connection, *, wait: bool) -> Batch:
    site = the_site()
    if not site.fit(connection):
        return Batch(0)
    try:
        with connection.begin_nested():
            batch = site.log.sequence(connection, _BATCH, wait=wait)
    except TraceabilityError as error:
        log.critical("log-not-sealed", code=error.code, detail=error.message)
        return Batch(0)
    for stopped in batch.stopped:
        if stopped.id not in site.alarmed:
            site.alarmed.add(stopped.id)
            log.critical("log-entry-stopped", id=stopped.id, code=stopped.code, detail=stopped.message)
    return batch


@contextmanager
def _alone(site: Site) -> Iterator[bool]:
    """SQLite: a file lock taken before BEGIN IMMEDIATE, so that sequencers do not queue for the database's one write
    lock. PostgreSQL needs none: the head row is locked with SKIP LOCKED."""
    if on_postgresql():
        yield True
        return
    descriptor = os.open(site.settings.data_dir / "sequencer.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
