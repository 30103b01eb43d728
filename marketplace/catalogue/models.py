"""Categories, products, their photos, certificates and other channels."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Amount, Base, Dong, Id, Line, Prose, Short
from marketplace.sellers.models import Certificate, Seller

STATES = ("draft", "submitted", "listed", "rejected", "withdrawn")
CHANNELS = ("postmart", "voso", "shopee", "lazada", "tiki", "sendo", "facebook", "zalo", "market_stall", "direct")


class Category(Base):
    """A shelf of the market, at most two levels."""

    __tablename__ = "category"

    id: Mapped[Id]
    slug: Mapped[Short] = mapped_column(unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    name: Mapped[Line]
    name_en: Mapped[Line]
    position: Mapped[int]
    picture: Mapped[Short | None]  # static picture name
    perishable: Mapped[bool] = mapped_column(default=True)  # fresh goods: shorter clocks in orders

    parent: Mapped["Category | None"] = relationship(remote_side="Category.id")


class Product(Base):
    """A listing. Sold by mass (price per kg, quantities in grams) or by piece (price per piece).

    A draft may lack price, category and name; every other state but withdrawn has them (constraint `complete`).
    The three keys are words separated by blanks, written by `services` and indexed by triggers (migration 0011).
    """

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("measure IN ('mass', 'piece')", name="measure"),
        CheckConstraint("price > 0", name="price"),
        CheckConstraint("step > 0 AND minimum > 0", name="step"),
        CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (price IS NOT NULL AND category_id IS NOT NULL AND name <> '')",
            name="complete",
        ),
        Index("ix_product_listing", "state", "category_id", "listed_at"),
        Index("ix_product_newest", "state", "listed_at"),
        Index("ix_product_price", "state", "price"),
        Index("ix_product_seller_state", "seller_id", "state"),
    )

    id: Mapped[Id]
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    slug: Mapped[Line]
    name: Mapped[Line]
    name_key: Mapped[Line] = mapped_column(default="")  # folded name
    marked_key: Mapped[Prose] = mapped_column(default="")  # name, variety and synonyms with their marks
    search_key: Mapped[Prose] = mapped_column(default="")  # folded name, variety, synonyms, categories
    description: Mapped[Prose] = mapped_column(default="")
    variety: Mapped[Line] = mapped_column(default="")
    state: Mapped[Short] = mapped_column(default="draft")
    measure: Mapped[Short]
    unit_label: Mapped[Short]  # "kg" for mass; "trái", "hộp", "chục 12" for pieces
    grams_per_piece: Mapped[int | None]  # lets price per kg be shown beside a pack
    price: Mapped[Dong | None]  # per kg or per piece
    step: Mapped[Amount] = mapped_column(default=1)  # grams or pieces a buyer can add at a time
    minimum: Mapped[Amount] = mapped_column(default=1)
    perishable: Mapped[bool] = mapped_column(default=True)
    season_from: Mapped[int | None]  # month 1..12
    season_to: Mapped[int | None]
    produced_by_seller: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    listed_at: Mapped[datetime | None]  # first time
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[Prose | None]
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    # Every UPDATE through the session is conditional on the version read and raises it by one.
    __mapper_args__ = {"version_id_col": version}

    seller: Mapped[Seller] = relationship()
    category: Mapped[Category | None] = relationship()
    photos: Mapped[list["ProductPhoto"]] = relationship(
        back_populates="product", order_by="ProductPhoto.position", cascade="all, delete-orphan"
    )
    channels: Mapped[list["ProductChannel"]] = relationship(cascade="all, delete-orphan")
    certificate_links: Mapped[list["ProductCertificate"]] = relationship(cascade="all, delete-orphan")


class ProductPhoto(Base):
    """A re-encoded picture in several widths; `key` is the folder, files are `<width>.webp` and `<width>.jpg`.

    Positions of a product run from 0 without gaps: the picture at 0 stands on cards.
    """

    __tablename__ = "product_photo"

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    position: Mapped[int]
    key: Mapped[Line]
    widths: Mapped[list]  # e.g. [320, 640, 1280]
    width: Mapped[int]  # of the largest
    height: Mapped[int]
    sha256: Mapped[Short]
    alt: Mapped[Line]
    added_at: Mapped[datetime]

    product: Mapped[Product] = relationship(back_populates="photos")


class ProductCertificate(Base):
    """Which of the seller's certificates covers this product. OCOP recognitions are certificates of kind ocop."""

    __tablename__ = "product_certificate"

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), primary_key=True, index=True)

    certificate: Mapped[Certificate] = relationship()


class ProductChannel(Base):
    """Where else the seller offers this product, with a link."""

    __tablename__ = "product_channel"

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    channel: Mapped[Short] = mapped_column(primary_key=True)
    url: Mapped[Line] = mapped_column(default="")
    since: Mapped[date | None]


class ProductDecision(Base):
    """Append-only history of listing decisions."""

    __tablename__ = "product_decision"

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    before: Mapped[Short]
    after: Mapped[Short]
    actor_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[Prose]
    at: Mapped[datetime]
