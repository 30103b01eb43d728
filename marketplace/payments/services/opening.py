"""Opening a card payment inside the order's own transaction; the gateway hears of it after the commit."""

from collections.abc import Mapping
from datetime import datetime

from marketplace.database import after_commit, transaction
from marketplace.errors import N_, DomainError
from marketplace.payments.models import Payment, PaymentShare
from marketplace.payments.registry import gateways
from marketplace.payments.services.calling import make_calls
from marketplace.payments.services.ledger import owe_call

CARD_LIMIT = 99_999_999
"""Đồng; the Stripe API takes at most eight digits ("Create a PaymentIntent", `amount`)."""


class CardUnavailable(DomainError):
    """The site is not connected to a card gateway."""

    code = "card-unavailable"
    message = N_("Hiện chợ chưa nhận thẻ. Mời bạn chọn trả tiền khi nhận hàng.")
    field = "method"


class CardAmountTooLarge(DomainError):
    """More than one card payment can carry."""

    code = "card-amount-too-large"
    message = N_("Đơn trên 99.999.999 ₫ chưa trả bằng thẻ được. Mời bạn chọn cách trả khác hoặc chia thành nhiều đơn.")
    field = "method"


def begin_card(*, reference: str, shares: Mapping[str, int], return_url: str, now: datetime) -> None:
    """Record a card payment of the sum of `shares` (seller order code → đồng) and open it after the commit.

    Raises CardUnavailable, CardAmountTooLarge; ValueError when a share is negative or nothing is to be paid.
    """
    amount = sum(shares.values())
    if amount <= 0 or min(shares.values()) < 0:
        raise ValueError("a card payment needs shares that are not negative and a sum above zero")
    gateway = gateways.bound
    if gateway is None:
        raise CardUnavailable
    if amount > CARD_LIMIT:
        raise CardAmountTooLarge
    with transaction() as session:
        payment = Payment(
            reference=reference,
            method="card",
            amount=amount,
            state="creating",
            provider=gateway.name,
            return_url=return_url,
            created_at=now,
            updated_at=now,
        )
        session.add(payment)
        session.flush()
        for code in sorted(shares):
            session.add(PaymentShare(payment_id=payment.id, reference=code, amount=shares[code]))
        owe_call(session, payment, "create", amount=amount, now=now)
        payment_id = payment.id
    # the buyer waits for the card page, so the first try is made at once; when it fails the job takes over
    after_commit(lambda: make_calls(gateway=gateway, now=now, payment_id=payment_id))
