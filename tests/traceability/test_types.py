"""What `ev`, `lots` and `ref` of each entry type may hold: one good entry of each type, and every rule broken once."""

from copy import deepcopy
from datetime import UTC, datetime

import pytest

from traceability.canonical import types
from traceability.canonical.entry import Entry, Link, Reference, read_entry, write_entry
from traceability.canonical.types import RELATIONS, UNDERSTOOD
from traceability.errors import ProfileError

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
LEAF, ID = "ab" * 32, "urn:uuid:1"
LINK = Link("LOT-1", 0, bytes(32))
EVENT = {"eventID": ID, "eventTime": "2026-11-22T08:00:00.000Z", "type": "ObjectEvent"}
LINKS = [{"lot": "LOT-1", "n": 0, "prev": "00" * 32}]

GOOD = {
    types.GENESIS: {"keys": [], "policy": "00" * 32, "profile": 1, "root": "log/root+00000000+AA=="},
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


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind in sorted(GOOD) for key in GOOD[kind] if key not in ("root", "type")])
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
    ],
)
def test_a_malformed_value_in_ev_is_refused(kind, change):
    assert refused(kind, change) == "bad-event"


@pytest.mark.parametrize("kind", sorted(UNDERSTOOD - ON_LOTS))
def test_an_entry_about_no_lot_has_no_links(kind):
    assert refused(kind, {}, links=(LINK,)) == "bad-link"


def test_a_recall_names_its_lots():
    assert refused(types.RECALL, {}, links=()) == "bad-link"


@pytest.mark.parametrize("kind", sorted(RELATIONS))
def test_a_target_is_named_with_its_number_and_the_right_word(kind):
    leaf = bytes.fromhex(LEAF)

    assert refused(kind, {}, references=()) == "bad-field"
    assert refused(kind, {}, references=(Reference(leaf, RELATIONS[kind]),)) == "bad-field"
    assert refused(kind, {}, references=(Reference(leaf, "likes", 4),)) == "bad-field"


@pytest.mark.parametrize("kind", [types.CORRECT, types.VOID, types.DISPUTE, types.REDACT])
def test_one_target_at_a_time(kind):
    target = Reference(bytes.fromhex(LEAF), RELATIONS[kind], 4)

    assert refused(kind, {}, references=(target, target)) == "bad-field"


@pytest.mark.parametrize("kind", sorted(UNDERSTOOD - set(RELATIONS) - {types.EVENT}))
def test_other_types_have_no_targets(kind):
    assert refused(kind, {}, references=(Reference(bytes.fromhex(LEAF), "corrects", 4),)) == "bad-fields"
