"""Rows the verbs decide on: an order with its purchase and seller, its lines, its stock. Statements built once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, bindparam, func, select

from marketplace.database import db
from marketplace.orders.models import OrderLine, OrderLineLot, OrderRule, Purchase, SellerOrder, StockHold
from marketplace.orders.policies import OPEN, CashHistory
from marketplace.sellers.models import Seller

REFUSED_WITHIN_DAYS = 180


@dataclass(frozen=True)
class OrderRow:
    """A seller order as a verb sees it; amounts in đồng."""

    id: int
    code: str
    state: str
    delivery: str
    perishable: bool
    items_total: int
    delivery_fee: int
    total: int
    accepted_at: datetime | None
    carrier: str | None
    purchase_id: int
    purchase_code: str
    method: str
    buyer_id: int | None
    phone: str
    token_hash: str
    seller_id: int
    seller_name: str
    seller_slug: str
    seller_kind: str
    seller_state: str
    seller_place_id: int
    seller_phone: str
    seller_email: str | None


@dataclass(frozen=True)
class LineRow:
    """A frozen line; quantities in grams or pieces by `measure`, `promised` is what is to be delivered now."""

    id: int
    order_id: int
    product_id: int
    product_name: str
    category_id: int
    ocop_stars: int | None
    measure: str
    unit_label: str
    grams_per_piece: int | None
    price: int
    quantity: int
    accepted: int | None
    packed: int | None
    line_total: int

    @property
    def promised(self) -> int:
        if self.packed is not None:
            return self.packed
        return self.quantity if self.accepted is None else self.accepted


def _order_columns() -> Select:
    order = (
        "id", "code", "state", "delivery", "perishable", "items_total", "delivery_fee", "total", "accepted_at", "carrier",
        "purchase_id",
    )
    return select(
        *(getattr(SellerOrder, name) for name in order),
        Purchase.code.label("purchase_code"), Purchase.method, Purchase.buyer_id, Purchase.phone,
        Purchase.token_hash,
        Seller.id.label("seller_id"), Seller.name.label("seller_name"), Seller.slug.label("seller_slug"),
        Seller.kind.label("seller_kind"), Seller.state.label("seller_state"), Seller.place_id.label("seller_place_id"),
        Seller.phone.label("seller_phone"), Seller.email.label("seller_email"),
    ).join(Purchase, Purchase.id == SellerOrder.purchase_id).join(Seller, Seller.id == SellerOrder.seller_id)


_BY_ID = _order_columns().where(SellerOrder.id == bindparam("order_id"))
_BY_CODE = _order_columns().where(SellerOrder.code == bindparam("code"), SellerOrder.seller_id == bindparam("seller_id"))
_OF_PURCHASE = _order_columns().where(Purchase.code == bindparam("code")).order_by(SellerOrder.id)
_LINES = (
    select(*(getattr(OrderLine, name) for name in LineRow.__dataclass_fields__))
    .where(OrderLine.order_id == bindparam("order_id"))
    .order_by(OrderLine.id)
)
_HOLDS = (
    select(StockHold.product_id, StockHold.quantity, StockHold.state)
    .where(StockHold.order_id == bindparam("order_id"), StockHold.state != "released", StockHold.quantity > 0)
    .order_by(StockHold.product_id)
)
_PICKS = (
    select(OrderLineLot.lot_id, OrderLineLot.lot_code, OrderLineLot.quantity, OrderLine.product_id)
    .join(OrderLine, OrderLine.id == OrderLineLot.line_id)
    .where(OrderLine.order_id == bindparam("order_id"))
    .order_by(OrderLineLot.lot_id)
)
_STATE = select(SellerOrder.state).where(SellerOrder.id == bindparam("order_id"))
_O, _P, _R = (model.__table__.c for model in (SellerOrder, Purchase, OrderRule))
_RULES = select(_R.name, _R.value).where(_R.valid_from <= bindparam("day")).order_by(_R.valid_from)
_CASH = (
    select(
        func.count().filter(_O.state.in_(OPEN)),
        func.count().filter(_O.state == "RETURNED", _O.created_at >= bindparam("since")),
    )
    .select_from(SellerOrder.__table__.join(Purchase.__table__, _P.id == _O.purchase_id))
    .where(_P.phone == bindparam("phone"), _P.method == "cod")
)
_DUE = (
    select(SellerOrder.id, SellerOrder.state, Purchase.code)
    .join(Purchase, Purchase.id == SellerOrder.purchase_id)
    .where(SellerOrder.state.in_(("PENDING_PAYMENT", "PENDING_SELLER", "DELIVERED")), SellerOrder.due_at <= bindparam("now"))
    .order_by(SellerOrder.due_at, SellerOrder.id)
    .limit(bindparam("most"))
)
_EXPIRED_HOLDS = (
    select(Purchase.code)
    .join(SellerOrder, SellerOrder.purchase_id == Purchase.id)
    .join(StockHold, StockHold.order_id == SellerOrder.id)
    .where(
        StockHold.state == "held", StockHold.expires_at <= bindparam("now"),
        StockHold.product_id.in_(bindparam("products", expanding=True)),
    )
    .distinct()
    .order_by(Purchase.code)
)


def order_by_id(order_id: int) -> OrderRow:
    """The order as it is now. Raises NoResultFound for an id that never was."""
    return OrderRow(*db.session.execute(_BY_ID, {"order_id": order_id}).one())


def order_of_seller(*, code: str, seller_id: int) -> OrderRow | None:
    """The order with this code if it is this seller's."""
    row = db.session.execute(_BY_CODE, {"code": code, "seller_id": seller_id}).one_or_none()
    return OrderRow(*row) if row else None


