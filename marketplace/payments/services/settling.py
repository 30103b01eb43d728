"""Bringing a payment up to what the gateway says it is. Always forward, so the order of arrival does not matter.

The gateway's answer is a state read afresh, never the content of a notice. A stale answer (read before another
worker's newer one) finds the payment further on and changes nothing.
"""

from datetime import datetime

import structlog
from sqlalchemy import select

from marketplace import money
from marketplace.payments.gateway import GatewayRefund, Intent, IntentStatus, RefundStatus
from marketplace.payments.models import Payment, PaymentShare, Refund
from marketplace.payments.registry import listeners
from marketplace.payments.services.ledger import call_of, close, insist, owe_call, owe_refund, shares_of, start_refund

log = structlog.get_logger()

_WAITING = ("creating", "awaiting")
_UNDER_WAY = {"capturing": "capture", "closing": "cancel"}
_LATE = "late money"


def settle(session, payment: Payment, intent: Intent, *, now: datetime) -> str:
    """Apply `intent` to the locked `payment`; answers one word for the record of the call or notice."""
    if not _is_ours(payment, intent):
        log.error("gateway-intent-is-not-ours", payment=payment.reference, intent=intent.id)
        return "mismatch"
    if payment.provider_id is None:
        _opened(session, payment, intent, now=now)
    if intent.amount_received > 0:
        return _captured(session, payment, intent, now=now)
    if intent.status == IntentStatus.REQUIRES_CAPTURE:
        return _authorised(session, payment, intent, now=now)
    if intent.status == IntentStatus.CANCELED:
        return _cancelled(payment, now=now)
    return intent.status.value


def settle_refund(session, payment: Payment, told: GatewayRefund, *, now: datetime) -> str:
    """Apply a refund's present state to the locked `payment`; a refund that fails late gives its reserve back."""
    known = session.scalar(
        select(Refund).where(
            Refund.payment_id == payment.id, (Refund.provider_id == told.id) | (Refund.key == told.reference)
        )
    )
    if known is None or known.amount != told.amount:
        log.error("gateway-refund-is-not-ours", payment=payment.reference, refund=told.id)
        return "mismatch"
    known.provider_id, known.updated_at = told.id, now
    if told.status in (RefundStatus.FAILED, RefundStatus.CANCELED):
        fail_refund(session, payment, known, now=now)
    elif known.state != "failed":
        known.state = "done" if told.status == RefundStatus.SUCCEEDED else "sent"
    return known.state


def fail_refund(session, payment: Payment, refund: Refund, *, now: datetime) -> None:
    """The money did not go back: it is owed again and a person has to pay it another way."""
    if refund.state in ("failed", "released"):
        return
    share = session.get(PaymentShare, refund.share_id)
    payment.refunded -= refund.amount
    share.refunded -= refund.amount
    refund.state, refund.updated_at = "failed", now
    log.error("refund-failed", payment=payment.reference, refund=refund.key)


def fail(payment: Payment, *, now: datetime) -> None:
    """No money will come from this payment."""
    wanted = payment.state not in ("closing", "cancelled")
    payment.state, payment.updated_at = "failed" if payment.state == "creating" else "cancelled", now
    if wanted:
        listeners.bound.failed(reference=payment.reference, now=now)


def _is_ours(payment: Payment, intent: Intent) -> bool:
    return (
        payment.provider_id in (None, intent.id)
        and intent.amount == payment.amount
        and intent.reference == payment.reference
    )


def _opened(session, payment: Payment, intent: Intent, *, now: datetime) -> None:
    payment.provider_id, payment.client_secret, payment.updated_at = intent.id, intent.client_secret, now
    if payment.state == "creating":
        payment.state = "awaiting"
        owe_call(session, payment, "retrieve", now=now)
    elif payment.state == "closing" and call_of(session, payment, "cancel") is None:
        owe_call(session, payment, "cancel", now=now)


def _authorised(session, payment: Payment, intent: Intent, *, now: datetime) -> str:
    if payment.state in _UNDER_WAY:
        insist(session, payment, _UNDER_WAY[payment.state], now=now)
    if payment.state not in _WAITING or intent.amount_capturable != payment.amount:
        return "nothing new"
    payment.state, payment.authorised = "authorised", intent.amount_capturable
    payment.authorised_at = payment.updated_at = now
    session.flush()
    if listeners.bound.authorised(reference=payment.reference, now=now):
        return "authorised"
    # late money never revives an order: what nobody waits for is let go
    close(session, payment, now=now)
    return "authorised late"


def _captured(session, payment: Payment, intent: Intent, *, now: datetime) -> str:
    if payment.captured:
        return "nothing new"
    wanted = payment.state == "capturing"
    shares = shares_of(session, payment)
    # asked: exactly what was accepted; otherwise somebody captured by hand at the gateway
    weights = [share.accepted or 0 for share in shares]
    if not wanted or sum(weights) != intent.amount_received:
        log.error("gateway-captured-unasked", payment=payment.reference, received=intent.amount_received)
        weights = [share.amount for share in shares]
    for share, part in zip(shares, money.split(intent.amount_received, weights), strict=True):
        share.captured = part
    payment.authorised = payment.amount
    payment.captured = intent.amount_received
    payment.authorised_at = payment.authorised_at or now
    payment.state, payment.updated_at = "captured", now
    session.flush()
    if not wanted:
        _give_all_back(session, payment, shares, now=now)
        return "captured late"
    _start_planned_refunds(session, payment, shares, now=now)
    listeners.bound.captured(reference=payment.reference, now=now)
    return "captured"


def _cancelled(payment: Payment, *, now: datetime) -> str:
    if payment.state in ("cancelled", "failed", "captured"):
        return "nothing new"
    fail(payment, now=now)
    return "cancelled"


def _give_all_back(session, payment: Payment, shares: list[PaymentShare], *, now: datetime) -> None:
    for share in shares:
        if share.captured:
            owe_refund(session, payment, share, share.captured, reason=_LATE, key=f"late-{share.id}", now=now)


def _start_planned_refunds(session, payment: Payment, shares: list[PaymentShare], *, now: datetime) -> None:
    by_id = {share.id: share for share in shares}
    planned = select(Refund).where(Refund.payment_id == payment.id, Refund.state == "due").order_by(Refund.id)
    for refund in session.scalars(planned).all():
        start_refund(session, payment, by_id[refund.share_id], refund, now=now)
