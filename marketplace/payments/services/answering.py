"""What sellers and time decide about held money: accept, lower, give up, give back."""

from datetime import datetime

from sqlalchemy import func, select

from marketplace.database import after_commit, transaction
from marketplace.errors import N_, Conflict, DomainError
from marketplace.extensions import jobs
from marketplace.payments.models import Payment, PaymentEvent, PaymentShare, Refund
from marketplace.payments.services.ledger import (
    call_of,
    close,
    lock_payment,
    lock_payment_id,
    owe_call,
    owe_refund,
    plan_refund,
    share_of,
    shares_of,
)


class NotAuthorised(Conflict):
    """A seller can answer only for money that is held."""

    code = "payment-not-authorised"
    message = N_("Khoản trả bằng thẻ của đơn này chưa được ngân hàng giữ. Mời bạn tải lại trang.")


class GiveBackTooMuch(DomainError):
    """More than what is left of this order's share."""

    code = "give-back-too-much"
    message = N_("Chỉ còn %(left)s ₫ của đơn này có thể trả lại cho người mua.")
    field = "amount"


def answer_share(*, reference: str, share: str, accepted: int, now: datetime) -> None:
    """Record what a seller will deliver for (đồng, at most the share). The last answer plans the one capture (T5).

    Raises NotFound, NotAuthorised; ValueError when `accepted` is out of bounds.
    """
    with transaction() as session:
        payment = lock_payment(session, reference=reference, method="card")
        part = share_of(session, payment, share)
        if part.accepted == accepted:
            return
        if payment.state != "authorised" or part.accepted is not None:
            raise NotAuthorised
        if not 0 <= accepted <= part.amount:
            raise ValueError("a seller accepts between nothing and the whole share")
        part.accepted = accepted
        session.flush()
        _capture_when_answered(session, payment, now=now)


def abandon(*, reference: str, now: datetime) -> bool:
    """Close a payment nobody waits for any more (T2). False when money is held or a notice is still to be read."""
    with transaction() as session:
        payment = lock_payment(session, reference=reference, method="card")
        if payment.state in ("closing", "cancelled", "failed"):
            return True
        if payment.state not in ("creating", "awaiting") or _unread(session, payment):
            return False
        close(session, payment, now=now)
        after_commit(lambda: jobs.wake("payments"))
        return True


def give_back(*, reference: str, share: str, amount: int, reason: str, key: str, now: datetime) -> None:
    """Lower what the buyer pays for one order by `amount` đồng: less is captured, or the money is refunded.

    `key` names the decision; repeating it changes nothing. Raises NotFound, NotAuthorised, GiveBackTooMuch;
    Conflict when `key` was used for something else.
    """
    if amount <= 0:
        raise ValueError("something has to be given back")
    with transaction() as session:
        payment = lock_payment(session, reference=reference, method="card")
        part = share_of(session, payment, share)
        known = session.scalar(select(Refund).where(Refund.key == key))
        if known is not None:
            if (known.share_id, known.amount) != (part.id, amount):
                raise Conflict
            return
        if part.accepted is None and payment.state != "captured":
            raise NotAuthorised
        left = _left(session, payment, part)
        if amount > left:
            raise GiveBackTooMuch(left=f"{left:,}".replace(",", "."))
        _by_state(session, payment, part, amount, reason=reason, key=key, now=now)


def close_answers(session, payment_id: int, *, now: datetime) -> None:
    """Take silence for a no: shares without an answer are accepted with nothing, and the rest is captured."""
    payment = lock_payment_id(session, payment_id)
    if payment.state != "authorised":
        return
    for share in shares_of(session, payment):
        if share.accepted is None:
            share.accepted = 0
    session.flush()
    _capture_when_answered(session, payment, now=now)


def _by_state(
    session, payment: Payment, part: PaymentShare, amount: int, *, reason: str, key: str, now: datetime
) -> None:
    if payment.state == "captured":
        owe_refund(session, payment, part, amount, reason=reason, key=key, now=now)
        after_commit(lambda: jobs.wake("payments"))
        return
    # capturing: the sum on its way cannot be changed, the refund starts when the money has arrived
    state = "due" if payment.state == "capturing" else "released"
    plan_refund(session, payment, part, amount, state=state, reason=reason, key=key, now=now)
    if state == "released":
        part.accepted -= amount
        session.flush()
        _capture_when_answered(session, payment, now=now)


def _left(session, payment: Payment, part: PaymentShare) -> int:
    """What may still be given back of a share."""
    if payment.state == "captured":
        return part.captured - part.refunded
    if payment.state == "authorised":
        return part.accepted or 0
    if payment.state == "capturing":
        planned = select(func.coalesce(func.sum(Refund.amount), 0)).where(
            Refund.share_id == part.id, Refund.state == "due"
        )
        return (part.accepted or 0) - session.scalar(planned)
    return 0


def _capture_when_answered(session, payment: Payment, *, now: datetime) -> None:
    answers = [share.accepted for share in shares_of(session, payment)]
    if any(answer is None for answer in answers):
        return
    if sum(answers) == 0:
        close(session, payment, now=now)
    elif call_of(session, payment, "capture") is None:
        payment.state, payment.updated_at = "capturing", now
        owe_call(session, payment, "capture", amount=sum(answers), now=now)
    after_commit(lambda: jobs.wake("payments"))


def _unread(session, payment: Payment) -> bool:
    """Whether a notice about this payment waits to be applied."""
    waiting = (PaymentEvent.applied_at.is_(None), PaymentEvent.object_id == (payment.provider_id or ""))
    return session.scalar(select(func.count()).select_from(PaymentEvent).where(*waiting)) > 0
