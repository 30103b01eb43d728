"""The payment gateway over the Stripe API, written with ``requests``.

The base address is a setting, so Stripe, its mock servers and our own sandbox serve alike. The API version is
pinned in every request (Stripe API, "Versioning"): an upgrade is a change of this file with its tests, not a
surprise from the account's settings.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests
from requests.auth import AuthBase

from marketplace.payments.gateway import (
    CURRENCY,
    CardDeclined,
    GatewayError,
    GatewayEvent,
    GatewayRefund,
    GatewayRefused,
    GatewayUnauthorised,
    GatewayUnavailable,
    Intent,
    IntentStatus,
    RefundStatus,
)

API_VERSION = "2026-05-27.dahlia"
RETRIED_STATUSES = frozenset({409, 429, 500, 502, 503, 504})
MAX_ANSWER_BYTES = 1_000_000
REFUND_PAGE = 100


class _Bearer(AuthBase):
    # given as auth=, not as a plain header: requests lets a host entry in ~/.netrc overwrite a plain header
    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._key}"
        return request


@dataclass(frozen=True, slots=True)
class StripeGateway:
    """Adapter of ``Gateway``. Time-outs in seconds; ``tries`` bounds one call, later retries are the outbox's."""

    api_base: str
    api_key: str = field(repr=False)
    checkout_page: str = ""
    connect_timeout: float = 3.05
    read_timeout: float = 20.0
    tries: int = 3
    backoff: float = 0.25
    sleep: Callable[[float], None] = time.sleep
    name: str = "stripe"

    def create_intent(self, *, amount: int, reference: str, return_url: str, idempotency_key: str) -> Intent:
        """Raises GatewayRefused, GatewayUnavailable."""
        form = {
            "amount": _whole_dong(amount),
            "currency": CURRENCY,
            "capture_method": "manual",
            "payment_method_types[0]": "card",
            "metadata[reference]": reference,
            "metadata[return_url]": return_url,
        }
        return _intent(self._post("/v1/payment_intents", form, idempotency_key))

    def retrieve_intent(self, intent_id: str) -> Intent:
        """Raises GatewayRefused when unknown, GatewayUnavailable."""
        return _intent(self._get(f"/v1/payment_intents/{_segment(intent_id)}"))

    def capture_intent(self, intent_id: str, *, amount: int, idempotency_key: str) -> Intent:
        """Raises CardDeclined, GatewayRefused (already captured, cancelled, too much), GatewayUnavailable."""
        form = {"amount_to_capture": _whole_dong(amount)}
        return _intent(self._post(f"/v1/payment_intents/{_segment(intent_id)}/capture", form, idempotency_key))

    def cancel_intent(self, intent_id: str, *, idempotency_key: str) -> Intent:
        """Raises GatewayRefused (money taken), GatewayUnavailable."""
        return _intent(self._post(f"/v1/payment_intents/{_segment(intent_id)}/cancel", {}, idempotency_key))

    def refund(self, intent_id: str, *, amount: int, reference: str, idempotency_key: str) -> GatewayRefund:
        """Raises GatewayRefused (more than is left), GatewayUnavailable."""
        form = {
            "payment_intent": intent_id,
            "amount": _whole_dong(amount),
            "metadata[reference]": reference,
        }
        return _refund(self._post("/v1/refunds", form, idempotency_key))

    def retrieve_refund(self, refund_id: str) -> GatewayRefund:
        """Raises GatewayRefused when unknown, GatewayUnavailable."""
        return _refund(self._get(f"/v1/refunds/{_segment(refund_id)}"))

    def find_refund(self, intent_id: str, *, reference: str) -> GatewayRefund | None:
        """Reads every page of the intent's refunds. Raises GatewayRefused, GatewayUnavailable."""
        query: dict[str, str | int] = {"payment_intent": intent_id, "limit": REFUND_PAGE}
        while True:
            page = self._get("/v1/refunds", query)
            refunds = [_refund(item) for item in page.get("data", [])]
            for refund in refunds:
                if refund.reference == reference:
                    return refund
            if not page.get("has_more") or not refunds:
                return None
            query["starting_after"] = refunds[-1].id

    def pay_page(self, client_secret: str) -> str:
        """Hosted card page of the sandbox; docs/decisions says why a card is never typed on the market's own pages."""
        return f"{self.checkout_page.rstrip('/')}/{quote(client_secret, safe='')}"

    def _get(self, path: str, query: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        return self._call("GET", path, query=query)

    def _post(self, path: str, form: Mapping[str, str | int], idempotency_key: str) -> dict[str, Any]:
        if not idempotency_key:
            raise ValueError("a call that changes something needs an idempotency key")
        return self._call("POST", path, form=form, idempotency_key=idempotency_key)

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        form: Mapping[str, str | int] | None = None,
        idempotency_key: str = "",
    ) -> dict[str, Any]:
        headers = {"Stripe-Version": API_VERSION, "Accept": "application/json"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        failure: GatewayError = GatewayUnavailable("not_tried")
        for attempt in range(self.tries):
            if attempt:
                self.sleep(self._pause(attempt))
            try:
                status, answer, retry = self._once(method, path, query, form, headers)
            except requests.RequestException as error:
                # the request may have arrived: only the same key makes sending it again safe
                failure = GatewayUnavailable("connection", type(error).__name__)
                continue
            if 200 <= status < 300:
                return answer
            failure = _failure(status, answer)
            if not retry:
                break
        raise failure

    def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None,
        form: Mapping[str, str | int] | None,
        headers: Mapping[str, str],
    ) -> tuple[int, dict[str, Any], bool]:
        with requests.Session() as session:
            response = session.request(
                method,
                self.api_base.rstrip("/") + path,
                params=query,
                data=form,
                headers=dict(headers),
                auth=_Bearer(self.api_key),
                timeout=(self.connect_timeout, self.read_timeout),
                # a redirect would carry key and amounts to another host
                allow_redirects=False,
                stream=True,
            )
            raw = _body(response)
        advice = response.headers.get("Stripe-Should-Retry")
        retry = advice != "false" and (advice == "true" or response.status_code in RETRIED_STATUSES)
        return response.status_code, _decoded(raw, response.status_code), retry

    def _pause(self, attempt: int) -> float:
        # jitter keeps many waiting workers from knocking in step; no secret depends on it
        return self.backoff * 2 ** (attempt - 1) * (0.5 + random.random())  # noqa: S311


