"""The bundle of a lot: built by the log, checked by the page's modules; nothing in it can be changed unnoticed."""

import base64
import json

import pytest

from tests.phone.lots import LOT, OTHER, Story, changed, full
from tests.traceability.conftest import ORIGIN
from traceability.canonical.types import VOID
from traceability.checkpoint import generate_signer


@pytest.fixture
def story(memory_log, make_event):
    return Story(memory_log, make_event)


def check(calls, bundle, story, lot=LOT, **pins):
    [found] = calls([["bundle", {"bundle": bundle, "lot": lot, "pins": story.pins(**pins)}]])
    return found["value"]


def test_bundle_with_everything_holds(calls, story):
    found = check(calls, full(story), story)

    assert found["ok"], found
    assert {name: found[name] for name in ("count", "waiting", "withheld", "corrected", "void", "disputed", "recalled", "operator")} == {
        "count": 8, "waiting": 1, "withheld": 1, "corrected": 1, "void": 1, "disputed": 0, "recalled": True, "operator": "org:market",
    }  # fmt: skip
    assert found["complete"] == {"at": "2026-01-31T03:04:05.678Z", "later": 2}
    assert found["size"] == story.log.latest_checkpoint(None).checkpoint.size


def test_bundle_before_the_first_map_and_of_a_lot_that_is_not_there(calls, story):
    story.event()
    story.sign()

    assert check(calls, story.bundle(), story)["complete"] is None

    story.map()
    story.sign()
    found = check(calls, story.bundle("Z7MQ2XW9TB4RDZ"), story, lot="Z7MQ2XW9TB4RDZ")

    assert (found["ok"], found["count"]) == (True, 0)


def test_genesis_comes_when_it_is_asked_for_or_matters(calls, story):
    first = story.event()
    story.sign()
    plain, asked = story.bundle(), story.bundle(genesis=True)
    story.later(VOID, {"reason": "mistake"}, about=first)
    story.sign()

    assert [len(item["context"]) for item in (plain, asked, story.bundle())] == [0, 1, 1]
    assert check(calls, plain, story)["ok"] and check(calls, asked, story)["ok"] and check(calls, story.bundle(), story)["void"] == 1


def test_lot_whose_entries_all_wait(calls, story):
    story.sign()
    story.event()

    found = check(calls, story.bundle(), story)

    assert (found["ok"], found["count"], found["waiting"]) == (True, 0, 1)


def test_map_above_the_checkpoint_is_left_out(calls, story):
    story.event()
    story.sign()
    story.map()

    assert "map" not in story.bundle()
    assert check(calls, story.bundle(), story)["ok"]


def swap(items):
    items[0]["seq"], items[1]["seq"] = items[1]["seq"], items[0]["seq"]


def by_a_stranger(bundle):
    text = bundle["checkpoint"].split("—")[0]
    bundle["checkpoint"] = f"{text}— stranger.example {'A' * 92}\n"


def edit(item, key, old, new):
    assert old in item[key]
    item[key] = item[key].replace(old, new, 1)


def flip(bundle, key):
    data = bytearray(base64.b64decode(bundle[key]))
    data[5] ^= 1
    bundle[key] = base64.b64encode(data).decode()


