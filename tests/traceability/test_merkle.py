"""The tree against published vectors, a literal slow reference and random trees."""

import base64
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.errors import ProofError
from traceability.merkle import (
    EMPTY_ROOT,
    Edge,
    consistency_proof,
    hash_of_range,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

# its roots are not 32 bytes long; see the README of the vectors
ODD_CASE = "consistency/additional/sizes-are-equal-one-and-proof-is-empty"
LEAVES = [leaf_hash(number.to_bytes(2, "big")) for number in range(600)]


def in_memory(start: int, stop: int) -> bytes:
    def node(height: int, index: int) -> bytes:
        if not height:
            return LEAVES[index]
        return node_hash(node(height - 1, 2 * index), node(height - 1, 2 * index + 1))

    return hash_of_range(start, stop, node)


def unbase(value: str) -> bytes:
    return base64.b64decode(value)


def test_published_roots_and_hashes_come_out(published):
    vectors = published("rfc6962/roots.json")
    edge = Edge()
    roots = [edge.root().hex()]
    for data in vectors["leaf_inputs_hex"]:
        edge, _ = edge.push(leaf_hash(bytes.fromhex(data)))
        roots.append(edge.root().hex())
    assert roots == vectors["root_hex_by_size"]
    assert EMPTY_ROOT.hex() == vectors["hasher"]["empty_root"]
    assert leaf_hash(b"L123456").hex() == vectors["hasher"]["leaf_L123456"]
    assert node_hash(b"N123", b"N456").hex() == vectors["hasher"]["node_N123_N456"]


def test_published_inclusion_proofs_pass_or_fail_as_they_must(published):
    wrong = []
    for case in published("rfc6962/inclusion.json"):
        proof = [unbase(item) for item in case["proof"] or []]
        try:
            verify_inclusion(
                unbase(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, unbase(case["root"] or "")
            )
            refused = False
        except ProofError:
            refused = True
        if refused != case["wantErr"]:
            wrong.append(case["case"])
    assert wrong == []


def test_published_consistency_proofs_pass_or_fail_as_they_must(published):
    wrong = []
    for case in published("rfc6962/consistency.json"):
        proof = [unbase(item) for item in case["proof"] or []]
        try:
            verify_consistency(
                case["size1"], case["size2"], unbase(case["root1"] or ""), unbase(case["root2"] or ""), proof
            )
            refused = False
        except ProofError:
            refused = True
        if refused != case["wantErr"]:
            wrong.append(case["case"])
    assert wrong == [ODD_CASE]


def test_every_root_is_that_of_the_slow_reference(slow_root):
    edge = Edge()
    for size in range(300):
        assert edge.root() == slow_root(LEAVES[:size]) == in_memory(0, size)
        edge, _ = edge.push(LEAVES[size])


def test_every_small_proof_is_that_of_the_slow_reference(slow_root):
    def path(index, leaves):
        if len(leaves) == 1:
            return []
        k = 1 << (len(leaves) - 1).bit_length() - 1
        if index < k:
            return [*path(index, leaves[:k]), slow_root(leaves[k:])]
        return [*path(index - k, leaves[k:]), slow_root(leaves[:k])]

    def subproof(first, leaves, whole):
        if first == len(leaves):
            return [] if whole else [slow_root(leaves)]
        k = 1 << (len(leaves) - 1).bit_length() - 1
        if first <= k:
            return [*subproof(first, leaves[:k], whole), slow_root(leaves[k:])]
        return [*subproof(first - k, leaves[k:], False), slow_root(leaves[:k])]

    for size in range(1, 40):
        for index in range(size):
            assert inclusion_proof(index, size, in_memory) == path(index, LEAVES[:size])
        for first in range(1, size + 1):
            assert consistency_proof(first, size, in_memory) == subproof(first, LEAVES[:size], True)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_an_inclusion_proof_holds_and_no_single_change_of_it_does(data):
    size = data.draw(st.integers(1, 600))
    index = data.draw(st.integers(0, size - 1))
    leaf, root = LEAVES[index], in_memory(0, size)
    proof = inclusion_proof(index, size, in_memory)
    verify_inclusion(leaf, index, size, proof, root)
    for changed in mutations(proof):
        with pytest.raises(ProofError):
            verify_inclusion(leaf, index, size, changed, root)
    for bad_leaf, bad_root in ((flip(leaf), root), (leaf, flip(root)), (leaf[:31], root), (leaf, root + b"\0")):
        with pytest.raises(ProofError):
            verify_inclusion(bad_leaf, index, size, proof, bad_root)
    for bad_index in (index ^ 1, index + 1, index - 1, index ^ (1 << size.bit_length())):
        with pytest.raises(ProofError):
            verify_inclusion(leaf, bad_index, size, proof, root)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_consistency_proof_holds_and_no_single_change_of_it_does(data):
    second = data.draw(st.integers(1, 600))
    first = data.draw(st.integers(0, second))
    old, new = in_memory(0, first), in_memory(0, second)
    proof = consistency_proof(first, second, in_memory)
    verify_consistency(first, second, old, new, proof)
    for changed in mutations(proof):
        with pytest.raises(ProofError):
            verify_consistency(first, second, old, new, changed)
    for bad_old, bad_new in ((flip(old), new), (old, new[:31])):
        with pytest.raises(ProofError):
            verify_consistency(first, second, bad_old, bad_new, proof)
    if first:
        with pytest.raises(ProofError):
            verify_consistency(first, second, old, flip(new), proof)


def test_an_empty_tree_proves_nothing_about_the_root_that_follows():
    verify_consistency(0, 7, EMPTY_ROOT, in_memory(0, 7), [])
    with pytest.raises(ProofError):
        verify_consistency(0, 7, in_memory(0, 1), in_memory(0, 7), [])
    with pytest.raises(ProofError):
        verify_consistency(0, 0, in_memory(0, 1), in_memory(0, 1), [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 3), (3, 2**63)])
def test_a_proof_that_cannot_exist_is_refused(index, size):
    with pytest.raises(ProofError) as refusal:
        inclusion_proof(index, size, in_memory)
    assert refusal.value.code == "no-such-leaf"


def test_a_first_size_beyond_the_second_is_refused():
    with pytest.raises(ProofError) as refusal:
        consistency_proof(8, 7, in_memory)
    assert refusal.value.code == "no-such-size"


def test_an_edge_whose_hashes_do_not_fit_its_size_is_refused():
    with pytest.raises(ProofError):
        Edge(3, (sha256(b"one").digest(),))


def mutations(proof: list[bytes]):
    yield [*proof, bytes(32)]
    if proof:
        yield proof[:-1]
        yield proof[1:]
        yield [flip(proof[0]), *proof[1:]]
        yield [*proof[:-1], flip(proof[-1])]
    if len(proof) > 1 and proof[0] != proof[1]:
        yield [proof[1], proof[0], *proof[2:]]


def flip(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]
