"""The completeness map against a literal slow map written from docs/log.md §7."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.errors import ProofError
from traceability.lotmap import LotMap, height_for, key_of, verify_map

lots = st.text("ABCDEFGH0123", min_size=1, max_size=4)
lasts = st.tuples(st.integers(1, 2**32 - 1), st.binary(min_size=32, max_size=32))


def slow_root(content: dict, height: int) -> bytes:
    buckets = [b""] * 2**height
    keyed = sorted((sha256(b"lot\0" + lot.encode()).digest(), last) for lot, last in content.items())
    for key, (count, leaf) in keyed:
        bits = "".join(f"{byte:08b}" for byte in key)[:height]
        buckets[int(bits or "0", 2)] += key + count.to_bytes(4, "big") + leaf
    row = [sha256(b"bucket/1\0" + records).digest() for records in buckets]
    while len(row) > 1:
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


@settings(max_examples=150)
@given(st.lists(st.tuples(st.dictionaries(lots, lasts, max_size=60), st.integers(0, 10)), min_size=1, max_size=5))
def test_any_history_of_changes_and_heights_gives_the_slow_maps_root(steps):
    found, content = LotMap(), {}
    for changed, height in steps:
        content |= changed
        root = found.update(changed, height)
        assert (root, found.lots) == (slow_root(content, height), len(content))
        for lot in [*list(content)[:5], "INVENTED"]:
            bucket, siblings = found.prove(lot)
            told = verify_map(lot, height=height, root=root, bucket=bucket, siblings=siblings)
            assert told == content.get(lot)


@given(st.dictionaries(lots, lasts, min_size=1, max_size=40), st.integers(0, 6), st.data())
def test_a_proof_with_anything_changed_is_refused_or_says_the_same(content, height, data):
    found = LotMap()
    root = found.update(content, height)
    lot = data.draw(st.sampled_from([*content, "INVENTED"]))
    bucket, siblings = found.prove(lot)
    proof = bytearray(bucket + b"".join(siblings) + root)
    proof[data.draw(st.integers(0, len(proof) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    cut = len(bucket)
    path = [bytes(proof[at : at + 32]) for at in range(cut, len(proof) - 32, 32)]
    with pytest.raises(ProofError):
        verify_map(lot, height=height, root=bytes(proof[-32:]), bucket=bytes(proof[:cut]), siblings=path)


def test_a_lot_cannot_be_hidden_by_leaving_out_its_record_or_using_another_bucket():
    found = LotMap()
    root = found.update({f"LOT{number}": (1, bytes(32)) for number in range(64)}, 2)
    bucket, siblings = found.prove("LOT1")
    key = key_of("LOT1")
    at = bucket.index(key)
    with pytest.raises(ProofError):
        verify_map("LOT1", height=2, root=root, bucket=bucket[:at] + bucket[at + 68 :], siblings=siblings)
    other = next(name for name in (f"LOT{number}" for number in range(64)) if key_of(name)[0] >> 6 != key[0] >> 6)
    bucket, siblings = found.prove(other)
    with pytest.raises(ProofError):
        verify_map("LOT1", height=2, root=root, bucket=bucket, siblings=siblings)


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b[68:136] + b[:68], lambda b: b[:68] * 2])
def test_a_bucket_out_of_form_is_refused(spoil):
    found = LotMap()
    root = found.update({"A": (1, bytes(32)), "B": (2, bytes(32))}, 0)
    bucket, siblings = found.prove("A")
    with pytest.raises(ProofError):
        verify_map("A", height=0, root=root, bucket=spoil(bucket), siblings=siblings)


@pytest.mark.parametrize("count", [0, 2**32])
def test_a_count_that_does_not_fit_is_refused(count):
    with pytest.raises(ProofError):
        LotMap().update({"A": (count, bytes(32))}, 0)


@pytest.mark.parametrize("lots", [0, 1, 16, 17, 32, 33, 1000, 1_000_000])
def test_the_height_is_the_smallest_that_holds_sixteen_a_bucket(lots):
    expected = next(height for height in range(40) if lots <= 16 * 2**height)
    assert height_for(lots) == expected


def test_the_height_stays_while_buckets_are_neither_crowded_nor_empty():
    assert [height_for(lots, 3) for lots in (31, 32, 128, 256, 257)] == [1, 3, 3, 3, 5]
    assert height_for(1, 0) == 0
