"""Growing areas, lots, diary entries, printed codes, stock by lot and by product, problem reports."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.models import Product
from marketplace.database import Amount, Base, Id, Line, Prose, Short
from marketplace.places.models import PlaceUnit

STATES = ("draft", "released", "blocked", "recalled", "closed", "cancelled")
CHANGES = ("correct", "void", "dispute")


class GrowingArea(Base):
    """A plot, orchard or pond. The code (mã số vùng trồng) is kept as text: leading zeros matter."""

    __tablename__ = "growing_area"

    id: Mapped[Id]
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"), index=True)
    name: Mapped[Line]
    crop: Mapped[Line]
    code: Mapped[Short | None]
    code_state: Mapped[Short] = mapped_column(default="declared")  # declared, looks_right, confirmed, revoked
    place_id: Mapped[int] = mapped_column(ForeignKey("place_unit.id"))
    square_metres: Mapped[Amount]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    place: Mapped[PlaceUnit] = relationship()


class Lot(Base):
    """A harvest or production batch. `code` is public, unguessable and printed; a lot is never deleted."""

    __tablename__ = "lot"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("quantity >= 0", name="quantity"),
        UniqueConstraint("seller_id", "number"),
        Index("ix_lot_product_state", "product_id", "state"),
    )

    id: Mapped[Id]
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    growing_area_id: Mapped[int | None] = mapped_column(ForeignKey("growing_area.id"))
    number: Mapped[Short]  # seller's own short number, begins with a letter: L261122-1
    code: Mapped[Short] = mapped_column(unique=True)  # trace code, /t/<CODE>
    state: Mapped[Short] = mapped_column(default="draft")
    quantity: Mapped[Amount]  # grams or pieces, by the product's measure
    started_on: Mapped[date | None]  # sowing or stocking
    harvested_on: Mapped[date | None]
    packed_on: Mapped[date | None]
    best_before: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    released_at: Mapped[datetime | None]
    state_reason: Mapped[Prose | None]  # why blocked, recalled or cancelled: shown on the trace page

    product: Mapped[Product] = relationship()
    growing_area: Mapped[GrowingArea | None] = relationship()
    entries: Mapped[list["DiaryEntry"]] = relationship(back_populates="lot", order_by="DiaryEntry.happened_at, DiaryEntry.id")


class DiaryEntry(Base):
    """One field-diary entry: our searchable copy, as corrected, of an event whose sealed bytes are in the log.

    `details` holds only public, structured values (no names, phones or free text: those never enter the log).
    """

    __tablename__ = "diary_entry"
    __table_args__ = (Index("ix_diary_entry_lot_time", "lot_id", "happened_at"),)

    id: Mapped[Id]
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    event_id: Mapped[Line] = mapped_column(unique=True)  # the log entry's id
    leaf: Mapped[Short]  # leaf hash, hex
    kind: Mapped[Short]  # sowing, fertilising, spraying, irrigating, harvesting, packing, released, shipping, recall ...
    happened_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    details: Mapped[dict]
    client_key: Mapped[Short | None] = mapped_column(unique=True)  # made by the phone: a queued retry is a no-op
    voided_at: Mapped[datetime | None]  # written by mistake: counts for nothing, stays in sight

    lot: Mapped[Lot] = relationship(back_populates="entries")


class DiaryChange(Base):
    """A later log entry about a diary entry; rows are only added. The diary entry itself holds the values as corrected.

    `before` and `after`: `{"happened_at": ISO time, "details": {…}}`; `after` is empty for a void and a dispute.
    """

    __tablename__ = "diary_change"
    __table_args__ = (CheckConstraint(f"kind IN {CHANGES}", name="kind"),)

    id: Mapped[Id]
    entry_id: Mapped[int] = mapped_column(ForeignKey("diary_entry.id"), index=True)
    kind: Mapped[Short]
    log_id: Mapped[Line] = mapped_column(unique=True)  # id of the log's own entry
    reason: Mapped[Short]
    by: Mapped[Short]  # producer, inspector, operator (the department)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    before: Mapped[dict]
    after: Mapped[dict]
    client_key: Mapped[Short | None] = mapped_column(unique=True)  # as of a diary entry: the same press twice is one


class LotStock(Base):
    """What is left of a released lot: on hand, of which allocated to packed orders or withdrawn from sale.

    Stock.on_hand of a product = sum over its lots of (on_hand - withdrawn), at the end of every transaction.
    """

    __tablename__ = "lot_stock"
    __table_args__ = (
        CheckConstraint("allocated >= 0 AND withdrawn >= 0 AND on_hand - allocated - withdrawn >= 0", name="covered"),
    )

    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    on_hand: Mapped[Amount]
    allocated: Mapped[Amount] = mapped_column(default=0)
    withdrawn: Mapped[Amount] = mapped_column(default=0)  # of a blocked, recalled or closed lot: no longer sellable


class Stock(Base):
    """Sellable stock of a product: the sum of its released lots, minus what is held or allocated (I2)."""

    __tablename__ = "stock"
    __table_args__ = (
        CheckConstraint("held >= 0 AND allocated >= 0 AND on_hand - allocated - held >= 0", name="covered"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    on_hand: Mapped[Amount] = mapped_column(default=0)
    allocated: Mapped[Amount] = mapped_column(default=0)  # promised to placed orders
    held: Mapped[Amount] = mapped_column(default=0)  # held while the buyer pays


class ProblemReport(Base):
    """What a consumer reports from the trace page; answered by an officer."""

    __tablename__ = "problem_report"

    id: Mapped[Id]
    code: Mapped[Short] = mapped_column(index=True)  # as scanned, also when unknown
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lot.id"))
    kind: Mapped[Short]  # not_matching, quality, copied_code, other
    text: Mapped[Prose]
    contact: Mapped[Line] = mapped_column(default="")
    evidence: Mapped[Prose | None] = mapped_column(deferred=True)  # a file a phone saved: JSON text, at most 200 kB
    state: Mapped[Short] = mapped_column(default="new", index=True)  # new, in_progress, done, refused
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[Prose | None]


class LogAlias(Base):
    """The random name under which a natural person's entries of one year stand in the log; deleting the row cuts the tie.

    Reference log.md §2.6: an entry never holds a person's name, and a household's slug is one.
    """

    __tablename__ = "log_alias"

    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"), primary_key=True)
    season: Mapped[int] = mapped_column(primary_key=True)  # Vietnamese calendar year
    alias: Mapped[Short] = mapped_column(unique=True)
