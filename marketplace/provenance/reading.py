"""Reading the log: a lot's entries, the latest checkpoint, the full check, the static export."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, ScalarSelect, Subquery, func, select

from marketplace.database import db, transaction
from marketplace.provenance.recording import seal
from marketplace.provenance.site import the_log
from traceability.canonical.profile import parse
from traceability.epcis.codec import document
from traceability.log import Audit, LotRecord
from traceability.log.export import export as write_export
from traceability.merkle import leaf_hash
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


def lot_document(code: str, *, base_url: str, now: datetime) -> dict:
    """The lot's events as an EPCISDocument (JSON-LD), for the public."""
    records = (found.entry.event for found in the_log().lot(db.session.connection(), code))
    return document(records, base_url=base_url, created=now)


def latest_checkpoint() -> Checkpoint | None:
    """The latest signed checkpoint; None before the first. One statement."""
    signed = the_log().latest_checkpoint(db.session.connection())
    if signed is None:
        return None
    point = signed.checkpoint
    return Checkpoint(point.size, base64.b64encode(point.root).decode(), point.origin, signed.at, str(signed.note))


def sealed_entries() -> Subquery:
    """Every sealed entry as a table to join on `id`: id, seq, leaf, bytes."""
    return (
        select(tables.entry.c.id, tables.entry.c.seq, tables.entry.c.leaf, tables.body.c.bytes)
        .outerjoin(tables.body, tables.body.c.seq == tables.entry.c.seq)
        .subquery("sealed")
    )


def checkpoint_size() -> ScalarSelect:
    """The size of the latest signed checkpoint as an SQL expression (NULL before the first)."""
    return select(func.max(tables.note.c.size)).scalar_subquery()


def read_sealed(data: bytes, leaf_hex: str) -> dict | None:
    """The EPCIS record in an entry's stored bytes, or None when they do not hash to the leaf we gave out for them."""
    return parse(data)["ev"] if leaf_hash(data).hex() == leaf_hex else None


def publish_checkpoint(*, now: datetime) -> int:
    """Seal what waits and sign a checkpoint when entries came since the last one; returns how many. A job."""
    if db.session().info.get("depth"):
        raise RuntimeError("a checkpoint is committed before it is signed: not inside transaction()")
    with _writing() as connection:
        if not the_log().started(connection):
            return 0
        seal(connection)
        size, signed = the_log().size(connection), the_log().latest_checkpoint(connection)
    new = size - (signed.checkpoint.size if signed else 0)
    if new:
        the_log().checkpoint(_writing, now)
    return new


def export(folder: Path) -> int:
    """Write the static export of what the latest checkpoint covers; returns how many entries. Raises LogStateError
    before the first checkpoint."""
    return write_export(the_log(), db.session.connection(), folder)


def check() -> Report:
    """Hash the whole log again and compare every row; names the first index that does not fit."""
    audit = the_log().check(db.session.connection())
    return Report(audit.sound, audit.size, _report(audit))


@contextmanager
def _writing() -> Iterator[Connection]:
    with transaction() as session:
        yield session.connection()


def _log_entry(found: LotRecord, code: str) -> LogEntry:
    [n] = [link.n for link in found.entry.links if link.lot == code]
    entry = found.entry
    return LogEntry(found.seq, n, entry.id, entry.recorded_at, found.leaf.hex(), parse(found.data))


def _report(audit: Audit) -> str:
    if audit.sound:
        return f"sound: {audit.size} entries, root {base64.b64encode(audit.root).decode()}"
    lines = [f"index {item.index}: {item.kind}: {item.message}" for item in audit.problems]
    return "\n".join([f"not sound: {len(audit.problems)} findings in {audit.size} entries", *lines])
