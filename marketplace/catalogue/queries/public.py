"""What pages read about the catalogue, as frozen rows. Other slices' pages use `orderable` and `certificates_of`."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Row, and_, bindparam, select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Person
from marketplace.catalogue.models import Category, Product, ProductCertificate, ProductChannel, ProductPhoto
from marketplace.database import db
from marketplace.money import half_up
from marketplace.places.models import PlaceUnit
from marketplace.sellers import policies as seller_policies
from marketplace.sellers.models import Certificate, Seller
from marketplace.sellers.queries import CertificateRow
from marketplace.web import images

SHOWN_STATES = frozenset({"checked", "declared"})
"""Certificates in force; pages say which of the two it is."""


@dataclass(frozen=True)
class PhotoRow:
    """One stored picture of a product."""

    key: str
    widths: tuple[int, ...]
    width: int
    height: int
    alt: str

    @property
    def card(self) -> dict:
        """Arguments of the `photo` macro for cards and rows."""
        return self.at(640)

    def at(self, upto: int) -> dict:
        """Arguments of the `photo` macro, at most `upto` pixels wide."""
        return images.picture(
            key=self.key, widths=self.widths, width=self.width, height=self.height, alt=self.alt, upto=upto
        )


@dataclass(frozen=True)
class CategoryRow:
    """A shelf; `picture` names a static drawing."""

    id: int
    slug: str
    parent_id: int | None
    name: str
    name_en: str
    picture: str | None

    def title(self, locale: str) -> str:
        """The name in the reader's language."""
        return self.name_en if locale == "en" else self.name


@dataclass(frozen=True)
class Orderable:
    """What an order needs to know of a product; price per kilogram or piece in đồng, amounts in grams or pieces."""

    id: int
    seller_id: int
    seller_name: str
    name: str
    slug: str
    measure: str
    unit_label: str
    price: int
    step: int
    minimum: int
    grams_per_piece: int | None
    perishable: bool
    category_id: int
    state: str
    seller_state: str
    photo: PhotoRow | None

    @property
    def on_sale(self) -> bool:
        """Listed, by a seller who may sell now."""
        return self.state == "listed" and self.seller_state == "approved"


@dataclass(frozen=True)
class ProductPage:
    """A product with its seller, shelf and channels; `price` in đồng per kilogram or piece."""

    id: int
    slug: str
    name: str
    variety: str
    description: str
    state: str
    measure: str
    unit_label: str
    price: int
    grams_per_piece: int | None
    step: int
    minimum: int
    season_from: int | None
    season_to: int | None
    produced_by_seller: bool
    updated_at: datetime
    listed_at: datetime | None
    version: int
    category: CategoryRow
    parent: CategoryRow | None
    seller_id: int
    seller_slug: str
    seller_name: str
    seller_kind: str
    seller_state: str
    seller_phone: str | None
    seller_logo: str | None
    place: str
    channels: tuple[tuple[str, str], ...] = field(default=())

    @property
    def visible(self) -> bool:
        """May be shown to everybody."""
        return self.state == "listed" and self.seller_state == "approved"

    @property
    def price_per_kilogram(self) -> int | None:
        """Đồng per kilogram of a pack whose weight is known, else None."""
        return price_per_kilogram(self.price, self.measure, self.grams_per_piece)


def price_per_kilogram(price: int, measure: str, grams_per_piece: int | None) -> int | None:
    """Đồng per kilogram (half up) for goods sold by the piece with a known weight; None otherwise."""
    if measure != "piece" or not grams_per_piece:
        return None
    return half_up(price * 1000, grams_per_piece)


FIRST_PHOTO = and_(ProductPhoto.product_id == Product.id, ProductPhoto.position == 0)
PHOTO_COLUMNS = (ProductPhoto.key, ProductPhoto.widths, ProductPhoto.width, ProductPhoto.height, ProductPhoto.alt)
_CATEGORY_COLUMNS = (Category.id, Category.slug, Category.parent_id, Category.name, Category.name_en, Category.picture)
_PARENT = aliased(Category)
_kept: WeakKeyDictionary[Engine, tuple[CategoryRow, ...]] = WeakKeyDictionary()
# Plain tables where every basket and every placed order passes: the ORM's part costs as much as the driver's.
_P, _S, _F, _C, _L = (
    model.__table__.c for model in (Product, Seller, ProductPhoto, Certificate, ProductCertificate)
)
_ORDERABLE = (
    select(
        _P.id, _P.seller_id, _S.name, _P.name, _P.slug, _P.measure, _P.unit_label, _P.price, _P.step, _P.minimum,
        _P.grams_per_piece, _P.perishable, _P.category_id, _P.state, _S.state,
        _F.key, _F.widths, _F.width, _F.height, _F.alt,
    )
    .select_from(
        Product.__table__.join(Seller.__table__, _S.id == _P.seller_id)
        .outerjoin(ProductPhoto.__table__, and_(_F.product_id == _P.id, _F.position == 0))
    )
    .where(_P.id.in_(bindparam("products", expanding=True)), _P.price.is_not(None))
)
_CERTIFICATES = (
    select(
        _L.product_id, _C.id, _C.seller_id, _C.kind, _C.number, _C.issuer, _C.scope, _C.valid_from, _C.valid_to, _C.stars,
        _C.file_key, _C.checked_at, _C.revoked_at, _C.revoked_reason, Person.__table__.c.full_name.label("checker"),
    )
    .select_from(
        ProductCertificate.__table__.join(Certificate.__table__, _C.id == _L.certificate_id)
        .outerjoin(Person.__table__, Person.__table__.c.id == _C.checked_by_id)
    )
    .where(_L.product_id.in_(bindparam("products", expanding=True)))
    .order_by(_L.product_id, _C.kind, _C.valid_to.desc(), _C.id)
)
_PAGE = (
    select(Product, Seller, Category, _PARENT, PlaceUnit.name, ProductChannel.channel, ProductChannel.url)
    .join(Seller, Seller.id == Product.seller_id)
    .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
    .join(Category, Category.id == Product.category_id)
    .outerjoin(_PARENT, _PARENT.id == Category.parent_id)
    .outerjoin(ProductChannel, ProductChannel.product_id == Product.id)
    .order_by(ProductChannel.channel)
)


