"""The sequencer: seals waiting entries in queue order, gapless, one batch a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from traceability.canonical.chain import Chains
from traceability.canonical.entry import Entry, read_entry
from traceability.errors import ChainError, LogStateError, ProfileError, TamperError, TraceabilityError
from traceability.merkle import Edge, Node, fold_perfect, leaf_hash
from traceability.storage.base import Connection, NewEntry, Storage, StoredTile, Waiting
from traceability.tiles import HEIGHT, WIDTH

_PAGE = 512


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
    """Seal up to `limit` waiting entries; what is stopped is read past, however much of it stands first.

    Each is parsed and hashed again first: bytes that changed since they were queued are never sealed, and neither is
    an entry whose predecessor in one of its lots is not sealed. Raises LogStateError before the log's inception and
    TamperError when stored leaves do not fold to the tree.
    """
    edge = storage.lock_head(connection, wait=wait)
    if edge is None:
        if storage.head(connection) is None:
            raise LogStateError("not-started", "the log has no head: run its inception, or restore it")
        return Batch(0, busy=True)
    drain = _Drain(storage, connection, origin)
    more = True
    while more and len(drain.accepted) < limit:
        asked = min(_PAGE, limit - len(drain.accepted))
        page = storage.pending(connection, asked, drain.read_up_to)
        drain.take(page)
        more = len(page) == asked
    if drain.accepted:
        append(storage, connection, edge, drain.accepted)
        storage.dequeue(connection, drain.qids)
    return Batch(len(drain.accepted), tuple(drain.stopped))


def examine(storage: Storage, connection: Connection, origin: str) -> tuple[Stopped, ...]:
    """What of the whole queue could not be sealed now. Seals nothing."""
    drain = _Drain(storage, connection, origin)
    while page := storage.pending(connection, _PAGE, drain.read_up_to):
        drain.take(page)
    return tuple(drain.stopped)


def append(storage: Storage, connection: Connection, edge: Edge, batch: Sequence[NewEntry]) -> Edge:
    """Number the batch from the head on, with the tiles it fills; returns the new head, which the caller has locked.

    Raises TamperError when stored leaves do not fold to the tree.
    """
    storage.append(connection, edge.size, batch)
    edge, filled = _grow(edge, batch)
    for node in filled:
        storage.add_tile(connection, _tile(storage, connection, node))
    storage.set_head(connection, edge)
    return edge


@dataclass
class _Drain:
    """One run over the queue: what may be sealed, in order, and what is stopped."""

    storage: Storage
    connection: Connection
    origin: str
    read_up_to: int = 0
    chains: Chains = field(default_factory=Chains)
    accepted: list[NewEntry] = field(default_factory=list)
    qids: list[int] = field(default_factory=list)
    stopped: list[Stopped] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)

    def take(self, page: Sequence[Waiting]) -> None:
        """Admit what can be sealed of the next rows of the queue."""
        self.read_up_to = page[-1].qid if page else self.read_up_to
        read: list[tuple[Waiting, Entry]] = []
        for waiting in page:
            try:
                read.append((waiting, _read_again(self.origin, waiting)))
            except TraceabilityError as error:
                self._stop(waiting, error)
        self._fetch_tails({link.lot for _, entry in read for link in entry.links})
        for waiting, entry in read:
            try:
                self.chains.follow(entry.links, waiting.leaf)
            except ChainError as error:
                self._stop(waiting, ChainError("not-linked", error.message))
            else:
                self.accepted.append(NewEntry(entry.id, entry.links, waiting.data, waiting.leaf))
                self.qids.append(waiting.qid)

    def _fetch_tails(self, lots: set[str]) -> None:
        new = lots - self._known
        if new:
            self.chains.tails |= self.storage.sealed_tails(self.connection, new)
            self._known |= new

    def _stop(self, waiting: Waiting, error: TraceabilityError) -> None:
        self.stopped.append(Stopped(waiting.id, error.code, error.message))


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
