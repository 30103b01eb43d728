"""The Stripe-API client on the wire: what it sends, what it retries, how it reads refusals."""

import json
import time
from urllib.parse import parse_qsl

import pytest

from marketplace.payments.adapters.stripe import API_VERSION, StripeGateway, parse_event
from marketplace.payments.gateway import (
    CardDeclined,
    GatewayRefused,
    GatewayUnauthorised,
    GatewayUnavailable,
    IntentStatus,
)
from tests.marketplace.payments.processes import Endpoint, error

INTENT = json.dumps(
    {
        "id": "pi_1",
        "object": "payment_intent",
        "status": "requires_payment_method",
        "amount": 150_000,
        "amount_capturable": 0,
        "amount_received": 0,
        "client_secret": "pi_1_secret_x",
        "metadata": {"reference": "M-1"},
    }
)


@pytest.fixture
def server():
    servers = []

    def start(*answers):
        servers.append(Endpoint(*answers))
        return servers[-1]

    yield start
    for endpoint in servers:
        endpoint.close()


def gateway(url, **changed):
    pauses = []
    made = StripeGateway(api_base=url, api_key="sk_test_1", sleep=pauses.append, **changed)
    return made, pauses


def create(client):
    return client.create_intent(amount=150_000, reference="M-1", return_url="https://cho/ve", idempotency_key="k1")


def test_a_payment_is_sent_as_whole_dong_with_key_version_and_bearer(server):
    endpoint = server((200, INTENT))
    client, _ = gateway(endpoint.url)
    intent = create(client)
    method, path, headers, body = endpoint.requests[0]
    assert (method, path) == ("POST", "/v1/payment_intents")
    assert dict(parse_qsl(body.decode())) == {
        "amount": "150000",
        "currency": "vnd",
        "capture_method": "manual",
        "payment_method_types[0]": "card",
        "metadata[reference]": "M-1",
        "metadata[return_url]": "https://cho/ve",
    }
    assert headers["Authorization"] == "Bearer sk_test_1"
    assert headers["Idempotency-Key"] == "k1"
    assert headers["Stripe-Version"] == API_VERSION
    assert (intent.id, intent.status, intent.amount) == ("pi_1", IntentStatus.REQUIRES_PAYMENT_METHOD, 150_000)


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503, 504])
def test_a_passing_failure_is_retried_with_the_same_key(server, status):
    endpoint = server((status, error("api_error", "busy")), (status, ""), (200, INTENT))
    client, pauses = gateway(endpoint.url)
    assert create(client).id == "pi_1"
    assert [headers["Idempotency-Key"] for _, _, headers, _ in endpoint.requests] == ["k1"] * 3
    assert len({body for *_, body in endpoint.requests}) == 1
    assert len(pauses) == 2
    assert pauses[1] > pauses[0] / 3


def test_a_cut_connection_is_retried_with_the_same_key(server):
    endpoint = server(lambda _: None, (200, INTENT))
    client, _ = gateway(endpoint.url)
    assert create(client).id == "pi_1"
    assert [headers["Idempotency-Key"] for _, _, headers, _ in endpoint.requests] == ["k1", "k1"]


def test_retries_are_bounded_and_end_as_unavailable(server):
    endpoint = server((503, ""))
    client, _ = gateway(endpoint.url, tries=4)
    with pytest.raises(GatewayUnavailable):
        create(client)
    assert len(endpoint.requests) == 4


def test_nobody_listening_is_unavailable(server):
    endpoint = server()
    endpoint.close()
    client, pauses = gateway(endpoint.url)
    with pytest.raises(GatewayUnavailable) as failed:
        create(client)
    assert failed.value.code == "connection"
    assert len(pauses) == 2


def test_a_gateway_that_does_not_answer_in_time_is_unavailable(server):
    endpoint = server(lambda _: time.sleep(1))
    client, _ = gateway(endpoint.url, read_timeout=0.05, tries=1)
    with pytest.raises(GatewayUnavailable):
        create(client)


def test_a_decline_is_told_apart_and_not_retried(server):
    endpoint = server((402, error("card_error", "card_declined", decline_code="insufficient_funds")))
    client, _ = gateway(endpoint.url)
    with pytest.raises(CardDeclined) as declined:
        create(client)
    assert (declined.value.code, declined.value.decline_code) == ("card_declined", "insufficient_funds")
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("status", [400, 404])
def test_a_wrong_request_is_refused_and_not_retried(server, status):
    endpoint = server((status, error("invalid_request_error", "resource_missing")))
    client, _ = gateway(endpoint.url)
    with pytest.raises(GatewayRefused) as refused:
        client.retrieve_intent("pi_x")
    assert refused.value.code == "resource_missing"
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_waits_for_the_operator(server, status):
    client, _ = gateway(server((status, error("invalid_request_error", "api_key_invalid"))).url)
    with pytest.raises(GatewayUnauthorised):
        client.retrieve_intent("pi_x")


