"""One proof for several leaves: equal to the single proofs, and refused after any change."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.traceability.test_merkle import LEAVES, in_memory
from traceability.errors import ProofError
from traceability.merkle import inclusion_proof, inclusion_ranges, merged_proof, merged_ranges, verify_inclusion, verify_merged


@st.composite
def chosen(draw) -> tuple[int, list[int]]:
    size = draw(st.integers(1, len(LEAVES)))
    indexes = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=12, unique=True))
    return size, indexes


@given(chosen())
@settings(max_examples=200)
def test_merged_proof_shows_all_leaves(case):
    size, indexes = case

    verify_merged({index: LEAVES[index] for index in indexes}, size, merged_proof(indexes, size, in_memory), in_memory(0, size))


@given(st.integers(1, len(LEAVES)).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_merged_proof_of_one_leaf_holds_the_hashes_of_its_single_proof(case):
    size, index = case

    merged, single = merged_proof([index], size, in_memory), inclusion_proof(index, size, in_memory)

    assert sorted(merged) == sorted(single)
    verify_inclusion(LEAVES[index], index, size, single, in_memory(0, size))


@given(chosen())
def test_merged_proof_holds_no_hash_that_can_be_computed(case):
    size, indexes = case
    known = {span for index in indexes for span in [(index, index + 1), *inclusion_ranges(index, size)]}

    ranges = merged_ranges(indexes, size)

    assert set(ranges) <= known
    assert not any(start <= index < stop for start, stop in ranges for index in indexes)


@given(chosen(), st.data())
@settings(max_examples=300)
def test_any_changed_hash_is_refused(case, data):
    size, indexes = case
    hashes, leaves, root = merged_proof(indexes, size, in_memory), {i: LEAVES[i] for i in indexes}, in_memory(0, size)
    change = data.draw(st.sampled_from(["add", "drop", "swap", "flip", "leaf", "index", "root"]))
    at = data.draw(st.integers(0, max(0, len(hashes) - 1)))
    if change == "add":
        hashes.insert(at, sha256(b"new").digest())
    elif change == "drop" and hashes:
        del hashes[at]
    elif change == "swap" and len(hashes) > 1:
        hashes[at - 1], hashes[at] = hashes[at], hashes[at - 1]
    elif change == "flip" and hashes:
        hashes[at] = bytes([hashes[at][0] ^ 1]) + hashes[at][1:]
    elif change == "leaf":
        leaves[indexes[0]] = sha256(b"other").digest()
    elif change == "index":
        leaves[size] = leaves.pop(indexes[0])
    else:
        root = sha256(b"other root").digest()

    with pytest.raises(ProofError):
        verify_merged(leaves, size, hashes, root)


@pytest.mark.parametrize("indexes, size", [([], 5), ([5], 5), ([-1], 5), ([0], 0)])
def test_leaves_outside_the_tree_have_no_proof(indexes, size):
    with pytest.raises(ProofError):
        merged_proof(indexes, size, in_memory)


def test_short_hashes_are_refused():
    with pytest.raises(ProofError, match="bad-hash"):
        verify_merged({0: LEAVES[0]}, 2, [LEAVES[1][:31]], in_memory(0, 2))


def test_reader_gives_the_merged_proof_of_a_stored_tree(engine, log, fill):
    fill(300)
    with engine.connect() as connection:
        tree = log.tree(connection)
        leaves = log.storage.leaves(connection, 0, 301)

        verify_merged({i: leaves[i] for i in (3, 4, 200, 300)}, 301, tree.merged([3, 4, 200, 300], 301), tree.root(301))
