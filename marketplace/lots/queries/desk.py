"""What the seller's desk reads: growing areas, lots, diaries; always scoped by the seller."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from marketplace import provenance
from marketplace.accounts.models import Person
from marketplace.catalogue.models import Product
from marketplace.database import db
from marketplace.lots.models import DiaryChange, DiaryEntry, GrowingArea, Lot, LotStock
from marketplace.lots.vocabulary import KINDS
from marketplace.places.models import PlaceUnit
from marketplace.web.paging import PER_PAGE, Page


@dataclass(frozen=True)
class AreaRow:
    """A growing area still in use."""

    id: int
    name: str
    crop: str
    code: str | None
    code_state: str
    place_id: int
    place: str
    square_metres: int


@dataclass(frozen=True)
class ProductChoice:
    """A product a lot can be made of."""

    id: int
    name: str
    measure: str
    unit_label: str


@dataclass(frozen=True)
class LotRow:
    """A lot in a list; `left` is what is still on sale."""

    id: int
    number: str
    code: str
    state: str
    quantity: int
    harvested_on: date | None
    best_before: date | None
    product: str
    measure: str
    unit_label: str
    left: int | None


@dataclass(frozen=True)
class LotPage:
    """A lot as its seller sees it."""

    id: int
    number: str
    code: str
    state: str
    state_reason: str | None
    quantity: int
    started_on: date | None
    harvested_on: date | None
    packed_on: date | None
    best_before: date | None
    released_at: datetime | None
    product_id: int
    product: str
    product_state: str
    measure: str
    unit_label: str
    grams_per_piece: int | None
    growing_area_id: int | None
    area: str | None
    square_metres: int | None
    on_hand: int | None
    allocated: int | None
    withdrawn: int | None


@dataclass(frozen=True)
class EntryRow:
    """A diary entry as the seller sees it."""

    id: int
    kind: str
    happened_at: datetime
    recorded_at: datetime
    details: dict[str, Any]
    recorded_by: str | None
    voided_at: datetime | None
    changes: tuple["ChangeRow", ...] = ()

    @property
    def doubt(self) -> "ChangeRow | None":
        """The dispute that no correction has answered yet."""
        last = self.changes[-1] if self.changes else None
        return last if last is not None and last.kind == "dispute" and not self.voided_at else None

    @property
    def amendable(self) -> bool:
        """A piece of work that counts; release, shipping and recall are the market's own entries."""
        return self.kind in KINDS and self.voided_at is None


@dataclass(frozen=True)
class ReceiptRow:
    """What a seller keeps of an entry: `leaf` is its leaf hash as given at recording, `number` its line in the log (counted
    from 1; None: it waits), `by` until when at the latest it is sealed and signed. `differs`: the log has another leaf."""

    leaf: str
    recorded_at: datetime
    by: datetime
    number: int | None
    signed: bool
    differs: bool


@dataclass(frozen=True)
class ChangeRow:
    """A later entry about a diary entry: correct, void or dispute; values before and (for a correction) after."""

    kind: str
    reason: str
    by: str
    recorded_at: datetime
    before_at: datetime
    before: dict[str, Any]
    after_at: datetime | None
    after: dict[str, Any]


_AREAS = (
    select(
        GrowingArea.id, GrowingArea.name, GrowingArea.crop, GrowingArea.code, GrowingArea.code_state, GrowingArea.place_id,
        PlaceUnit.name, GrowingArea.square_metres,
    )
    .join(PlaceUnit, PlaceUnit.id == GrowingArea.place_id)
    .where(GrowingArea.retired_at.is_(None))
    .order_by(GrowingArea.id)
)
_LEFT = LotStock.on_hand - LotStock.allocated - LotStock.withdrawn
_ROWS = (
    select(
        Lot.id, Lot.number, Lot.code, Lot.state, Lot.quantity, Lot.harvested_on, Lot.best_before, Product.name,
        Product.measure, Product.unit_label, _LEFT,
    )
    .join(Product, Product.id == Lot.product_id)
    .outerjoin(LotStock, LotStock.lot_id == Lot.id)
)
_PAGE = (
    select(
        Lot.id, Lot.number, Lot.code, Lot.state, Lot.state_reason, Lot.quantity, Lot.started_on, Lot.harvested_on,
        Lot.packed_on, Lot.best_before, Lot.released_at, Lot.product_id, Product.name, Product.state, Product.measure,
        Product.unit_label, Product.grams_per_piece, Lot.growing_area_id, GrowingArea.name, GrowingArea.square_metres,
        LotStock.on_hand, LotStock.allocated, LotStock.withdrawn,
    )
    .join(Product, Product.id == Lot.product_id)
    .outerjoin(GrowingArea, GrowingArea.id == Lot.growing_area_id)
    .outerjoin(LotStock, LotStock.lot_id == Lot.id)
)
_ENTRIES = (
    select(
        DiaryEntry.id, DiaryEntry.kind, DiaryEntry.happened_at, DiaryEntry.recorded_at, DiaryEntry.details,
        Person.full_name, DiaryEntry.voided_at,
    )
    .outerjoin(Person, Person.id == DiaryEntry.recorded_by_id)
    .order_by(DiaryEntry.happened_at.desc(), DiaryEntry.id.desc())
)
_GIVEN = select(DiaryEntry.id, DiaryEntry.event_id, DiaryEntry.leaf, DiaryEntry.recorded_at).where(
    DiaryEntry.lot_id == bindparam("lot_id")
)
_CHANGES = (
    select(
        DiaryChange.entry_id, DiaryChange.kind, DiaryChange.reason, DiaryChange.by, DiaryChange.recorded_at,
        DiaryChange.before, DiaryChange.after,
    )
    .join(DiaryEntry, DiaryEntry.id == DiaryChange.entry_id)
    .order_by(DiaryChange.id)
)


