"""A tree that grows, with the proofs a signer asks for."""

from hashlib import sha256

import pytest

from tests.traceability.conftest import ORIGIN
from traceability.checkpoint import Checkpoint
from traceability.merkle import Edge, consistency_proof, leaf_hash


class Tree:
    """`text(size)` is the checkpoint of the first `size` leaves; `salt` makes another history."""

    def __init__(self, salt: bytes = b"") -> None:
        self.leaves = [leaf_hash(sha256(salt + bytes([n])).digest()) for n in range(100)]

    def root(self, start: int, stop: int) -> bytes:
        edge = Edge()
        for leaf in self.leaves[start:stop]:
            edge, _ = edge.push(leaf)
        return edge.root()

    def text(self, size: int, origin: str = ORIGIN) -> str:
        return Checkpoint(origin, size, self.root(0, size)).text()

    def proof(self, first: int, second: int) -> list[bytes]:
        return consistency_proof(first, second, self.root)


@pytest.fixture
def tree() -> Tree:
    return Tree()


@pytest.fixture
def other_tree() -> Tree:
    return Tree(b"another history")
