"""The sandbox as a gateway: money rules, idempotency keys, restarts. The official SDK drives it where it can."""

import sqlite3
import threading
from contextlib import closing, suppress
from dataclasses import replace

import pytest
import requests
import stripe

from marketplace.payments.gateway import GatewayRefused, GatewayUnavailable, IntentStatus
from tests.marketplace.payments.processes import API_KEY, until

HEADERS = {"Authorization": f"Bearer {API_KEY}"}


@pytest.fixture
def sdk(sandbox):
    return stripe.StripeClient(API_KEY, base_addresses={"api": sandbox.url})


def opened(client_gateway, key="k1", amount=150_000):
    return client_gateway.create_intent(amount=amount, reference="M-1", return_url="http://cho/ve", idempotency_key=key)


def taken(client_gateway, sandbox, amount=150_000):
    intent = opened(client_gateway, amount=amount)
    sandbox.buyer(intent.id)
    return client_gateway.capture_intent(intent.id, amount=amount, idempotency_key="capture")


def test_the_official_sdk_drives_a_whole_payment(sdk, sandbox):
    params = {"amount": 150_000, "currency": "vnd", "capture_method": "manual", "payment_method_types": ["card"]}
    intent = sdk.v1.payment_intents.create(params)
    sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert sdk.v1.payment_intents.retrieve(intent.id).amount_capturable == 150_000
    assert sdk.v1.payment_intents.capture(intent.id, {"amount_to_capture": 90_000}).amount_received == 90_000
    refund = sdk.v1.refunds.create({"payment_intent": intent.id, "amount": 40_000})
    assert sdk.v1.refunds.retrieve(refund.id).status == "succeeded"
    assert [one.id for one in sdk.v1.refunds.list({"payment_intent": intent.id})] == [refund.id]
    kinds = [event.type for event in sdk.v1.events.list({"limit": 100}).data]
    assert kinds == [
        "refund.created",
        "payment_intent.succeeded",
        "payment_intent.amount_capturable_updated",
        "payment_intent.created",
    ]


def test_the_official_sdk_reads_our_declines_as_card_errors(sdk, client_gateway):
    intent = opened(client_gateway)
    with pytest.raises(stripe.CardError) as declined:
        sdk.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa_chargeDeclined"})
    assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
    assert client_gateway.retrieve_intent(intent.id).decline_code == "generic_decline"


def test_more_than_is_left_is_never_given_back(client_gateway, sandbox):
    intent = taken(client_gateway, sandbox, 100_000)
    client_gateway.refund(intent.id, amount=60_000, reference="A", idempotency_key="r1")
    with pytest.raises(GatewayRefused) as refused:
        client_gateway.refund(intent.id, amount=40_001, reference="B", idempotency_key="r2")
    assert refused.value.code == "amount_too_large"
    client_gateway.refund(intent.id, amount=40_000, reference="C", idempotency_key="r3")
    with pytest.raises(GatewayRefused):
        client_gateway.refund(intent.id, amount=1, reference="D", idempotency_key="r4")
    assert sum(refund["amount"] for refund in sandbox.see()["refund"]) == 100_000


def test_money_only_held_cannot_be_given_back(client_gateway, sandbox):
    intent = opened(client_gateway)
    sandbox.buyer(intent.id)
    with pytest.raises(GatewayRefused):
        client_gateway.refund(intent.id, amount=1, reference="A", idempotency_key="r1")


def test_more_than_is_held_is_never_taken(client_gateway, sandbox):
    intent = opened(client_gateway)
    sandbox.buyer(intent.id)
    with pytest.raises(GatewayRefused):
        client_gateway.capture_intent(intent.id, amount=150_001, idempotency_key="c1")
    assert client_gateway.retrieve_intent(intent.id).status == IntentStatus.REQUIRES_CAPTURE


def test_the_same_key_performs_once_also_across_a_restart(client_gateway, sandbox):
    first = opened(client_gateway)
    sandbox.restart()
    assert opened(client_gateway) == first
    assert len(sandbox.see()["payment_intent"]) == 1


def test_the_same_key_for_another_body_is_refused(client_gateway):
    opened(client_gateway)
    with pytest.raises(GatewayRefused) as refused:
        opened(client_gateway, amount=150_001)
    assert refused.value.code == "idempotency_key_reused"


def test_a_key_in_use_answers_409_and_the_retry_gets_the_one_answer(client_gateway, sandbox):
    sandbox.control("delay", wait=1.0, where="before", requests=1)
    form = {"amount": "150000", "currency": "vnd"}
    headers = HEADERS | {"Idempotency-Key": "same"}
    url = f"{sandbox.url}/v1/payment_intents"
    answers = []
    barrier = threading.Barrier(4)

    def send():
        barrier.wait()
        answers.append(requests.post(url, data=form, headers=headers, timeout=30))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    again = requests.post(url, data=form, headers=headers, timeout=30)
    assert again.json() == next(answer for answer in answers if answer.status_code == 200).json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(sandbox.see()["payment_intent"]) == 1


