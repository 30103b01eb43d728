"""The one door to the traceability log: recording what happens to lots, and reading it back.

Entries are queued inside the caller's transaction and sealed right before its outermost commit, so the head row, the
one row everybody wants, is locked last and shortest.
"""

import base64
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from flask import Blueprint, Flask, current_app
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from marketplace.config import Settings
from marketplace.database import after_commit, db, transaction
from marketplace.errors import N_, Conflict, DomainError
from marketplace.extensions import jobs
from traceability import identifiers
from traceability.canonical.entry import Device
from traceability.canonical.profile import parse
from traceability.checkpoint import Signer, generate_signer, parse_signer
from traceability.epcis.activities import tell
from traceability.epcis.codec import document, record_of
from traceability.epcis.events import Quantity, check_time
from traceability.errors import ConflictError, EventError, IdentifierError, LogStateError, TraceabilityError
from traceability.log import Audit, Log, LotRecord
from traceability.storage.guards import install_sqlite_guard
from traceability.storage.sql import SqlStorage
from traceability.web import create_blueprint

log = structlog.get_logger()

POLICY = (
    "Sổ ghi chỉ thêm, không sửa, không xóa. Đính chính là bản ghi mới. "
    "Không ghi tên, số điện thoại hay dữ liệu cá nhân vào sổ."
)
"""What the log promises at its start; its hash stands in the first entry. Never edit: it would be another promise."""

_WAITING = "log_entries_waiting"
_OWN_KEYS = frozenset({"at", "place", "inputs", "outputs", "quantity", "unit", "document"})


class EventReused(Conflict):
    """The event id is already in the log with another content."""

    code = "event-reused"
    message = N_("Việc này đã được ghi với nội dung khác. Mời bạn tải lại trang rồi ghi lại.")


class EventTooEarly(DomainError):
    """The event is said to happen in the future."""

    code = "event-in-future"
    message = N_("Thời điểm này chưa tới. Mời bạn kiểm tra lại ngày giờ.")
    field = "happened_at"


@dataclass(frozen=True)
class Receipt:
    """What was recorded: the event's id and its leaf hash (hex), final once the transaction has committed."""

    event_id: str
    leaf_hex: str
    state: str  # "waiting" until the commit seals it, "sealed" when it was already in the log


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


def bind(app: Flask, settings: Settings) -> None:
    """Give the app its log: guards on every SQLite connection, the signing key if this process has it, the public
    addresses under /log/1/."""
    with app.app_context():
        _guard(db.engine)
    app.extensions["log"] = _Site(settings.log_origin, settings.log_key_path)
    app.register_blueprint(blueprint())


def blueprint() -> Blueprint:
    """The log's public addresses."""
    return create_blueprint(_log, _reading)


def new_code() -> str:
    """A fresh trace code: 14 characters, unguessable, the last one a check character."""
    return identifiers.new_trace_code()


def parse_code(text: str) -> str | None:
    """The trace code a person typed or scanned in its one spelling, or None when it cannot be one."""
    try:
        return identifiers.parse_trace_code(text)
    except IdentifierError:
        return None


def grouped_code(code: str) -> str:
    """The code as printed beneath the QR."""
    return identifiers.group_trace_code(code)


def new_alias() -> str:
    """A random 128-bit name under which a natural person's entries are recorded."""
    return f"alias:{secrets.token_hex(16)}"


def incept(*, now: datetime) -> None:
    """Begin the log: make the signing key where there is none, write and seal the first entry. Raises LogStateError
    when the log was begun before; a log whose key is lost is never begun anew."""
    site = _site()
    with transaction() as session:
        made = site.log.signer is None
        if made and site.log.started(session.connection()):
            raise LogStateError("key-missing", f"the log was begun, but there is no key at {site.key_path}")
        signed = Log(site.log.origin, site.log.storage, generate_signer(site.log.origin)) if made else site.log
        signed.incept(
            session.connection(), entry_id=identifiers.new_event_id(), who="org:market", policy=POLICY.encode(), now=now
        )
        if made:
            site.keep(signed.signer)


def started() -> bool:
    """Has the log been begun?"""
    return _log().started(db.session.connection())


