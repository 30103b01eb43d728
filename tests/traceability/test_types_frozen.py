"""Entries of every type but event and genesis, frozen: their bytes and leaves, and spoilt ones that are refused."""

import json
from collections import Counter
from pathlib import Path

import pytest

from traceability.canonical.entry import read_entry, write_entry
from traceability.canonical.profile import serialise
from traceability.canonical.types import EVENT, GENESIS, UNDERSTOOD
from traceability.errors import ProfileError
from traceability.merkle import leaf_hash

CASES = json.loads((Path(__file__).parent / "vectors" / "types.json").read_text(encoding="utf-8"))["entries"]
BY_NAME = {case["name"]: case["bytes"].encode() for case in CASES}


def test_three_entries_of_every_other_type_are_frozen():
    kinds = Counter(json.loads(case["bytes"])["t"] for case in CASES)

    assert kinds == dict.fromkeys(UNDERSTOOD - {EVENT, GENESIS}, 3)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_frozen_entry_has_its_bytes_and_leaf_for_ever(case):
    data = case["bytes"].encode()

    assert leaf_hash(data).hex() == case["leaf"]
    assert write_entry(read_entry(data)) == data


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_changed_byte_of_a_frozen_entry_changes_its_leaf(case):
    data = case["bytes"].encode()

    for at in range(0, len(data), 7):
        assert leaf_hash(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]).hex() != case["leaf"]


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("correct: one number", "ref", None), ("correct: one number", "lots", 5),
        ("correct: one number", "ev", {"fields": {}, "reason": "other"}),
        ("correct: one number", "ev", {"fields": {"x": 1}, "reason": "other"}),
        ("correct: one number", "ev", {"fields": {"/a~2": 1}, "reason": "other"}),
        ("correct: one number", "ev", {"fields": {"/a": 1}, "reason": "Một câu dài"}),
        ("correct: one number", "ev", {"fields": {"/a": 1}, "reason": "other", "note": "x"}),
        ("void: wrong lot", "ev", {}), ("void: wrong lot", "ev", {"reason": "Sai"}), ("void: wrong lot", "ref", None),
        ("dispute: by the operator", "ref", [{"leaf": "ab" * 32, "rel": "corrects", "seq": 1}]),
        ("dispute: by the operator", "ref", [{"leaf": "ab" * 32, "rel": "disputes"}]),
        ("recall: one lot", "ref", [{"leaf": "ab" * 32, "rel": "recalls", "seq": 1}]),
        ("grant: x", "ev", {"right": "owner", "to": "x"}), ("grant: x", "ev", {"right": "certifier", "to": "hai từ"}),
        ("revoke: ~", "ev", {"to": "x"}), ("grant: x", "lots", [{"lot": "L1", "n": 0, "prev": "00" * 32}]),
    ],
)  # fmt: skip
def test_a_malformed_entry_is_refused(name, key, value):
    record = json.loads(BY_NAME[name])
    if value is None:
        del record[key]
    else:
        record[key] = value

    with pytest.raises(ProfileError):
        read_entry(serialise(record))