def photo_row(key, widths, width, height, alt) -> PhotoRow | None:
    """A PhotoRow from PHOTO_COLUMNS of an outer join; None where there is no picture."""
    return PhotoRow(key, tuple(widths), width, height, alt) if key else None


def orderable(product_ids: Collection[int]) -> dict[int, Orderable]:
    """Products by id, whatever their state; unknown ids are left out. Products without a price are left out too."""
    rows = db.session.execute(_ORDERABLE, {"products": list(product_ids)})
    return {row[0]: Orderable(*row[:15], photo=photo_row(*row[15:])) for row in rows}


def certificates_of(product_ids: Collection[int], day: date) -> dict[int, list[CertificateRow]]:
    """Certificates linked to each product, with their state on `day`; products without any are left out."""
    found: dict[int, list[CertificateRow]] = {}
    for row in db.session.execute(_CERTIFICATES, {"products": list(product_ids)}):
        found.setdefault(row.product_id, []).append(_certificate(row, day))
    return found


def _certificate(row: Row, day: date) -> CertificateRow:
    return CertificateRow(
        id=row.id, seller_id=row.seller_id, kind=row.kind, number=row.number, issuer=row.issuer, scope=row.scope,
        valid_from=row.valid_from, valid_to=row.valid_to, state=Certificate.state_on(row, day), stars=row.stars,
        has_file=row.file_key is not None, checked_at=row.checked_at, checked_by=row.checker,
        revoked_reason=row.revoked_reason,
    )


def ocop_stars(certificates: Collection[CertificateRow]) -> int:
    """OCOP stars to show: the best recognition checked by the department and in force; 0 for none."""
    return max((c.stars or 0 for c in certificates if c.kind == "ocop" and c.state == "checked"), default=0)


def categories() -> list[CategoryRow]:
    """All shelves, top ones each followed by its children, in shelf order.

    Shelves change only with a migration, so they are read once per engine (one statement) and kept.
    """
    kept = _kept.get(db.engine)
    if kept is None:
        statement = select(*_CATEGORY_COLUMNS).order_by(Category.position, Category.id)
        rows = [CategoryRow(*row) for row in db.session.execute(statement)]
        tops = [row for row in rows if row.parent_id is None]
        kept = tuple(row for top in tops for row in (top, *(r for r in rows if r.parent_id == top.id)))
        _kept[db.engine] = kept
    return list(kept)


def product_page(product_id: int) -> ProductPage | None:
    """The product in whatever state; None when it never existed or lacks price or shelf (a draft)."""
    rows = db.session.execute(_PAGE.where(Product.id == product_id)).all()
    if not rows or rows[0][0].price is None:
        return None
    product, seller, category, parent, place = rows[0][:5]
    shared = {
        name: getattr(product, name)
        for name in (
            "id", "slug", "name", "variety", "description", "state", "measure", "unit_label", "price", "grams_per_piece",
            "step", "minimum", "season_from", "season_to", "produced_by_seller", "updated_at", "listed_at", "version",
        )
    }
    return ProductPage(
        **shared, category=_category(category), parent=_category(parent) if parent else None, seller_id=seller.id,
        seller_slug=seller.slug, seller_name=seller.name, seller_kind=seller.kind, seller_state=seller.state,
        seller_phone=seller.phone if seller_policies.shows_phone(seller.kind, seller.show_phone) else None,
        seller_logo=seller.logo_key, place=place, channels=tuple((row[5], row[6]) for row in rows if row[5]),
    )


def _category(row: Category) -> CategoryRow:
    return CategoryRow(row.id, row.slug, row.parent_id, row.name, row.name_en, row.picture)


def photos_of(product_id: int) -> list[PhotoRow]:
    """A product's pictures in order."""
    rows = db.session.execute(
        select(*PHOTO_COLUMNS).where(ProductPhoto.product_id == product_id).order_by(ProductPhoto.position)
    )
    return [photo_row(*row) for row in rows]
