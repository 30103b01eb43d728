"""The bundle a phone fetches: public, unchanged by reading, an honest 404."""

import pytest

from marketplace import provenance
from marketplace.database import utcnow
from tests.factories.lots import grow_lot
from tests.node import run_node
from tests.phone.conftest import SCRIPT
from tests.statements import counted


@pytest.fixture
def lot(app):
    lot = grow_lot(now=utcnow())
    provenance.publish_checkpoint(now=utcnow())
    return lot


def pins(client) -> dict:
    keys = client.get("/log/1/keys").text.split()
    return {"origin": "chonongsan.test/log/1", "operator": provenance.OPERATOR, "keys": keys, "policy": client.get("/log/1/policy").text}


def test_bundle_is_public_and_holds(client, lot):
    answer = client.get(f"/t/{lot.code}/bundle.json")

    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=5"
    [found] = run_node(SCRIPT, [["bundle", {"bundle": answer.json, "lot": lot.code, "pins": pins(client)}]])
    assert found["value"]["ok"], found
    assert (found["value"]["count"], found["value"]["waiting"]) == (len(answer.json["entries"]), 0)
    assert found["value"]["complete"]


def test_unchanged_bundle_is_not_sent_again(client, lot):
    first = client.get(f"/t/{lot.code}/bundle.json")
    again = client.get(f"/t/{lot.code}/bundle.json", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")


def test_reading_writes_nothing(client, lot):
    path = f"/t/{lot.code}/bundle.json"
    with counted() as seen:
        client.get(path)

    assert [line for line in seen if not line.lstrip().upper().startswith("SELECT")] == []


def test_number_of_statements_does_not_grow_with_the_log(client, lot):
    def statements():
        with counted() as seen:
            client.get(path)
        return len(seen)

    path = f"/t/{lot.code}/bundle.json"
    few = statements()
    for _ in range(3):
        grow_lot(now=utcnow())
    provenance.publish_checkpoint(now=utcnow())

    assert few <= 16 and statements() <= few + 1


def test_code_nobody_has_is_an_honest_problem(client, app):
    for code in (provenance.new_code(), "ABC", "k7mq2xw9tb4rdc", "%00"):
        answer = client.get(f"/t/{code}/bundle.json")
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_draft_has_not_published_any(client, app):
    lot = grow_lot(now=utcnow(), release=False)
    provenance.publish_checkpoint(now=utcnow())

    assert client.get(f"/t/{lot.code}/bundle.json").status_code == 404
