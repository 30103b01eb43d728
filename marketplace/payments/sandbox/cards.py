"""Test cards: what a number or a ready-made payment method does. The numbers are those of Stripe's "Testing" page."""

from dataclasses import dataclass

from .answers import Refusal, invalid


@dataclass(frozen=True, slots=True)
class Card:
    """``outcome``: ok, three_d_secure, or declined with ``code`` and ``decline_code``."""

    outcome: str
    code: str = ""
    decline_code: str = ""


CARDS = {
    "4242424242424242": Card("ok"),
    "5555555555554444": Card("ok"),
    "4000002500003155": Card("three_d_secure"),
    "4000002760003184": Card("three_d_secure"),
    "4000000000000002": Card("declined", "card_declined", "generic_decline"),
    "4000000000009995": Card("declined", "card_declined", "insufficient_funds"),
    "4000000000000069": Card("declined", "expired_card", "expired_card"),
    "4000000000000127": Card("declined", "incorrect_cvc", "incorrect_cvc"),
    "4000000000000119": Card("declined", "processing_error", "processing_error"),
}
METHODS = {
    "pm_card_visa": CARDS["4242424242424242"],
    "pm_card_threeDSecure2Required": CARDS["4000002500003155"],
    "pm_card_visa_chargeDeclined": CARDS["4000000000000002"],
    "pm_card_visa_chargeDeclinedInsufficientFunds": CARDS["4000000000009995"],
}
# any other number that could be a real card is refused like this, and never stored
NOT_A_TEST_CARD = Card("declined", "card_declined", "test_mode_live_card")


def by_number(number: str) -> Card:
    """The behaviour of a typed number (digits only)."""
    return CARDS.get(number, NOT_A_TEST_CARD)


def by_method(method: str) -> Card:
    """The behaviour of a ``pm_card_…`` name. Raises Refusal when there is none such."""
    card = METHODS.get(method)
    if card is None:
        raise invalid("resource_missing", f"No such PaymentMethod: '{method[:60]}'", param="payment_method")
    return card


def decline(card: Card, intent: dict) -> Refusal:
    """The 402 answer to a declined card; the intent's last error is kept."""
    message = "Your card was declined."
    more = {"decline_code": card.decline_code, "payment_intent": intent}
    return Refusal(402, "card_error", card.code, message, performed=True, **more)