def gateway_from(*, api_base: str, api_key: str, checkout_page: str) -> StripeGateway | None:
    """The gateway the settings name, or None when cards are not taken.

    The time-outs are short: a buyer waits for the first call, and the outbox repeats what did not get through.
    """
    if not api_base or not checkout_page:
        return None
    return StripeGateway(api_base=api_base, api_key=api_key, checkout_page=checkout_page, read_timeout=10.0, tries=2)


def parse_event(body: bytes) -> GatewayEvent:
    """Read one notice whose signature was already verified. Raises ValueError when it is not an event."""
    event = json.loads(body)
    if not isinstance(event, dict) or event.get("object") != "event":
        raise ValueError("not an event")
    data = event.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    if not isinstance(thing, dict):
        raise ValueError("an event without its object")
    words = {
        "id": event.get("id"),
        "kind": event.get("type"),
        "object_kind": thing.get("object"),
        "object_id": thing.get("id", ""),
    }
    # some notices (a closed balance, say) are about things without an id: they are stored and left alone
    if any(not isinstance(value, str) or len(value) > 255 for value in words.values()) or not words["id"]:
        raise ValueError("an event with malformed names")
    created = event.get("created")
    if not isinstance(created, int) or isinstance(created, bool):
        raise ValueError("an event without its time")
    intent_id = words["object_id"] if words["object_kind"] == "payment_intent" else thing.get("payment_intent")
    return GatewayEvent(created=created, intent_id=intent_id if isinstance(intent_id, str) else "", **words)


def _whole_dong(amount: int) -> int:
    # bool is an int in Python, and a float would be sent as "150000.0"
    if type(amount) is not int or amount <= 0:
        raise ValueError(f"an amount is a positive whole number of đồng, not {amount!r}")
    return amount


def _segment(name: str) -> str:
    if not name:
        raise ValueError("an empty id would address the whole collection")
    return quote(name, safe="")


def _body(response: requests.Response) -> bytes:
    raw = bytearray()
    for chunk in response.iter_content(65_536):
        raw += chunk
        if len(raw) > MAX_ANSWER_BYTES:
            raise GatewayUnavailable("answer_too_long")
    return bytes(raw)


def _decoded(raw: bytes, status: int) -> dict[str, Any]:
    try:
        answer = json.loads(raw)
    except ValueError:
        answer = None
    if isinstance(answer, dict):
        return answer
    if 200 <= status < 300:
        # a proxy's welcome page, a cut answer: the change may have happened, so this is not a refusal
        raise GatewayUnavailable("unreadable_answer")
    return {}


def _failure(status: int, answer: Mapping[str, Any]) -> GatewayError:
    error = answer.get("error")
    error = error if isinstance(error, dict) else {}
    code = str(error.get("code") or error.get("type") or f"http_{status}")[:100]
    message = str(error.get("message") or "")[:500]
    if status in (401, 403):
        return GatewayUnauthorised(code, message)
    if status == 402:
        return CardDeclined(code, str(error.get("decline_code") or "")[:100], message)
    if status >= 500 or status in (408, 409, 425, 429) or not error:
        return GatewayUnavailable(code, message)
    return GatewayRefused(code, message)


def _intent(answer: Mapping[str, Any]) -> Intent:
    try:
        last_error = answer.get("last_payment_error") or {}
        return Intent(
            id=_text(answer["id"]),
            status=IntentStatus(answer["status"]),
            amount=_amount(answer["amount"]),
            amount_capturable=_capturable(answer),
            amount_received=_received(answer),
            client_secret=_text(answer.get("client_secret") or ""),
            reference=_text((answer.get("metadata") or {}).get("reference", "")),
            decline_code=str(last_error.get("decline_code") or last_error.get("code") or "")[:100],
        )
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise GatewayUnavailable("unreadable_answer", repr(error)) from error


def _capturable(answer: Mapping[str, Any]) -> int:
    if "amount_capturable" in answer:
        return _amount(answer["amount_capturable"])
    return _amount(answer["amount"]) if answer["status"] == IntentStatus.REQUIRES_CAPTURE else 0


def _received(answer: Mapping[str, Any]) -> int:
    # localstripe tells what was taken on the charge only, and counts the part let go as given back
    if "amount_received" in answer:
        return _amount(answer["amount_received"])
    if answer["status"] != IntentStatus.SUCCEEDED:
        return 0
    charge = answer["latest_charge"]
    return _amount(charge["amount"]) - _amount(charge["amount_refunded"])


def _refund(answer: Mapping[str, Any]) -> GatewayRefund:
    try:
        return GatewayRefund(
            id=_text(answer["id"]),
            intent_id=_text(answer.get("payment_intent") or ""),
            status=RefundStatus(answer["status"]),
            amount=_amount(answer["amount"]),
            reference=_text((answer.get("metadata") or {}).get("reference", "")),
        )
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise GatewayUnavailable("unreadable_answer", repr(error)) from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {type(value).__name__}")
    return value


def _amount(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"whole đồng expected, not {type(value).__name__}")
    return value
