"""What payments tell upward about a card purchase; called inside their transaction, the payment row locked."""

from datetime import datetime

from marketplace.orders.queries import life
from marketplace.orders.services import table
from marketplace.orders.services.machine import apply, step_of

PAYMENT_FAILED = "Ngân hàng không giữ được tiền thẻ"


class PaymentListener:
    """Bound in app.py. Every method may be called again with the same news and then changes nothing."""

    def authorised(self, *, reference: str, now: datetime) -> bool:
        """T1. False when the orders no longer wait: late money never revives an order, payments let it go."""
        orders = life.orders_of_purchase(reference)
        waiting = [order for order in orders if order.state == "PENDING_PAYMENT"]
        if not waiting:
            return any(order.state not in {"EXPIRED", "CANCELLED"} for order in orders)
        for order in waiting:
            apply(table.PAY, step_of(order, actor="payment", now=now))
        return True

    def captured(self, *, reference: str, now: datetime) -> None:
        """The money is taken. T7 asks payments itself, so there is nothing to remember here."""

    def failed(self, *, reference: str, now: datetime) -> None:
        """No money will come: whatever has not left the seller's hands is cancelled."""
        for order in life.orders_of_purchase(reference):
            if order.state in table.PAYMENT_LOST.sources:
                apply(table.PAYMENT_LOST, step_of(order, actor="payment", now=now, reason=PAYMENT_FAILED))
