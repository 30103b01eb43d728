"""What the buyer does with a purchase: cancel an order of it, confirm that one arrived."""

from datetime import datetime

from marketplace.accounts.models import Person
from marketplace.database import transaction
from marketplace.errors import NotFound
from marketplace.orders.queries import life
from marketplace.orders.queries.life import OrderRow
from marketplace.orders.services import codes, table
from marketplace.orders.services.answering import CancelTooLate
from marketplace.orders.services.machine import Moved, apply, step_of
from marketplace.payments import services as payments

GIVEN_UP = "Người mua hủy"


def cancel_by_buyer(
    *, buyer: Person | None, token: str, purchase_code: str, order_code: str, now: datetime, reason: str = "",
    request_id: str = "",
) -> Moved:
    """T12: cancel one seller order, or while a card is unpaid the whole purchase, since its payment is one.

    Raises NotFound (also with a wrong token), StepTooLate, CancelTooLate.
    """
    order, siblings = _own(buyer, token, purchase_code, order_code)
    step = {"actor": "buyer", "now": now, "person_id": buyer.id if buyer else None, "request_id": request_id,
            "reason": reason.strip() or GIVEN_UP}
    if order.state != "PENDING_PAYMENT":
        return apply(table.CANCEL, step_of(order, **step))
    with transaction():
        # Money may be held this very moment: then the order is paid, and cancelled as a paid one.
        if not payments.abandon(reference=purchase_code, now=now):
            raise CancelTooLate
        moved = [apply(table.CANCEL_UNPAID, step_of(each, **step)) for each in siblings]
    return next(each for each in moved if each.code == order_code)


def confirm_received(
    *, buyer: Person | None, token: str, purchase_code: str, order_code: str, now: datetime, request_id: str = ""
) -> Moved:
    """T10: the buyer says the goods are there and in order. Raises NotFound, StepTooLate."""
    order, _ = _own(buyer, token, purchase_code, order_code)
    step = step_of(order, actor="buyer", now=now, person_id=buyer.id if buyer else None, request_id=request_id)
    return apply(table.COMPLETE, step)


def _own(buyer: Person | None, token: str, purchase_code: str, order_code: str) -> tuple[OrderRow, list[OrderRow]]:
    """The order and all orders of its purchase, if the token or the person opens it."""
    siblings = life.orders_of_purchase(purchase_code)
    order = next((each for each in siblings if each.code == order_code), None)
    if order is None or not opens(order.token_hash, order.buyer_id, token=token, buyer=buyer):
        raise NotFound
    return order, siblings


def opens(token_hash: str, buyer_id: int | None, *, token: str, buyer: Person | None) -> bool:
    """Whether a link token or the signed-in buyer opens a purchase."""
    if buyer is not None and buyer_id == buyer.id:
        return True
    return bool(token) and codes.same(codes.digest(token), token_hash)
