"""The page's modules against published vectors, frozen entries and the Python side, value by value."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.node import run_node
from tests.phone.conftest import SCRIPT
from tests.traceability.test_merkle import LEAVES, in_memory
from traceability.canonical.commitment import commit
from traceability.canonical.entry import read_entry
from traceability.canonical.profile import parse
from traceability.errors import ProfileError
from traceability.merkle import consistency_proof, merged_proof

VECTORS = Path(__file__).parents[1] / "traceability" / "vectors"
ONCE = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
"""Node starts slowly: few runs, many cases in each."""


def frozen(name: str) -> dict:
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


def entries() -> list[str]:
    return [item["bytes"] for name in ("entries", "types") for item in frozen(name)["entries"]]


def type_of(data: bytes) -> str | None:
    """As Python reads it; None where it refuses."""
    try:
        return read_entry(data).type
    except ProfileError:
        return None


def test_frozen_entries_are_read(calls):
    found = calls([["entry", data.encode().hex()] for data in entries()])

    assert [item.get("value") for item in found] == [type_of(data.encode()) for data in entries()]


REFUSED = [
    b"", b"[]", b"null", b'{"a":1.0}', b'{"a":1e3}', b'{"a":-0}', b'{"a":null}', b'{"a":9007199254740992}', b'{"b":1,"a":1}',
    b'{"a":1,"a":1}', b'{"a": 1}', b'{"a":"\\u0041"}', b'{"a":"\\/"}', b'{"a":"\\ud800"}', b'{"a":"\xed\xa0\x80"}', b'{"\xc3\xa9":1}',
    '{"a":"e\u0301"}'.encode(), b'\xef\xbb\xbf{"a":1}', b'{"a":"\\u000A"}', b'{"a":"\\u001F"}', b'{"a":1}\n', b'{"a":01}', b'{"a":+1}',
    b'{"a":' * 33 + b"1" + b"}" * 33, b'{"a":"' + b"x" * 16_400 + b'"}', b'{"a":NaN}', b'{"a":tru}', b"\x00", b'{"a":"\t"}',
]  # fmt: skip
TAKEN = [
    b"{}", b'{"":1}', b'{"1":1,"a":{"10":1,"9":2}}', b'{"a":9007199254740991}', b'{"a":-9007199254740991}', b'{"a":[true,false,{}]}',
    b'{"a":"\\u001f\\n\\t\\b\\f\\r\\"\\\\"}', '{"a":"Cần Thơ 🌾 \u2028"}'.encode(), b'{"__proto__":{"a":1}}', b'{"a":"\x7f"}', b'{"-":0}',
    b'{"a":' * 31 + b"1" + b"}" * 31,
]  # fmt: skip


@pytest.mark.parametrize("taken", [True, False])
def test_profile_takes_and_refuses_what_python_does(calls, taken):
    cases = TAKEN if taken else REFUSED
    for data in cases:
        if taken:
            parse(data)
        else:
            with pytest.raises(ProfileError):
                parse(data)

    found = calls([["parse", data.hex()] for data in cases])

    assert [(data, item) for data, item in zip(cases, found, strict=True) if ("value" in item) != taken] == []


def test_any_changed_byte_of_an_entry_is_read_as_python_reads_it(calls):
    [data, *_] = (text.encode() for text in entries())
    cases = [data[:at] + bytes([data[at] ^ flip]) + data[at + 1 :] for at in range(0, len(data), 3) for flip in (1, 2, 0x80)]

    found = calls([["entry", case.hex()] for case in cases])

    assert [item.get("value") for item in found] == [type_of(case) for case in cases]


MERGED = st.integers(1, 300).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), min_size=1, max_size=9)))  # fmt: skip
SIZES = st.integers(1, 300).flatmap(lambda second: st.tuples(st.integers(1, second), st.just(second)))


def with_changes(name: str, wholes: list, changes_of) -> list:
    """Every case as it is and with each of its changes: what the page's modules refuse."""
    asked = [[name, whole | change] for whole in wholes for change in [{}, *changes_of(whole)]]
    found = iter(run_node(SCRIPT, asked))
    return [[next(found).get("refused") for _change in [{}, *changes_of(whole)]] for whole in wholes]