def growing_areas(seller_id: int) -> list[AreaRow]:
    """The seller's areas in use."""
    return [AreaRow(*row) for row in db.session.execute(_AREAS.where(GrowingArea.seller_id == seller_id))]


def growing_area(*, area_id: int, seller_id: int) -> AreaRow | None:
    """One area of this seller, or None."""
    row = db.session.execute(_AREAS.where(GrowingArea.seller_id == seller_id, GrowingArea.id == area_id)).first()
    return AreaRow(*row) if row else None


def lot_products(seller_id: int) -> list[ProductChoice]:
    """Products new lots can be made of, by name."""
    rows = db.session.execute(
        select(Product.id, Product.name, Product.measure, Product.unit_label)
        .where(Product.seller_id == seller_id, Product.state.not_in(("rejected", "withdrawn")))
        .order_by(Product.name_key, Product.id)
    )
    return [ProductChoice(*row) for row in rows]


def desk_lots(seller_id: int, *, state: str = "", page: int = 1) -> Page[LotRow]:
    """The seller's lots, newest first; `state` narrows the list."""
    conditions = [Lot.seller_id == seller_id] + ([Lot.state == state] if state else [])
    total = db.session.scalar(select(func.count()).select_from(Lot).where(*conditions))
    rows = db.session.execute(
        _ROWS.where(*conditions).order_by(Lot.id.desc()).limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    )
    return Page(rows=[LotRow(*row) for row in rows], number=page, total=total or 0)


def open_lots(seller_id: int) -> list[LotRow]:
    """Lots the diary can still write into: drafts, and released ones for packing; newest first, at most a hundred."""
    rows = db.session.execute(
        _ROWS.where(Lot.seller_id == seller_id, Lot.state.in_(("draft", "released"))).order_by(Lot.id.desc()).limit(100)
    )
    return [LotRow(*row) for row in rows]


def lot_page(*, lot_id: int, seller_id: int) -> LotPage | None:
    """One lot of this seller, or None."""
    row = db.session.execute(_PAGE.where(Lot.id == lot_id, Lot.seller_id == seller_id)).first()
    return LotPage(*row) if row else None


def lot_diary(lot_id: int) -> list[EntryRow]:
    """The lot's entries, latest first, with their changes. Ask `lot_page` first whose lot it is. Two statements."""
    changes = defaultdict(list)
    for entry_id, *row in db.session.execute(_CHANGES.where(DiaryEntry.lot_id == lot_id)):
        changes[entry_id].append(_change(*row))
    rows = db.session.execute(_ENTRIES.where(DiaryEntry.lot_id == lot_id))
    return [EntryRow(*row, changes=tuple(changes[row.id])) for row in rows]


def lot_receipts(lot_id: int) -> dict[int, ReceiptRow]:
    """The receipt of each of the lot's entries. Ask `lot_page` first whose lot it is. Two statements."""
    rows = db.session.execute(_GIVEN, {"lot_id": lot_id}).all()
    standing = provenance.standings([row.event_id for row in rows])
    return {row.id: _receipt(row.leaf, row.recorded_at, standing.get(row.event_id)) for row in rows}


def diary_entry(*, lot_id: int, entry_id: int) -> EntryRow | None:
    """One entry of the lot with its changes, or None. Ask `lot_page` first whose lot it is."""
    row = db.session.execute(_ENTRIES.where(DiaryEntry.lot_id == lot_id, DiaryEntry.id == entry_id)).first()
    if row is None:
        return None
    changes = db.session.execute(_CHANGES.where(DiaryEntry.id == entry_id))
    return EntryRow(*row, changes=tuple(_change(*change[1:]) for change in changes))


def harvested(lot_id: int) -> int:
    """Grams or pieces harvested into the lot by its diary as it counts."""
    rows = db.session.scalars(
        select(DiaryEntry.details)
        .where(DiaryEntry.lot_id == lot_id, DiaryEntry.kind == "harvesting", DiaryEntry.voided_at.is_(None))
    )
    return sum(details.get("quantity", 0) for details in rows)


def _receipt(leaf: str, recorded_at: datetime, standing: provenance.Standing | None) -> ReceiptRow:
    by = recorded_at + provenance.PROMISE
    if standing is None:
        return ReceiptRow(leaf, recorded_at, by, None, False, False)
    return ReceiptRow(leaf, recorded_at, by, standing.seq + 1, standing.signed, standing.leaf_hex != leaf)


def _change(kind: str, reason: str, by: str, recorded_at: datetime, before: dict, after: dict) -> ChangeRow:
    moments = [datetime.fromisoformat(side["happened_at"]) if side else None for side in (before, after)]
    return ChangeRow(kind, reason, by, recorded_at, moments[0], before["details"], moments[1], after.get("details", {}))
