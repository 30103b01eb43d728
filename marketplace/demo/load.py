"""Loads the demonstration market in one transaction: a killed load leaves an empty database, a second load does nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from flask import current_app
from sqlalchemy import func, select, update

from marketplace import provenance
from marketplace.database import db, transaction, vietnam_day
from marketplace.demo import goods, harvests, history, market, people, photos, trade
from marketplace.demo.history import Sold
from marketplace.demo.random_market import generator
from marketplace.mail import OutboxMessage
from marketplace.places.models import PlaceSuccession, PlaceUnit
from marketplace.sellers.models import Seller

ORDERS_2022 = 60
ORDERS_NOW = 48
TRACED = 232
SELLERS = 43


class NotInProduction(SystemExit):
    """The demo's passwords are printed in the README: it is never loaded on a real site."""


def is_empty() -> bool:
    """Nobody sells here yet: the demo may be loaded."""
    return db.session.scalar(select(func.count()).select_from(Seller)) == 0


def accounts() -> list[dict]:
    """[{role, login, password, totp_secret}] of the demo people in this database."""
    return people.printed()


def steps(scale: int) -> int:
    """How many ticks `load` reports."""
    return SELLERS + 3 * TRACED + ORDERS_2022 + ORDERS_NOW * scale


def load(*, scale: int, progress: Callable[[int], None], now: datetime) -> None:
    """Play the market from its opening to `now`. Idempotent. Raises NotInProduction.

    `scale` multiplies the orders of these weeks; the figures of 2022 stay as published.
    """
    settings = current_app.extensions["settings"]
    if settings.production:
        raise NotInProduction("The demo is not loaded in production.")
    if not is_empty():
        return

    def tick() -> None:
        progress(1)

    if not provenance.started():
        provenance.incept(now=market.OPENED - timedelta(days=30))
    with photos.Darkroom(_wanted(), uploads=settings.uploads_dir) as pictures, transaction():
        _play(scale, pictures, tick, now)
    provenance.publish_checkpoint(now=now)


def _wanted() -> list[photos.Wanted]:
    pairs = goods.assign(market.top_categories())
    return [photos.Wanted(seed.subject, number) for number, (_, seed) in enumerate(pairs) if seed.listed]


def _play(scale: int, pictures: photos.Darkroom, tick: Callable[[], None], now: datetime) -> None:
    owners = people.enter(now=market.OPENED - timedelta(days=3))
    officer = owners["officer"]
    stalls = market.open_stalls(owners=owners, officer=officer, tick=tick)
    shelf = market.stock_shelves(stalls=stalls, officer=officer, pictures=pictures, tick=tick)
    old = harvests.first_half_2022(shelf, tick)
    trade.play(trade.plan(shelf, old, _moments_2022(), "orders-2022", ("delivered",)), old, part="o22", tick=tick)
    trade.finish(datetime(2022, 7, 15, tzinfo=UTC))
    harvests.close(shelf, old)
    number, dong = trade.delivered_before(datetime(2022, 6, 30, 17, tzinfo=UTC))
    history.declare_sales(products=_sold(shelf), already=number, already_dong=dong, recorded_by_id=officer.id)
    history.record_outreach(places=_old_units(), recorded_by_id=officer.id)
    history.count_visits(vietnam_day(now))
    market.renew(shelf, officer)
    fresh = harvests.these_weeks(shelf, vietnam_day(now), tick)
    reaches = ("delivered",) * 6 + ("shipped", "packed", "accepted", "placed")
    trade.play(
        trade.plan(shelf, fresh, _moments_now(now, ORDERS_NOW * scale), "orders-now", reaches),
        fresh,
        part="now",
        tick=tick,
    )
    # Nobody real is told of a played order: its messages stay in the outbox as withheld.
    db.session.execute(update(OutboxMessage).where(OutboxMessage.state == "pending").values(state="withheld"))


def _moments_2022() -> list[datetime]:
    chance = generator("moments-2022")
    first = datetime(2022, 2, 1, 1, tzinfo=UTC)
    return [first + timedelta(days=chance.randint(0, 140), minutes=chance.randint(0, 600)) for _ in range(ORDERS_2022)]


def _moments_now(now: datetime, number: int) -> list[datetime]:
    """The last day and a half, most of it long enough ago to be delivered."""
    chance = generator("moments-now")
    return [now - timedelta(minutes=chance.randint(11 * 60, 40 * 60)) for _ in range(number)]


def _sold(shelf: list[market.Good]) -> list[Sold]:
    before = _predecessors()
    return [
        Sold(
            product_id=good.product.id,
            seller_id=good.stall.seller.id,
            seller_kind=good.stall.seller.kind,
            place_id=before.get(good.stall.seller.place_id, good.stall.seller.place_id),
            category_id=good.product.category_id,
            ocop=good.seed.name in goods.OCOP,
            measure=good.seed.measure,
            grams_per_piece=good.seed.grams or 0,
            price=good.seed.price,
            since=good.listed_on,
        )
        for good in shelf
        if good.listed_on
    ]


def _predecessors() -> dict[int, int]:
    """Present unit -> one of the units that stood there in 2022 (the lowest code)."""
    rows = db.session.execute(
        select(PlaceSuccession.successor_id, func.min(PlaceSuccession.predecessor_id)).group_by(
            PlaceSuccession.successor_id
        )
    )
    return dict(rows.all())


def _old_units() -> list[int]:
    """The communes of the old city, in which the outreach of 2022 took place."""
    return list(
        db.session.scalars(
            select(PlaceUnit.id)
            .where(PlaceUnit.valid_to == date(2025, 6, 30), PlaceUnit.former_area == "can-tho")
            .order_by(PlaceUnit.code)
        )
    )
