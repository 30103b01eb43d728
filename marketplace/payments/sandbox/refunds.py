"""Refunds: never more than was taken and not yet given back."""

import sqlite3
import time
from typing import Any

from . import parameters
from .answers import invalid, missing
from .events import emit
from .intents import fetch as fetch_intent
from .store import Thing, get, new_id, newest, put

CREATE = frozenset({"payment_intent", "amount", "metadata", "reason"})
REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer"})


def create(db: sqlite3.Connection, form: dict[str, Any]) -> Thing:
    """POST /v1/refunds."""
    parameters.only(form, CREATE)
    intent_id = str(form.get("payment_intent", ""))
    intent = fetch_intent(db, intent_id)
    if intent["status"] != "succeeded":
        raise invalid("charge_not_captured", "This PaymentIntent has no captured charge to refund.")
    left = intent["amount_received"] - _given_back(db, intent_id)
    amount = parameters.amount(form, "amount") if "amount" in form else left
    if amount > left or amount < 1:
        raise invalid(
            "charge_already_refunded" if left == 0 else "amount_too_large",
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left}).",
            param="amount",
        )
    refund: Thing = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": intent["latest_charge"],
        "created": int(time.time()),
        "currency": "vnd",
        "metadata": parameters.metadata(form),
        "payment_intent": intent_id,
        "reason": parameters.choice(form, "reason", REASONS, None),
        "status": "succeeded",
    }
    put(db, refund, parent=intent_id)
    emit(db, "refund.created", refund)
    return refund


def fetch(db: sqlite3.Connection, refund_id: str) -> Thing:
    """The refund. Raises Refusal 404."""
    refund = get(db, "refund", refund_id)
    if refund is None:
        raise missing("refund", refund_id)
    return refund


def fail(db: sqlite3.Connection, refund_id: str) -> Thing:
    """The buyer's bank sent the money back (a closed account): the refund fails after it had succeeded."""
    refund = fetch(db, refund_id)
    refund["status"] = "failed"
    put(db, refund)
    emit(db, "refund.failed", refund)
    return refund


def _given_back(db: sqlite3.Connection, intent_id: str) -> int:
    refunds = newest(db, "refund", parent=intent_id, limit=10_000)
    return sum(refund["amount"] for refund in refunds if refund["status"] not in ("failed", "canceled"))
