"""The Merkle tree of RFC 6962 §2.1: hashes, right edge, inclusion, consistency and merged proofs.

All hashes are 32-byte SHA-256. Sizes and indexes are non-negative ints below 2^63. Nothing here reads a store:
functions that need nodes are told how to get the hash of a leaf range.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from traceability.errors import ProofError

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
MAX_SIZE = 2**63 - 1

_LEAF = sha256(b"\x00")
_NODE = sha256(b"\x01")

Range = tuple[int, int]
HashOfRange = Callable[[int, int], bytes]


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data)."""
    state = _LEAF.copy()
    state.update(data)
    return state.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    state = _NODE.copy()
    state.update(left)
    state.update(right)
    return state.digest()


def fold_perfect(hashes: Sequence[bytes]) -> bytes:
    """Root of a perfect subtree from its 2^k lower hashes, left to right."""
    row = list(hashes)
    if not row or len(row) & (len(row) - 1):
        raise ProofError("not-perfect", f"{len(row)} hashes do not make a perfect subtree")
    while len(row) > 1:
        pairs = iter(row)
        row = [node_hash(left, right) for left, right in zip(pairs, pairs, strict=True)]
    return row[0]


@dataclass(frozen=True, slots=True)
class Node:
    """A perfect subtree: its height (0 is a leaf), its number among nodes of that height, its hash."""

    height: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: the perfect subtrees left to right, one for each set bit of `size`."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE or len(self.hashes) != self.size.bit_count():
            raise ProofError("bad-edge", f"{len(self.hashes)} edge hashes for size {self.size}")
        if not set(map(len, self.hashes)) <= {HASH_BYTES}:
            raise ProofError("bad-hash", "an edge hash is not 32 bytes long")

    def root(self) -> bytes:
        """The tree's root; SHA-256 of nothing for the empty tree."""
        if not self.hashes:
            return EMPTY_ROOT
        result = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            result = node_hash(left, result)
        return result

    def push(self, leaf: bytes) -> "tuple[Edge, list[Node]]":
        """The edge after one more leaf hash, and every perfect subtree this completed, lowest first."""
        rest, current, height = list(self.hashes), leaf, 0
        completed = [Node(0, self.size, leaf)]
        while self.size >> height & 1:
            current = node_hash(rest.pop(), current)
            height += 1
            completed.append(Node(height, self.size >> height, current))
        return Edge(self.size + 1, (*rest, current)), completed

    def grow(self, leaves: Iterable[bytes]) -> "Edge":
        """The edge after these leaf hashes too."""
        edge = self
        for leaf in leaves:
            edge, _ = edge.push(leaf)
        return edge