def test_the_gateways_advice_not_to_retry_is_followed(server):
    endpoint = server((500, ""))
    endpoint.headers["Stripe-Should-Retry"] = "false"
    client, _ = gateway(endpoint.url)
    with pytest.raises(GatewayUnavailable):
        create(client)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        *("", "<html>welcome</html>", "[]", "null", "{}", '{"id": 5}', "\x00"),
        INTENT.replace("150000", "150000.0"),
        INTENT.replace("150000", "true"),
        INTENT.replace("requires_payment_method", "brand_new_status"),
        INTENT.replace('{"reference": "M-1"}', "[1]"),
    ],
)
def test_an_answer_that_cannot_be_read_is_never_taken_for_a_yes_or_a_no(server, answer):
    client, _ = gateway(server((200, answer)).url)
    with pytest.raises(GatewayUnavailable):
        create(client)


def test_an_endless_answer_is_cut(server):
    client, _ = gateway(server((200, " " * 1_100_000 + INTENT)).url)
    with pytest.raises(GatewayUnavailable) as failed:
        create(client)
    assert failed.value.code == "answer_too_long"


def test_a_redirect_is_not_followed(server):
    other = server((200, INTENT))
    endpoint = server((307, ""))
    endpoint.headers["Location"] = other.url
    client, _ = gateway(endpoint.url)
    with pytest.raises(GatewayUnavailable):
        create(client)
    assert other.requests == []


def test_a_netrc_file_does_not_replace_our_key(server, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    endpoint = server((200, INTENT))
    create(gateway(endpoint.url)[0])
    assert endpoint.requests[0][2]["Authorization"] == "Bearer sk_test_1"


def test_the_key_is_not_in_the_printed_form():
    assert "sk_test_1" not in repr(gateway("http://127.0.0.1:1")[0])


@pytest.mark.parametrize("amount", [0, -1, 1.5, 150000.0, True, "150000", None])
def test_an_amount_that_is_no_positive_whole_number_never_leaves(server, amount):
    endpoint = server((200, INTENT))
    with pytest.raises(ValueError, match="đồng"):
        gateway(endpoint.url)[0].refund("pi_1", amount=amount, reference="R", idempotency_key="k")
    assert endpoint.requests == []


def test_a_change_without_a_key_never_leaves(server):
    endpoint = server((200, INTENT))
    with pytest.raises(ValueError, match="idempotency"):
        gateway(endpoint.url)[0].cancel_intent("pi_1", idempotency_key="")
    assert endpoint.requests == []


def test_an_id_cannot_climb_to_another_address(server):
    endpoint = server((200, INTENT))
    gateway(endpoint.url)[0].retrieve_intent("../refunds?x=1")
    assert endpoint.requests[0][1] == "/v1/payment_intents/..%2Frefunds%3Fx%3D1"


def test_a_refund_is_looked_for_on_every_page(server):
    def page(names, more):
        rows = [
            {
                "id": f"re_{name}",
                "payment_intent": "pi_1",
                "status": "succeeded",
                "amount": 5,
                "metadata": {"reference": name},
            }
            for name in names
        ]
        return 200, json.dumps({"data": rows, "has_more": more})

    endpoint = server(page("ab", True), page("cd", False))
    found = gateway(endpoint.url)[0].find_refund("pi_1", reference="d")
    assert found is not None and found.id == "re_d"
    assert "starting_after=re_b" in endpoint.requests[1][1]


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{}", b"[]", b"\xff\xfe", b'{"object": "event"}', b'"event"'),
        b'{"object":"event","id":"","type":"x","created":1,"data":{"object":{"object":"a"}}}',
        b'{"object":"event","id":"e","type":"x","created":true,"data":{"object":{"object":"a"}}}',
        b'{"object":"event","id":"e","type":["x"],"created":1,"data":{"object":{"object":"a"}}}',
        b'{"object":"event","id":"e","type":"x","created":1,"data":[]}',
    ],
)
def test_a_body_that_is_no_event_is_a_value_error(body):
    with pytest.raises(ValueError):
        parse_event(body)


def test_an_event_about_a_refund_names_its_intent():
    refund = {"object": "refund", "id": "re_1", "payment_intent": "pi_9"}
    notice = {"object": "event", "id": "evt_1", "type": "refund.created", "created": 5, "data": {"object": refund}}
    body = json.dumps(notice).encode()
    event = parse_event(body)
    assert (event.id, event.kind, event.object_id, event.intent_id) == ("evt_1", "refund.created", "re_1", "pi_9")
