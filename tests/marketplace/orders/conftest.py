"""A card gateway in memory, so that card orders are driven to any point without another process."""

import pytest

from marketplace.orders.services import PaymentListener
from marketplace.payments import services as payments
from marketplace.payments.gateway import GatewayRefund, GatewayRefused, Intent, IntentStatus, RefundStatus


class Bank:
    """A gateway that keeps its word: intents are held, captured once, cancelled, refunded within what was taken."""

    name = "stripe"

    def __init__(self) -> None:
        self.intents: dict[str, Intent] = {}
        self.refunds: dict[str, GatewayRefund] = {}

    def create_intent(self, *, amount, reference, return_url, idempotency_key):
        intent_id = f"pi_{reference}"
        return self.intents.setdefault(intent_id, Intent(
            id=intent_id, status=IntentStatus.REQUIRES_PAYMENT_METHOD, amount=amount, amount_capturable=0,
            amount_received=0, client_secret=f"{intent_id}_secret_x", reference=reference,
        ))

    def retrieve_intent(self, intent_id):
        return self.intents[intent_id]

    def hold(self, reference):
        """The buyer's card says yes: the whole amount is held."""
        intent = self.intents[f"pi_{reference}"]
        self._set(intent.id, status=IntentStatus.REQUIRES_CAPTURE, amount_capturable=intent.amount)

    def capture_intent(self, intent_id, *, amount, idempotency_key):
        if self.intents[intent_id].amount_capturable < amount:
            raise GatewayRefused("amount-too-large")
        return self._set(intent_id, status=IntentStatus.SUCCEEDED, amount_capturable=0, amount_received=amount)

    def cancel_intent(self, intent_id, *, idempotency_key):
        return self._set(intent_id, status=IntentStatus.CANCELED, amount_capturable=0)

    def refund(self, intent_id, *, amount, reference, idempotency_key):
        refund = GatewayRefund(f"re_{reference}", intent_id, RefundStatus.SUCCEEDED, amount, reference)
        return self.refunds.setdefault(reference, refund)

    def retrieve_refund(self, refund_id):
        return next(refund for refund in self.refunds.values() if refund.id == refund_id)

    def find_refund(self, intent_id, *, reference):
        return self.refunds.get(reference)

    def pay_page(self, client_secret):
        return f"https://bank.test/pay/{client_secret}"

    def _set(self, intent_id, **changes):
        from dataclasses import replace

        self.intents[intent_id] = replace(self.intents[intent_id], **changes)
        return self.intents[intent_id]


@pytest.fixture
def bank(app):
    """The site takes cards through this gateway for one test."""
    gateway, before = Bank(), (payments.gateways.bound, payments.listeners.bound)
    payments.gateways.bind(gateway)
    payments.listeners.bind(PaymentListener())
    yield gateway
    payments.gateways.bind(before[0])
    payments.listeners.bind(before[1])
