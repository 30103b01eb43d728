"""What `ev`, `lots` and `ref` of each entry type may hold: one good entry of each type, and every rule broken once."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from traceability.canonical import types
from traceability.canonical.entry import Entry, Link, Reference, read_entry, write_entry
from traceability.canonical.types import RELATIONS, UNDERSTOOD
from traceability.errors import ProfileError

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
LEAF, ID = "ab" * 32, "urn:uuid:1"
LINK = Link("LOT-1", 0, bytes(32))
FORMER = f"old.test/log/1\n40\n{'A' * 43}=\n\n\u2014 old.test/log/1 AAAAAAAA\n\u2014 \U0001f33e AAAAAAA=\n"
NO_FORMER = [
    *(1, "", [], FORMER[:-1], FORMER + "\n", " " + FORMER, FORMER.partition("\u2014")[0], FORMER.replace("\n\n", "\n")),
    *(FORMER.replace(*change) for change in [("40", "040"), ("40", "-1"), ("A=", "AA"), ("\u2014", "-"), ("old.test", "o t"), ("\n", "\r\n")]),
]
EVENT = {"eventID": ID, "eventTime": "2026-11-22T08:00:00.000Z", "type": "ObjectEvent"}
LINKS = [{"lot": "LOT-1", "n": 0, "prev": "00" * 32}]

GOOD = {
    types.GENESIS: {"keys": [], "policy": "00" * 32, "profile": 1, "root": "log/root+00000000+AA==", "previous": FORMER},
    types.EVENT: EVENT,
    types.CORRECT: {"fields": {"/details/dose": "2", "/a~1b/0": {"x": [1]}}, "reason": "wrong_dose"},
    types.VOID: {"reason": "wrong_lot"},
    types.DISPUTE: {"reason": "not_seen"},
    types.RECALL: {"reason": "residue"},
    types.GRANT: {"to": "org:inspector", "right": "certifier"},
    types.REVOKE: {"to": "org:inspector", "right": "certifier"},
    types.ERASE: {"paths": {LEAF: ["/details/note"]}, "ground": "consent_withdrawn"},
    types.REDACT: {"leaf": LEAF, "seq": 4, "lots": LINKS, "id": "urn:uuid:0", "reason": "phone_number"},
    types.MAP: {"size": 9, "height": 0, "lots": 3, "root": LEAF},
    types.KEY: {"add": "log+00000000+AA==", "from": 9},
}
ON_LOTS = {types.EVENT, types.CORRECT, types.VOID, types.DISPUTE, types.RECALL}


def entry(kind: str, event: dict) -> Entry:
    references = (Reference(bytes.fromhex(LEAF), RELATIONS[kind], 4),) if kind in RELATIONS else ()
    return Entry(kind, "log", ID, AT, "org:a", event, (LINK,) if kind in ON_LOTS else (), references=references)


def refused(kind: str, change: dict, missing: str = "", **fields) -> str:
    event = {key: value for key, value in (deepcopy(GOOD[kind]) | change).items() if key != missing}
    base = entry(kind, event)
    values = {name: getattr(base, name) for name in base.__slots__} | fields
    with pytest.raises(ProfileError) as refusal:
        write_entry(Entry(**values))
    return refusal.value.code


def test_there_is_a_good_entry_of_every_type():
    assert set(GOOD) == UNDERSTOOD


@pytest.mark.parametrize("kind", sorted(UNDERSTOOD))
def test_a_good_entry_is_read_back(kind):
    written = entry(kind, GOOD[kind])

    assert read_entry(write_entry(written)) == written


@pytest.mark.parametrize("kind", sorted(UNDERSTOOD - {types.EVENT}))
def test_an_unknown_key_in_ev_is_refused(kind):
    assert refused(kind, {"more": "x"}) == "bad-event"


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind in sorted(GOOD) for key in GOOD[kind] if key not in ("root", "type", "previous")])
def test_a_missing_key_in_ev_is_refused(kind, key):
    assert refused(kind, {}, key).startswith("bad-")


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (types.CORRECT, {"fields": {}}),
        (types.CORRECT, {"fields": {"dose": "2"}}),
        (types.CORRECT, {"fields": {"/a~2": "2"}}),
        (types.CORRECT, {"reason": "Wrong dose"}),
        (types.VOID, {"reason": "x" * 41}),
        (types.GRANT, {"right": "king"}),
        (types.GRANT, {"to": "a b"}),
        (types.ERASE, {"paths": {}}),
        (types.ERASE, {"paths": {"cd" * 32: ["/a"]}}),
        (types.ERASE, {"paths": {LEAF: []}}),
        (types.ERASE, {"paths": {LEAF: ["a"]}}),
        (types.REDACT, {"seq": 5}),
        (types.REDACT, {"leaf": "cd" * 32}),
        (types.REDACT, {"lots": {}}),
        (types.MAP, {"height": 41}),
        (types.MAP, {"size": -1}),
        (types.MAP, {"lots": True}),
        (types.MAP, {"root": LEAF.upper()}),
        (types.KEY, {"retire": "log+00000000+AA=="}),
        (types.KEY, {"from": "9"}),
        (types.GENESIS, {"keys": "log"}),
        (types.GENESIS, {"root": 1}),
        *((types.GENESIS, {"previous": value}) for value in NO_FORMER),
    ],
)
def test_a_malformed_value_in_ev_is_refused(kind, change):
    assert refused(kind, change) == "bad-event"


@pytest.mark.parametrize("kind", sorted(UNDERSTOOD - ON_LOTS))
def test_an_entry_about_no_lot_has_no_links(kind):
    assert refused(kind, {}, links=(LINK,)) == "bad-link"


@pytest.mark.parametrize("kind", [types.EVENT, types.RECALL])
def test_an_event_or_a_recall_of_no_lot_is_read(kind):
    assert read_entry(write_entry(replace(entry(kind, GOOD[kind]), links=()))).links == ()


@pytest.mark.parametrize(
    ("lots", "code"),
    [([*LINKS, *LINKS], "bad-link"), ([LINKS[0] | {"n": 1}], "bad-link"), ([LINKS[0] | {"more": 1}], "bad-fields"), (["x"], "bad-field")],
)
def test_the_links_that_a_redact_entry_tells_have_the_form_of_links(lots, code):
    assert refused(types.REDACT, {"lots": lots}) == code


def test_a_redact_entry_may_leave_the_number_to_its_ev():
    leaf = bytes.fromhex(LEAF)
    unnumbered = replace(entry(types.REDACT, GOOD[types.REDACT]), references=(Reference(leaf, "redacts"),))

    assert read_entry(write_entry(unnumbered)) == unnumbered
    assert refused(types.REDACT, {}, references=(Reference(leaf, "redacts", 5),)) == "bad-event"


@pytest.mark.parametrize(
    ("event", "name"),
    [({"eventID": "a#b"}, "a#b"), ({"eventID": "a", "errorDeclaration": {"declarationTime": "soon"}}, "a#soon")],
)
def test_the_id_of_a_read_event_is_bound_by_the_equation_alone(event, name):
    written = replace(entry(types.EVENT, EVENT | event), id=name)

    assert read_entry(write_entry(written)) == written
    with pytest.raises(ProfileError):
        types.event_entry_id(EVENT | event)


@pytest.mark.parametrize("kind", sorted(RELATIONS))
def test_a_target_is_named_with_its_number_and_the_right_word(kind):
    leaf = bytes.fromhex(LEAF)

    assert refused(kind, {}, references=()) == "bad-field"
    if kind != types.REDACT:
        assert refused(kind, {}, references=(Reference(leaf, RELATIONS[kind]),)) == "bad-field"
    assert refused(kind, {}, references=(Reference(leaf, "likes", 4),)) == "bad-field"


@pytest.mark.parametrize("kind", [types.CORRECT, types.VOID, types.DISPUTE, types.REDACT])
def test_one_target_at_a_time(kind):
    target = Reference(bytes.fromhex(LEAF), RELATIONS[kind], 4)

    assert refused(kind, {}, references=(target, target)) == "bad-field"


@pytest.mark.parametrize("kind", sorted(UNDERSTOOD - set(RELATIONS) - {types.EVENT}))
def test_other_types_have_no_targets(kind):
    assert refused(kind, {}, references=(Reference(bytes.fromhex(LEAF), "corrects", 4),)) == "bad-fields"
