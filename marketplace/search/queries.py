"""Lists of products as cards: the catalogue by criteria, and the short lists of home and product pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select

from marketplace.catalogue.models import Category, Product, ProductCertificate, ProductPhoto
from marketplace.catalogue.policies import in_season
from marketplace.catalogue.queries import (
    FIRST_PHOTO,
    PHOTO_COLUMNS,
    PhotoRow,
    certificates_of,
    ocop_stars,
    photo_row,
    price_per_kilogram,
)
from marketplace.database import db
from marketplace.lots.models import Lot, Stock
from marketplace.places.models import PlaceUnit
from marketplace.search import index
from marketplace.search.criteria import Criteria
from marketplace.sellers.models import Certificate, Seller
from marketplace.sellers.queries import CertificateRow
from marketplace.web.paging import PER_PAGE, Page

BROWSED_HITS = 2_400
"""Products that can be paged through in a list without ranking; counting stops there."""


@dataclass(frozen=True)
class ProductCard:
    """A product as lists show it; `available` in grams or pieces, `certificates` those checked and in force."""

    id: int
    slug: str
    name: str
    price: int
    measure: str
    unit_label: str
    grams_per_piece: int | None
    minimum: int
    season_from: int | None
    season_to: int | None
    seller_name: str
    seller_slug: str
    place: str
    available: int
    photo: PhotoRow | None
    certificates: tuple[CertificateRow, ...] = ()

    @property
    def sold_out(self) -> bool:
        return self.available < self.minimum

    @property
    def ocop(self) -> int:
        """Stars, 0 for none."""
        return ocop_stars(self.certificates)

    @property
    def price_per_kilogram(self) -> int | None:
        """Đồng per kilogram of a pack of known weight, else None."""
        return price_per_kilogram(self.price, self.measure, self.grams_per_piece)

    def in_season(self, month: int) -> bool:
        return in_season(self.season_from, self.season_to, month)


@dataclass(frozen=True)
class Found:
    """One page of cards; `more` when there were more hits than can be paged through."""

    page: Page[ProductCard]
    more: bool


@dataclass(frozen=True)
class Shelves:
    """The short lists of the home page."""

    season: list[ProductCard]
    ocop: list[ProductCard]
    newest: list[ProductCard]


_VISIBLE = and_(Product.state == "listed", Seller.state == "approved")
_CARDS = (
    select(
        Product.id, Product.slug, Product.name, Product.price, Product.measure, Product.unit_label,
        Product.grams_per_piece, Product.minimum, Product.season_from, Product.season_to, Seller.name, Seller.slug,
        PlaceUnit.name, func.coalesce(Stock.on_hand - Stock.allocated - Stock.held, 0), *PHOTO_COLUMNS,
    )
    .join(Seller, Seller.id == Product.seller_id)
    .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
    .outerjoin(Stock, Stock.product_id == Product.id)
    .outerjoin(ProductPhoto, FIRST_PHOTO)
    .where(_VISIBLE)
)
_NEWEST = (Product.listed_at.desc(), Product.id.desc())
_ORDERS = {
    "phu-hop": _NEWEST, "moi": _NEWEST, "gia-thap": (Product.price, Product.id.desc()),
    "gia-cao": (Product.price.desc(), Product.id.desc()),
}


def search_products(criteria: Criteria, *, day: date) -> Found:
    """Listed products of approved sellers that answer `criteria`; certificates count as of `day` (Vietnamese).

    At most four statements, whatever the number of products.
    """
    words, start = criteria.words, (criteria.page - 1) * PER_PAGE
    conditions = _conditions(criteria, day)
    if words and criteria.sort == "phu-hop":
        hits, more = index.ranked(words, conditions)
        total, ids = len(hits), hits[start : start + PER_PAGE]
        rows = _in_order(ids)
    else:
        if words:
            conditions.append(Product.id.in_(index.matching(words)))
        total, more = _count(conditions)
        wanted = min(PER_PAGE, max(0, total - start))
        ordered = _CARDS.where(*conditions).order_by(*_ORDERS[criteria.sort])
        rows = _cards(ordered.limit(wanted).offset(start)) if wanted else []
    return Found(Page(rows=_certified(rows, day), number=criteria.page, total=total), more=more)


def home_shelves(*, day: date, each: int = 10) -> Shelves:
    """In season this month, OCOP, newest: `each` at most. Four statements."""
    lists = [
        _cards(_CARDS.where(condition).order_by(*_NEWEST).limit(each))
        for condition in (_seasonal(day.month), _covered(day, Certificate.kind == "ocop"), literal(True))
    ]
    certified = iter(_certified([card for cards in lists for card in cards], day))
    return Shelves(*([next(certified) for _ in cards] for cards in lists))


def related(*, product_id: int, category_id: int, seller_id: int, limit: int = 5) -> list[ProductCard]:
    """Others of the same shelf or seller, the same shelf first; certificates are not loaded. One statement."""
    return _cards(
        _CARDS.where(Product.id != product_id, or_(Product.category_id == category_id, Product.seller_id == seller_id))
        .order_by((Product.category_id == category_id).desc(), *_NEWEST).limit(limit)
    )


def of_seller(*, seller_id: int, day: date, limit: int = 48) -> list[ProductCard]:
    """The seller's listed products, newest first, with certificates. Two statements."""
    return _certified(_cards(_CARDS.where(Product.seller_id == seller_id).order_by(*_NEWEST).limit(limit)), day)


