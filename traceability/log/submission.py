"""Taking an event into the log's queue, inside the transaction of the business act it records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from traceability.canonical.chain import Tail, next_link
from traceability.canonical.entry import Entry, Link, check_lot, read_entry, write_entry
from traceability.errors import ConflictError, LogStateError, TamperError
from traceability.log.sequencer import append
from traceability.merkle import Edge, leaf_hash
from traceability.storage.base import Connection, NewEntry, Storage, Stored


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a submitter keeps: the leaf is known at once; `seq` is None while the entry waits to be sealed."""

    id: str
    leaf: bytes
    links: tuple[Link, ...]
    seq: int | None

    @property
    def sealed(self) -> bool:
        return self.seq is not None


def submit(
    storage: Storage, connection: Connection, draft: Entry, lots: Iterable[str], *, at_once: bool = False
) -> Receipt:
    """Link the draft to the last entry of each lot and put it into the queue; `at_once` seals it in this transaction
    instead, where nothing waits and nobody else can write (SQLite).

    The same id with the same event and lots again gets the first receipt; with anything else ConflictError
    `id-reused`. Raises ProfileError for a draft outside the entry profile, LogStateError before the log's inception and,
    at once, TamperError when the store goes on behind its head. Callers that submit several entries in one
    transaction touch lots in a fixed order, or PostgreSQL may end one of two crossing transactions as a deadlock.
    """
    names = sorted({check_lot(lot) for lot in lots})
    idle = storage.idle(connection, names) if at_once else None
    if idle is not None:
        return _sealed(storage, connection, _linked(draft, names, idle[1]), idle[0], draft)
    if storage.head(connection) is None:
        raise LogStateError("not-started", "the log has no head: run its inception, or restore it")
    storage.lock(connection, [f"lot {name}" for name in names] + [f"id {draft.id}"])
    earlier = storage.find(connection, draft.id)
    if earlier:
        return _repeated(earlier, draft, names)
    entry = _linked(draft, names, storage.tails(connection, names) if names else {})
    storage.enqueue(connection, entry)
    return Receipt(entry.id, entry.leaf, entry.links, None)


def _sealed(storage: Storage, connection: Connection, entry: NewEntry, edge: Edge, draft: Entry) -> Receipt:
    """Seal the entry behind `edge`. Whether its id is taken the insert answers: a look-up beforehand would cost every new
    entry what only a repeated one needs."""
    try:
        append(storage, connection, edge, [entry])
    except ConflictError as error:
        earlier = storage.find(connection, draft.id)
        if earlier is None:
            raise TamperError("not-next", f"the store holds an entry {edge.size} that its head does not") from error
        return _repeated(earlier, draft, [link.lot for link in entry.links])
    return Receipt(entry.id, entry.leaf, entry.links, edge.size)


def _linked(draft: Entry, lots: list[str], tails: Mapping[str, Tail]) -> NewEntry:
    links = tuple(next_link(lot, tails.get(lot)) for lot in lots)
    data = write_entry(replace(draft, links=links))
    return NewEntry(draft.id, links, data, leaf_hash(data))


def _repeated(earlier: Stored, draft: Entry, lots: list[str]) -> Receipt:
    if earlier.data is None:
        raise ConflictError("withheld", f"{draft.id} is in the log, its content was withheld")
    first = read_entry(earlier.data)
    if _content(first) != _content(draft) or [link.lot for link in first.links] != lots:
        raise ConflictError("id-reused", f"{draft.id} is already in the log with another content")
    return Receipt(earlier.id, earlier.leaf, first.links, earlier.seq)


def _content(entry: Entry) -> tuple[Any, ...]:
    return entry.type, entry.event, entry.commitments or {}, entry.references
