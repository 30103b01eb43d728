"""A basket priced as of now, grouped by seller: what the basket page, the checkout page and the placement all read."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, or_, select

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.models import Product
from marketplace.catalogue.queries import Orderable
from marketplace.database import db, vietnam_day
from marketplace.lots import queries as lots
from marketplace.money import line_total
from marketplace.orders.models import Basket, BasketLine, DeliverySetting
from marketplace.orders.policies import DeliveryTerms, fits
from marketplace.orders.queries.life import rules_on
from marketplace.sellers.models import Seller


@dataclass(frozen=True)
class Row:
    """One product of a basket. Quantities in grams or pieces, money in đồng; `problem` is "" when it can be bought:
    else gone (not for sale now), none (sold out), short (less left than wanted) or step (unit or minimum changed)."""

    product: Orderable
    quantity: int
    seen_price: int
    available: int
    problem: str

    @property
    def total(self) -> int:
        return line_total(price=self.product.price, quantity=self.quantity, measure=self.product.measure)

    def typed(self, quantity: int) -> str:
        """A quantity as a number input holds it: kilograms with a decimal point, or pieces."""
        if self.product.measure == "piece":
            return str(quantity)
        kilograms, grams = divmod(quantity, 1000)
        return f"{kilograms}.{grams:03d}".rstrip("0").rstrip(".")

    @property
    def price_changed(self) -> bool:
        return self.seen_price != self.product.price


@dataclass(frozen=True)
class Group:
    """The rows of one seller and how they would travel (`way` ship or pickup, `fee` in đồng)."""

    seller_id: int
    seller_name: str
    seller_slug: str
    seller_phone: str
    seller_email: str | None
    rows: tuple[Row, ...]
    terms: DeliveryTerms
    way: str

    @property
    def items_total(self) -> int:
        return sum(row.total for row in self.rows if not row.problem)

    @property
    def fee(self) -> int:
        return self.terms.price(items_total=self.items_total, way=self.way)

    @property
    def total(self) -> int:
        return self.items_total + self.fee

    @property
    def perishable(self) -> bool:
        return any(row.product.perishable for row in self.rows)


@dataclass(frozen=True)
class Quote:
    """A priced basket. `seal` names everything the market could change under the buyer's eyes: rows, quantities,
    prices, delivery terms. The way of delivery is the buyer's own choice and stands beside it."""

    basket_id: int | None
    groups: tuple[Group, ...]
    rules: dict[str, int]

    @property
    def rows(self) -> list[Row]:
        return [row for group in self.groups for row in group.rows]

    @property
    def count(self) -> int:
        return len(self.rows)

    @property
    def items_total(self) -> int:
        return sum(group.items_total for group in self.groups)

    @property
    def delivery_total(self) -> int:
        return sum(group.fee for group in self.groups)

    @property
    def total(self) -> int:
        return self.items_total + self.delivery_total

    @property
    def buyable(self) -> bool:
        return bool(self.groups) and not any(row.problem for row in self.rows)

    @property
    def seal(self) -> str:
        agreed = [(g.seller_id, g.terms, [(r.product.id, r.quantity, r.product.price) for r in g.rows]) for g in self.groups]
        return hashlib.sha256(repr(agreed).encode()).hexdigest()[:32]


_B, _L, _P, _S, _D = (model.__table__.c for model in (Basket, BasketLine, Product, Seller, DeliverySetting))
_LINES = (
    select(
        _B.id.label("basket_id"), _L.product_id, _L.quantity, _L.seen_price,
        _S.id.label("seller_id"), _S.name, _S.slug, _S.phone, _S.email, _D.fee, _D.free_from, _D.pickup,
    )
    .select_from(
        Basket.__table__.join(BasketLine.__table__, _L.basket_id == _B.id)
        .join(Product.__table__, _P.id == _L.product_id)
        .join(Seller.__table__, _S.id == _P.seller_id)
        .outerjoin(DeliverySetting.__table__, _D.seller_id == _S.id)
    )
    .where(_B.token == bindparam("token"), or_(_B.person_id.is_(None), _B.person_id == bindparam("person_id")))
    .order_by(_L.product_id)
)
_TERMS = select(_D.fee, _D.free_from, _D.pickup).where(_D.seller_id == bindparam("seller_id"))


def quote(
    *, token: str | None, person_id: int | None, now: datetime, ways: Mapping[int, str] | None = None,
    with_stock: bool = True,
) -> Quote:
    """Price a basket by today's prices, stock and delivery terms. Four statements, however many lines.

    `ways` is seller id → ship or pickup; pickup counts only where it is offered. `with_stock` False leaves the
    question of stock to the conditional UPDATE of the placement.
    """
    rules = rules_on(vietnam_day(now))
    lines = db.session.execute(_LINES, {"token": token, "person_id": person_id}).all() if token else []
    if not lines:
        return Quote(None, (), rules)
    ids = [line.product_id for line in lines]
    products = catalogue.orderable(ids)
    left = lots.stock_of(ids) if with_stock else None
    rows = [_row(line, products.get(line.product_id), left) for line in lines if line.product_id in products]
    sellers = {line.seller_id: line for line in lines}
    return Quote(lines[0].basket_id, tuple(_groups(rows, sellers, ways or {}, rules)), rules)


def _row(line, product: Orderable, left: Mapping[int, int] | None) -> Row:
    available = line.quantity if left is None else left.get(line.product_id, 0)
    if not product.on_sale:
        problem = "gone"
    elif available < min(product.minimum, line.quantity):
        problem = "none"
    elif available < line.quantity:
        problem = "short"
    elif not fits(line.quantity, minimum=product.minimum, step=product.step):
        problem = "step"
    else:
        problem = ""
    return Row(product, line.quantity, line.seen_price, available, problem)


def _groups(rows: list[Row], sellers: Mapping, ways: Mapping[int, str], rules: dict[str, int]) -> Iterator[Group]:
    for seller_id in sorted({row.product.seller_id for row in rows}):
        seller = sellers[seller_id]
        terms = _terms(seller, rules)
        way = "pickup" if terms.pickup and ways.get(seller_id) == "pickup" else "ship"
        own = tuple(row for row in rows if row.product.seller_id == seller_id)
        yield Group(seller_id, seller.name, seller.slug, seller.phone, seller.email, own, terms, way)


def _terms(row, rules: dict[str, int]) -> DeliveryTerms:
    if row is None or row.fee is None:
        return DeliveryTerms(fee=rules["delivery-fee"])
    return DeliveryTerms(fee=row.fee, free_from=row.free_from, pickup=row.pickup)


def delivery_terms(*, seller_id: int, now: datetime) -> DeliveryTerms:
    """A seller's terms, the market's default where it set none."""
    return _terms(db.session.execute(_TERMS, {"seller_id": seller_id}).one_or_none(), rules_on(vietnam_day(now)))
