"""The clock's part: unpaid orders expire, unanswered ones are cancelled, delivered ones become complete."""

from datetime import datetime

import structlog

from marketplace.database import transaction
from marketplace.errors import DomainError
from marketplace.orders.queries import life
from marketplace.orders.services import table
from marketplace.orders.services.machine import StepTooLate, apply, step_of
from marketplace.payments import services as payments

log = structlog.get_logger()
BATCH = 200
NO_ANSWER = "Người bán không trả lời đúng giờ"


def expire_due(now: datetime) -> int:
    """Move every order whose timer has struck; the job `orders`. Each in its own short transaction.

    An order that cannot move now (its money is being held this moment) is left for the next run.
    """
    moved = 0
    expired: set[str] = set()
    for order_id, state, purchase_code in life.due_orders(now=now, most=BATCH):
        try:
            if state == "PENDING_PAYMENT":
                if purchase_code not in expired:
                    expired.add(purchase_code)
                    moved += expire_purchase(purchase_code=purchase_code, now=now)
            else:
                moved += _strike(order_id, state, now=now)
        except DomainError as error:
            # One stubborn order must not stop the clock for all the others.
            log.warning("timer-refused", order=order_id, state=state, code=error.code)
    return moved


def expire_purchase(*, purchase_code: str, now: datetime, defer: list | None = None) -> int:
    """T2 for all orders of an unpaid purchase at once; 0 when the money arrived in time or somebody was faster.

    `defer` takes the stock verbs instead of running them, for a buyer who needs the goods in the same transaction.
    """
    try:
        with transaction():
            if not payments.abandon(reference=purchase_code, now=now):
                return 0
            waiting = [order for order in life.orders_of_purchase(purchase_code) if order.state == "PENDING_PAYMENT"]
            return sum(apply(table.EXPIRE, step_of(order, actor="timer", now=now), defer=defer).changed for order in waiting)
    except StepTooLate:
        return 0


def _strike(order_id: int, state: str, *, now: datetime) -> int:
    order = life.order_by_id(order_id)
    transition = table.TIME_OUT if state == "PENDING_SELLER" else table.COMPLETE
    reason = NO_ANSWER if state == "PENDING_SELLER" else ""
    try:
        return int(apply(transition, step_of(order, actor="timer", now=now, reason=reason)).changed)
    except StepTooLate:
        return 0
