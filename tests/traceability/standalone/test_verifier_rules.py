"""Each rule of docs/log.md §1, §2, §6, §7 broken once, everything sealed and signed again: tampered, and where."""

import copy
from collections.abc import Callable

import pytest

from tests.traceability.standalone.book import LATER, LOG, OPERATOR, STRANGER, ZEROS, Book, kind, spelled
from tests.traceability.standalone.rewrites import SPELLINGS, nested, rebuilt

EVENT, SOLD, CORRECT, GRANT, SECRET, MAP, ERASE, HIDDEN, REDACT, VOID, DISPUTE, RECALL, REVOKE, WEATHER, DECLARED, TWO = (
    *(2, 6, 7, 8, 11, 12, 13, 14, 16, 17, 19, 20, 21, 23, 25, 26),
)


def put(*path: object, value: object) -> Callable:
    def change(thing: dict) -> dict:
        box = thing
        for key in path[:-1]:
            box = box[key]
        box[path[-1]] = value
        return thing

    return change


def without(*path: object) -> Callable:
    def change(thing: dict) -> dict:
        box = thing
        for key in path[:-1]:
            box = box[key]
        del box[path[-1]]
        return thing

    return change


def test_the_whole_log_is_sound(judge, whole):
    assert judge(whole) == (0, None)


@pytest.mark.parametrize("number", range(len(SPELLINGS)))
def test_refuses_another_spelling(judge, whole, number):
    broken = rebuilt(whole, EVENT, lambda thing: SPELLINGS[number](spelled(thing).decode()).encode("utf-8", "surrogatepass"))

    if SPELLINGS[number]("ư") in ("\\u000b", "\\n\u0301", "\u2028\x7f"):
        assert judge(broken) == (0, None), "these are canonical"
    else:
        assert broken.records[EVENT] != whole.records[EVENT]
        assert judge(broken) == (1, EVENT)


@pytest.mark.parametrize("value", [None, 1.5, 2**53, -(2**53), "e\u0301", nested(31), {"é": 1}])
def test_refuses_a_value_outside_the_profile(judge, whole, value):
    assert judge(rebuilt(whole, EVENT, put("ev", "new", value=value))) == (1, EVENT)


@pytest.mark.parametrize("record", [b"[" * 16_384, b'{"a":' * 3000, b"\xff", b"7", b"9" * 5000, b"\x00"])
def test_refuses_what_is_no_object_at_all(judge, whole, record):
    assert judge(rebuilt(whole, EVENT, lambda _: record)) == (1, EVENT)


@pytest.mark.parametrize("value", [True, 2**53 - 1, -(2**53) + 1, "", "\u0301", "\x7f", "\U0001f33e", nested(29), {"": []}])
def test_takes_a_value_inside_the_profile(judge, whole, value):
    assert judge(rebuilt(whole, EVENT, put("ev", "new", value=value))) == (0, None)


@pytest.mark.parametrize(("over", "expected"), [(0, (0, None)), (1, (1, EVENT))])
def test_an_entry_has_at_most_16384_bytes(judge, whole, over, expected):
    def grow(thing: dict) -> dict:
        thing["ev"]["new"] = ""
        thing["ev"]["new"] = "x" * (16_384 - len(spelled(thing)) + over)
        return thing

    assert judge(rebuilt(whole, EVENT, grow)) == expected


