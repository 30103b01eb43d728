"""What the buyer sees: a purchase with its orders, lines, lots and steps; the list of one's own purchases."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select

from marketplace.database import db
from marketplace.orders.models import TERMINAL, OrderLine, OrderLineLot, OrderTransition, Purchase, SellerOrder
from marketplace.orders.policies import may_cancel, purchase_status
from marketplace.places import queries as places
from marketplace.sellers.models import Seller
from marketplace.web.paging import PER_PAGE, Page


@dataclass(frozen=True)
class LineView:
    """A frozen line with the lots it was packed from; amounts in đồng, quantities by `measure`."""

    id: int
    order_id: int
    product_id: int
    product_name: str
    ocop_stars: int | None
    measure: str
    unit_label: str
    price: int
    quantity: int
    accepted: int | None
    packed: int | None
    line_total: int
    certificates: list
    lots: tuple[str, ...] = ()

    @property
    def promised(self) -> int:
        if self.packed is not None:
            return self.packed
        return self.quantity if self.accepted is None else self.accepted


@dataclass(frozen=True)
class OrderView:
    """One seller's part; `reached` is state → when it was last entered, `reason` why it ended."""

    id: int
    code: str
    state: str
    delivery: str
    due_at: datetime | None
    items_total: int
    delivery_fee: int
    total: int
    carrier: str | None
    accepted_at: datetime | None
    seller_name: str
    seller_slug: str
    seller_address: str
    seller_place_id: int
    lines: tuple[LineView, ...] = ()
    reached: dict[str, datetime] = field(default_factory=dict)
    reason: str = ""

    @property
    def steps(self) -> list[tuple[str, str, datetime | None]]:
        """The road of this parcel: (state that ends the step, done / now / todo / failed, when)."""
        way = "READY_FOR_PICKUP" if self.delivery == "pickup" else "SHIPPED"
        road = ("PENDING_SELLER", "ACCEPTED", "PACKED", way, "DELIVERED")
        steps = [(state, "done", self.reached[state]) for state in road if state in self.reached]
        if self.state in TERMINAL and self.state != "COMPLETED":
            return [*steps, (self.state, "failed", self.reached.get(self.state))]
        ahead = [state for state in road if state not in self.reached]
        return steps + [(state, "now" if state == ahead[0] else "todo", None) for state in ahead]

    def cancellable(self, *, now: datetime, minutes: int) -> bool:
        """Whether the buyer may still cancel this part (T12)."""
        return may_cancel(state=self.state, accepted_at=self.accepted_at, minutes=minutes, now=now)

    def cancel_until(self, *, minutes: int) -> datetime | None:
        """The end of the buyer's time to cancel, once accepted."""
        return self.accepted_at + timedelta(minutes=minutes) if self.accepted_at else None


@dataclass(frozen=True)
class PurchaseView:
    """A whole purchase as its buyer sees it."""

    code: str
    buyer_id: int | None
    token_hash: str
    method: str
    items_total: int
    delivery_total: int
    total: int
    recipient: str
    phone: str
    address_line: str
    place_id: int
    note: str
    created_at: datetime
    orders: tuple[OrderView, ...] = ()

    @property
    def status(self) -> str:
        """Computed from the orders (I7)."""
        return purchase_status(order.state for order in self.orders)

    @property
    def fallen(self) -> int:
        """Đồng of the parcels that ended without goods: nobody pays for them."""
        return sum(order.total for order in self.orders if order.state in ("CANCELLED", "EXPIRED", "RETURNED"))

    @property
    def place(self) -> str:
        return places.label(self.place_id)


@dataclass(frozen=True)
class PurchaseRow:
    """A purchase in the buyer's list."""

    code: str
    created_at: datetime
    total: int
    states: tuple[str, ...]
    sellers: tuple[str, ...]

    @property
    def status(self) -> str:
        return purchase_status(self.states)