CHANGES = {
    "an entry's word": (lambda b: edit(b["entries"][0], "data", "irrigating", "irrigated!"), "bad-proof"),
    "an entry in another spelling": (lambda b: edit(b["entries"][0], "data", "{", "{ "), "other-spelling"),
    "an entry's number": (lambda b: b["entries"][0].update(seq=b["entries"][0]["seq"] + 1), None),
    "the last entry gone": (lambda b: b["entries"].pop(), "bad-proof"),
    "the first entry gone": (lambda b: b["entries"].pop(0), "bad-proof"),
    "two entries' numbers": (lambda b: swap(b["entries"]), "bad-proof"),
    "a hash": (lambda b: flip(b, "hashes"), "bad-proof"),
    "a hash too many": (lambda b: b.update(hashes=base64.b64encode(base64.b64decode(b["hashes"]) + bytes(32)).decode()), "bad-proof"),
    "half a hash": (lambda b: b.update(hashes=base64.b64encode(base64.b64decode(b["hashes"])[:-1]).decode()), "bad-length"),
    "the bucket": (lambda b: flip(b["map"], "bucket"), "bad-map"),
    "the map's word": (lambda b: edit(b["map"], "data", '"lots":7', '"lots":8'), "bad-proof"),
    "the opening's value": (lambda b: b["openings"][0].update(value="Lê Thị An"), "bad-opening"),
    "the opening's salt": (lambda b: flip(b["openings"][0], "salt"), "bad-opening"),
    "the opening's entry": (lambda b: b["openings"][0].update(seq=99), "bad-opening"),
    "a withheld entry not announced": (lambda b: b["withheld"][0].update(by=1), "not-announced"),
    "a withheld entry passed over": (lambda b: b["withheld"].pop(), "bad-proof"),
    "another lot's bundle": (lambda b: b.update(lot=OTHER), "other-lot"),
    "another log": (lambda b: b.update(origin="other.example/log/1"), "other-log"),
    "a word in the note": (lambda b: edit(b, "checkpoint", ORIGIN, "trace.other.example/log/1"), "other-log"),
    "the size in the note": (lambda b: edit(b, "checkpoint", "\n1", "\n2"), "bad-signature"),
    "windows lines in the note": (lambda b: b.update(checkpoint=b["checkpoint"].replace("\n", "\r\n")), "bad-note"),
    "no signature": (lambda b: b.update(checkpoint=b["checkpoint"].split("—")[0]), "bad-note"),
    "a stranger's signature only": (by_a_stranger, "unknown-key"),
    "waiting that is no number": (lambda b: b.update(waiting="1"), "bad-bundle"),
    "a key gone": (lambda b: b.pop("openings"), "bad-bundle"),
    "entries that are no list": (lambda b: b.update(entries={}), "bad-bundle"),
}  # fmt: skip


@pytest.fixture
def judged(calls, story):
    """Every change in one run of Node."""
    bundle = full(story)
    asked = [changed(bundle, change) for change, _code in CHANGES.values()]
    return calls([["bundle", {"bundle": item, "lot": LOT, "pins": story.pins()}] for item in asked])


def test_every_change_is_noticed_and_named(judged):
    wrong = {
        name: item["value"]
        for (name, (_change, code)), item in zip(CHANGES.items(), judged, strict=True)
        if item["value"]["ok"] or code not in (None, item["value"]["code"])
    }

    assert wrong == {}


def test_entry_left_out_with_a_proof_that_fits_is_noticed_by_chain_or_map(calls, story):
    for _ in range(3):
        story.event()
    story.map()
    story.sign()
    rows, size = story.log.storage.sealed_of_lot(None, LOT), story.log.latest_checkpoint(None).checkpoint.size

    def without(gone):
        bundle = story.bundle()
        bundle["entries"] = [item for item in bundle["entries"] if item["seq"] != rows[gone].seq]
        kept = {item["seq"] for item in [*bundle["entries"], *bundle["context"], bundle["map"]]}
        bundle["hashes"] = base64.b64encode(b"".join(story.log.tree(None).merged(kept, size))).decode()
        return check(calls, bundle, story)["code"]

    assert [without(gone) for gone in range(3)] == ["wrong-number", "wrong-number", "not-complete"]


def test_key_that_a_later_site_may_add_is_passed_over(calls, story):
    assert check(calls, full(story) | {"later": 1}, story)["ok"]


def test_pins_decide(calls, story):
    bundle = full(story)

    assert check(calls, bundle, story, operator="org:other")["code"] == "other-operator"
    assert check(calls, bundle, story, keys=[])["code"] == "unknown-key"
    assert check(calls, bundle, story, origin="other.example/log/1")["code"] == "other-log"
    witness = "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN"
    assert check(calls, bundle, story, policy=f"witness w {witness}\nquorum w\n")["code"] == "too-few-witnesses"
    assert check(calls, bundle, story, policy=f"witness w {witness}\nquorum none\n")["ok"]


