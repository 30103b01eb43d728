"""What a phone gets of a lot whose story has everything: corrections by others, openings, erasures, withheld entries."""

from datetime import timedelta

import pytest

from marketplace import provenance
from marketplace.database import transaction
from tests.node import run_node
from tests.phone.conftest import SCRIPT

NOTE, LOT, SELLER = "/cns:note", "A1", "seller:a"


@pytest.fixture
def tell(app, now):
    def run(note=None, subject="seller:1", **more):
        personal = {"personal": {NOTE: note}, "subject": subject, "publish": True} if note else {}
        with transaction():
            event = {"at": now - timedelta(hours=1)}
            return provenance.record(kind="irrigating", event=event, lots=[LOT], who=SELLER, now=now, **personal, **more)

    return run


def judged(client) -> dict:
    """What the page's modules say of the lot's bundle."""
    bundle = provenance.phone_bundle(LOT)
    keys, policy = client.get("/log/1/keys").text.split(), client.get("/log/1/policy").text
    pins = {"origin": bundle["origin"], "operator": provenance.OPERATOR, "keys": keys, "policy": policy}
    [found] = run_node(SCRIPT, [["bundle", {"bundle": bundle, "lot": LOT, "pins": pins}]])
    assert found["value"]["ok"], found
    return found["value"] | {"bundle": bundle}


def test_nothing_is_given_before_the_first_checkpoint(app, tell):
    tell()

    assert provenance.phone_bundle(LOT) is None


def test_opening_goes_along_while_it_lives_and_the_erase_entry_after(client, tell, now):
    tell("Lá xanh")
    tell("Bác Bảy", subject="seller:2")
    provenance.publish_checkpoint(now=now)
    assert sorted(item["value"] for item in judged(client)["bundle"]["openings"]) == ["Bác Bảy", "Lá xanh"]

    provenance.erase(subject="seller:2", ground="request", now=now)
    provenance.publish_checkpoint(now=now)
    found = judged(client)

    assert [item["value"] for item in found["bundle"]["openings"]] == ["Lá xanh"]
    assert found["erased"] == 1
    assert "Bác Bảy" not in str(found["bundle"])


def test_right_of_an_inspector_comes_with_the_correction(client, tell, now):
    receipt = tell()
    with transaction():
        name = provenance.grant(now=now)
        event = {"at": now - timedelta(hours=1)}
        after = event | {"litres": 5}
        provenance.correct(
            event_id=receipt.event_id, kind="irrigating", before=event, after=after, lots=[LOT], reason="wrong_amount", who=name, now=now
        )
        provenance.revoke(to=name, now=now)
    provenance.publish_checkpoint(now=now)
    found = judged(client)

    assert (found["corrected"], found["count"]) == (1, 2)
    assert [item["data"].split('"t":"')[1].split('"')[0] for item in found["bundle"]["context"]] == [
        "chonongsan/genesis/1", "chonongsan/grant/1", "chonongsan/revoke/1"]  # fmt: skip


def test_withheld_entry_is_announced_and_the_chain_goes_on(client, tell, now):
    tell()
    tell()
    tell()
    provenance.publish_checkpoint(now=now)
    seq = judged(client)["bundle"]["entries"][1]["seq"]
    provenance.redact(seq=seq, reason="phone_number", now=now)
    provenance.publish_checkpoint(now=now)
    found = judged(client)

    assert (found["withheld"], found["count"], len(found["bundle"]["entries"])) == (1, 3, 2)
