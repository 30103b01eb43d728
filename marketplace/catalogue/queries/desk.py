"""What the seller's desk and the officer's review read about products."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from marketplace.accounts.models import Person
from marketplace.catalogue import policies
from marketplace.catalogue.models import Category, Product, ProductDecision, ProductPhoto
from marketplace.catalogue.queries.public import FIRST_PHOTO, PHOTO_COLUMNS, PhotoRow, photo_row
from marketplace.catalogue.wording import flagged_words
from marketplace.database import db
from marketplace.places.models import PlaceUnit
from marketplace.sellers import queries as sellers
from marketplace.sellers.models import Seller
from marketplace.sellers.queries import CertificateRow


@dataclass(frozen=True)
class DeskRow:
    """A line of the seller's list; `price` None while a draft lacks it."""

    id: int
    name: str
    slug: str
    state: str
    measure: str
    unit_label: str
    price: int | None
    category: str | None
    decision_reason: str | None
    updated_at: datetime
    photo: PhotoRow | None


@dataclass(frozen=True)
class DeskPhoto:
    """A stored photo with the id the form needs."""

    id: int
    photo: PhotoRow


@dataclass(frozen=True)
class DeskProduct:
    """Everything the listing form shows of a product of one's own."""

    id: int
    version: int
    state: str
    name: str
    slug: str
    variety: str
    description: str
    category_id: int | None
    category: str | None
    measure: str
    unit_label: str
    grams_per_piece: int | None
    price: int | None
    minimum: int
    season_from: int | None
    season_to: int | None
    produced_by_seller: bool
    decision_reason: str | None
    submitted_at: datetime | None
    listed_at: datetime | None
    photos: tuple[DeskPhoto, ...]
    channels: tuple[tuple[str, str], ...]
    certificate_ids: tuple[int, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class ReviewRow:
    """A listing that waits for an officer; `flags` are words to look at, `again` tells it was listed before."""

    id: int
    name: str
    seller_id: int
    seller_name: str
    seller_state: str
    former_area: str
    category: str
    submitted_at: datetime
    again: bool
    flags: tuple[str, ...]
    photo: PhotoRow | None


@dataclass(frozen=True)
class ReviewProduct:
    """One listing as the officer decides about it; `history` is (time, before, after, who, reason), newest first."""

    product: DeskProduct
    seller_id: int
    seller_name: str
    seller_state: str
    former_area: str
    flags: tuple[str, ...]
    certificates: tuple[CertificateRow, ...]
    history: tuple[tuple[datetime, str, str, str, str], ...]


def desk_products(seller_id: int) -> list[DeskRow]:
    """All products of the seller: what needs the seller first, then the newest change."""
    rows = db.session.execute(
        select(
            Product.id, Product.name, Product.slug, Product.state, Product.measure, Product.unit_label, Product.price,
            Category.name, Product.decision_reason, Product.updated_at, *PHOTO_COLUMNS,
        )
        .outerjoin(Category, Category.id == Product.category_id)
        .outerjoin(ProductPhoto, FIRST_PHOTO)
        .where(Product.seller_id == seller_id)
        .order_by((Product.state == "rejected").desc(), Product.updated_at.desc(), Product.id.desc())
    )
    return [DeskRow(*row[:10], photo=photo_row(*row[10:])) for row in rows]


def desk_product(*, seller_id: int, product_id: int) -> DeskProduct | None:
    """A product of this seller in any state, else None."""
    product = db.session.scalars(
        select(Product).where(Product.id == product_id, Product.seller_id == seller_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return _desk_product(product) if product else None


def _desk_product(product: Product) -> DeskProduct:
    columns = {
        name: getattr(product, name)
        for name in (
            "id", "version", "state", "name", "slug", "variety", "description", "category_id", "measure", "unit_label",
            "grams_per_piece", "price", "minimum", "season_from", "season_to", "produced_by_seller", "decision_reason",
            "submitted_at", "listed_at",
        )
    }
    return DeskProduct(
        **columns,
        category=product.category.name if product.category else None,
        photos=tuple(
            DeskPhoto(photo.id, PhotoRow(photo.key, tuple(photo.widths), photo.width, photo.height, photo.alt))
            for photo in product.photos
        ),
        channels=tuple((row.channel, row.url) for row in product.channels),
        certificate_ids=tuple(link.certificate_id for link in product.certificate_links),
        missing=policies.missing(product),
    )


def attachable_certificates(seller_id: int, *, day: date, linked: tuple[int, ...] = ()) -> list[CertificateRow]:
    """The seller's certificates in force on `day`, and those linked already whatever their state."""
    rows = sellers.certificates(seller_id, day=day)
    return [row for row in rows if row.state in {"checked", "declared"} or row.id in linked]


def to_review(*, areas: frozenset[str] | None = None) -> list[ReviewRow]:
    """Submitted products in the officer's former areas (None = whole city), the longest waiting first."""
    statement = (
        select(
            Product.id, Product.name, Product.description, Product.variety, Product.listed_at, Product.submitted_at, Seller.id,
            Seller.name, Seller.state, PlaceUnit.former_area, Category.name, *PHOTO_COLUMNS,
        )
        .join(Seller, Seller.id == Product.seller_id)
        .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
        .join(Category, Category.id == Product.category_id)
        .outerjoin(ProductPhoto, FIRST_PHOTO)
        .where(Product.state == "submitted")
        .order_by(Product.submitted_at, Product.id)
        .limit(200)
    )
    if areas is not None:
        statement = statement.where(PlaceUnit.former_area.in_(areas))
    return [
        ReviewRow(
            id=row[0], name=row[1], seller_id=row[6], seller_name=row[7], seller_state=row[8], former_area=row[9],
            category=row[10], submitted_at=row[5], again=row[4] is not None, photo=photo_row(*row[11:]),
            flags=tuple(flagged_words(row[1], row[2], row[3])),
        )
        for row in db.session.execute(statement)
    ]


def review_product(product_id: int, *, day: date) -> ReviewProduct | None:
    """A product in any state but draft, for an officer; None when there is none. Area is checked by the services."""
    product = db.session.scalars(
        select(Product).where(Product.id == product_id, Product.state != "draft").execution_options(populate_existing=True)
    ).one_or_none()
    if product is None:
        return None
    shown = _desk_product(product)
    area = db.session.scalar(select(PlaceUnit.former_area).where(PlaceUnit.id == product.seller.place_id))
    linked = [c for c in sellers.certificates(product.seller_id, day=day) if c.id in shown.certificate_ids]
    history = db.session.execute(
        select(ProductDecision.at, ProductDecision.before, ProductDecision.after, Person.full_name, ProductDecision.reason)
        .join(Person, Person.id == ProductDecision.actor_id)
        .where(ProductDecision.product_id == product_id).order_by(ProductDecision.id.desc()).limit(50)
    )
    return ReviewProduct(
        product=shown, seller_id=product.seller_id, seller_name=product.seller.name, seller_state=product.seller.state,
        former_area=area or "", flags=tuple(flagged_words(shown.name, shown.description, shown.variety)),
        certificates=tuple(linked), history=tuple(tuple(row) for row in history),
    )


def count_to_review(areas: frozenset[str] | None = None) -> int:
    """How many listings wait, for the officer's desk."""
    statement = select(func.count(Product.id)).where(Product.state == "submitted")
    if areas is not None:
        statement = (
            statement.join(Seller, Seller.id == Product.seller_id).join(PlaceUnit, PlaceUnit.id == Seller.place_id)
            .where(PlaceUnit.former_area.in_(areas))
        )
    return db.session.scalar(statement) or 0
