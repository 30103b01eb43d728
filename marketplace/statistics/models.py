"""Sale facts, their daily rollup, visits by day, and recorded outreach activity. Figures come from here only."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Amount, Base, Dong, Id, Line, Prose, Short


class SaleFact(Base):
    """One sold line: on the platform (channel `platform`) or declared from elsewhere. Append-only.

    `transactions` is 1 on the first line of an order and 0 on its others, so that sums count orders.
    A reversal (return, refund) is another fact with negative amounts on its own date.
    """

    __tablename__ = "sale_fact"
    __table_args__ = (
        UniqueConstraint("source", "source_line"),
        CheckConstraint("transactions IN (-1, 0, 1)", name="transactions"),
        Index("ix_sale_fact_day", "day", "seller_id"),
    )

    id: Mapped[Id]
    source: Mapped[Short]  # seller order code, or declaration number
    source_line: Mapped[int]
    day: Mapped[date]  # Vietnamese calendar day of delivery
    at: Mapped[datetime]
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"))
    seller_kind: Mapped[Short]
    place_id: Mapped[int] = mapped_column(ForeignKey("place_unit.id"))  # seller's unit valid that day
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    product_id: Mapped[int | None] = mapped_column(ForeignKey("product.id"))
    ocop: Mapped[bool]
    channel: Mapped[Short]  # platform, postmart, voso, ... market_stall, direct
    method: Mapped[Short]  # cod, card, transfer, cash, unknown
    transactions: Mapped[int]
    grams: Mapped[Amount]
    pieces: Mapped[Amount]
    dong: Mapped[Dong]
    declared: Mapped[bool]  # off-platform, declared by a person
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class SaleRollup(Base):
    """Sums of facts per day and group; kept in the same transaction, rebuildable to the same numbers."""

    __tablename__ = "sale_rollup"

    day: Mapped[date] = mapped_column(primary_key=True)
    seller_kind: Mapped[Short] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place_unit.id"), primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"), primary_key=True)
    ocop: Mapped[bool] = mapped_column(primary_key=True)
    channel: Mapped[Short] = mapped_column(primary_key=True)
    method: Mapped[Short] = mapped_column(primary_key=True)
    transactions: Mapped[int]
    grams: Mapped[Amount]
    pieces: Mapped[Amount]
    dong: Mapped[Dong]


class VisitDay(Base):
    """Visits of a day: one per half-hour session cookie, bots and health checks left out."""

    __tablename__ = "visit_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[Short] = mapped_column(primary_key=True)  # visit, page, trace
    count: Mapped[Amount]


class OutreachRecord(Base):
    """Households trained or brought onto platforms, as recorded by an officer for one day and place."""

    __tablename__ = "outreach_record"

    id: Mapped[Id]
    day: Mapped[date] = mapped_column(index=True)
    kind: Mapped[Short]  # trained, supported
    place_id: Mapped[int] = mapped_column(ForeignKey("place_unit.id"))
    channel: Mapped[Short]  # postmart, voso ...
    households: Mapped[int]
    products: Mapped[int] = mapped_column(default=0)
    source: Mapped[Line]
    note: Mapped[Prose] = mapped_column(default="")
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
