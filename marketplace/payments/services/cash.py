"""Cash on delivery: one payment per seller order, since each parcel is paid at its own door (I1)."""

from datetime import datetime

from sqlalchemy import insert

from marketplace.database import transaction
from marketplace.errors import N_, Conflict, DomainError
from marketplace.money import format_dong
from marketplace.payments.models import Payment, PaymentShare
from marketplace.payments.services.ledger import lock_payment, shares_of

_PAYMENTS, _SHARES = Payment.__table__, PaymentShare.__table__  # plain tables: every order placed passes here
_PAYMENT = insert(_PAYMENTS).returning(_PAYMENTS.c.id)
_SHARE = insert(_SHARES).inline()


class WrongCash(DomainError):
    """The collector says another amount than what is due at this door."""

    code = "wrong-cash"
    message = N_("Đơn này phải thu đúng %(due)s. Mời bạn kiểm lại số tiền đã nhận.")
    field = "collected"


def begin_cash(*, reference: str, amount: int, now: datetime) -> None:
    """Record that `amount` đồng will be due at the door of seller order `reference`."""
    with transaction() as session:
        row = {
            "reference": reference, "method": "cod", "amount": amount, "state": "due", "created_at": now, "updated_at": now,
        }
        payment_id = session.scalar(_PAYMENT, row)
        session.execute(_SHARE, {"payment_id": payment_id, "reference": reference, "amount": amount})


def change_cash(*, reference: str, amount: int, now: datetime) -> None:
    """Another sum is due (fewer goods, real weight); 0 writes it off. Raises NotFound, Conflict once settled."""
    if amount == 0:
        write_off_cash(reference=reference, now=now)
        return
    with transaction() as session:
        payment = _due(session, reference)
        payment.amount, payment.updated_at = amount, now
        for share in shares_of(session, payment):
            share.amount = amount


def collect_cash(*, reference: str, amount: int, now: datetime) -> None:
    """The buyer paid at the door. Raises WrongCash unless exactly what is due; NotFound, Conflict once settled."""
    with transaction() as session:
        payment = _due(session, reference)
        if amount != payment.amount:
            raise WrongCash(due=format_dong(payment.amount))
        payment.state, payment.updated_at, payment.authorised_at = "collected", now, now
        payment.authorised = payment.captured = amount
        for share in shares_of(session, payment):
            share.accepted = share.captured = amount


def write_off_cash(*, reference: str, now: datetime) -> None:
    """Nothing is due any more. Repeating it changes nothing. Raises NotFound; Conflict when the cash was collected."""
    with transaction() as session:
        payment = lock_payment(session, reference=reference, method="cod")
        if payment.state == "collected":
            raise Conflict
        payment.state, payment.updated_at = "written_off", now


def _due(session, reference: str) -> Payment:
    payment = lock_payment(session, reference=reference, method="cod")
    if payment.state != "due":
        raise Conflict
    return payment
