"""Orders on the market itself, walked through every step by the services: some in 2022, some in these weeks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from marketplace.database import db
from marketplace.demo.market import Good
from marketplace.demo.random_market import generator
from marketplace.lots.models import Lot
from marketplace.orders import services as orders
from marketplace.orders.models import OrderLine, Purchase, SellerOrder
from marketplace.orders.queries.basket import quote
from marketplace.places.models import PlaceUnit

STREETS = ("Nguyễn Trãi", "Hòa Bình", "30 Tháng 4", "Mậu Thân", "Trần Hưng Đạo", "Lý Tự Trọng", "Cách Mạng Tháng 8")
RECIPIENTS = ("Chị Ba", "Anh Tư", "Cô Năm", "Chú Sáu", "Chị Bảy", "Anh Tám", "Cô Chín", "Chú Mười")
STEPS = ("placed", "accepted", "packed", "shipped", "delivered")


@dataclass(frozen=True)
class Visit:
    """One buyer's purchase to play: when, what, and how far it has come."""

    number: int
    at: datetime
    goods: Sequence[Good]
    reach: str  # one of STEPS


def plan(
    goods: Sequence[Good], lots: dict[int, Lot], moments: Sequence[datetime], part: str, reaches: Sequence[str]
) -> list[Visit]:
    """A purchase per moment, of one to three products whose lot was on sale then."""
    chance = generator(part)
    visits = []
    for number, moment in enumerate(sorted(moments)):
        ready = [
            g for g in goods if g.listed_on and g.listed_on < moment.date() and _fresh(lots.get(g.product.id), moment)
        ]
        if ready:
            chosen = chance.sample(ready, min(len(ready), chance.choice((1, 1, 2, 3))))
            visits.append(Visit(number, moment, chosen, reaches[number % len(reaches)]))
    return visits


def _fresh(lot: Lot | None, moment: datetime) -> bool:
    """On sale at that moment, and still good when it would arrive."""
    return lot is not None and lot.released_at < moment and lot.best_before > (moment + timedelta(days=3)).date()


def play(visits: Sequence[Visit], lots: dict[int, Lot], *, part: str, tick: Callable[[], None]) -> None:
    """Place every purchase and take it as far as planned."""
    places = list(db.session.scalars(select(PlaceUnit.id).where(PlaceUnit.valid_to.is_(None)).order_by(PlaceUnit.code)))
    for visit in visits:
        _play(visit, lots, places, part)
        tick()


def _play(visit: Visit, lots: dict[int, Lot], places: Sequence[int], part: str) -> None:
    chance = generator(f"{part}-{visit.number}")
    token = None
    for good in visit.goods:
        quantity = (
            chance.choice((2_000, 3_000, 5_000, 10_000)) if good.seed.measure == "mass" else chance.choice((1, 2, 3, 5))
        )
        token = orders.add_to_basket(
            token=token, person_id=None, product_id=good.product.id, quantity=quantity, now=visit.at
        ).token
    details = orders.Details(
        recipient=chance.choice(RECIPIENTS),
        phone=f"+842920{chance.randint(100_000, 999_999)}",
        place_id=chance.choice(places),
        address_line=f"{chance.randint(1, 300)} {chance.choice(STREETS)}",
        seal=quote(token=token, person_id=None, now=visit.at).seal,
    )
    placed = orders.place_order(
        buyer=None,
        basket_token=token,
        details=details,
        method="cod",
        client_key=f"demo-{part}-{visit.number:05d}-{'x' * 16}",
        now=visit.at,
    )
    owners = {good.stall.seller.id: good.stall.owner for good in visit.goods}
    rows = db.session.execute(
        select(SellerOrder.id, SellerOrder.code, SellerOrder.seller_id)
        .join(Purchase, Purchase.id == SellerOrder.purchase_id)
        .where(Purchase.code == placed.purchase_code)
    ).all()
    for row in rows:
        _fulfil(row, owners[row.seller_id], visit, lots)


def _fulfil(row, owner, visit: Visit, lots: dict[int, Lot]) -> None:
    """The seller's steps up to the planned one, hours apart."""
    shared = {"actor": owner, "seller_id": row.seller_id, "order_code": row.code}
    reach = STEPS.index(visit.reach)
    if reach >= 1:
        orders.accept(**shared, now=visit.at + timedelta(hours=1))
    if reach >= 2:
        lines = db.session.execute(
            select(OrderLine.id, OrderLine.product_id, OrderLine.quantity).where(OrderLine.order_id == row.id)
        ).all()
        packing = {line.id: {lots[line.product_id].id: line.quantity} for line in lines}
        orders.pack(**shared, packing=packing, now=visit.at + timedelta(hours=3))
    if reach >= 3:
        orders.ship(**shared, carrier="Xe máy của nhà vườn", now=visit.at + timedelta(hours=4))
    if reach >= 4:
        total = db.session.scalar(select(SellerOrder.total).where(SellerOrder.id == row.id))
        orders.deliver(**shared, now=visit.at + timedelta(hours=9), collected=total, collected_by="Người giao hàng")


def finish(now: datetime) -> None:
    """Let the clocks strike until nothing is due any more."""
    while orders.expire_due(now):
        pass


def delivered_before(moment: datetime) -> tuple[int, int]:
    """Number and goods value of the orders delivered on the market before a moment."""
    row = db.session.execute(
        select(func.count(), func.coalesce(func.sum(SellerOrder.items_total), 0)).where(
            SellerOrder.delivered_at < moment
        )
    ).one()
    return int(row[0]), int(row[1])
