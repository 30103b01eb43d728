"""Making the calls owed to the gateway: take one, ask outside any transaction, record the answer in a second one.

A worker killed anywhere in between leaves the call undone; it is made again with the same key, and the gateway
answers what it answered before.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update

from marketplace.database import db, transaction
from marketplace.payments.gateway import (
    CardDeclined,
    Gateway,
    GatewayError,
    GatewayRefund,
    GatewayRefused,
    GatewayUnavailable,
    Intent,
)
from marketplace.payments.models import GatewayCall, Payment, Refund
from marketplace.payments.services.ledger import lock_payment_id
from marketplace.payments.services.settling import fail, fail_refund, settle, settle_refund

log = structlog.get_logger()

LEASE = timedelta(minutes=3)
"""Longer than a gateway call with its own retries can last."""
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
BATCH = 20
# how often a payment in this state is asked about, in case a notice was lost
POLL = {
    "awaiting": timedelta(seconds=30),
    "authorised": timedelta(hours=6),
    "capturing": timedelta(minutes=5),
    "closing": timedelta(minutes=5),
}

_DUE = select(GatewayCall.id).order_by(GatewayCall.due_at, GatewayCall.id).limit(BATCH)
_TAKE = update(GatewayCall)
_TAKEN = (
    select(GatewayCall, Payment, Refund.key)
    .join(Payment, Payment.id == GatewayCall.payment_id)
    .outerjoin(Refund, Refund.id == GatewayCall.refund_id)
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True)
class _Call:
    """A taken call with what it needs, read inside the transaction that took it."""

    id: int
    verb: str
    amount: int
    key: str
    tries: int
    payment_id: int
    intent_id: str
    reference: str
    return_url: str
    refund_key: str


def make_calls(*, gateway: Gateway, now: datetime, payment_id: int | None = None) -> int:
    """Make the calls that are due (of one payment, when named); answers how many were finished."""
    due = _DUE.where(GatewayCall.done_at.is_(None), GatewayCall.due_at <= now)
    if payment_id is not None:
        due = due.where(GatewayCall.payment_id == payment_id)
    waiting = list(db.session.scalars(due))
    # the reading transaction ends here: nothing may be open while the gateway is asked
    db.session.rollback()
    finished = 0
    for call_id in waiting:
        call = _take(call_id, now=now)
        if call is None:
            continue
        try:
            finished += _make(gateway, call, now=now)
        except GatewayUnavailable as failure:
            _postpone(call, failure, now=now)
            # the next would most likely wait as long for nothing, and other jobs wait behind this one
            break
    return finished


def _take(call_id: int, *, now: datetime) -> _Call | None:
    """Move the call ahead by the lease, so that no other worker makes it meanwhile."""
    with transaction() as session:
        wanted = (GatewayCall.id == call_id, GatewayCall.done_at.is_(None), GatewayCall.due_at <= now)
        values = {"due_at": now + LEASE, "tries": GatewayCall.tries + 1}
        if session.execute(_TAKE.where(*wanted).values(values)).rowcount != 1:
            return None
        row, payment, refund_key = session.execute(_TAKEN.where(GatewayCall.id == call_id)).one()
        return _Call(
            id=row.id,
            verb=row.verb,
            amount=row.amount,
            key=row.key,
            tries=row.tries,
            payment_id=payment.id,
            intent_id=payment.provider_id or "",
            reference=payment.reference,
            return_url=payment.return_url,
            refund_key=refund_key or "",
        )


def _make(gateway: Gateway, call: _Call, *, now: datetime) -> bool:
    try:
        answer = _ask(gateway, call)
    except (GatewayRefused, CardDeclined) as refusal:
        return _refused(gateway, call, refusal, now=now)
    return _record(call, answer, now=now)


def _ask(gateway: Gateway, call: _Call) -> Intent | GatewayRefund:
    match call.verb:
        case "create":
            return gateway.create_intent(
                amount=call.amount, reference=call.reference, return_url=call.return_url, idempotency_key=call.key
            )
        case "capture":
            return gateway.capture_intent(call.intent_id, amount=call.amount, idempotency_key=call.key)
        case "cancel":
            return gateway.cancel_intent(call.intent_id, idempotency_key=call.key)
        case "refund":
            # a gateway forgets keys after a day: a late retry looks first whether the refund exists
            found = gateway.find_refund(call.intent_id, reference=call.refund_key) if call.tries > 1 else None
            return found or gateway.refund(
                call.intent_id, amount=call.amount, reference=call.refund_key, idempotency_key=call.key
            )
        case "retrieve":
            return gateway.retrieve_intent(call.intent_id)
    raise ValueError(f"unknown verb {call.verb!r}")


def _record(call: _Call, answer: Intent | GatewayRefund, *, now: datetime) -> bool:
    with transaction() as session:
        payment = lock_payment_id(session, call.payment_id)
        row = session.get(GatewayCall, call.id, populate_existing=True)
        if row.done_at is not None:
            return False
        if isinstance(answer, Intent):
            row.outcome = settle(session, payment, answer, now=now)
        else:
            row.outcome = settle_refund(session, payment, answer, now=now)
        if call.verb == "retrieve" and payment.state in POLL:
            row.due_at = now + _poll_pause(payment.state, row.tries)
        else:
            row.done_at = now
        return True


def _poll_pause(state: str, tries: int) -> timedelta:
    return POLL[state] * min(2 ** min(tries - 1, 6), 10) if state == "awaiting" else POLL[state]


def _refused(gateway: Gateway, call: _Call, refusal: GatewayError, *, now: datetime) -> bool:
    """A no is final for the call; what the payment has become is read afresh, not guessed from the no."""
    log.warning("gateway-refused", verb=call.verb, payment=call.reference, code=refusal.code)
    present = None
    if call.intent_id:
        try:
            present = gateway.retrieve_intent(call.intent_id)
        except GatewayRefused:
            log.error("gateway-does-not-know-the-intent", payment=call.reference, intent=call.intent_id)
    with transaction() as session:
        payment = lock_payment_id(session, call.payment_id)
        row = session.get(GatewayCall, call.id, populate_existing=True)
        if row.done_at is not None:
            return False
        row.done_at, row.outcome = now, f"refused: {refusal.code}"[:255]
        if present is not None:
            settle(session, payment, present, now=now)
        if call.verb == "create" and payment.provider_id is None:
            fail(payment, now=now)
        elif call.verb == "refund":
            fail_refund(session, payment, session.get(Refund, row.refund_id), now=now)
    return True


def _postpone(call: _Call, failure: GatewayError, *, now: datetime) -> None:
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(call.tries - 1, 8))
    log.warning("gateway-unavailable", verb=call.verb, payment=call.reference, code=failure.code)
    with transaction() as session:
        undone = (GatewayCall.id == call.id, GatewayCall.done_at.is_(None))
        session.execute(_TAKE.where(*undone).values(due_at=now + pause, outcome=failure.code[:255]))