def point(story) -> dict:
    signed = story.log.latest_checkpoint(None)
    root = base64.b64encode(signed.checkpoint.root).decode()
    return {"note": str(signed.note), "size": signed.checkpoint.size, "root": root}


def proof(story, first: int, second: int) -> dict:
    tree = story.log.tree(None)
    hashes = [base64.b64encode(item).decode() for item in tree.consistency(first, second)]
    return {"status": 200, "body": {"hashes": hashes, "first_root": base64.b64encode(tree.root(first)).decode()}}


def test_later_visit_asks_for_the_proof_and_notices_a_fork(calls, story):
    story.event()
    story.event()
    story.sign()
    before = point(story)
    for _ in range(4):
        story.event()
    story.sign()
    now, answer = point(story), proof(story, 3, 7)
    forged = before | {"root": base64.b64encode(bytes(32)).decode()}

    def compare(**case):
        [found] = calls([["compare", {"before": before, "now": now, "answer": answer} | case]])
        return found["value"]

    assert compare() == {"compared": True}
    assert compare(answer=None) == compare(answer={"status": 503, "body": {}}) == compare(answer={"status": 429, "body": {}}) == {"compared": False}
    assert compare(answer={"status": 200, "body": {"words": "sign in to the hotel"}}) == {"compared": False}
    assert compare(before=now) == {"compared": True}
    fork = compare(before=forged)
    assert (fork["ok"], fork["code"], fork["notes"]) == (False, "fork", [before["note"], now["note"]])
    assert fork["proof"] == answer["body"]["hashes"]
    assert compare(before=now | {"root": forged["root"]})["code"] == "fork"
    assert compare(before=now, now=before) == {"compared": True}
    assert compare(before=now, now=before, answer={"status": 404, "body": {}})["code"] == "set-back"


def test_proof_of_a_fork_at_a_power_of_two_begins_with_the_root_the_log_now_shows(calls, story):
    story.event()
    story.sign()
    before = point(story) | {"root": base64.b64encode(bytes(32)).decode()}
    story.event()
    story.sign()
    answer = proof(story, 2, 3)

    [found] = calls([["compare", {"before": before, "now": point(story), "answer": answer}]])

    assert found["value"]["proof"] == [answer["body"]["first_root"], *answer["body"]["hashes"]]


def test_keys_go_on_only_from_remembered_ones(calls, key):
    root = generate_signer(f"{ORIGIN}/root")
    text = f"{ORIGIN}/key-history\n0 9 a\n5 - b\n"
    history = {"status": 200, "text": f"{text}\n{root.sign(text)}"}
    forged = {"status": 200, "text": f"{text}\n{key.sign(text)}"}

    def go_on(before, signers, answer=None, size=9):
        result = {"signers": signers, "origin": ORIGIN, "size": size, "rootKey": "told now"}
        [found] = calls([["admit", {"before": before, "result": result, "answer": answer}]])
        return {name: found["value"].get(name) for name in ("ok", "keys", "state")}

    plain, rooted = {"keys": ["a"]}, {"keys": ["a"], "rootKey": str(root.verifier)}
    assert go_on(None, ["b"]) == {"ok": True, "keys": ["b"], "state": None}
    assert go_on(plain, ["a", "b"]) == {"ok": True, "keys": ["a", "b"], "state": None}
    assert go_on({"keys": ["a", "b"]}, ["b"])["keys"] == ["b"], "a key that signs no more is forgotten"
    assert go_on(rooted, ["b"], history) == {"ok": True, "keys": ["b"], "state": None}
    assert go_on(rooted, ["b"], None)["state"] == go_on(rooted, ["b"], {"status": 404, "text": ""})["state"] == "warn"
    assert go_on(rooted, ["c"], history)["state"] == go_on(rooted, ["b"], history, size=4)["state"] == "bad"
    assert go_on(rooted, ["b"], forged)["state"] == "bad"


def test_bundle_is_plain_json(story):
    assert json.loads(json.dumps(full(story)))["format"] == "chonongsan/bundle/1"
