"""Entries: the frozen own vectors, and every field's refusals."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from traceability.canonical.chain import Chains, Tail, check_link, next_link
from traceability.canonical.entry import NO_PREVIOUS, Entry, Link, read_entry, write_entry
from traceability.canonical.profile import serialise
from traceability.canonical.types import event_entry_id
from traceability.errors import ChainError, ProfileError
from traceability.merkle import leaf_hash

VECTORS = json.loads((Path(__file__).parent / "vectors" / "entries.json").read_text(encoding="utf-8"))


@pytest.fixture
def record():
    """A full event entry, to be spoilt."""
    return json.loads(VECTORS["entries"][2]["bytes"])


def test_there_are_three_frozen_entries_of_each_type():
    kinds = [json.loads(case["bytes"])["t"] for case in VECTORS["entries"]]
    assert sorted(kinds) == ["chonongsan/event/1"] * 3 + ["chonongsan/genesis/1"] * 3


@pytest.mark.parametrize("case", VECTORS["entries"], ids=lambda case: case["name"])
def test_a_frozen_entry_has_its_bytes_and_leaf_for_ever(case):
    data = case["bytes"].encode()
    assert leaf_hash(data).hex() == case["leaf"]
    assert write_entry(read_entry(data)) == data


@pytest.mark.parametrize("case", VECTORS["entries"], ids=lambda case: case["name"])
def test_one_changed_byte_of_a_frozen_entry_changes_its_leaf(case):
    data = bytearray(case["bytes"].encode())
    data[len(data) // 2] ^= 1
    assert leaf_hash(bytes(data)).hex() != case["leaf"]


def test_a_type_not_understood_is_carried_with_its_links():
    record = {"t": "chonongsan/map/7", "log": "l", "id": "i", "rec": "2026-01-31T03:04:05.678Z", "new": {"a": 1}}
    entry = read_entry(serialise(record))
    assert (entry.type, entry.id, entry.links) == ("chonongsan/map/7", "i", ())
    linked = record | {"lots": [{"lot": "L1", "n": 0, "prev": "00" * 32}]}
    assert read_entry(serialise(linked)).links == (Link("L1", 0, NO_PREVIOUS),)


@pytest.mark.parametrize("key", ["t", "log", "id", "rec", "who", "ev", "lots"])
def test_a_missing_field_is_refused(record, key):
    del record[key]
    with pytest.raises(ProfileError):
        read_entry(serialise(record))


def link(**more):
    return {"lot": "L1", "n": 1, "prev": "ab" * 32} | more


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("t", "Event"), ("t", 1), ("log", ""), ("log", "a b"), ("id", "urn:uuid:other"), ("id", "x" * 201),
        ("rec", "2026-01-31"), ("rec", 5), ("who", "Nguyễn Văn A"), ("who", ""), ("ev", []), ("ev", "x"), ("ev", {}),
        ("lots", {}), ("lots", ["L1"]), ("lots", [link(n=-1)]), ("lots", [link(n=True)]), ("lots", [link(n="1")]),
        ("lots", [link(prev="AB" * 32)]), ("lots", [link(prev="ab")]), ("lots", [link(prev="00" * 32)]),
        ("lots", [link(n=0)]), ("lots", [link(lot="")]), ("lots", [link(lot="L 1")]), ("lots", [link(more=1)]),
        ("lots", [link(), link()]), ("lots", [link(lot="L2"), link(lot="L1")]), ("lots", [{"lot": "L1"}]),
        ("dev", {}), ("dev", {"at": "2026-01-31T03:04:05.678Z", "skew": "1"}), ("dev", []),
        ("dev", {"at": "now", "skew": 1}), ("dev", {"at": "2026-01-31T03:04:05.678Z", "skew": True}),
        ("c", {}), ("c", []), ("c", {"ev.name": "ab"}), ("c", {"ev.name": 1}),
        ("ref", []), ("ref", {}), ("ref", [{}]), ("ref", [{"leaf": "ab" * 32, "rel": "Corrects It"}]),
        ("ref", [{"leaf": "ab" * 32, "rel": "corrects", "seq": -1}]), ("ref", [{"leaf": "ab" * 32}]),
        ("note", "an extra field"),
    ],
)  # fmt: skip
def test_a_malformed_field_is_refused(record, key, value):
    record[key] = value
    with pytest.raises(ProfileError):
        read_entry(serialise(record))


def test_the_writer_refuses_what_the_reader_would(record):
    entry = read_entry(serialise(record))
    for spoilt in (
        replace(entry, who="hai từ"),
        replace(entry, id="urn:uuid:other"),
        replace(entry, links=(Link("L1", 0, bytes([1] * 32)),)),
        replace(entry, event={"eventID": entry.id, "eventTime": "yesterday"}),
        replace(entry, event=dict(entry.event) | {"weight": 1.5}),
    ):
        with pytest.raises(ProfileError):
            write_entry(spoilt)


def test_links_are_written_in_order_of_lot(record):
    entry = read_entry(serialise(record))
    backwards = replace(entry, links=(Link("L2", 0, NO_PREVIOUS), Link("L1", 0, NO_PREVIOUS)))
    assert [link.lot for link in read_entry(write_entry(backwards)).links] == ["L1", "L2"]


def test_an_error_declaration_gets_an_id_of_its_own():
    event = {"eventID": "urn:uuid:1"}
    declared = event | {"errorDeclaration": {"declarationTime": "2026-01-31T03:04:05.678Z"}}
    assert event_entry_id(event) == "urn:uuid:1"
    assert event_entry_id(declared) == "urn:uuid:1#2026-01-31T03:04:05.678Z"
    for wrong in ({}, {"eventID": 5}, {"eventID": "a#b"}, event | {"errorDeclaration": "x"}):
        with pytest.raises(ProfileError):
            event_entry_id(wrong)


def test_a_chain_takes_only_the_next_link_and_changes_nothing_otherwise():
    chains = Chains()
    chains.follow((Link("A", 0, NO_PREVIOUS), Link("B", 0, NO_PREVIOUS)), b"1" * 32)
    for wrong in (Link("A", 0, NO_PREVIOUS), Link("A", 2, b"1" * 32), Link("A", 1, b"2" * 32)):
        with pytest.raises(ChainError):
            chains.follow((next_link("B", chains.tails["B"]), wrong), b"2" * 32)
    assert chains.tails == {"A": Tail(0, b"1" * 32), "B": Tail(0, b"1" * 32)}
    check_link(Link("A", 1, b"1" * 32), chains.tails["A"])


def test_a_genesis_entry_says_what_the_log_promises():
    entry = read_entry(VECTORS["entries"][3]["bytes"].encode())
    assert isinstance(entry, Entry)
    assert set(entry.event) == {"keys", "policy", "profile"}
