"""``/v1``: the part of the Stripe API that the sandbox speaks."""

import hmac
import sqlite3
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, request

from . import intents, refunds, trouble
from .answers import Refusal, invalid, missing
from .idempotency import fingerprint, perform
from .parameters import nested
from .store import Store, Thing, get, newest

api = Blueprint("api", __name__, url_prefix="/v1")


def check_key() -> None:
    """Bearer or Basic authentication with the one key of this sandbox. Raises Refusal 401."""
    auth = request.authorization
    given = ""
    if auth is not None:
        given = auth.token or "" if auth.type == "bearer" else auth.username or ""
    if not hmac.compare_digest(given.encode(), current_app.config["API_KEY"].encode()):
        raise Refusal(401, "invalid_request_error", "api_key_invalid", "Invalid API Key provided.")


@api.before_request
def _guard() -> Response | None:
    check_key()
    return trouble.outage(_store())


def _store() -> Store:
    return current_app.config["STORE"]


def _public_url() -> str:
    return current_app.config["PUBLIC_URL"]


def _change(work: Callable[[sqlite3.Connection, dict[str, Any]], Thing]) -> Response:
    pairs = list(request.form.items(multi=True))
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 255:
        raise invalid("parameter_invalid", "Idempotency-Key is at most 255 characters long")
    form = nested(pairs)
    status, answer, kept = perform(
        _store(),
        key=key,
        mark=fingerprint(request.method, request.path, pairs),
        pause=lambda: trouble.pause(_store(), "before"),
        work=lambda db: work(db, form),
    )
    trouble.pause(_store(), "after")
    if trouble.answer_lost(_store()):
        return trouble.hang_up()
    response = Response(answer, status, mimetype="application/json")
    if kept:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _read(find: Callable[[sqlite3.Connection], dict[str, Any]]) -> dict[str, Any]:
    with _store().transaction() as db:
        return find(db)


@api.post("/payment_intents")
def create_intent() -> Response:
    """Open an intent."""
    return _change(lambda db, form: intents.create(db, form, public_url=_public_url()))


@api.get("/payment_intents/<intent_id>")
def retrieve_intent(intent_id: str) -> dict[str, Any]:
    """Present state."""
    return _read(lambda db: intents.fetch(db, intent_id))


@api.post("/payment_intents/<intent_id>/confirm")
def confirm_intent(intent_id: str) -> Response:
    """Try a card."""
    return _change(lambda db, form: intents.confirm(db, intent_id, form, public_url=_public_url()))


@api.post("/payment_intents/<intent_id>/capture")
def capture_intent(intent_id: str) -> Response:
    """Take the money."""
    return _change(lambda db, form: intents.capture(db, intent_id, form))


@api.post("/payment_intents/<intent_id>/cancel")
def cancel_intent(intent_id: str) -> Response:
    """Let the hold go."""
    return _change(lambda db, form: intents.cancel(db, intent_id, form))


@api.post("/refunds")
def create_refund() -> Response:
    """Give money back."""
    return _change(refunds.create)


@api.get("/refunds/<refund_id>")
def retrieve_refund(refund_id: str) -> dict[str, Any]:
    """Present state."""
    return _read(lambda db: refunds.fetch(db, refund_id))


@api.get("/refunds")
def list_refunds() -> dict[str, Any]:
    """Newest first, of one intent when asked."""
    return _page("refund", parent=request.args.get("payment_intent", ""))


@api.get("/events/<event_id>")
def retrieve_event(event_id: str) -> dict[str, Any]:
    """One event as it was sent."""
    event = _read(lambda db: get(db, "event", event_id) or {})
    if not event:
        raise missing("event", event_id)
    return event


@api.get("/events")
def list_events() -> dict[str, Any]:
    """Newest first."""
    return _page("event", parent="")


def _page(kind: str, *, parent: str) -> dict[str, Any]:
    limit = request.args.get("limit", 10, type=int)
    if not 1 <= limit <= 100:
        raise invalid("parameter_invalid_integer", "limit is from 1 to 100", param="limit")
    after = request.args.get("starting_after", "")
    with _store().transaction() as db:
        found = newest(db, kind, parent=parent, limit=limit + 1, after=after)
    return {"object": "list", "url": request.path, "has_more": len(found) > limit, "data": found[:limit]}
