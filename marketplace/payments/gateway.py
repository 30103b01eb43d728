"""The payment gateway protocol: what the market asks of any card gateway, and what it may answer.

Amounts are whole đồng (``int``); "vnd" is a zero-decimal currency, so 150000 on the wire is 150 000 ₫.
Every call that changes something carries an idempotency key: the same key with the same body
performs the change once and gets the same answer again, however often it is sent.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

CURRENCY = "vnd"


class IntentStatus(StrEnum):
    """Life of a payment intent, in the words of the Stripe API ("PaymentIntent", ``status``)."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class RefundStatus(StrEnum):
    """Life of a refund, in the words of the Stripe API ("Refund", ``status``)."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Intent:
    """One payment intent as the gateway last told it. All amounts in đồng."""

    id: str
    status: IntentStatus
    amount: int
    amount_capturable: int
    amount_received: int
    client_secret: str
    reference: str
    decline_code: str = ""


@dataclass(frozen=True, slots=True)
class GatewayRefund:
    """One refund as the gateway last told it. ``reference`` is our own refund id, kept as metadata."""

    id: str
    intent_id: str
    status: RefundStatus
    amount: int
    reference: str


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """One signed notice. ``created`` is the gateway's clock in Unix seconds: never used to order effects."""

    id: str
    kind: str
    created: int
    object_kind: str
    object_id: str
    intent_id: str


class GatewayError(Exception):
    """Base of every refusal or failure. ``code`` is the gateway's word, ``message`` is for the log only."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message


class CardDeclined(GatewayError):
    """The card's bank said no. Asking again with the same card gives the same answer."""

    def __init__(self, code: str, decline_code: str = "", message: str = "") -> None:
        super().__init__(code, message)
        self.decline_code = decline_code


class GatewayRefused(GatewayError):
    """The request is wrong for the present state of things: repeating it cannot help."""


class GatewayUnavailable(GatewayError):
    """No trustworthy answer: the change may or may not have happened. Retry later with the SAME key."""


class GatewayUnauthorised(GatewayUnavailable):
    """Our key was not accepted. Nothing happened; the operator mends the setting and the retry goes through."""


class Gateway(Protocol):
    """What a card gateway must be able to do. Raises only the ``GatewayError`` family."""

    name: str

    def create_intent(self, *, amount: int, reference: str, return_url: str, idempotency_key: str) -> Intent:
        """Open a payment of ``amount`` đồng that is first held (manual capture), then taken."""
        ...

    def retrieve_intent(self, intent_id: str) -> Intent:
        """Read the present state."""
        ...

    def capture_intent(self, intent_id: str, *, amount: int, idempotency_key: str) -> Intent:
        """Take ``amount`` đồng of what is held, once; the rest of the hold is let go."""
        ...

    def cancel_intent(self, intent_id: str, *, idempotency_key: str) -> Intent:
        """Let go of everything held. Refused when money was already taken."""
        ...

    def refund(self, intent_id: str, *, amount: int, reference: str, idempotency_key: str) -> GatewayRefund:
        """Give ``amount`` đồng of the taken money back. Refused above what is left."""
        ...

    def retrieve_refund(self, refund_id: str) -> GatewayRefund:
        """Read the present state of a refund."""
        ...

    def find_refund(self, intent_id: str, *, reference: str) -> GatewayRefund | None:
        """The refund that carries our ``reference``: asked before a retry so late that the key may be forgotten."""
        ...

    def pay_page(self, client_secret: str) -> str:
        """Address of the page, outside the market, where the buyer enters the card."""
        ...
