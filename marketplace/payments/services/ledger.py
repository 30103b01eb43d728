"""Rows under lock, and the calls owed to the gateway: the small steps the verbs are made of."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select

from marketplace.errors import NotFound
from marketplace.payments.models import GatewayCall, Payment, PaymentShare, Refund

INSIST_AFTER = timedelta(minutes=5)

# key_share: PostgreSQL's FOR NO KEY UPDATE, which does not fight with inserts of rows that refer to the payment
_BY_REFERENCE = select(Payment).with_for_update(key_share=True).execution_options(populate_existing=True)


def lock_payment(session, *, reference: str, method: str) -> Payment:
    """The payment of a purchase or order, locked until the transaction ends. Raises NotFound."""
    payment = session.scalar(_BY_REFERENCE.where(Payment.reference == reference, Payment.method == method))
    if payment is None:
        raise NotFound
    return payment


def lock_payment_id(session, payment_id: int) -> Payment:
    """The same by row id, for work that already knows it."""
    return session.scalars(_BY_REFERENCE.where(Payment.id == payment_id)).one()


def shares_of(session, payment: Payment) -> list[PaymentShare]:
    """The shares as they are now, in the order they were made; safe to change under the payment's lock."""
    statement = select(PaymentShare).where(PaymentShare.payment_id == payment.id).order_by(PaymentShare.id)
    return list(session.scalars(statement.execution_options(populate_existing=True)))


def share_of(session, payment: Payment, reference: str) -> PaymentShare:
    """One share by seller order code. Raises NotFound."""
    for share in shares_of(session, payment):
        if share.reference == reference:
            return share
    raise NotFound


def owe_call(
    session, payment: Payment, verb: str, *, amount: int = 0, refund: Refund | None = None, now: datetime
) -> None:
    """Plan one call. Its key is random and stored before the first try, so every retry carries the same one.

    A key made of ids would repeat when a database is made anew beside an old gateway account.
    """
    session.add(
        GatewayCall(
            payment_id=payment.id,
            refund_id=refund.id if refund else None,
            verb=verb,
            amount=amount,
            key=_new_key(verb),
            created_at=now,
            due_at=now,
            tries=0,
        )
    )
    session.flush()


def call_of(session, payment: Payment, verb: str) -> GatewayCall | None:
    """The payment's one call of this kind, if it was planned."""
    wanted = (GatewayCall.payment_id == payment.id, GatewayCall.verb == verb, GatewayCall.refund_id.is_(None))
    return session.scalar(select(GatewayCall).where(*wanted))


def insist(session, payment: Payment, verb: str, *, now: datetime) -> None:
    """Plan a call again that was refused although the gateway's state still allows it; a new key, after a pause."""
    call = call_of(session, payment, verb)
    if call is not None and call.done_at is not None:
        call.done_at, call.due_at, call.key = None, now + INSIST_AFTER, _new_key(verb)


def _new_key(verb: str) -> str:
    return f"{verb}-{secrets.token_hex(20)}"


def close(session, payment: Payment, *, now: datetime) -> None:
    """No money is wanted any more: let the hold go, or never open it. Late money finds the payment closed."""
    if payment.state not in ("creating", "awaiting", "authorised"):
        return
    payment.updated_at = now
    opening = call_of(session, payment, "create")
    if payment.provider_id is None and opening is not None and opening.tries == 0:
        opening.done_at, opening.outcome = now, "not needed"
        payment.state = "cancelled"
        return
    payment.state = "closing"
    if payment.provider_id is not None and call_of(session, payment, "cancel") is None:
        owe_call(session, payment, "cancel", now=now)


def owe_refund(
    session, payment: Payment, share: PaymentShare, amount: int, *, reason: str, key: str, now: datetime
) -> None:
    """Reserve `amount` of the share and plan the refund (I4 holds from here on, also while it is under way)."""
    refund = plan_refund(session, payment, share, amount, state="due", reason=reason, key=key, now=now)
    start_refund(session, payment, share, refund, now=now)


def plan_refund(
    session, payment: Payment, share: PaymentShare, amount: int, *, state: str, reason: str, key: str, now: datetime
) -> Refund:
    """The decision itself, as a row with its own key."""
    refund = Refund(
        payment_id=payment.id,
        share_id=share.id,
        amount=amount,
        reason=reason[:255],
        key=key,
        state=state,
        created_at=now,
        updated_at=now,
    )
    session.add(refund)
    session.flush()
    return refund


def start_refund(session, payment: Payment, share: PaymentShare, refund: Refund, *, now: datetime) -> None:
    """The part of a refund that needs the money to have been taken."""
    share.refunded += refund.amount
    payment.refunded += refund.amount
    payment.updated_at = now
    owe_call(session, payment, "refund", amount=refund.amount, refund=refund, now=now)
