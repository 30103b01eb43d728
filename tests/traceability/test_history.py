"""The fold rule of docs/log.md §5: a table of cases, and properties judged by a slow literal reading."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.canonical.entry import NO_PREVIOUS, Entry, Link, Reference, read_entry
from traceability.canonical.types import CORRECT, DISPUTE, EVENT, GRANT, MAP, RECALL, REVOKE, VOID
from traceability.history import corrected, differences, fold
from traceability.merkle import leaf_hash

AT = datetime(2026, 1, 31, 3, 4, 5, tzinfo=UTC)
SELLER, OPERATOR, INSPECTOR, STRANGER = "seller:a", "org:market", "alias:inspector", "seller:z"
RELATIONS = {CORRECT: "corrects", VOID: "voids", DISPUTE: "disputes"}
VECTORS = json.loads((Path(__file__).parent / "vectors" / "fold.json").read_text(encoding="utf-8"))


def leaf(seq):
    return bytes([seq]) * 32


def links(lot):
    return (Link(lot, 0, NO_PREVIOUS),)


def event(seq, *, who=SELLER, lot="L1", **more):
    ev = {
        "eventID": f"urn:{seq}", "eventTime": "2026-01-05T05:00:00.000Z", "type": "ObjectEvent", "cns:phiDays": 7,
        "quantityList": [{"epcClass": "cnt:L1", "quantity": "5"}], "cns:more": {"a": 1},
    } | more
    return seq, leaf(seq), Entry(EVENT, "log", f"urn:{seq}", AT, who, ev, links(lot))


def later(seq, kind, target=1, *, who=SELLER, lot="L1", of=None, fields=None):
    ev = {"reason": "wrong_day"} | ({"fields": fields or {"/cns:phiDays": 14}} if kind == CORRECT else {})
    ref = (Reference(of or leaf(target), RELATIONS[kind], target),)
    return seq, leaf(seq), Entry(kind, "log", f"urn:{seq}", AT + timedelta(days=seq), who, ev, links(lot), references=ref)


def right(seq, kind=GRANT, *, to=INSPECTOR, who=OPERATOR):
    return seq, leaf(seq), Entry(kind, "log", f"urn:{seq}", AT, who, {"to": to, "right": "certifier"})


def recall(seq, who, lot="L1"):
    return seq, leaf(seq), Entry(RECALL, "log", f"urn:{seq}", AT, who, {"reason": "residue"}, links(lot))


def told(*records):
    return fold([event(1), *records], OPERATOR).events[1]


@pytest.mark.parametrize(
    ("who", "rights", "counts"),
    [
        (SELLER, [], True), (OPERATOR, [], True), (STRANGER, [], False), (INSPECTOR, [], False),
        (INSPECTOR, [right(2)], True), (INSPECTOR, [right(2), right(3, REVOKE)], False),
        (INSPECTOR, [right(2), right(3, REVOKE), right(4)], True), (INSPECTOR, [right(9)], False),
        (INSPECTOR, [right(2, who=SELLER)], False), (INSPECTOR, [right(2), right(3, REVOKE, who=SELLER)], True),
        (INSPECTOR, [right(2, to=STRANGER)], False), (INSPECTOR, [right(2), right(9, REVOKE)], True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [CORRECT, VOID])
def test_who_may_correct_and_void(kind, who, rights, counts):
    found = told(*rights, later(5, kind, who=who))

    assert [mark.counts for mark in found.marks] == [counts]
    assert (found.fields["cns:phiDays"] == 14) == (counts and kind == CORRECT)
    assert (found.void is not None) == (counts and kind == VOID)


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({"/cns:phiDays": 14}, True), ({"/cns:new": "x"}, True), ({"/cns:more/b": [1]}, True), ({"/cns:more/a": 2}, True),
        ({"/quantityList/0/quantity": "6"}, True), ({"/quantityList/0/uom": "KGM"}, True), ({"/quantityList": []}, True),
        ({"/quantityList/1": {}}, False), ({"/quantityList/00/quantity": "6"}, False), ({"/quantityList/-": {}}, False),
        ({"/cns:none/b": 1}, False), ({"/cns:phiDays/b": 1}, False), ({"/quantityList/0/quantity/x": 1}, False),
        ({"/eventTime": "2026-01-06T05:00:00.000Z"}, True), ({"/eventTime": "06/01/2026"}, False), ({"/eventTime": 5}, False),
        ({"/eventID": "urn:other"}, False), ({"/eventID": "urn:1"}, True), ({"/type": "AggregationEvent"}, False),
        ({"/cns:phiDays": 14, "/eventID": "urn:other"}, False), ({"/cns:more": {"b": 1}, "/cns:more/c": 2}, True),
        ({"/cns:more": 1, "/cns:more/c": 2}, False), ({"/a~1b": 1}, True),
    ],
)  # fmt: skip
def test_what_a_correction_may_say(fields, counts):
    found = told(later(2, CORRECT, fields=fields))

    assert {change.counts for change in found.changes} == {counts}
    assert (found.fields == found.entry.event) == (not counts or fields == {"/eventID": "urn:1"})


def test_the_last_counting_correction_wins_and_every_one_stays_in_sight():
    found = told(
        later(2, CORRECT), later(3, CORRECT, who=STRANGER, fields={"/cns:phiDays": 1}),
        later(4, CORRECT, fields={"/cns:phiDays": 21, "/cns:new": "x"}),
    )  # fmt: skip

    assert found.fields["cns:phiDays"] == 21 and found.fields["cns:new"] == "x"
    assert [(c.path, c.old, c.new, c.seq, c.counts) for c in found.changes] == [
        ("/cns:phiDays", 7, 14, 2, True), ("/cns:phiDays", 14, 1, 3, False),
        ("/cns:new", None, "x", 4, True), ("/cns:phiDays", 14, 21, 4, True),
    ]  # fmt: skip
    assert [version["cns:phiDays"] for version in found.versions] == [7, 14, 21]
    assert (found.changes[0].at, found.changes[0].who, found.changes[0].reason) == (AT + timedelta(days=2), SELLER, "wrong_day")
    assert found.entry.event["cns:phiDays"] == 7


def test_a_voided_event_takes_no_more_corrections():
    found = told(later(2, CORRECT), later(3, VOID), later(4, CORRECT, fields={"/cns:phiDays": 1}), later(5, VOID))

    assert found.fields["cns:phiDays"] == 14
    assert found.void.seq == 3
    assert [mark.counts for mark in found.marks] == [True, True, False, False]


def test_a_dispute_marks_and_changes_nothing():
    found = told(later(2, DISPUTE, who=STRANGER), later(3, DISPUTE))

    assert [mark.seq for mark in found.disputes] == [2]
    assert [mark.counts for mark in found.marks] == [True, False]
    assert found.fields == found.entry.event and found.void is None


@pytest.mark.parametrize(
    "wrong", [later(2, VOID, 9), later(2, VOID, of=leaf(8)), later(2, VOID, lot="L2"), later(3, VOID, 2, of=leaf(2))]
)
def test_a_later_entry_without_its_target_is_stray(wrong):
    found = fold([event(1), right(2), wrong] if wrong[0] == 3 else [event(1), wrong], OPERATOR)

    assert found.stray == [wrong[0]]
    assert found.events[1].marks == []


@pytest.mark.parametrize(
    ("who", "before", "counts"),
    [(SELLER, [], True), (OPERATOR, [], True), (STRANGER, [], False), (INSPECTOR, [right(2)], True),
     (INSPECTOR, [], False), (STRANGER, [event(2, who=STRANGER)], True), (STRANGER, [event(2, who=STRANGER, lot="L2")], False)],
)  # fmt: skip
def test_who_may_call_a_lot_back(who, before, counts):
    found = fold([event(1), *before, recall(3, who)], OPERATOR)

    assert found.recalled("L1") == counts
    assert [mark.counts for mark in found.recalls["L1"]] == [counts]
    assert not found.recalled("L2")


def test_types_without_meaning_for_events_are_passed_over():
    other = (2, leaf(2), Entry(MAP, "log", "m", AT, OPERATOR, {}))
    unknown = (3, leaf(3), Entry("chonongsan/event/9", "log", "u", AT, "", {}))

    assert fold([event(1), other, unknown], OPERATOR) == fold([event(1)], OPERATOR)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_a_frozen_history_is_told_the_same_for_ever(case):
    """The same file is for readers in other languages: exact entries in, folded events out."""
    records = [
        (record["seq"], leaf_hash(record["data"].encode()), read_entry(record["data"].encode())) for record in case["entries"]
    ]
    found = fold(records, VECTORS["operator"])

    assert {
        str(seq): {
            "ev": dict(one.fields), "void": one.void.seq if one.void else -1, "disputes": [mark.seq for mark in one.disputes],
            "counts": [mark.seq for mark in one.marks if mark.counts],
            "ignored": [mark.seq for mark in one.marks if not mark.counts],
        }
        for seq, one in found.events.items()
    } == case["events"]  # fmt: skip
    assert {lot: found.recalled(lot) for lot in case["recalled"]} == case["recalled"]


WHO = st.sampled_from([SELLER, OPERATOR, INSPECTOR, STRANGER])
FIELDS = st.dictionaries(
    st.sampled_from(["/cns:phiDays", "/cns:more/a", "/cns:more", "/eventTime", "/eventID", "/cns:x/y", "/quantityList/0/quantity"]),
    st.one_of(st.integers(0, 9), st.just("2026-02-02T00:00:00.000Z"), st.dictionaries(st.sampled_from("ab"), st.integers(0, 3))),
    min_size=1, max_size=3,
)  # fmt: skip


@st.composite
def logs(draw):
    """A log of up to a dozen entries over two events."""
    records = [event(1), event(2, who=STRANGER, lot="L2")]
    for seq in range(3, 3 + draw(st.integers(0, 10))):
        kind, who = draw(st.sampled_from([CORRECT, CORRECT, VOID, DISPUTE, GRANT, REVOKE])), draw(WHO)
        if kind in (GRANT, REVOKE):
            records.append(right(seq, kind, who=draw(st.sampled_from([OPERATOR, SELLER]))))
        else:
            target = draw(st.sampled_from([1, 2]))
            fields = draw(FIELDS) if kind == CORRECT else None
            records.append(later(seq, kind, target, who=who, lot=f"L{target}", fields=fields))
    return records


def slow(records, target):
    """Rules 1 to 4 read literally for one event: fields and whether it is void."""
    author, first = next((entry.who, entry.event) for seq, _leaf, entry in records if seq == target)
    fields = first
    void = False
    for seq, _leaf, entry in records:
        if entry.type not in (CORRECT, VOID) or entry.references[0].seq != target or void:
            continue
        rights = [e.type for s, _l, e in records if e.type in (GRANT, REVOKE) and e.who == OPERATOR and s < seq]
        if entry.who in (author, OPERATOR) or (entry.who == INSPECTOR and rights and rights[-1] == GRANT):
            void = entry.type == VOID
            fields = (corrected(fields, entry.event["fields"], first) or fields) if not void else fields
    return fields, void


@given(logs(), st.randoms())
def test_folding_is_what_the_rules_read_literally_say_in_whatever_order_it_is_handed_over(records, random):
    shuffled = list(records)
    random.shuffle(shuffled)
    found = fold(shuffled, OPERATOR)

    for target, one in found.events.items():
        assert (one.fields, one.void is not None) == slow(records, target)
    assert found == fold(records, OPERATOR)


@given(logs())
def test_what_does_not_count_can_be_left_out_and_changes_nothing(records):
    found = fold(records, OPERATOR)
    idle = {mark.seq for one in found.events.values() for mark in one.marks if not mark.counts}
    without = fold([record for record in records if record[0] not in idle], OPERATOR)

    for seq, one in found.events.items():
        assert (one.fields, one.void, one.disputes, one.versions) == tuple(
            getattr(without.events[seq], name) for name in ("fields", "void", "disputes", "versions")
        )


@given(logs())
def test_a_later_entry_never_touches_what_was_told_before(records):
    whole = fold(records, OPERATOR)
    for length in range(len(records)):
        part = fold(records[:length], OPERATOR)
        for seq, one in part.events.items():
            assert whole.events[seq].marks[: len(one.marks)] == one.marks
            assert whole.events[seq].versions[: len(one.versions)] == one.versions
            assert whole.events[seq].entry.event == one.entry.event


VALUES = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.text("ab~/", max_size=3)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab~/", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.sampled_from(["a", "b", "c/d", "~e"]), VALUES, max_size=4)


@given(RECORDS, RECORDS)
def test_the_differences_between_two_records_make_one_into_the_other(old, new):
    base = {"eventID": "urn:1", "eventTime": "2026-01-05T05:00:00.000Z", "type": "ObjectEvent"}
    old, new = base | old, base | old | new
    paths = differences(old, new)
    after = corrected(old, paths)

    assert after is not None
    assert differences(after, new) == {}
    assert (paths == {}) == (differences(old, new) == {})
