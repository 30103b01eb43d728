"""The sequencer: seals waiting entries in queue order, gapless, one batch a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from traceability.canonical.chain import Chains
from traceability.canonical.entry import Entry, read_entry
from traceability.errors import ChainError, LogStateError, ProfileError, TamperError, TraceabilityError
from traceability.merkle import Edge, Node, fold_perfect, leaf_hash
from traceability.storage.base import Connection, NewEntry, Storage, StoredTile, Waiting
from traceability.tiles import HEIGHT, WIDTH


@dataclass(frozen=True, slots=True)
class Stopped:
    """A waiting entry that was not sealed, and why. It holds up its lots until a person has looked."""

    id: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one run did. `busy`: another sequencer holds the head, nothing was tried."""

    sealed: int
    stopped: tuple[Stopped, ...] = ()
    busy: bool = False


def sequence(storage: Storage, connection: Connection, origin: str, *, limit: int, wait: bool) -> Batch:
    """Seal up to `limit` waiting entries.

    Each is parsed and hashed again first: bytes that changed since they were queued are never sealed, and neither is
    an entry whose predecessor in one of its lots is not sealed. Raises LogStateError before the log's inception and
    TamperError when stored leaves do not fold to the tree.
    """
    edge = storage.lock_head(connection, wait=wait)
    if edge is None:
        if storage.head(connection) is None:
            raise LogStateError("not-started", "the log has no head: run its inception, or restore it")
        return Batch(0, busy=True)
    chains, accepted, qids, stopped = Chains(), [], [], []
    for waiting in storage.pending(connection, limit):
        try:
            accepted.append(_admit(storage, connection, origin, chains, waiting))
            qids.append(waiting.qid)
        except TraceabilityError as error:
            stopped.append(Stopped(waiting.id, error.code, error.message))
    if accepted:
        storage.append(connection, edge.size, accepted)
        edge, tiles = _grow(edge, accepted)
        for node in tiles:
            storage.add_tile(connection, _tile(storage, connection, node))
        storage.set_head(connection, edge)
        storage.dequeue(connection, qids)
    return Batch(len(accepted), tuple(stopped))


def _admit(storage: Storage, connection: Connection, origin: str, chains: Chains, waiting: Waiting) -> NewEntry:
    entry = _read_again(origin, waiting)
    for link in entry.links:
        if link.lot not in chains.tails:
            tail = storage.sealed_tail(connection, link.lot)
            if tail:
                chains.tails[link.lot] = tail
    try:
        chains.follow(entry.links, waiting.leaf)
    except ChainError as error:
        raise ChainError("not-linked", error.message) from error
    return NewEntry(entry.id, entry.links, waiting.data, waiting.leaf)


def _read_again(origin: str, waiting: Waiting) -> Entry:
    if leaf_hash(waiting.data) != waiting.leaf:
        raise TamperError("changed-in-queue", "the bytes do not have the leaf they were queued with")
    entry = read_entry(waiting.data)
    if entry.id != waiting.id or entry.log != origin:
        raise ProfileError("wrong-log", "the bytes carry another id or another log's origin")
    return entry


def _grow(edge: Edge, batch: Sequence[NewEntry]) -> tuple[Edge, list[Node]]:
    """The edge after the batch, and the roots of the tiles it filled, lowest level first."""
    filled: list[Node] = []
    for entry in batch:
        edge, completed = edge.push(entry.leaf)
        filled += [node for node in completed if node.height and node.height % HEIGHT == 0]
    return edge, sorted(filled, key=lambda node: (node.height, node.index))


def _tile(storage: Storage, connection: Connection, node: Node) -> StoredTile:
    """The full tile under `node`, from stored rows: what is kept is what was stored, not what was in memory."""
    level, start = node.height // HEIGHT - 1, node.index * WIDTH
    if level:
        hashes = storage.tile_roots(connection, level - 1, start, start + WIDTH)
    else:
        hashes = storage.leaves(connection, start, start + WIDTH)
    if len(hashes) != WIDTH or fold_perfect(hashes) != node.hash:
        raise TamperError("tile-differs", f"the stored hashes under tile {level}/{node.index} are not the tree's")
    return StoredTile(level, node.index, b"".join(hashes), node.hash)
