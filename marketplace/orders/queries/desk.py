"""What the seller's people see: orders by state, one order with what to do next, the packer's list.

The buyer's name, phone and address are read only for states in which the seller may know them (I13).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, bindparam, case, cast, func, literal, null, select

from marketplace.database import db
from marketplace.orders.models import OrderLine, OrderLineLot, OrderTransition, Purchase, SellerOrder
from marketplace.orders.policies import BUYER_KNOWN
from marketplace.orders.queries.following import LineView
from marketplace.places import queries as places
from marketplace.web.paging import PER_PAGE, Page

TABS: dict[str, tuple[str, ...]] = {
    "moi": ("PENDING_SELLER",),
    "chuan-bi": ("ACCEPTED",),
    "cho-giao": ("PACKED",),
    "dang-giao": ("SHIPPED", "READY_FOR_PICKUP", "DELIVERY_FAILED"),
    "da-giao": ("DELIVERED", "COMPLETED"),
    "da-huy": ("CANCELLED", "EXPIRED", "RETURNED"),
}
"""Address word of each tab → states; unpaid orders are no business of the seller's yet."""
NEWEST_FIRST = frozenset({"da-giao", "da-huy"})


@dataclass(frozen=True)
class DeskRow:
    """An order in a tab: `recipient` is None while the seller may not know the buyer."""

    code: str
    state: str
    due_at: datetime | None
    total: int
    method: str
    delivery: str
    created_at: datetime
    place_id: int
    recipient: str | None
    goods: str

    @property
    def place(self) -> str:
        return places.label(self.place_id)


@dataclass(frozen=True)
class DeskOrder:
    """One order on the seller's desk; buyer's particulars are None outside ACCEPTED to COMPLETED."""

    id: int
    code: str
    state: str
    delivery: str
    due_at: datetime | None
    items_total: int
    delivery_fee: int
    total: int
    carrier: str | None
    collected: int | None
    collected_by: str | None
    perishable: bool
    created_at: datetime
    method: str
    purchase_code: str
    place_id: int
    recipient: str | None
    phone: str | None
    address_line: str | None
    note: str | None
    lines: tuple[LineView, ...] = ()
    moves: tuple["Move", ...] = ()

    @property
    def place(self) -> str:
        return places.label(self.place_id)


@dataclass(frozen=True)
class Move:
    """One entry of an order's history."""

    order_id: int
    before: str
    after: str
    actor: str
    reason: str
    at: datetime


def _known(column):
    return case((SellerOrder.state.in_(BUYER_KNOWN), column), else_=null())


