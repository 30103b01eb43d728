"""Payment intents: create, confirm, authenticate, capture, cancel. Each function runs inside one store transaction."""

import secrets
import sqlite3
import time
from typing import Any

from . import parameters
from .answers import invalid, missing
from .cards import Card, by_method, by_number, decline
from .events import emit
from .store import Thing, get, new_id, put

CREATE = frozenset(
    {"amount", "currency", "capture_method", "payment_method_types", "metadata", "confirm", "payment_method", "expand"}
)
CONFIRM = frozenset({"payment_method", "payment_method_data", "return_url"})
CONFIRMABLE = frozenset({"requires_payment_method", "requires_confirmation"})
OPEN = CONFIRMABLE | {"requires_action", "requires_capture"}


def create(db: sqlite3.Connection, form: dict[str, Any], *, public_url: str) -> Thing:
    """POST /v1/payment_intents."""
    parameters.only(form, CREATE)
    if form.get("currency") != "vnd":
        raise invalid("parameter_invalid", "Invalid currency: this sandbox takes vnd only", param="currency")
    intent_id = new_id("pi")
    intent: Thing = {
        "id": intent_id,
        "object": "payment_intent",
        "amount": parameters.amount(form, "amount"),
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": parameters.choice(form, "capture_method", frozenset({"manual", "automatic"}), "automatic"),
        "client_secret": f"{intent_id}_secret_{secrets.token_urlsafe(18)}",
        "created": int(time.time()),
        "currency": "vnd",
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": parameters.metadata(form),
        "next_action": None,
        "payment_method": None,
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    }
    put(db, intent)
    emit(db, "payment_intent.created", intent)
    if form.get("confirm") == "true":
        return _charge(db, intent, by_method(str(form.get("payment_method"))), public_url=public_url)
    return intent


def fetch(db: sqlite3.Connection, intent_id: str) -> Thing:
    """The intent. Raises Refusal 404."""
    intent = get(db, "payment_intent", intent_id)
    if intent is None:
        raise missing("payment_intent", intent_id)
    return intent


def confirm(db: sqlite3.Connection, intent_id: str, form: dict[str, Any], *, public_url: str) -> Thing:
    """POST /v1/payment_intents/<id>/confirm with a ``pm_card_…`` name or a test card's number."""
    parameters.only(form, CONFIRM)
    data = form.get("payment_method_data") or {}
    number = (data.get("card") or {}).get("number") if isinstance(data, dict) else None
    card = by_number(str(number)) if number else by_method(str(form.get("payment_method")))
    return pay(db, intent_id, card, public_url=public_url)


def pay(db: sqlite3.Connection, intent_id: str, card: Card, *, public_url: str) -> Thing:
    """Try ``card`` on an intent that still waits for one. Raises Refusal (402 declined, 400 wrong state)."""
    intent = fetch(db, intent_id)
    _expect(intent, CONFIRMABLE, "confirm")
    return _charge(db, intent, card, public_url=public_url)


def authenticate(db: sqlite3.Connection, intent_id: str, *, agreed: bool) -> Thing:
    """The card holder pressed a button on the 3-D Secure page. Raises Refusal 400 in any other state."""
    intent = fetch(db, intent_id)
    _expect(intent, frozenset({"requires_action"}), "authenticate")
    intent["next_action"] = None
    if agreed:
        return _authorise(db, intent)
    return _fail(db, intent, "payment_intent_authentication_failure", "authentication_failure")


def capture(db: sqlite3.Connection, intent_id: str, form: dict[str, Any]) -> Thing:
    """POST /v1/payment_intents/<id>/capture: once, at most what is held."""
    parameters.only(form, frozenset({"amount_to_capture"}))
    intent = fetch(db, intent_id)
    _expect(intent, frozenset({"requires_capture"}), "capture")
    taken = parameters.amount(form, "amount_to_capture") if "amount_to_capture" in form else intent["amount_capturable"]
    if taken > intent["amount_capturable"]:
        raise invalid("amount_too_large", "More than the amount that can be captured.", param="amount_to_capture")
    return _take(db, intent, taken)


def cancel(db: sqlite3.Connection, intent_id: str, form: dict[str, Any]) -> Thing:
    """POST /v1/payment_intents/<id>/cancel: lets the hold go; refused once money was taken."""
    parameters.only(form, frozenset({"cancellation_reason"}))
    reasons = frozenset({"abandoned", "requested_by_customer", "duplicate", "fraudulent"})
    reason = parameters.choice(form, "cancellation_reason", reasons, None)
    intent = fetch(db, intent_id)
    _expect(intent, OPEN, "cancel")
    return _let_go(db, intent, reason)


def lapse(db: sqlite3.Connection, intent_id: str) -> Thing:
    """What happens by itself when a hold is seven days old."""
    intent = fetch(db, intent_id)
    _expect(intent, frozenset({"requires_capture"}), "lapse")
    return _let_go(db, intent, "automatic")


def _expect(intent: Thing, states: frozenset[str], verb: str) -> None:
    if intent["status"] not in states:
        raise invalid(
            "payment_intent_unexpected_state",
            f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
            payment_intent=intent,
        )


def _charge(db: sqlite3.Connection, intent: Thing, card: Card, *, public_url: str) -> Thing:
    if card.outcome == "declined":
        _fail(db, intent, card.code, card.decline_code)
        raise decline(card, intent)
    intent["payment_method"] = new_id("pm")
    intent["last_payment_error"] = None
    if card.outcome == "three_d_secure":
        url = f"{public_url}/pay/{intent['client_secret']}/3ds"
        intent["status"] = "requires_action"
        intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": None}}
        put(db, intent)
        emit(db, "payment_intent.requires_action", intent)
        return intent
    return _authorise(db, intent)


def _authorise(db: sqlite3.Connection, intent: Thing) -> Thing:
    intent["latest_charge"] = new_id("ch")
    if intent["capture_method"] == "automatic":
        return _take(db, intent, intent["amount"])
    intent["status"] = "requires_capture"
    intent["amount_capturable"] = intent["amount"]
    put(db, intent)
    emit(db, "payment_intent.amount_capturable_updated", intent)
    return intent


def _take(db: sqlite3.Connection, intent: Thing, taken: int) -> Thing:
    intent.update(status="succeeded", amount_capturable=0, amount_received=taken)
    put(db, intent)
    emit(db, "payment_intent.succeeded", intent)
    return intent


def _let_go(db: sqlite3.Connection, intent: Thing, reason: str | None) -> Thing:
    intent.update(
        status="canceled",
        amount_capturable=0,
        next_action=None,
        canceled_at=int(time.time()),
        cancellation_reason=reason,
    )
    put(db, intent)
    emit(db, "payment_intent.canceled", intent)
    return intent


def _fail(db: sqlite3.Connection, intent: Thing, code: str, decline_code: str) -> Thing:
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = None
    intent["last_payment_error"] = {
        "type": "card_error",
        "code": code,
        "decline_code": decline_code,
        "message": "Your card was declined.",
    }
    put(db, intent)
    emit(db, "payment_intent.payment_failed", intent)
    return intent
