"""The sandbox's webhooks: signed as the official SDK checks, sent until somebody says 2xx, also after a crash."""

import json

import pytest
import stripe

from marketplace.payments.adapters.stripe import StripeGateway
from tests.marketplace.payments.processes import API_KEY, SECRET, until


@pytest.fixture
def opened(hearing):
    """Open one payment; answers the sandbox, the endpoint and a way to open more."""
    sandbox, endpoint = hearing
    gateway = StripeGateway(api_base=sandbox.url, api_key=API_KEY, backoff=0.01)

    def another(key):
        return gateway.create_intent(amount=9_000, reference="M", return_url="http://x", idempotency_key=key)

    return sandbox, endpoint, another


def bodies(endpoint):
    return [json.loads(body) for *_, body in endpoint.requests]


def test_every_delivery_passes_the_official_check(opened):
    sandbox, endpoint, another = opened
    intent = another("a")
    sandbox.buyer(intent.id)
    until(lambda: len(endpoint.requests) == 2)
    for _, path, headers, body in endpoint.requests:
        assert path == "/webhooks/stripe"
        event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], SECRET)
        assert event["data"]["object"]["id"] == intent.id


def test_a_delivery_is_repeated_until_it_is_accepted(opened):
    sandbox, endpoint, another = opened
    endpoint.answers = [(500, ""), (302, ""), (404, ""), (200, "")]
    another("a")
    until(lambda: sandbox.see()["deliveries"] == {"delivered": 1})
    assert len(endpoint.requests) == 4
    assert len({event["id"] for event in bodies(endpoint)}) == 1


def test_what_was_not_delivered_is_delivered_after_a_crash(opened):
    sandbox, endpoint, another = opened
    endpoint.answers = [(503, "")]
    intent = another("a")
    until(lambda: endpoint.requests)
    sandbox.kill()
    heard = len(endpoint.requests)
    endpoint.answers = [(200, "")]
    sandbox.start()
    until(lambda: sandbox.see()["deliveries"] == {"delivered": 1})
    assert len(endpoint.requests) > heard
    assert bodies(endpoint)[-1]["data"]["object"]["id"] == intent.id


def test_copies_holding_and_order_are_as_asked(opened):
    sandbox, endpoint, another = opened
    sandbox.control("webhooks", held=True)
    first, second = another("a"), another("b")
    delivered = sandbox.control("release", order="reverse", copies=2)["delivered"]
    assert [one["status"] for one in delivered] == [200] * 4
    seen = [event["data"]["object"]["id"] for event in bodies(endpoint)]
    assert seen == [second.id, second.id, first.id, first.id]
    sandbox.control("webhooks", copies=3)
    another("c")
    until(lambda: len(endpoint.requests) == 7)
