"""What a phone gets of one lot (docs/log.md §8), written literally and broken once at every step of the check."""

import copy
import json

import pytest

from tests.traceability.standalone.book import LOG, OPERATOR, POLICY, STRANGER, Book, checkpoint_text, encoded, kind, note
from tests.traceability.standalone.bundles import SALT, bundle, commitment
from traceability.standalone.verifier import tlog_verify


@pytest.fixture(scope="module")
def made():
    """(book, bundle of LOT): an event with a commitment, one withheld, a correction, a map, one entry after it."""
    book = Book()
    book.genesis(keys=(LOG,))
    book.add("grant", {"to": "org:lab", "right": "certifier"})
    name = "urn:event:2"
    book.event("LOT", more={"c": {"/details/note": commitment(name, "/details/note", "Ruộng nhà")}})
    book.redact(book.event("LOT", "OTHER", phone="0900"))
    book.correct(2, {"/note": "x"}, who="org:lab")
    for number in range(20):
        book.event(f"MORE{number}")
    seq = book.map()
    book.event("LOT")
    data = bundle(book, "LOT", (0, 1), seq)
    data["openings"] = [{"seq": 2, "path": "/details/note", "salt": encoded(SALT), "value": "Ruộng nhà"}]
    return book, data


def judged(data, policy=POLICY):
    try:
        report = tlog_verify.BundleCheck(data, tlog_verify.Policy(policy.encode())).run()
    except tlog_verify.Verdict as verdict:
        return verdict.code, verdict.index
    return 0, report


def test_a_lot_is_shown_folded_and_complete(made):
    code, report = judged(made[1])

    assert code == 0
    assert report["operator"] == OPERATOR
    assert report["openings"] == report["withheld"] == report["waiting"] == 1
    assert report["complete_up_to"] == {"seq": 26, "rec": "2026-03-01T00:00:26.000Z", "entries_after": 1}
    assert report["lot"]["entries"][0]["fields"]["note"] == "x"


def test_the_merged_proof_may_hold_every_leaf_or_one(made):
    book, _ = made

    assert judged(bundle(book, "MORE3", ()))[0] == 0
    assert judged(bundle(book, "LOT", range(len(book.records))))[0] == 1, "the withheld entry is given twice"


@pytest.mark.parametrize("lot", ["NOBODY", "X1", "X2", "X3"])
def test_an_invented_code_is_proved_absent(made, lot):
    book, _ = made
    code, report = judged(bundle(book, lot, (0,), 26))

    assert (code, report["lot"]["entries"]) == (0, [])


def swap(text):
    return lambda data: data | json.loads(json.dumps({key: data[key] for key in data}).replace(*text))


def put(*path, value):
    def change(data):
        box = data
        for key in path[:-1]:
            box = box[key]
        box[path[-1]] = value
        return data

    return change


def drop(*path):
    def change(data):
        box = data
        for key in path[:-1]:
            box = box[key]
        del box[path[-1]]
        return data

    return change


def flip(key, *path):
    """One bit of base64 bytes changed."""

    def change(data):
        box = data
        for part in path:
            box = box[part]
        raw = bytearray(tlog_verify.strict_base64(box[key]))
        raw[5] ^= 1
        box[key] = encoded(bytes(raw))
        return data

    return change


BROKEN = {
    "note not the log's": (lambda data: data | {"checkpoint": note(data["checkpoint"].split("\n\n")[0] + "\n", (STRANGER,))}, (1, None)),
    "another origin": (put("origin", value="other"), (1, None)),
    "root not that of the entries": (lambda data: data | {"checkpoint": note(checkpoint_text(28, bytes(32)))}, (1, None)),
    "smaller size": (lambda data: data | {"checkpoint": note(checkpoint_text(20, bytes(32)))}, (1, None)),
    "entry edited": (swap(("-02-01T", "-02-02T")), (1, None)),
    "entry not in the profile": (lambda data: put("entries", 0, "data", value=data["entries"][0]["data"] + " ")(data), (1, 2)),
    "hash flipped": (flip("hashes"), (1, None)),
    "hash missing": (lambda data: data | {"hashes": data["hashes"][:-44]}, (1, None)),
    "hash left over": (lambda data: data | {"hashes": encoded(tlog_verify.strict_base64(data["hashes"]) + bytes(32))}, (1, None)),
    "first entry hidden": (drop("entries", 0), (1, None)),
    "entries out of order": (lambda data: data | {"entries": data["entries"][::-1]}, (1, None)),
    "withheld entry not said": (put("withheld", value=[]), (1, None)),
    "bucket edited": (flip("bucket", "map"), (1, None)),
    "sibling edited": (flip("siblings", "map"), (1, None)),
    "opening of another value": (put("openings", 0, "value", value="Ruộng khác"), (1, 2)),
    "opening with another salt": (flip("salt", "openings", 0), (1, 2)),
    "opening at another path": (put("openings", 0, "path", value="/details/name"), (1, 2)),
    "no entries": (drop("entries"), (3, None)),
    "no hashes": (drop("hashes"), (3, None)),
    "no checkpoint": (drop("checkpoint"), (3, None)),
    "a list as checkpoint": (put("checkpoint", value=[]), (3, None)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_refuses(made, name):
    change, expected = BROKEN[name]

    assert judged(change(copy.deepcopy(made[1]))) == expected


def test_a_hidden_last_entry_shows_in_the_map(made):
    book, _ = made
    data = bundle(book, "LOT", (0, 1), 26)
    hidden = Book()
    hidden.__dict__.update(copy.deepcopy(book.__dict__))
    hidden.objects[5]["lots"] = []

    assert judged(data)[0] == 0
    assert judged(bundle(hidden, "LOT", (0, 1), 26))[1] in (26, 27)


def test_a_hidden_middle_entry_breaks_the_chain(made):
    hidden = Book()
    hidden.__dict__.update(copy.deepcopy(made[0].__dict__))
    hidden.objects[2]["lots"] = []

    assert judged(bundle(hidden, "LOT", (0, 1))) == (1, 3)


def test_a_redact_entry_by_another_announces_nothing():
    book = Book()
    book.genesis(keys=(LOG,))
    by = book.redact(book.event("LOT"), who="org:coop")

    assert judged(bundle(book, "LOT")) == (1, by)


def test_the_witnesses_of_the_policy_are_asked_for(made):
    data = made[1] | {"checkpoint": made[0].checkpoint(signers=(LOG,))}

    assert judged(data) == (3, None)
    assert judged(data, f"{LOG.vkey}\n")[0] == 0


def test_a_lot_without_a_map_is_not_called_complete(made):
    code, report = judged(bundle(made[0], "LOT"))

    assert (code, report["complete_up_to"]) == (0, None)
    assert kind("map") not in json.dumps(report)