def orders_of_purchase(code: str) -> list[OrderRow]:
    """The seller orders of a purchase, in the order they were made."""
    return [OrderRow(*row) for row in db.session.execute(_OF_PURCHASE, {"code": code})]


def lines_of(order_id: int) -> list[LineRow]:
    """The order's lines, oldest first."""
    return [LineRow(*row) for row in db.session.execute(_LINES, {"order_id": order_id})]


def holds_of(order_id: int) -> tuple[str, dict[int, int]]:
    """What the order keeps of the stock: held or allocated (or "" for nothing), and how much of each product."""
    rows = db.session.execute(_HOLDS, {"order_id": order_id}).all()
    return (rows[0].state if rows else ""), {row.product_id: row.quantity for row in rows}


@dataclass(frozen=True)
class Pick:
    """Goods of one lot packed into an order."""

    lot_id: int
    lot_code: str
    quantity: int
    product_id: int


def picks_of(order_id: int) -> list[Pick]:
    """The lots an order was packed from."""
    return [Pick(*row) for row in db.session.execute(_PICKS, {"order_id": order_id})]


def state_of(order_id: int) -> str:
    """The state stored now."""
    return db.session.scalar(_STATE, {"order_id": order_id})


def rules_on(day: date) -> dict[str, int]:
    """The market's limits and clocks in force on a Vietnamese calendar day."""
    return dict(tuple(row) for row in db.session.execute(_RULES, {"day": day}))


def cash_history(*, phone: str, since: datetime) -> CashHistory:
    """A phone number's unfinished cash orders, and those that came back since then."""
    return CashHistory(*db.session.execute(_CASH, {"phone": phone, "since": since}).one())


def due_orders(*, now: datetime, most: int) -> list[tuple[int, str, str]]:
    """(order id, state, purchase code) whose timer has struck, longest overdue first."""
    return [tuple(row) for row in db.session.execute(_DUE, {"now": now, "most": most})]


def purchases_with_expired_holds(*, products: Iterable[int], now: datetime) -> list[str]:
    """Codes of purchases that hold stock of these products past their time, in code order."""
    return list(db.session.scalars(_EXPIRED_HOLDS, {"products": sorted(products), "now": now}))