def perfect_nodes(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """(height, index) of the perfect subtrees of the aligned leaf range [start, stop), left to right."""
    while start < stop:
        height = (stop - start).bit_length() - 1
        if start % (1 << height):
            raise ProofError("unaligned", f"the range {start}..{stop} is not a subtree of any tree")
        yield height, start >> height
        start += 1 << height


def hash_of_range(start: int, stop: int, node: Callable[[int, int], bytes]) -> bytes:
    """Merkle tree hash of the leaves [start, stop) from `node(height, index)`."""
    hashes = [node(height, index) for height, index in perfect_nodes(start, stop)]
    if not hashes:
        return EMPTY_ROOT
    result = hashes.pop()
    while hashes:
        result = node_hash(hashes.pop(), result)
    return result


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Leaf ranges whose hashes are the audit path of leaf `index` in the tree of `size` (RFC 6962 §2.1.1).

    Raises ProofError unless 0 ≤ index < size.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError("no-such-leaf", f"there is no leaf {index} in a tree of {size}")
    path: list[Range] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append((middle, stop))
            stop = middle
        else:
            path.append((start, middle))
            start = middle
    path.reverse()
    return path


def consistency_ranges(first: int, second: int) -> list[Range]:
    """Leaf ranges whose hashes prove that the tree of `second` extends that of `first` (RFC 6962 §2.1.2).

    Empty for first = 0 and for first = second. Raises ProofError unless 0 ≤ first ≤ second.
    """
    if not 0 <= first <= second <= MAX_SIZE:
        raise ProofError("no-such-size", f"a tree of {second} does not extend one of {first}")
    if first in (0, second):
        return []
    path: list[Range] = []
    start, stop, whole = 0, second, True
    while first != stop:
        middle = start + _split(stop - start)
        if first <= middle:
            path.append((middle, stop))
            stop = middle
        else:
            path.append((start, middle))
            start, whole = middle, False
    if not whole:
        path.append((start, stop))
    path.reverse()
    return path


def merged_ranges(indexes: Collection[int], size: int) -> list[Range]:
    """Leaf ranges whose hashes prove several leaves of the tree of `size` at once (docs/log.md §8), left to right:
    the largest subtrees that hold none of `indexes`. Raises ProofError unless all are below `size` and there is one."""
    wanted = sorted(set(indexes))
    if not wanted or wanted[0] < 0 or not wanted[-1] < size <= MAX_SIZE:
        raise ProofError("no-such-leaf", f"no leaf, or one outside a tree of {size}, was asked for")
    ranges: list[Range] = []

    def walk(start: int, stop: int, found: list[int]) -> None:
        if not found:
            ranges.append((start, stop))
        elif stop - start > 1:
            middle = start + _split(stop - start)
            walk(start, middle, [index for index in found if index < middle])
            walk(middle, stop, [index for index in found if index >= middle])

    walk(0, size, wanted)
    return ranges


def merged_proof(indexes: Collection[int], size: int, hash_range: HashOfRange) -> list[bytes]:
    """One proof for all leaves `indexes` of the tree of `size`."""
    return [hash_range(start, stop) for start, stop in merged_ranges(indexes, size)]


def inclusion_proof(index: int, size: int, hash_range: HashOfRange) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size`, leaf side first."""
    return [hash_range(start, stop) for start, stop in inclusion_ranges(index, size)]


def consistency_proof(first: int, second: int, hash_range: HashOfRange) -> list[bytes]:
    """The consistency proof from the tree of `first` to that of `second`."""
    return [hash_range(start, stop) for start, stop in consistency_ranges(first, second)]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raises ProofError unless `proof` shows `leaf` at `index` in the tree (size, root) (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError("no-such-leaf", f"there is no leaf {index} in a tree of {size}")
    _check_hashes([leaf, root, *proof])
    at, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("too-long", "the proof has more hashes than the tree has levels")
        if at & 1 or at == last:
            result = node_hash(sibling, result)
            at, last = _past_right_border(at, last)
        else:
            result = node_hash(result, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("too-short", "the proof does not reach the root")
    if result != root:
        raise ProofError("root-differs", "the proof leads to another root")


def verify_merged(leaves: Mapping[int, bytes], size: int, hashes: Sequence[bytes], root: bytes) -> None:
    """Raises ProofError unless `hashes` shows all `leaves` (index → leaf hash) in the tree (size, root), using each
    hash once (docs/log.md §8)."""
    ranges = merged_ranges(leaves, size)
    _check_hashes([*leaves.values(), root, *hashes])
    if len(hashes) != len(ranges):
        code = "too-long" if len(hashes) > len(ranges) else "too-short"
        raise ProofError(code, f"{len(hashes)} hashes where {len(ranges)} are due")
    known = dict(zip(ranges, hashes, strict=True)) | {(index, index + 1): leaf for index, leaf in leaves.items()}

    def top(start: int, stop: int) -> bytes:
        if (start, stop) in known:
            return known[start, stop]
        middle = start + _split(stop - start)
        return node_hash(top(start, middle), top(middle, stop))

    if top(0, size) != root:
        raise ProofError("root-differs", "the proof leads to another root")


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> None:
    """Raises ProofError unless `proof` shows that (second, second_root) extends (first, first_root)
    (RFC 9162 §2.1.4.2; the empty tree is a prefix of every tree, shown by an empty proof)."""
    if not 0 <= first <= second <= MAX_SIZE:
        raise ProofError("no-such-size", f"a tree of {second} does not extend one of {first}")
    _check_hashes([first_root, second_root, *proof])
    if first in (0, second):
        expected = second_root if first == second else EMPTY_ROOT
        if proof:
            raise ProofError("too-long", "this pair of sizes has an empty proof")
        if first_root != expected or (second == 0 and second_root != EMPTY_ROOT):
            raise ProofError("root-differs", "the first root is not the root of that size")
        return
    _climb_consistency(first, second, first_root, second_root, proof)


def _climb_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> None:
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    if not path:
        raise ProofError("too-short", "the proof is empty")
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("too-long", "the proof has more hashes than the tree has levels")
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            at, last = _past_right_border(at, last)
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("too-short", "the proof does not reach the root")
    if old != first_root or new != second_root:
        raise ProofError("root-differs", "the proof leads to other roots")


def _past_right_border(at: int, last: int) -> tuple[int, int]:
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _split(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(value) != HASH_BYTES for value in hashes):
        raise ProofError("bad-hash", "a hash is not 32 bytes long")