def market_figures() -> tuple[int, int, int]:
    """(approved sellers, products on sale, lots with a public trace page), counted now. One statement."""
    counts = (
        select(func.count(Seller.id)).where(Seller.state == "approved"),
        select(func.count(Product.id)).join(Seller, Seller.id == Product.seller_id).where(_VISIBLE),
        select(func.count(Lot.id)).where(Lot.released_at.is_not(None)),
    )
    return tuple(db.session.execute(select(*(count.scalar_subquery() for count in counts))).one())


def sitemap(limit: int = 45_000) -> list[tuple[int, str, date]]:
    """(id, slug, day of the last change) of visible products, newest first."""
    rows = db.session.execute(
        select(Product.id, Product.slug, Product.updated_at)
        .join(Seller, Seller.id == Product.seller_id).where(_VISIBLE).order_by(*_NEWEST).limit(limit)
    )
    return [(id_, slug, at.date()) for id_, slug, at in rows]


def _conditions(criteria: Criteria, day: date) -> list[ColumnElement[bool]]:
    """The filters besides text, as conditions on product and seller."""
    found: list[ColumnElement[bool]] = []
    if criteria.category:
        parent = select(Category.id).where(Category.slug == criteria.category).scalar_subquery()
        inside = select(Category.id).where(or_(Category.slug == criteria.category, Category.parent_id == parent))
        found.append(Product.category_id.in_(inside))
    if criteria.place_id:
        found.append(Seller.place_id == criteria.place_id)
    if criteria.area:
        found.append(Seller.place_id.in_(select(PlaceUnit.id).where(PlaceUnit.former_area == criteria.area)))
    if criteria.ocop:
        found.append(_covered(day, Certificate.kind == "ocop", Certificate.stars >= criteria.ocop))
    if criteria.certificate:
        found.append(_covered(day, Certificate.kind == criteria.certificate))
    if criteria.in_season:
        found.append(_seasonal(day.month))
    return found


def _seasonal(month: int) -> ColumnElement[bool]:
    """As `policies.in_season`, in SQL."""
    after_start, before_end = Product.season_from <= month, Product.season_to >= month
    return or_(
        and_(Product.season_from <= Product.season_to, after_start, before_end),
        and_(Product.season_from > Product.season_to, or_(after_start, before_end)),
    )


def _covered(day: date, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Linked to a certificate that the department checked and that is in force on `day`."""
    return Product.id.in_(
        select(ProductCertificate.product_id)
        .join(Certificate, Certificate.id == ProductCertificate.certificate_id)
        .where(
            Certificate.checked_at.is_not(None), Certificate.revoked_at.is_(None), Certificate.valid_from <= day,
            Certificate.valid_to >= day, *conditions,
        )
    )


def _count(conditions: Sequence[ColumnElement[bool]]) -> tuple[int, bool]:
    """Hits up to BROWSED_HITS, and whether there are more."""
    hits = (
        select(literal(1).label("one")).select_from(Product).join(Seller, Seller.id == Product.seller_id)
        .where(_VISIBLE, *conditions).limit(BROWSED_HITS + 1).subquery()
    )
    counted = db.session.scalar(select(func.count()).select_from(hits)) or 0
    return min(counted, BROWSED_HITS), counted > BROWSED_HITS


def _in_order(ids: Sequence[int]) -> list[ProductCard]:
    """Cards of these products, in this order."""
    found = {card.id: card for card in _cards(_CARDS.where(Product.id.in_(ids)))} if ids else {}
    return [found[product_id] for product_id in ids if product_id in found]


def _cards(statement: Select) -> list[ProductCard]:
    return [ProductCard(*row[:14], photo=photo_row(*row[14:])) for row in db.session.execute(statement)]


def _certified(cards: Iterable[ProductCard], day: date) -> list[ProductCard]:
    """The same cards with their checked certificates in force."""
    cards = list(cards)
    found = certificates_of({card.id for card in cards}, day) if cards else {}
    return [
        replace(card, certificates=tuple(c for c in found.get(card.id, ()) if c.state == "checked")) for card in cards
    ]