def record(
    *,
    kind: str,
    event: Mapping[str, Any],
    lots: Sequence[str],
    who: str,
    now: datetime,
    event_id: str | None = None,
    device: datetime | None = None,
) -> Receipt:
    """Record an activity on lots (trace codes, the lot in work first), inside the caller's transaction().

    `kind` is a key of `traceability.epcis.vocabulary.ACTIVITIES`. `event`: `at` (aware, default now), `place` (opaque
    id), `inputs`/`outputs` ([{item, quantity, unit}]), `quantity` and `unit` of the first lot, `document` (opaque
    order code); every other key is a public detail (str, int, bool, Decimal, date, datetime; None is left out).
    `who`: organisation or alias, never a name. `device`: what an offline phone's clock said when it sent.
    The same event_id with the same content again returns the first receipt. Raises EventReused, EventTooEarly;
    EventError for a call that no event can tell.
    """
    session = db.session()
    if not session.info.get("depth"):
        raise RuntimeError("provenance.record is called inside transaction()")
    told = _tell(kind, event, lots, now, event_id or identifiers.new_event_id())
    skew = None if device is None else Device(device, (device - now) // timedelta(milliseconds=1))
    try:
        check_time(told, now)
        receipt = _log().submit(
            session.connection(), event=record_of(told), lots=lots, who=who, recorded_at=now, device=skew
        )
    except ConflictError as error:
        raise EventReused from error
    except EventError as error:
        if error.code == "in-future":
            raise EventTooEarly from error
        raise
    if not session.info.get(_WAITING):
        session.info[_WAITING] = True
        after_commit(lambda: jobs.wake("checkpoint"))
    return Receipt(receipt.id, receipt.leaf.hex(), "sealed" if receipt.sealed else "waiting")


def lot_entries(code: str) -> list[LogEntry]:
    """The lot's entries in the order of its chain, those waiting to be sealed last. Two statements."""
    return [_log_entry(found, code) for found in _log().lot(db.session.connection(), code)]


def lot_document(code: str, *, base_url: str, now: datetime) -> dict:
    """The lot's events as an EPCISDocument (JSON-LD), for the public."""
    records = (found.entry.event for found in _log().lot(db.session.connection(), code))
    return document(records, base_url=base_url, created=now)


def latest_checkpoint() -> Checkpoint | None:
    """The latest signed checkpoint; None before the first. One statement."""
    signed = _log().latest_checkpoint(db.session.connection())
    if signed is None:
        return None
    point = signed.checkpoint
    return Checkpoint(point.size, base64.b64encode(point.root).decode(), point.origin, signed.at, str(signed.note))


def publish_checkpoint(*, now: datetime) -> int:
    """Seal what waits and sign a checkpoint when entries came since the last one; returns how many. A job."""
    if db.session().info.get("depth"):
        raise RuntimeError("a checkpoint is committed before it is signed: not inside transaction()")
    with _writing() as connection:
        if not _log().started(connection):
            return 0
        _seal(connection)
        size, signed = _log().size(connection), _log().latest_checkpoint(connection)
    new = size - (signed.checkpoint.size if signed else 0)
    if new:
        _log().checkpoint(_writing, now)
    return new


def check() -> Report:
    """Hash the whole log again and compare every row; names the first index that does not fit."""
    audit = _log().check(db.session.connection())
    return Report(audit.sound, audit.size, _report(audit))


class _Site:
    """The log of one app and where its signing key lies."""

    def __init__(self, origin: str, key_path: Path) -> None:
        self.key_path = key_path
        key = parse_signer(key_path.read_text(encoding="ascii")) if key_path.exists() else None
        self.log = Log(origin, SqlStorage(), key)

    def keep(self, signer: Signer) -> None:
        """Write the key, readable by this user only and never over another, and sign with it from now on."""
        descriptor = os.open(self.key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(signer.secret() + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.log = Log(self.log.origin, self.log.storage, signer)


def _site() -> _Site:
    site: _Site = current_app.extensions["log"]
    return site


def _log() -> Log:
    return _site().log


def _guard(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: install_sqlite_guard(connection))


@contextmanager
def _reading() -> Iterator[Connection]:
    yield db.session.connection()


@contextmanager
def _writing() -> Iterator[Connection]:
    with transaction() as session:
        yield session.connection()


@event.listens_for(Session, "before_commit")
def _seal_before_commit(session: Session) -> None:
    if session.in_nested_transaction() or not session.info.pop(_WAITING, False):
        return
    session.flush()
    _seal(session.connection())


@event.listens_for(Session, "after_rollback")
def _forget_waiting(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_WAITING, None)


def _seal(connection: Connection) -> None:
    """Seal what waits. A store that contradicts itself stops the sealing, loudly, but not the market."""
    try:
        with connection.begin_nested():
            batch = _log().sequence(connection)
    except TraceabilityError as error:
        log.critical("log-not-sealed", code=error.code, detail=error.message)
        return
    for stopped in batch.stopped:
        log.critical("log-entry-stopped", id=stopped.id, code=stopped.code, detail=stopped.message)


def _tell(kind: str, told: Mapping[str, Any], lots: Sequence[str], now: datetime, event_id: str) -> Any:
    quantity = told.get("quantity")
    return tell(
        kind,
        event_id=event_id,
        at=told.get("at") or now,
        lots=lots,
        quantity=None if quantity is None else Decimal(quantity),
        unit=told.get("unit") if quantity is not None else None,
        inputs=[_goods(item) for item in told.get("inputs", ())],
        outputs=[_goods(item) for item in told.get("outputs", ())],
        place=told.get("place"),
        document=told.get("document"),
        details={key: value for key, value in told.items() if key not in _OWN_KEYS},
    )


def _goods(item: Mapping[str, Any]) -> Quantity:
    quantity = item.get("quantity")
    unit = item.get("unit") if quantity is not None else None
    return Quantity(f"cns:item-{quote(item['item'])}", None if quantity is None else Decimal(quantity), unit)


def _log_entry(found: LotRecord, code: str) -> LogEntry:
    [n] = [link.n for link in found.entry.links if link.lot == code]
    entry = found.entry
    return LogEntry(found.seq, n, entry.id, entry.recorded_at, found.leaf.hex(), parse(found.data))


def _report(audit: Audit) -> str:
    if audit.sound:
        return f"sound: {audit.size} entries, root {base64.b64encode(audit.root).decode()}"
    lines = [f"index {item.index}: {item.kind}: {item.message}" for item in audit.problems]
    return "\n".join([f"not sound: {len(audit.problems)} findings in {audit.size} entries", *lines])
