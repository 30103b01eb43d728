"""Recording what happens to lots, inside the transaction of the business act."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from marketplace.database import db
from marketplace.errors import N_, Conflict, DomainError
from marketplace.provenance.personal import hold, keep
from marketplace.provenance.sealing import seal_at_commit, seals_at_once
from marketplace.provenance.site import the_log
from traceability.canonical.entry import Device
from traceability.epcis.activities import tell
from traceability.epcis.codec import record_of
from traceability.epcis.events import AnyEvent, Quantity, check_time
from traceability.epcis.vocabulary import OWN
from traceability.errors import ConflictError, EventError
from traceability.identifiers import new_event_id

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
    state: str  # "waiting" until it is sealed; "sealed" at once where no queue is needed, or for a repeated event


def record(
    *,
    kind: str,
    event: Mapping[str, Any],
    lots: Sequence[str],
    who: str,
    now: datetime,
    event_id: str | None = None,
    device: datetime | None = None,
    personal: Mapping[str, Any] | None = None,
    subject: str | Mapping[str, str] = "",
    publish: bool = False,
) -> Receipt:
    """Record an activity on lots (trace codes, the lot in work first), inside the caller's transaction().

    `kind` is a key of `traceability.epcis.vocabulary.ACTIVITIES`. `event`: `at` (aware, default now), `place` (opaque
    id), `inputs`/`outputs` ([{item, quantity, unit}]), `quantity` and `unit` of the first lot, `document` (opaque
    order code); every other key is a public detail (str, int, bool, Decimal, date, datetime; None is left out).
    `who`: organisation or alias, never a name. `device`: what an offline phone's clock said when it sent.
    `personal`: path into the record (`/cns:note`) → a value that is not public; the entry keeps a commitment, the value
    lies encrypted under a key of `subject` (for all paths, or for each), and everybody may read it if `publish`.
    The same event_id with the same content again returns the first receipt. Raises EventReused, EventTooEarly;
    EventError for a call that no event can tell.
    """
    session = db.session()
    if not session.info.get("depth"):
        raise RuntimeError("provenance.record is called inside transaction()")
    connection, told = session.connection(), _tell(kind, event, lots, now, event_id or new_event_id())
    skew = None if device is None else Device(device, (device - now) // timedelta(milliseconds=1))
    with _in_our_words():
        check_time(told, now)
        held = hold(connection, told.event_id, personal or {}, subject, publish, now)
        receipt = the_log().submit(
            connection, event=record_of(told), lots=lots, who=who, recorded_at=now, device=skew,
            commitments=held.commitments, at_once=seals_at_once(connection),
        )
        keep(connection, held)
    seal_at_commit(session, sealed=receipt.sealed)
    return Receipt(receipt.id, receipt.leaf.hex(), "sealed" if receipt.sealed else "waiting")


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except ConflictError as error:
        raise EventReused from error
    except EventError as error:
        if error.code == "in-future":
            raise EventTooEarly from error
        raise


def record_told(kind: str, told: Mapping[str, Any], lots: Sequence[str], now: datetime, event_id: str) -> dict[str, Any]:
    """The EPCIS record `record` would write for these values, without writing it. Raises EventTooEarly, EventError."""
    event = _tell(kind, told, lots, now, event_id)
    try:
        check_time(event, now)
    except EventError as error:
        raise EventTooEarly from error
    return record_of(event)


def _tell(kind: str, told: Mapping[str, Any], lots: Sequence[str], now: datetime, event_id: str) -> AnyEvent:
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
    return Quantity(f"{OWN}item-{quote(item['item'])}", None if quantity is None else Decimal(quantity), unit)
