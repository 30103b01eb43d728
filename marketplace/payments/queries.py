"""What pages may know of a payment."""

from dataclasses import dataclass

from sqlalchemy import select

from marketplace.database import db
from marketplace.payments.models import Payment, PaymentShare
from marketplace.payments.registry import gateways

_PAYMENT = select(
    Payment.id, Payment.method, Payment.state, Payment.amount, Payment.authorised, Payment.captured, Payment.refunded
)
_SHARES = select(
    PaymentShare.reference, PaymentShare.amount, PaymentShare.accepted, PaymentShare.captured, PaymentShare.refunded
).order_by(PaymentShare.id)
_SECRET = select(Payment.client_secret).where(Payment.method == "card", Payment.state == "awaiting")
_CAPTURED = select(Payment.id).where(Payment.method == "card", Payment.state == "captured")


@dataclass(frozen=True, slots=True)
class ShareView:
    """One seller order's part, in đồng; `accepted` is None until the seller has answered."""

    reference: str
    amount: int
    accepted: int | None
    captured: int
    refunded: int


@dataclass(frozen=True, slots=True)
class PaymentView:
    """A payment in đồng; `status` is the money status of the order machine, computed, never stored."""

    method: str
    state: str
    amount: int
    authorised: int
    captured: int
    refunded: int
    shares: tuple[ShareView, ...]

    @property
    def status(self) -> str:
        """unpaid, authorized, paid, part-refunded, refunded, cancelled; for cash: due, collected, written-off."""
        if self.method == "cod":
            return self.state.replace("_", "-")
        if self.state == "captured":
            if self.refunded == 0:
                return "paid"
            return "refunded" if self.refunded == self.captured else "part-refunded"
        if self.state in ("authorised", "capturing"):
            return "authorized"
        return "unpaid" if self.state in ("creating", "awaiting") else "cancelled"


def payment_of(*, reference: str, method: str | None = None) -> PaymentView | None:
    """The payment of a purchase code (card) or a seller order code (cash)."""
    statement = _PAYMENT.where(Payment.reference == reference)
    if method is not None:
        statement = statement.where(Payment.method == method)
    row = db.session.execute(statement).first()
    if row is None:
        return None
    shares = db.session.execute(_SHARES.where(PaymentShare.payment_id == row.id)).all()
    return PaymentView(
        method=row.method,
        state=row.state,
        amount=row.amount,
        authorised=row.authorised,
        captured=row.captured,
        refunded=row.refunded,
        shares=tuple(ShareView(*share) for share in shares),
    )


def is_captured(*, reference: str) -> bool:
    """Whether the card's money has been taken, so that goods may leave (T7)."""
    return db.session.scalar(_CAPTURED.where(Payment.reference == reference)) is not None


def card_available() -> bool:
    """Whether the site is connected to a card gateway."""
    return gateways.bound is not None


def pay_page(*, reference: str) -> str | None:
    """Address of the hosted card page, while the payment waits for a card."""
    gateway = gateways.bound
    secret = db.session.scalar(_SECRET.where(Payment.reference == reference))
    return gateway.pay_page(secret) if gateway is not None and secret else None
