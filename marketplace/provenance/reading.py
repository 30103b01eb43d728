"""Reading the log: a lot's entries, the latest checkpoint, the full check."""

import base64
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, func, select

from marketplace.database import db, one_moment
from marketplace.provenance.personal import the_keys
from marketplace.provenance.site import the_log, trouble
from traceability.canonical.profile import parse
from traceability.log import Audit, LotRecord
from traceability.log.erasure import check_openings
from traceability.log.rehash import rehash
from traceability.storage import tables


@dataclass(frozen=True)
class LogEntry:
    """An entry of a lot as the log has it: `seq` in the log (None: waiting), `n` in the lot, the whole entry as
    `body` (keys of reference log.md §2.1; `body["ev"]` is the EPCIS record)."""

    seq: int | None
    n: int
    event_id: str
    record_time: datetime
    leaf_hex: str
    body: dict


@dataclass(frozen=True)
class Checkpoint:
    """The latest signed checkpoint: number of entries, root, whose log, when signed (UTC), the note as text."""

    size: int
    root_b64: str
    origin: str
    at: datetime
    note: str


@dataclass(frozen=True)
class Report:
    """What the full check found, as one line a finding."""

    sound: bool
    size: int
    text: str


def lot_entries(code: str) -> list[LogEntry]:
    """The lot's entries in the order of its chain, those waiting to be sealed last. Two statements."""
    return [_log_entry(found, code) for found in the_log().lot(db.session.connection(), code)]


def latest_checkpoint() -> Checkpoint | None:
    """The latest signed checkpoint; None before the first. One statement."""
    signed = the_log().latest_checkpoint(db.session.connection())
    if signed is None:
        return None
    point = signed.checkpoint
    return Checkpoint(point.size, base64.b64encode(point.root).decode(), point.origin, signed.at, str(signed.note))


def checkpoint_size() -> ScalarSelect:
    """The size of the latest signed checkpoint as an SQL expression (NULL before the first)."""
    return select(func.max(tables.note.c.size)).scalar_subquery()


def check() -> Report:
    """Hash the whole log again and compare every row, and with what the signer has signed; open every opening; names
    the first index that does not fit, and what waits in the queue and cannot be sealed."""
    log = the_log()
    standing = trouble()  # first: what is signed while we read is not in what we read
    keys = the_keys().read()  # before and after: a key drawn or destroyed while we read is no finding
    with one_moment() as connection:
        audit = log.check(connection)
        stopped = log.stopped(connection)
        closed = list(check_openings(log.storage, connection, log.origin, keys | the_keys().read()))
    lines = [_report(audit), *([f"read-only: {standing}"] if standing else [])]
    lines += [f"index {seq}: opening: {message}" for seq, message in closed]
    lines += [f"stopped in the queue: {item.id}: {item.code}: {item.message}" for item in stopped]
    return Report(audit.sound and not standing and not stopped and not closed, audit.size, "\n".join(lines))


def check_quickly() -> Report:
    """Hash every entry again and compare with tiles, head and the last signed checkpoint; not what entries mean."""
    with one_moment() as connection:
        audit = rehash(the_log().storage, connection)
    return Report(audit.sound, audit.size, _report(audit))


def _log_entry(found: LotRecord, code: str) -> LogEntry:
    [n] = [link.n for link in found.entry.links if link.lot == code]
    entry = found.entry
    return LogEntry(found.seq, n, entry.id, entry.recorded_at, found.leaf.hex(), parse(found.data))


def _report(audit: Audit) -> str:
    if audit.sound:
        withheld = f", {audit.withheld} withheld and announced" if audit.withheld else ""
        return f"sound: {audit.size} entries, root {base64.b64encode(audit.root).decode()}{withheld}"
    lines = [f"index {item.index}: {item.kind}: {item.message}" for item in audit.problems]
    return "\n".join([f"not sound: {len(audit.problems)} findings in {audit.size} entries", *lines])