@given(st.lists(MERGED, min_size=40, max_size=40))
@ONCE
def test_merged_proofs_hold_and_no_changed_one_does(cases):
    wholes = [
        {
            "leaves": [[index, LEAVES[index].hex()] for index in indexes], "size": size, "root": in_memory(0, size).hex(),
            "hashes": [item.hex() for item in merged_proof(indexes, size, in_memory)],
        }
        for size, indexes in cases
    ]  # fmt: skip

    def changes(whole):
        leaves, hashes = whole["leaves"], whole["hashes"]
        flipped = [f"{int(hashes[0][0], 16) ^ 1:x}" + hashes[0][1:], *hashes[1:]] if hashes else ["00" * 32]
        return [
            {"hashes": [*hashes, "00" * 32]}, {"hashes": hashes[:-1] or ["11" * 32, "11" * 32]}, {"hashes": flipped},
            {"root": "00" * 32}, {"leaves": [[leaves[0][0], "22" * 32], *leaves[1:]]}, {"leaves": [[whole["size"], leaves[0][1]]]},
        ]  # fmt: skip

    assert with_changes("merged", wholes, changes) == [[None] + ["bad-proof"] * 6] * len(wholes)


@given(st.lists(SIZES, min_size=40, max_size=40))
@ONCE
def test_consistency_proofs_hold_and_no_changed_one_does(cases):
    def point(size):
        return {"size": size, "root": in_memory(0, size).hex()}

    wholes = [
        {"first": point(first), "second": point(second), "proof": [item.hex() for item in consistency_proof(first, second, in_memory)]}
        for first, second in cases
    ]

    def changes(whole):
        proof = whole["proof"]
        return [
            {"proof": [*proof, "00" * 32]}, {"first": whole["first"] | {"root": "00" * 32}},
            {"second": whole["second"] | {"root": "00" * 32}}, {"proof": proof[:-1] or ["00" * 32]},
        ]  # fmt: skip

    assert with_changes("consistency", wholes, changes) == [[None] + ["not-consistent"] * 4] * len(wholes)


def test_growing_edge_gives_the_root(calls):
    sizes = [0, 1, 2, 3, 7, 8, 300]

    found = calls([["root", [leaf.hex() for leaf in LEAVES[:size]]] for size in sizes])

    assert [item["value"] for item in found] == [in_memory(0, size).hex() for size in sizes]


def test_published_signatures_hold_or_fail_both_ways(calls, published):
    cases = published("ed25519/wycheproof_ed25519.json")
    asked = [{"key": case["pk"], "signature": case["sig"], "message": case["msg"]} for case in cases]

    for name in ("ed25519", "library"):
        found = calls([[name, item] for item in asked])
        assert [case["tc"] for case, item in zip(cases, found, strict=True) if item["value"] != (case["result"] == "valid")] == []


def test_node_has_its_own_signatures(calls):
    assert calls([["kind", None]]) == [{"value": "native"}]


def test_commitments_are_those_of_python(calls):
    values = ["0912345678", {"b": [1, "é"], "a": True}, 7, "", 'quote " and \\ and \x1f']
    given_to = {"log": "trace.test.example/log/1", "id": "urn:uuid:1", "path": "/details/note"}
    salt = bytes(range(32))

    found = calls([["commit", {"salt": salt.hex(), "value": value, **given_to}] for value in values])
    short = calls([["commit", {"salt": salt[:31].hex(), "value": 1, **given_to}]])

    expected = [commit(salt, origin=given_to["log"], entry_id="urn:uuid:1", path=given_to["path"], value=value).hex() for value in values]
    assert [item["value"] for item in found] == expected
    assert short == [{"refused": "bad-opening"}]


def test_histories_fold_as_the_frozen_ones(calls):
    vectors = frozen("fold")
    cases = vectors["cases"]

    found = calls([["fold", {"records": c["entries"], "operator": vectors["operator"], "lots": list(c["recalled"])}] for c in cases])

    assert [item["value"] for item in found] == [{"events": case["events"], "recalled": case["recalled"]} for case in cases]


def test_base64_has_one_spelling(calls):
    given_to = ["AAAA", "AAE=", "AAF=", "AA E", "AAE", "", "A\nAAA", "----"]

    assert ["value" in item for item in calls([["base64", words] for words in given_to])] == [
        True, True, False, False, False, True, False, False]  # fmt: skip