_COUNTS = (
    select(SellerOrder.state, func.count())
    .where(SellerOrder.seller_id == bindparam("seller_id"), SellerOrder.state != "PENDING_PAYMENT")
    .group_by(SellerOrder.state)
)
_GOODS = (
    select(func.min(OrderLine.product_name) + case((func.count() > 1, literal(" …")), else_=literal("")))
    .where(OrderLine.order_id == SellerOrder.id)
    .scalar_subquery()
)
_LIST = (
    select(
        SellerOrder.code, SellerOrder.state, SellerOrder.due_at, SellerOrder.total, Purchase.method, SellerOrder.delivery,
        SellerOrder.created_at, Purchase.place_id, _known(Purchase.recipient), cast(_GOODS, String),
    )
    .join(Purchase, Purchase.id == SellerOrder.purchase_id)
    .where(SellerOrder.seller_id == bindparam("seller_id"), SellerOrder.state.in_(bindparam("states", expanding=True)))
    .limit(bindparam("most")).offset(bindparam("skip"))
)
_OLDEST, _NEWEST = _LIST.order_by(SellerOrder.id), _LIST.order_by(SellerOrder.id.desc())
_ORDER_FIELDS = (
    "id", "code", "state", "delivery", "due_at", "items_total", "delivery_fee", "total", "carrier", "collected",
    "collected_by", "perishable", "created_at",
)
_ORDERS = (
    select(
        *(getattr(SellerOrder, name) for name in _ORDER_FIELDS), Purchase.method, Purchase.code.label("purchase_code"),
        Purchase.place_id, _known(Purchase.recipient), _known(Purchase.phone), _known(Purchase.address_line),
        _known(Purchase.note),
    )
    .join(Purchase, Purchase.id == SellerOrder.purchase_id)
    .where(SellerOrder.seller_id == bindparam("seller_id"), SellerOrder.state != "PENDING_PAYMENT")
    .order_by(SellerOrder.id)
)
_ONE = _ORDERS.where(SellerOrder.code == bindparam("code"))
_TO_PACK = _ORDERS.where(SellerOrder.state == "ACCEPTED").limit(bindparam("most"))
_LINE_FIELDS = tuple(name for name in LineView.__dataclass_fields__ if name != "lots")
_LINES = (
    select(*(getattr(OrderLine, name) for name in _LINE_FIELDS))
    .where(OrderLine.order_id.in_(bindparam("orders", expanding=True)))
    .order_by(OrderLine.id)
)
_LOTS = (
    select(OrderLineLot.line_id, OrderLineLot.lot_code)
    .join(OrderLine, OrderLine.id == OrderLineLot.line_id)
    .where(OrderLine.order_id.in_(bindparam("orders", expanding=True)))
    .order_by(OrderLineLot.line_id, OrderLineLot.lot_id)
)
_MOVES = (
    select(*(getattr(OrderTransition, name) for name in Move.__dataclass_fields__))
    .where(OrderTransition.order_id == bindparam("order_id"))
    .order_by(OrderTransition.id)
)
PACKING_LIST = 100


def counts(seller_id: int) -> dict[str, int]:
    """Tab → number of orders in it."""
    by_state = dict(tuple(row) for row in db.session.execute(_COUNTS, {"seller_id": seller_id}))
    return {tab: sum(by_state.get(state, 0) for state in states) for tab, states in TABS.items()}


def desk_orders(*, seller_id: int, tab: str, page: int, total: int) -> Page[DeskRow]:
    """The orders of a tab, oldest first while they need work. One statement; `total` comes from `counts`."""
    statement = _NEWEST if tab in NEWEST_FIRST else _OLDEST
    asked = {"seller_id": seller_id, "states": TABS[tab], "most": PER_PAGE, "skip": (page - 1) * PER_PAGE}
    return Page([DeskRow(*row) for row in db.session.execute(statement, asked)], page, total)


def desk_order(*, seller_id: int, code: str) -> DeskOrder | None:
    """One order of this seller with lines, lots and history; None when it is another's. Four statements."""
    row = db.session.execute(_ONE, {"seller_id": seller_id, "code": code}).one_or_none()
    if row is None:
        return None
    moves = tuple(Move(*move) for move in db.session.execute(_MOVES, {"order_id": row.id}))
    return DeskOrder(*row, lines=tuple(_lines([row.id]).get(row.id, ())), moves=moves)


def orders_to_pack(seller_id: int) -> list[DeskOrder]:
    """Accepted orders in the order they came, for the packer's paper. Three statements."""
    rows = db.session.execute(_TO_PACK, {"seller_id": seller_id, "most": PACKING_LIST}).all()
    lines = _lines([row.id for row in rows])
    return [DeskOrder(*row, lines=tuple(lines.get(row.id, ()))) for row in rows]


def _lines(order_ids: Sequence[int]) -> dict[int, list[LineView]]:
    lots: dict[int, list[str]] = {}
    for line_id, code in db.session.execute(_LOTS, {"orders": order_ids}):
        lots.setdefault(line_id, []).append(code)
    found: dict[int, list[LineView]] = {}
    for line in db.session.execute(_LINES, {"orders": order_ids}):
        found.setdefault(line.order_id, []).append(LineView(*line, lots=tuple(lots.get(line.id, ()))))
    return found
