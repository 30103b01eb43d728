"""What a lot's events say today: its sealed entries folded, with every later entry that speaks of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, bindparam, func, select

from marketplace.database import db
from marketplace.provenance.site import OPERATOR, the_log
from traceability.canonical.entry import Entry, read_entry
from traceability.canonical.types import CORRECT, DISPUTE, EVENT, RECALL, UNDERSTOOD, VOID
from traceability.errors import ProfileError
from traceability.history import History, Mark, Told, fold
from traceability.log import LotRecord
from traceability.merkle import leaf_hash
from traceability.storage import tables

CERTIFIER = "certifier"
_KINDS = {CORRECT: "correct", VOID: "void", DISPUTE: "dispute", RECALL: "recall"}
_RIGHTS = (
    select(tables.entry.c.seq, tables.entry.c.leaf, tables.body.c.bytes)
    .join(tables.body, tables.body.c.seq == tables.entry.c.seq)
    .where(tables.entry.c.id.in_(bindparam("ids", expanding=True)))
)
Record = tuple[int, bytes, Entry]


@dataclass(frozen=True)
class Remark:
    """A later entry about an event. `by`: producer (who wrote the event), inspector, operator or other; `counts` is
    False for one that changes nothing because its writer had no right or said what no correction may say."""

    kind: str  # correct, void, dispute, recall
    at: datetime
    by: str
    reason: str
    counts: bool
    event_id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class FoldedEvent:
    """An event of a lot: what it said first and after each counting correction (EPCIS records), and all remarks in
    order. `void`: the remark that ended it; `who` wrote it, `recorded_at` is when the server did."""

    event_id: str
    seq: int
    leaf_hex: str
    who: str
    recorded_at: datetime
    versions: tuple[Mapping[str, Any], ...]
    remarks: tuple[Remark, ...]
    void: Remark | None

    @property
    def fields(self) -> Mapping[str, Any]:
        """What it says today."""
        return self.versions[-1]

    @property
    def corrections(self) -> tuple[Remark, ...]:
        """The corrections that count, one for each version after the first."""
        return tuple(remark for remark in self.remarks if remark.kind == "correct" and remark.counts)

    @property
    def disputes(self) -> tuple[Remark, ...]:
        return tuple(remark for remark in self.remarks if remark.kind == "dispute" and remark.counts)


@dataclass(frozen=True)
class LotHistory:
    """The sealed events of a lot by their id, in order of their numbers; `recalls` the recalls of the lot that count;
    `entries` counts all its sealed entries, `strange` those of a type this release does not understand, `last` is the
    highest number.

    By id: `unreadable` the numbers of entries whose bytes are missing or not what was sealed, `withheld` of those
    whose content was withdrawn and announced."""

    events: Mapping[str, FoldedEvent]
    unreadable: Mapping[str, int]
    withheld: Mapping[str, int]
    recalls: tuple[Remark, ...]
    entries: int
    last: int | None
    strange: int


def lot_history(code: str) -> LotHistory:
    """The lot folded. One statement; one more when somebody else than the writer spoke of an event, and when a body is
    missing."""
    storage, connection = the_log().storage, db.session.connection()
    rows = storage.sealed_of_lot(connection, code)
    records = list(_readable((row.seq, row.leaf, row.data) for row in rows))
    history = _folded(records)
    leaves = {seq: leaf for seq, leaf, _entry in records}
    events = {told.entry.id: _event(told, leaves[seq], history) for seq, told in history.events.items()}
    unreadable = {row.id: row.seq for row in rows if row.seq not in leaves}
    announced = storage.withheld(connection) if any(row.data is None for row in rows) else {}
    withheld = {name: seq for name, seq in unreadable.items() if seq in announced}
    last = max((row.seq for row in rows), default=None)
    recalls = tuple(_recall(mark) for mark in history.recalls.get(code, ()) if mark.counts)
    missing = {name: seq for name, seq in unreadable.items() if name not in withheld}
    strange = sum(entry.type not in UNDERSTOOD for _seq, _leaf, entry in records)
    return LotHistory(events, missing, withheld, recalls, len(rows), last, strange)


def told_event(found: LotRecord) -> Told | None:
    """One sealed event with what later entries of its first lot make of it; None when it touches no lot."""
    storage, connection = the_log().storage, db.session.connection()
    for link in found.entry.links[:1]:
        rows = storage.sealed_of_lot(connection, link.lot)
        return _folded(list(_readable((row.seq, row.leaf, row.data) for row in rows))).events.get(found.seq)
    return None


def sealed_links(code: Any) -> ScalarSelect:
    """How many sealed entries a lot has, as an SQL expression of its code (NULL: none)."""
    return select(func.max(tables.lotlink.c.n) + 1).where(tables.lotlink.c.lot == code).scalar_subquery()


def _readable(rows: Iterable[tuple[int, bytes, bytes | None]]) -> Iterator[Record]:
    """The rows whose bytes are what was sealed; a reader of pages goes on without the others, the audit names them."""
    for seq, leaf, data in rows:
        if data is None or leaf_hash(data) != leaf:
            continue
        try:
            yield seq, leaf, read_entry(data)
        except ProfileError:
            continue


def _folded(records: list[Record]) -> History:
    """With the rights of those who are neither the operator nor a writer of the lot's events."""
    writers = {entry.who for _seq, _leaf, entry in records if entry.type == EVENT} | {OPERATOR}
    others = {entry.who for _seq, _leaf, entry in records if entry.type in _KINDS} - writers
    return fold([*records, *_rights(others)], OPERATOR)


def _rights(names: set[str]) -> list[Record]:
    if not names:
        return []
    ids = [f"{verb}/{CERTIFIER}/{name}" for verb in ("grant", "revoke") for name in sorted(names)]
    rows = db.session.connection().execute(_RIGHTS, {"ids": ids})
    return list(_readable((row.seq, bytes(row.leaf), bytes(row.bytes)) for row in rows))


def _event(told: Told, leaf: bytes, history: History) -> FoldedEvent:
    remarks = {mark.seq: _remark(mark, told, history) for mark in told.marks}
    void = remarks[told.void.seq] if told.void else None
    entry = told.entry
    return FoldedEvent(
        entry.id, told.seq, leaf.hex(), entry.who, entry.recorded_at, tuple(told.versions), tuple(remarks.values()), void
    )


def _recall(mark: Mark) -> Remark:
    return Remark("recall", mark.at, "operator" if mark.who == OPERATOR else "other", mark.reason, mark.counts, mark.id, {})


def _remark(mark: Mark, told: Told, history: History) -> Remark:
    by = "producer" if mark.who == told.entry.who else "operator" if mark.who == OPERATOR else "other"
    if by == "other" and mark.who in history.ever_certifiers:
        by = "inspector"
    fields = {change.path: change.new for change in told.changes if change.seq == mark.seq}
    return Remark(_KINDS[mark.type], mark.at, by, mark.reason, mark.counts, mark.id, fields)
