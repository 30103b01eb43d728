"""What is left to sell, by product and by lot. Quantities are grams or pieces by the product's measure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, or_, select

from marketplace.database import db
from marketplace.lots.models import Lot, LotStock, Stock


@dataclass(frozen=True)
class PackableLot:
    """A released lot an order can be packed from; `available` grams or pieces are neither packed nor withdrawn."""

    id: int
    number: str
    code: str
    harvested_on: date | None
    best_before: date | None
    available: int


_FREE = LotStock.on_hand - LotStock.allocated - LotStock.withdrawn
_PACKABLE = (
    select(Lot.id, Lot.number, Lot.code, Lot.harvested_on, Lot.best_before, _FREE)
    .join(LotStock, LotStock.lot_id == Lot.id)
    .where(
        Lot.seller_id == bindparam("seller_id"), Lot.product_id == bindparam("product_id"), Lot.state == "released",
        _FREE > 0, or_(Lot.best_before.is_(None), Lot.best_before >= bindparam("day")),
    )
    .order_by(Lot.best_before.is_(None), Lot.best_before, Lot.harvested_on, Lot.id)
)
_AVAILABLE = select(Stock.product_id, Stock.on_hand - Stock.allocated - Stock.held).where(
    Stock.product_id.in_(bindparam("products", expanding=True))
)


def lots_for_packing(*, seller_id: int, product_id: int, day: date) -> list[PackableLot]:
    """Released lots in date with something left, first expired first out."""
    rows = db.session.execute(_PACKABLE, {"seller_id": seller_id, "product_id": product_id, "day": day})
    return [PackableLot(*row) for row in rows]


def stock_of(product_ids: Collection[int]) -> dict[int, int]:
    """What can still be bought of each product; products that never had a lot are left out."""
    if not product_ids:
        return {}
    rows = db.session.execute(_AVAILABLE, {"products": list(product_ids)})
    return dict(rows.all())