def test_a_key_caught_in_a_crash_can_be_used_again(client_gateway, sandbox):
    sandbox.control("delay", wait=60, where="before", requests=1)
    started = threading.Thread(target=_give_up, args=(replace(client_gateway, tries=1),))
    started.start()
    until(lambda: _keys(sandbox.state))
    sandbox.restart()
    started.join()
    assert sandbox.see()["payment_intent"] == []
    assert opened(client_gateway).amount == 150_000


def _give_up(client_gateway):
    with suppress(GatewayUnavailable):
        opened(client_gateway)


def _keys(path):
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT count(*) FROM request").fetchone()[0]


def test_a_lost_answer_is_recovered_by_the_retry_without_a_second_effect(client_gateway, sandbox):
    intent = opened(client_gateway)
    sandbox.buyer(intent.id)
    sandbox.control("lose", requests=1)
    assert client_gateway.capture_intent(intent.id, amount=150_000, idempotency_key="c1").amount_received == 150_000
    kinds = [event["type"] for event in sandbox.see()["event"]]
    assert kinds.count("payment_intent.succeeded") == 1


@pytest.mark.parametrize("mode", ["500", "503", "drop"])
def test_an_outage_performs_nothing_and_ends(client_gateway, sandbox, mode):
    sandbox.control("outage", mode=mode)
    with pytest.raises(GatewayUnavailable):
        opened(client_gateway)
    sandbox.control("outage", requests=0)
    assert sandbox.see()["payment_intent"] == []
    assert opened(client_gateway).amount == 150_000


def test_three_d_secure_asks_first_and_a_refusal_holds_nothing(client_gateway, sandbox):
    intent = opened(client_gateway)
    assert sandbox.buyer(intent.id, "pm_card_threeDSecure2Required").json()["status"] == "requires_action"
    page = f"{sandbox.url}/pay/{intent.client_secret}/3ds"
    assert "Không, từ chối" in requests.get(page, timeout=30).text
    requests.post(page, data={"answer": "decline"}, timeout=30)
    seen = client_gateway.retrieve_intent(intent.id)
    assert (seen.status, seen.decline_code) == (IntentStatus.REQUIRES_PAYMENT_METHOD, "authentication_failure")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"amount": "150000"}, "parameter_invalid"),
        ({"amount": "150000", "currency": "usd"}, "parameter_invalid"),
        ({"amount": "1500.5", "currency": "vnd"}, "parameter_invalid_integer"),
        ({"amount": "-1", "currency": "vnd"}, "parameter_invalid_integer"),
        ({"amount": "0", "currency": "vnd"}, "parameter_invalid_integer"),
        ({"amount": "٣", "currency": "vnd"}, "parameter_invalid_integer"),
        ({"amount": "100000000", "currency": "vnd"}, "amount_too_large"),
        ({"currency": "vnd"}, "parameter_missing"),
        ({"amount": "1", "currency": "vnd", "colour": "red"}, "parameter_unknown"),
        ({"amount": "1", "currency": "vnd", "metadata": "x"}, "parameter_invalid_hash"),
        ({"amount": "1", "currency": "vnd", "metadata[a]": "x" * 501}, "parameter_invalid_string"),
        ({"amount": "1", "currency": "vnd", "confirm": "true", "payment_method": "pm_no"}, "resource_missing"),
    ],
)
def test_a_wrong_form_is_refused_and_leaves_nothing(sandbox, form, code):
    headers = HEADERS | {"Idempotency-Key": "k"}
    answer = requests.post(f"{sandbox.url}/v1/payment_intents", data=form, headers=headers, timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert sandbox.see()["payment_intent"] == []
    corrected = {"amount": "1000", "currency": "vnd"}
    again = requests.post(f"{sandbox.url}/v1/payment_intents", data=corrected, headers=headers, timeout=30)
    assert again.status_code == 200


@pytest.mark.parametrize("path", ["/v1/payment_intents/pi_1", "/_control/state", "/v1/events"])
def test_nothing_answers_without_the_key(sandbox, path):
    assert requests.get(sandbox.url + path, timeout=30).status_code == 401
    wrong = {"Authorization": "Bearer sk_test_wrong"}
    assert requests.get(sandbox.url + path, headers=wrong, timeout=30).status_code == 401


def test_a_decline_under_a_key_is_kept(client_gateway, sandbox):
    intent = opened(client_gateway)
    url = f"{sandbox.url}/v1/payment_intents/{intent.id}/confirm"
    headers = HEADERS | {"Idempotency-Key": "c"}
    form = {"payment_method": "pm_card_visa_chargeDeclined"}
    answers = [requests.post(url, data=form, headers=headers, timeout=30) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [402, 402]
    kinds = [event["type"] for event in sandbox.see()["event"]]
    assert kinds.count("payment_intent.payment_failed") == 1
