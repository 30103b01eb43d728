"""One contract, two gateways over real HTTP: our sandbox and localstripe, which we did not write."""

import pytest
import requests

from marketplace.payments.adapters.stripe import StripeGateway
from marketplace.payments.gateway import GatewayRefused, GatewayUnauthorised, IntentStatus, RefundStatus
from tests.marketplace.payments.processes import API_KEY


class Ours:
    """The sandbox with the buyer's part played by a confirm call."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.client = StripeGateway(api_base=sandbox.url, api_key=API_KEY, backoff=0.01)

    def pay(self, intent_id, method):
        return self.sandbox.buyer(intent_id, method).status_code


class Theirs:
    """localstripe takes the card only when the intent is opened, so the buyer's part comes first there."""

    KEY = "sk_test_contract"

    def __init__(self, url):
        self.url = url
        self.client = StripeGateway(api_base=url, api_key=self.KEY, backoff=0.01)

    def held(self, amount):
        form = {"amount": amount, "currency": "vnd", "capture_method": "manual", "confirm": "true"}
        form |= {"payment_method": "pm_card_visa", "metadata[reference]": "M-1"}
        answer = requests.post(f"{self.url}/v1/payment_intents", data=form, auth=(self.KEY, ""), timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["id"]


@pytest.fixture(params=["sandbox", "localstripe"])
def held(request):
    """(client, id of an intent with 150 000 ₫ held)."""
    if request.param == "localstripe":
        theirs = Theirs(request.getfixturevalue("localstripe"))
        return theirs.client, theirs.held(150_000)
    ours = Ours(request.getfixturevalue("sandbox"))
    intent = ours.client.create_intent(amount=150_000, reference="M-1", return_url="http://cho/ve", idempotency_key="k")
    assert ours.pay(intent.id, "pm_card_visa") == 200
    return ours.client, intent.id


@pytest.fixture(params=["sandbox", "localstripe"])
def fresh(request):
    """A client of a gateway."""
    if request.param == "localstripe":
        return Theirs(request.getfixturevalue("localstripe")).client
    return Ours(request.getfixturevalue("sandbox")).client


def test_a_new_intent_waits_for_a_card_and_keeps_whole_dong(fresh):
    intent = fresh.create_intent(amount=150_000, reference="M-1", return_url="http://cho/ve", idempotency_key="k1")
    assert (intent.amount, intent.status) == (150_000, IntentStatus.REQUIRES_PAYMENT_METHOD)
    assert intent.reference == "M-1"
    assert intent.client_secret.startswith(intent.id + "_secret_")
    assert fresh.retrieve_intent(intent.id) == intent


def test_a_held_amount_is_captured_in_part_once(held):
    client, intent_id = held
    before = client.retrieve_intent(intent_id)
    assert (before.status, before.amount_capturable, before.amount_received) == ("requires_capture", 150_000, 0)
    after = client.capture_intent(intent_id, amount=100_000, idempotency_key="c1")
    assert (after.status, after.amount_received) == (IntentStatus.SUCCEEDED, 100_000)
    with pytest.raises(GatewayRefused):
        client.capture_intent(intent_id, amount=50_000, idempotency_key="c2")


def test_a_held_amount_can_be_let_go_and_then_not_captured(held):
    client, intent_id = held
    assert client.cancel_intent(intent_id, idempotency_key="x1").status == IntentStatus.CANCELED
    assert client.retrieve_intent(intent_id).status == IntentStatus.CANCELED


def test_taken_money_cannot_be_let_go(held):
    client, intent_id = held
    client.capture_intent(intent_id, amount=150_000, idempotency_key="c1")
    with pytest.raises(GatewayRefused):
        client.cancel_intent(intent_id, idempotency_key="x1")


def test_a_refund_carries_our_reference_and_can_be_found_by_it(held):
    client, intent_id = held
    client.capture_intent(intent_id, amount=150_000, idempotency_key="c1")
    refund = client.refund(intent_id, amount=60_000, reference="HT-1", idempotency_key="r1")
    assert (refund.status, refund.amount, refund.intent_id) == (RefundStatus.SUCCEEDED, 60_000, intent_id)
    assert client.retrieve_refund(refund.id) == refund
    assert client.find_refund(intent_id, reference="HT-1") == refund
    assert client.find_refund(intent_id, reference="HT-2") is None


def test_an_unknown_intent_is_refused(fresh):
    with pytest.raises(GatewayRefused):
        fresh.retrieve_intent("pi_unknown")


def test_a_missing_key_is_unauthorised(fresh):
    stranger = StripeGateway(api_base=fresh.api_base, api_key="nonsense", backoff=0.01)
    with pytest.raises(GatewayUnauthorised):
        stranger.retrieve_intent("pi_unknown")
