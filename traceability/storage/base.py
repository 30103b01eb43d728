"""What a log needs of its store, and what a store promises.

Every method takes the caller's open transaction (`connection`) and never commits. Promise of a store: once the
caller's commit has returned, what was written survives process death and power loss (SQLite in WAL mode needs
synchronous=FULL, PostgreSQL synchronous_commit=on); a transaction that did not commit has left nothing behind.
Entries, links, bodies, tiles, checkpoints and notes are written once and never changed or removed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from traceability.canonical.chain import Tail
from traceability.canonical.entry import Link
from traceability.merkle import Edge
from traceability.storage.derived import Connection, DerivedRows

__all__ = [
    "Connection",
    "NewEntry",
    "Sealed",
    "Storage",
    "Stored",
    "StoredLink",
    "StoredNote",
    "StoredTile",
    "Waiting",
]


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry on its way in: its bytes, their leaf, and the id and links that are also inside the bytes."""

    id: str
    links: tuple[Link, ...]
    data: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the queue. `qid` orders the queue and is drawn by the store."""

    qid: int
    id: str
    data: bytes
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry found by its id; `seq` is None while it waits to be sealed, `data` where its body is withheld."""

    id: str
    data: bytes | None
    leaf: bytes
    seq: int | None


class Sealed(NamedTuple):
    """A row of the sealed log as stored; `data` is None where the body row is missing. An audit makes one an entry."""

    seq: int
    id: str
    leaf: bytes
    data: bytes | None


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A row of the lot index: entry `seq` is number `n` of the lot."""

    lot: str
    n: int
    seq: int


@dataclass(frozen=True, slots=True)
class StoredTile:
    """A full tile: 256 hashes of height 8·level and the root over them."""

    level: int
    index: int
    hashes: bytes
    root: bytes


@dataclass(frozen=True, slots=True)
class StoredNote:
    """A signature line under the checkpoint of `size`, and when it was added."""

    size: int
    key_id: str
    line: str
    at: datetime


class Storage(DerivedRows, Protocol):
    """The store of one log."""

    def lock(self, connection: Connection, names: Iterable[str]) -> None:
        """Let no other transaction pass this call with one of these names until this one ends."""

    def tail(self, connection: Connection, lot: str) -> Tail | None:
        """The last link of a lot, sealed or waiting."""

    def tails(self, connection: Connection, lots: Iterable[str]) -> dict[str, Tail]:
        """The last link, sealed or waiting, of each of these lots that has one."""

    def sealed_tails(self, connection: Connection, lots: Iterable[str]) -> dict[str, Tail]:
        """The last sealed link of each of these lots that has one."""

    def find(self, connection: Connection, entry_id: str) -> Stored | None:
        """The entry with this id, sealed or waiting."""

    def enqueue(self, connection: Connection, entry: NewEntry) -> None:
        """Add to the queue. Raises ConflictError when the id or one of (lot, n) is taken."""

    def pending(self, connection: Connection, limit: int, after: int = 0) -> list[Waiting]:
        """The oldest waiting entries behind row `after`, in queue order."""

    def pending_of_lot(self, connection: Connection, lot: str) -> list[Waiting]:
        """The waiting entries of a lot in order of n."""

    def start(self, connection: Connection) -> None:
        """Write the head row of the empty log. Raises LogStateError when there is one already."""

    def head(self, connection: Connection) -> Edge | None:
        """The right edge as last sealed; None before the log was started."""

    def lock_head(self, connection: Connection, *, wait: bool) -> Edge | None:
        """The right edge, locked until the transaction ends; None when not waiting and another holds it."""

    def idle(self, connection: Connection, lots: Sequence[str]) -> tuple[Edge, dict[str, Tail]] | None:
        """The right edge, and the last link of each of these lots that has one, when nothing waits and no other
        transaction can write before this one ends; else None."""

    def append(self, connection: Connection, start: int, batch: Sequence[NewEntry]) -> None:
        """Write entries, lot links and bodies of a batch, numbered from `start` on.

        Raises ConflictError when an id or a number is taken: nothing is written when it was the first of the batch,
        else the caller's transaction or savepoint has to end.
        """

    def dequeue(self, connection: Connection, qids: Sequence[int]) -> None:
        """Remove sealed entries from the queue."""

    def add_tile(self, connection: Connection, tile: StoredTile) -> None:
        """Write a full tile."""

    def set_head(self, connection: Connection, edge: Edge) -> None:
        """Move the head; the one row that is ever updated."""

    def leaves(self, connection: Connection, start: int, stop: int) -> list[bytes]:
        """Leaf hashes [start, stop), as far as there are any."""

    def tile(self, connection: Connection, level: int, index: int) -> bytes | None:
        """The hashes of a full tile."""

    def tile_roots(self, connection: Connection, level: int, start: int, stop: int) -> list[bytes]:
        """Roots of the full tiles of a level, indexes [start, stop), as far as there are any."""

    def tiles(self, connection: Connection, level: int, start: int, stop: int) -> list[StoredTile]:
        """The full tiles of a level with indexes [start, stop)."""

    def sealed(self, connection: Connection, start: int, stop: int) -> list[Sealed]:
        """The rows [start, stop) with their bodies, in order."""

    def bodies(self, connection: Connection, start: int, stop: int) -> Sequence[tuple[int, bytes, bytes | None]]:
        """Number, leaf and body of the rows [start, stop), in order: what hashing everything again needs."""

    def sealed_of_lot(self, connection: Connection, lot: str) -> list[Sealed]:
        """The sealed rows of a lot with their bodies, in order of n."""

    def links(self, connection: Connection, start: int, stop: int) -> list[StoredLink]:
        """The lot links of the entries [start, stop), in order of seq and lot."""

    def counts(self, connection: Connection) -> dict[str, int]:
        """Rows of `entry`, `body`, `lotlink`, and of full tiles (`tile`)."""

    def add_checkpoint(self, connection: Connection, size: int, root: bytes) -> None:
        """Write a checkpoint. Raises LogStateError when that size has one."""

    def last_checkpoint(self, connection: Connection) -> tuple[int, bytes] | None:
        """The largest (size, root); None before the first."""

    def checkpoints(self, connection: Connection) -> list[tuple[int, bytes]]:
        """All (size, root) in order of size."""

    def add_note(self, connection: Connection, note: StoredNote) -> None:
        """Keep a signature line."""

    def latest_signed(self, connection: Connection) -> tuple[bytes, list[StoredNote]] | None:
        """Root and signature lines (newest of each key) of the largest size that has a line."""

    def notes(self, connection: Connection, size: int) -> list[StoredNote]:
        """The signature lines of a size, newest of each key."""
