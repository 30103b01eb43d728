"""The one table of transitions (reference/marketplace.md section 5): no order changes its state by any other road."""

from datetime import timedelta

from marketplace.orders.queries.life import OrderRow
from marketplace.orders.services import answering, fulfilling
from marketplace.orders.services.machine import Transition


def hours_to_answer(order: OrderRow, rules: dict[str, int]) -> timedelta:
    """T3's clock: how long the seller may take."""
    return timedelta(hours=rules["accept-hours-fresh" if order.perishable else "accept-hours"])


def hours_to_complete(order: OrderRow, rules: dict[str, int]) -> timedelta:
    """T10's clock: how long the buyer may complain before the order is complete."""
    return timedelta(hours=rules["complete-hours-fresh" if order.perishable else "complete-hours"])


PAY = Transition(
    "T1", ("PENDING_PAYMENT",), "PENDING_SELLER", ("payment",), answering.take_payment, clock=hours_to_answer,
    tell=("buyer", "seller"),
)
EXPIRE = Transition("T2", ("PENDING_PAYMENT",), "EXPIRED", ("timer",), answering.let_go, tell=("buyer",))
ACCEPT = Transition(
    "T3", ("PENDING_SELLER",), "ACCEPTED", ("seller",), answering.accept, guard=answering.can_accept, tell=("buyer",)
)
REFUSE = Transition(
    "T4", ("PENDING_SELLER",), "CANCELLED", ("seller",), answering.give_up, guard=answering.has_reason, tell=("buyer",)
)
TIME_OUT = Transition("T4", ("PENDING_SELLER",), "CANCELLED", ("timer",), answering.give_up, tell=("buyer", "seller"))
PACK = Transition("T6", ("ACCEPTED",), "PACKED", ("seller",), fulfilling.pack, guard=fulfilling.can_pack, tell=("buyer",))
SHIP = Transition("T7", ("PACKED",), "SHIPPED", ("seller",), fulfilling.hand_over, guard=fulfilling.can_ship, tell=("buyer",))
READY = Transition(
    "T7", ("PACKED",), "READY_FOR_PICKUP", ("seller",), fulfilling.hand_over, guard=fulfilling.can_be_fetched, tell=("buyer",)
)
DELIVER = Transition(
    "T8", ("SHIPPED", "READY_FOR_PICKUP"), "DELIVERED", ("seller",), fulfilling.deliver, guard=fulfilling.has_cash,
    clock=hours_to_complete, tell=("buyer",),
)
COMPLETE = Transition("T10", ("DELIVERED",), "COMPLETED", ("buyer", "timer"), fulfilling.complete, tell=("seller",))
CANCEL = Transition(
    "T12", ("PENDING_SELLER", "ACCEPTED"), "CANCELLED", ("buyer",), answering.give_up, guard=answering.may_cancel,
    tell=("buyer", "seller"),
)
CANCEL_UNPAID = Transition("T12", ("PENDING_PAYMENT",), "CANCELLED", ("buyer",), answering.let_go, tell=("buyer",))
PAYMENT_LOST = Transition(
    "T1", ("PENDING_PAYMENT", "PENDING_SELLER", "ACCEPTED", "PACKED"), "CANCELLED", ("payment",), answering.let_go,
    tell=("buyer", "seller"),
)

TABLE = (
    PAY, EXPIRE, ACCEPT, REFUSE, TIME_OUT, PACK, SHIP, READY, DELIVER, COMPLETE, CANCEL, CANCEL_UNPAID, PAYMENT_LOST,
)
"""T0 makes orders and is `placing.place_order`; T5 belongs to payments; T9, T11, T13 are not built yet."""
