"""The completeness map of the site's log: a new one every ten minutes in which a lot changed."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from marketplace.database import db
from marketplace.provenance.site import OPERATOR, the_log, the_site, writing
from traceability.canonical.entry import read_entry
from traceability.log.completeness import MapProof, append_map, map_proof

EVERY = timedelta(minutes=10)
_BATCH = 512


def add_map(*, now: datetime, every: timedelta = EVERY) -> int:
    """Log a map when the last one is older than ten minutes (`every`) and a lot changed since; returns 1 when it did. A
    job, and the step before a checkpoint, which then covers the map at once."""
    log, connection = the_log(), db.session.connection()
    due = _due(connection, now, every)
    db.session.rollback()
    if not due:
        return 0
    with writing() as connection:
        if not the_site().fit(connection):
            return 0
        while log.sequence(connection, _BATCH).sealed == _BATCH:
            pass
        seq = append_map(log.storage, connection, origin=log.origin, who=OPERATOR, now=now)
    return int(seq is not None)


def lot_proof(code: str) -> MapProof | None:
    """The latest map's proof for this trace code; None before the first map."""
    return map_proof(the_log().storage, db.session.connection(), code)


def _due(connection: Connection, now: datetime, every: timedelta) -> bool:
    """One cheap look: was anything written since the last map, and is that one old enough?"""
    log = the_log()
    state, size = log.storage.map_state(connection), log.size(connection)
    if state is None:
        return size > 1
    if size <= state.seq + 1:
        return False
    [row] = log.storage.sealed(connection, state.seq, state.seq + 1)
    return row.data is None or now - read_entry(row.data).recorded_at >= every
