"""Baskets, purchases, seller orders with frozen lines, stock holds and the record of every transition."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.models import Product
from marketplace.database import Amount, Base, Dong, Id, Line, Prose, Short
from marketplace.lots.models import Lot
from marketplace.places.models import PlaceUnit
from marketplace.sellers.models import Seller

STATES = (
    "PENDING_PAYMENT", "PENDING_SELLER", "ACCEPTED", "PACKED", "SHIPPED", "READY_FOR_PICKUP", "DELIVERED", "COMPLETED",
    "DELIVERY_FAILED", "EXPIRED", "CANCELLED", "RETURNED",
)
TERMINAL = ("COMPLETED", "EXPIRED", "CANCELLED", "RETURNED")


class Basket(Base):
    """What somebody means to buy, from several sellers; found by a random token in the session."""

    __tablename__ = "basket"

    id: Mapped[Id]
    token: Mapped[Short] = mapped_column(unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    lines: Mapped[list["BasketLine"]] = relationship(cascade="all, delete-orphan", order_by="BasketLine.product_id")


class BasketLine(Base):
    """One product in a basket; `seen_price` is what the buyer last saw, to tell them of a change."""

    __tablename__ = "basket_line"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    basket_id: Mapped[int] = mapped_column(ForeignKey("basket.id", ondelete="CASCADE"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    quantity: Mapped[Amount]
    seen_price: Mapped[Dong]

    product: Mapped[Product] = relationship()


class Purchase(Base):
    """What the buyer pays: one or more seller orders. Its status is computed from them (I7)."""

    __tablename__ = "purchase"
    __table_args__ = (
        CheckConstraint("items_total >= 0 AND delivery_total >= 0 AND total = items_total + delivery_total", name="sum"),
    )

    id: Mapped[Id]
    code: Mapped[Short] = mapped_column(unique=True)
    client_key: Mapped[Short] = mapped_column(unique=True)  # hash of the checkout page's key: a double press is one purchase
    buyer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[Short]  # of the guest link's token
    method: Mapped[Short]  # cod, card
    items_total: Mapped[Dong]
    delivery_total: Mapped[Dong]
    total: Mapped[Dong]
    recipient: Mapped[Line]
    phone: Mapped[Short] = mapped_column(index=True)  # E.164; cash limits count by it
    address_line: Mapped[Line]
    place_id: Mapped[int] = mapped_column(ForeignKey("place_unit.id"))
    note: Mapped[Prose] = mapped_column(default="")
    created_at: Mapped[datetime]

    orders: Mapped[list["SellerOrder"]] = relationship(back_populates="purchase", order_by="SellerOrder.id")
    place: Mapped[PlaceUnit] = relationship()


class SellerOrder(Base):
    """The part of a purchase one seller fulfils; the stored state machine of reference/marketplace.md section 5."""

    __tablename__ = "seller_order"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("delivery IN ('ship', 'pickup')", name="delivery"),
        CheckConstraint("items_total >= 0 AND delivery_fee >= 0 AND total = items_total + delivery_fee", name="sum"),
        Index("ix_seller_order_desk", "seller_id", "state", "id"),
        Index("ix_seller_order_timer", "state", "due_at"),
    )

    id: Mapped[Id]
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchase.id"), index=True)
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"))
    code: Mapped[Short] = mapped_column(unique=True)
    state: Mapped[Short]
    delivery: Mapped[Short] = mapped_column(default="ship")  # ship, pickup: chosen per seller at checkout
    due_at: Mapped[datetime | None]  # when the timer of this state strikes (expiry, auto-cancel, completion)
    items_total: Mapped[Dong]
    delivery_fee: Mapped[Dong]
    total: Mapped[Dong]
    perishable: Mapped[bool]
    carrier: Mapped[Line | None]
    collected: Mapped[Dong | None]  # COD cash taken at the door
    collected_by: Mapped[Line | None]
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]

    purchase: Mapped[Purchase] = relationship(back_populates="orders")
    seller: Mapped[Seller] = relationship()
    lines: Mapped[list["OrderLine"]] = relationship(back_populates="order", order_by="OrderLine.id")


class OrderLine(Base):
    """Frozen copy of what was bought (I11): never changed after it was placed, except `accepted`/`packed` quantities."""

    __tablename__ = "order_line"
    __table_args__ = (CheckConstraint("quantity > 0 AND line_total >= 0", name="amounts"),)

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("seller_order.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    product_name: Mapped[Line]
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    ocop_stars: Mapped[int | None]
    measure: Mapped[Short]
    unit_label: Mapped[Short]
    grams_per_piece: Mapped[int | None]
    price: Mapped[Dong]
    quantity: Mapped[Amount]  # ordered
    accepted: Mapped[Amount | None]  # set at T3, never above quantity
    packed: Mapped[Amount | None]  # real weight at T6
    line_total: Mapped[Dong]  # of what is currently promised or packed
    certificates: Mapped[list]  # frozen: [{kind, number, issuer, valid_to}]

    order: Mapped[SellerOrder] = relationship(back_populates="lines")
    lots: Mapped[list["OrderLineLot"]] = relationship(order_by="OrderLineLot.lot_id")


class OrderLineLot(Base):
    """Which lot a line was packed from: the buyer's trace page and a recall both start here."""

    __tablename__ = "order_line_lot"

    line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    lot_code: Mapped[Short]
    harvested_on: Mapped[date | None]
    quantity: Mapped[Amount]

    lot: Mapped[Lot] = relationship()


class StockHold(Base):
    """Stock kept for an order while it is paid; an expired hold is reclaimed by anyone who needs it."""

    __tablename__ = "stock_hold"
    __table_args__ = (UniqueConstraint("order_id", "product_id"), Index("ix_stock_hold_live", "state", "expires_at"))

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("seller_order.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    quantity: Mapped[Amount]
    state: Mapped[Short]  # held, allocated, released
    expires_at: Mapped[datetime | None]  # None once allocated


class DeliverySetting(Base):
    """How one seller delivers; a seller without a row delivers at the market's default fee and offers no pickup."""

    __tablename__ = "delivery_setting"
    __table_args__ = (CheckConstraint("fee >= 0 AND (free_from IS NULL OR free_from >= 0)", name="fee"),)

    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"), primary_key=True)
    fee: Mapped[Dong]  # per seller order, whatever its weight
    free_from: Mapped[Dong | None]  # items of this much or more travel free
    pickup: Mapped[bool] = mapped_column(default=False)  # the buyer may come and fetch it, without fee
    updated_at: Mapped[datetime]


class OrderRule(Base):
    """A limit or clock of the market as data: the row with the latest `valid_from` that has begun counts."""

    __tablename__ = "order_rule"

    name: Mapped[Short] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[Amount]


class OrderTransition(Base):
    """Append-only: who moved which order from where to where, why, and in which request (I8)."""

    __tablename__ = "order_transition"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("seller_order.id"), index=True)
    before: Mapped[Short]
    after: Mapped[Short]
    actor: Mapped[Short]  # buyer, seller, timer, payment, operator
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[Line] = mapped_column(default="")
    request_id: Mapped[Short] = mapped_column(default="")
    at: Mapped[datetime]