_PURCHASE_FIELDS = tuple(name for name in PurchaseView.__dataclass_fields__ if name != "orders")
_LINE_FIELDS = tuple(name for name in LineView.__dataclass_fields__ if name != "lots")
_PURCHASE = select(Purchase.id, *(getattr(Purchase, name) for name in _PURCHASE_FIELDS)).where(
    Purchase.code == bindparam("code")
)
_ORDERS = (
    select(
        SellerOrder.id, SellerOrder.code, SellerOrder.state, SellerOrder.delivery, SellerOrder.due_at,
        SellerOrder.items_total, SellerOrder.delivery_fee, SellerOrder.total, SellerOrder.carrier,
        SellerOrder.accepted_at, Seller.name, Seller.slug, Seller.address_line, Seller.place_id,
    )
    .join(Seller, Seller.id == SellerOrder.seller_id)
    .where(SellerOrder.purchase_id == bindparam("purchase_id"))
    .order_by(SellerOrder.id)
)
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
    select(OrderTransition.order_id, OrderTransition.after, OrderTransition.at, OrderTransition.reason)
    .where(OrderTransition.order_id.in_(bindparam("orders", expanding=True)))
    .order_by(OrderTransition.id)
)
_OWN = (
    select(Purchase.id, Purchase.code, Purchase.created_at, Purchase.total)
    .where(Purchase.buyer_id == bindparam("person_id"))
    .order_by(Purchase.id.desc())
    .limit(bindparam("most")).offset(bindparam("skip"))
)
_OWN_COUNT = select(func.count()).where(Purchase.buyer_id == bindparam("person_id"))
_OWN_ORDERS = (
    select(SellerOrder.purchase_id, SellerOrder.state, Seller.name)
    .join(Seller, Seller.id == SellerOrder.seller_id)
    .where(SellerOrder.purchase_id.in_(bindparam("purchases", expanding=True)))
    .order_by(SellerOrder.id)
)


def purchase_view(code: str) -> PurchaseView | None:
    """The purchase with everything its page shows; the caller asks for token or person. Five statements."""
    row = db.session.execute(_PURCHASE, {"code": code}).one_or_none()
    if row is None:
        return None
    orders = db.session.execute(_ORDERS, {"purchase_id": row[0]}).all()
    ids = [order.id for order in orders]
    lots: dict[int, list[str]] = {}
    for line_id, lot_code in db.session.execute(_LOTS, {"orders": ids}):
        lots.setdefault(line_id, []).append(lot_code)
    lines: dict[int, list[LineView]] = {}
    for line in db.session.execute(_LINES, {"orders": ids}):
        lines.setdefault(line.order_id, []).append(LineView(*line, lots=tuple(lots.get(line.id, ()))))
    moves = db.session.execute(_MOVES, {"orders": ids}).all()
    views = (_order_view(order, lines.get(order.id, []), [m for m in moves if m.order_id == order.id]) for order in orders)
    return PurchaseView(*row[1:], orders=tuple(views))


def _order_view(order, lines: list[LineView], moves: list) -> OrderView:
    return OrderView(
        *order, lines=tuple(lines), reached={move.after: move.at for move in moves}, reason=moves[-1].reason if moves else ""
    )


def own_purchases(*, person_id: int, page: int) -> Page[PurchaseRow]:
    """A person's purchases, newest first. Three statements."""
    total = db.session.scalar(_OWN_COUNT, {"person_id": person_id})
    asked = {"person_id": person_id, "most": PER_PAGE, "skip": (page - 1) * PER_PAGE}
    rows = db.session.execute(_OWN, asked).all()
    orders: dict[int, list] = {}
    for order in db.session.execute(_OWN_ORDERS, {"purchases": [row.id for row in rows]}):
        orders.setdefault(order.purchase_id, []).append(order)
    listed = [
        PurchaseRow(
            row.code, row.created_at, row.total, tuple(o.state for o in orders[row.id]), tuple(o.name for o in orders[row.id])
        )
        for row in rows
    ]
    return Page(listed, page, total)