BROKEN: dict = {
    "no type": (EVENT, without("t")),
    "type's form": (EVENT, put("t", value="event")),
    "another log": (EVENT, put("log", value="other.example/log")),
    "another log, type not understood": (WEATHER, put("log", value="other.example/log")),
    "id with a space": (WEATHER, put("id", value="a b")),
    "id too long": (WEATHER, put("id", value="x" * 201)),
    "id used before": (WEATHER, put("id", value="urn:event:1")),
    "id of a withheld entry": (WEATHER, put("id", value="urn:event:14")),
    "rec without milliseconds": (EVENT, put("rec", value="2026-01-01T00:00:00Z")),
    "rec on a day that is none": (WEATHER, put("rec", value="2026-02-30T00:00:00.000Z")),
    "rec at 24:00": (EVENT, put("rec", value="2026-02-03T24:00:00.000Z")),
    "no who": (EVENT, without("who")),
    "who with a space": (EVENT, put("who", value="Nguyen Van A")),
    "ev a list": (EVENT, put("ev", value=[])),
    "no lots": (EVENT, without("lots")),
    "a key too many": (EVENT, put("note", value="x")),
    "dev without skew": (SECRET, without("dev", "skew")),
    "dev with a time that is none": (SECRET, put("dev", "at", value="today")),
    "dev with more": (SECRET, put("dev", "where", value="here")),
    "c empty": (SECRET, put("c", value={})),
    "c in upper case": (SECRET, put("c", "/details/note", value="AB" * 32)),
    "ref empty": (EVENT, put("ref", value=[])),
    "ref with a rel that is no word": (EVENT, put("ref", value=[{"leaf": ZEROS, "rel": "Is"}])),
    "ref with more": (EVENT, put("ref", value=[{"leaf": ZEROS, "rel": "is", "x": 1}])),
    "ref with a negative seq": (EVENT, put("ref", value=[{"leaf": ZEROS, "rel": "is", "seq": -1}])),
    "link to another n": (EVENT, put("lots", 0, "n", value=1)),
    "first link to something": (EVENT, put("lots", 0, "prev", value="ab" * 32)),
    "later link to zeros": (SOLD, put("lots", 0, "prev", value=ZEROS)),
    "later link to another leaf": (SOLD, put("lots", 0, "prev", value="ab" * 32)),
    "link's n skipped": (SOLD, put("lots", 0, "n", value=2)),
    "lots not sorted": (TWO, lambda thing: thing | {"lots": thing["lots"][::-1]}),
    "lot twice": (EVENT, lambda thing: thing | {"lots": thing["lots"] * 2}),
    "link with more": (EVENT, put("lots", 0, "x", value=1)),
    "wrong link in a type not understood": (24, put("lots", 0, "n", value=9)),
    "second genesis": (REVOKE, lambda thing: thing | {"t": kind("genesis"), "ev": {"keys": ["k"], "policy": ZEROS, "profile": 1}}),
    "no genesis": (0, lambda thing: thing | {"t": kind("other")}),
    "genesis whose keys are no list": (0, put("ev", "keys", value="key")),
    "genesis whose former log is no note": (0, put("ev", "previous", value="log.example/before/1 12")),
    "genesis of another profile": (0, put("ev", "profile", value=2)),
    "genesis with a policy that is no hash": (0, put("ev", "policy", value="x")),
    "event without eventTime": (EVENT, without("ev", "eventTime")),
    "eventTime no time": (EVENT, put("ev", "eventTime", value="2026-02-01")),
    "eventID not the id": (EVENT, put("ev", "eventID", value="urn:event:other")),
    "error declaration without its time in the id": (DECLARED, put("id", value="urn:event:1x")),
    "correction without fields": (CORRECT, put("ev", "fields", value={})),
    "correction at no path": (CORRECT, put("ev", "fields", value={"note": "x"})),
    "correction with a sentence": (CORRECT, put("ev", "reason", value="because it was wrong")),
    "correction of nothing": (CORRECT, without("ref")),
    "correction of two": (CORRECT, lambda thing: thing | {"ref": thing["ref"] * 2}),
    "correction that voids": (CORRECT, put("ref", 0, "rel", value="voids")),
    "correction without seq": (CORRECT, without("ref", 0, "seq")),
    "correction of a later entry": (CORRECT, put("ref", 0, "seq", value=9)),
    "correction of itself": (CORRECT, put("ref", 0, "seq", value=CORRECT)),
    "correction of another leaf": (CORRECT, put("ref", 0, "leaf", value="ab" * 32)),
    "voiding of another leaf": (VOID, put("ref", 0, "leaf", value="ab" * 32)),
    "dispute of another leaf": (DISPUTE, put("ref", 0, "seq", value=3)),
    "erasure of another leaf": (ERASE, put("ref", 0, "seq", value=3)),
    "void with more": (VOID, put("ev", "text", value="x")),
    "recall with a ref": (RECALL, put("ref", value=[{"leaf": ZEROS, "rel": "is"}])),
    "grant of another right": (GRANT, put("ev", "right", value="king")),
    "grant of a lot": (GRANT, put("lots", value=[{"lot": "NEW", "n": 0, "prev": ZEROS}])),
    "grant by another": (GRANT, put("who", value="org:coop")),
    "revoke by another": (REVOKE, put("who", value="org:coop")),
    "key by another": (5, put("who", value="org:coop")),
    "map by another": (MAP, put("who", value="org:coop")),
    "erase by another": (ERASE, put("who", value="org:coop")),
    "redact by another": (35, put("who", value="org:coop")),
    "erase without paths": (ERASE, lambda thing: thing | {"ev": {"paths": {key: [] for key in thing["ev"]["paths"]}, "ground": "request"}}),
    "erase without its ref": (ERASE, without("ref")),
    "redact of another id": (35, put("ev", "id", value="urn:other")),
    "redact of other links": (35, put("ev", "lots", value=[])),
    "redact of another seq": (35, put("ev", "seq", value=2)),
    "map of another size": (MAP, put("ev", "size", value=11)),
    "map of too many lots": (MAP, put("ev", "lots", value=5)),
    "map of another height": (MAP, put("ev", "height", value=1)),
    "map of another root": (MAP, put("ev", "root", value="ab" * 32)),
    "later map of another root": (36, put("ev", "root", value="ab" * 32)),
    "key without from": (5, without("ev", "from")),
    "key that adds and retires": (5, put("ev", "to", value=1)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_refuses(judge, whole, name):
    seq, change = BROKEN[name]

    assert judge(rebuilt(whole, seq, change)) == (1, seq)


def test_names_the_first_of_several_bad_entries(judge, whole):
    broken = rebuilt(whole, GRANT, put("who", value="org:coop"))
    broken = rebuilt(broken, REVOKE, put("who", value="org:coop"))

    assert judge(broken) == (1, GRANT)


def test_lots_of_a_correction_are_its_targets(judge, whole):
    def move(thing: dict) -> dict:
        return thing | {"lots": [{"lot": "NEW", "n": 0, "prev": ZEROS}]}

    assert judge(rebuilt(whole, CORRECT, move)) == (1, CORRECT)


def test_a_type_not_understood_is_carried_and_counted(verdict, tmp_path, whole):
    assert verdict(whole.write(tmp_path / "export"))[2]["not_understood"] == {"chonongsan/weather/2": 1, "other/type": 1}


@pytest.mark.parametrize(
    "change",
    [
        lambda thing: thing | {"t": "chonongsan/event/2"},
        lambda thing: thing | {"t": "chonongsan/event/2", "who": 7, "ev": [], "c": {}, "ref": "x"},
    ],
)
def test_of_a_type_not_understood_only_the_envelope_is_looked_at(judge, whole, change):
    assert judge(rebuilt(whole, 37, change)) == (0, None)


def test_a_withheld_entry_is_announced(verdict, tmp_path, whole):
    code, index, report = verdict(whole.write(tmp_path / "export"))

    assert (code, index, report["withheld"]) == (0, None, 1)


@pytest.mark.parametrize("rows", ["", "14 15\n", "14 999\n", "15 16\n", "14 35\n"])
def test_an_entry_withheld_without_its_redact_entry_is_tampering(verdict, export, rows):
    (export / "redactions").write_text(rows)

    assert verdict(export)[:2] == (1, HIDDEN)


@pytest.mark.parametrize("rows", ["14  16\n", "14 16\n14 16\n", "16 14\n", "0 16\n", "014 16\n", "x\n", "14 16\r\n"])
def test_a_list_of_redactions_that_is_malformed_is_tampering(verdict, export, rows):
    (export / "redactions").write_text(rows, newline="")

    assert verdict(export)[:2] == (1, None)


def test_a_body_that_is_served_may_not_be_listed_as_withheld(verdict, export):
    (export / "redactions").write_text("1 35\n14 16\n")

    assert verdict(export)[:2] == (1, 1)


@pytest.mark.parametrize("who", [OPERATOR, "org:coop"])
def test_only_the_operator_withholds(judge, whole, who):
    book = rebuilt(whole, REDACT, put("who", value=who))

    assert judge(book) == ((0, None) if who == OPERATOR else (1, HIDDEN))


def test_lots_go_on_over_a_withheld_entry(judge, whole):
    def unlink(thing: dict) -> dict:
        thing["ev"]["lots"] = thing["ev"]["lots"][:1]
        return thing

    assert judge(rebuilt(whole, REDACT, unlink)) == (1, 24), "entry 24 is the next of the lot left out"


def test_the_genesis_cannot_be_withheld(judge, whole):
    book = copy.deepcopy(whole)
    book.redact(0)

    assert judge(book) == (1, None), "0 is no seq that a list of redactions may name"


@pytest.mark.parametrize(("lots", "height", "expected"), [(16, 0, 0), (17, 1, 0), (17, 0, 1), (32, 1, 0), (33, 2, 0), (33, 1, 1)])
def test_the_first_map_has_the_smallest_height(judge, lots, height, expected):
    book = Book()
    book.genesis(keys=(LOG, LATER))
    for number in range(lots):
        book.event(f"LOT{number}")
    seq = book.map(height)

    assert judge(book) == (expected, seq if expected else None)


@pytest.mark.parametrize(("lots", "expected"), [(32, 0), (33, 1)])
def test_a_later_map_may_keep_its_height_for_a_while(judge, lots, expected):
    book = Book()
    book.genesis(keys=(LOG, LATER))
    for number in range(lots):
        if number == 10:
            book.map()
        book.event(f"LOT{number}")
    seq = book.map(0)

    assert judge(book) == (expected, seq if expected else None)


def test_maps_are_right_while_their_tree_grows(judge):
    book = Book()
    book.genesis(keys=(LOG, LATER))
    for number in range(400):
        book.event(f"LOT{number * 5 % 130}")
        if number % 9 == 0:
            book.map()

    assert judge(book) == (0, None)


@pytest.mark.parametrize(("to", "signers", "expected"), [(39, (LOG,), 1), (40, (LOG,), 0), (39, (LATER,), 0), (39, (LOG, LATER), 0)])
def test_a_retired_key_signs_no_more(verdict, tmp_path, whole, to, signers, expected):
    book = copy.deepcopy(whole)
    book.add("key", {"retire": LOG.vkey, "to": to})
    assert len(book.records) == 39

    assert verdict(book.write(tmp_path / "export", signers=signers), None)[:2] == (expected, None)


@pytest.mark.parametrize(("start", "expected"), [(39, 0), (40, 1)])
def test_a_key_signs_from_its_size_on(verdict, tmp_path, whole, start, expected):
    book = copy.deepcopy(whole)
    book.add("key", {"add": STRANGER.vkey, "from": start})
    book.write(tmp_path / "export", signers=(STRANGER,))

    assert verdict(tmp_path / "export", f"log {STRANGER.vkey}\nquorum none\n")[:2] == (expected, None)
