"""The gateway's notices: checked, stored once, and only then acted on - by asking the gateway itself."""

from datetime import datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.database import after_commit, db, on_postgresql, transaction
from marketplace.errors import N_, DomainError
from marketplace.extensions import jobs
from marketplace.payments.adapters.signatures import SignatureRefused, verify
from marketplace.payments.adapters.stripe import parse_event
from marketplace.payments.gateway import (
    Gateway,
    GatewayEvent,
    GatewayRefund,
    GatewayRefused,
    GatewayUnavailable,
    Intent,
)
from marketplace.payments.models import Payment, PaymentEvent
from marketplace.payments.services.ledger import lock_payment_id
from marketplace.payments.services.settling import settle, settle_refund

log = structlog.get_logger()

PROVIDER = "stripe"
BATCH = 100


class NoticeRefused(DomainError):
    """The notice is forged, too old, or not an event. `reason` is for the log."""

    code = "notice-refused"
    message = N_("Thông báo thanh toán không hợp lệ.")
    status = 400

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


def receive_event(*, body: bytes, signature: str | None, secret: str, now: datetime) -> bool:
    """Store one notice before any effect (I3); True when it is new. Raises NoticeRefused.

    Any failure to store must reach the sender as 5xx: it is what makes the gateway send again.
    """
    try:
        verify(body, signature, secret=secret, now=now)
        event = parse_event(body)
        payload = body.decode()
    except SignatureRefused as refused:
        raise NoticeRefused(refused.code) from refused
    except ValueError as error:
        raise NoticeRefused("malformed") from error
    wanted = _subject(event) != ""
    row = {
        "provider": PROVIDER,
        "event_id": event.id,
        "kind": event.kind[:64],
        "object_id": event.object_id,
        "payload": payload,
        "received_at": now,
        "applied_at": None if wanted else now,
        "outcome": None if wanted else "ignored",
    }
    insert = postgresql.insert if on_postgresql() else sqlite.insert
    with transaction() as session:
        statement = insert(PaymentEvent).values(row).on_conflict_do_nothing(index_elements=["provider", "event_id"])
        new = session.execute(statement).rowcount == 1
        after_commit(lambda: jobs.wake("payments"))
    return new


def apply_events(*, gateway: Gateway, now: datetime) -> int:
    """Read afresh what the waiting notices speak of and bring the payments up to it; answers how many are done."""
    rows = db.session.execute(
        select(PaymentEvent.id, PaymentEvent.payload)
        .where(PaymentEvent.applied_at.is_(None))
        .order_by(PaymentEvent.id)
        .limit(BATCH)
    ).all()
    db.session.rollback()
    groups: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        event = parse_event(row.payload.encode())
        groups.setdefault((_subject(event), event.object_id), []).append(row.id)
    done = 0
    for (subject, object_id), ids in groups.items():
        try:
            told = _ask(gateway, subject, object_id)
        except GatewayUnavailable as failure:
            log.warning("gateway-unavailable", verb="retrieve", code=failure.code)
            break
        done += _apply(ids, told, now=now)
    return done


def _subject(event: GatewayEvent) -> str:
    """`payment_intent`, `refund` or nothing we act on."""
    if event.object_kind in ("payment_intent", "refund") and event.object_id:
        return event.object_kind
    return ""


def _ask(gateway: Gateway, subject: str, object_id: str) -> Intent | GatewayRefund | None:
    try:
        return gateway.retrieve_intent(object_id) if subject == "payment_intent" else gateway.retrieve_refund(object_id)
    except GatewayRefused as refused:
        log.error("gateway-notice-about-nothing", object=object_id, code=refused.code)
        return None


def _apply(ids: list[int], told: Intent | GatewayRefund | None, *, now: datetime) -> int:
    with transaction() as session:
        outcome = "unknown at the gateway" if told is None else _settle(session, told, now=now)
        # only what was stored before the gateway was asked: a newer notice may know more
        mine = update(PaymentEvent).where(PaymentEvent.id.in_(ids), PaymentEvent.applied_at.is_(None))
        return session.execute(mine.values(applied_at=now, outcome=outcome)).rowcount


def _settle(session, told: Intent | GatewayRefund, *, now: datetime) -> str:
    intent_id = told.id if isinstance(told, Intent) else told.intent_id
    payment_id = session.scalar(select(Payment.id).where(Payment.provider_id == intent_id))
    if payment_id is None and isinstance(told, Intent):
        # the answer to our own opening call was lost, and the notice overtook its retry
        opening = (Payment.reference == told.reference, Payment.method == "card", Payment.provider_id.is_(None))
        payment_id = session.scalar(select(Payment.id).where(*opening))
    if payment_id is None:
        return "not ours"
    payment = lock_payment_id(session, payment_id)
    if isinstance(told, Intent):
        return settle(session, payment, told, now=now)
    return settle_refund(session, payment, told, now=now)
