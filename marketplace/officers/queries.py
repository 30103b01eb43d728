"""What the officers' desk reads across slices: what waits, and for how long."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select

from marketplace.accounts.models import Person
from marketplace.catalogue.models import Category, Product
from marketplace.database import db
from marketplace.lots.models import Lot, ProblemReport
from marketplace.lots.policies import AMENDABLE
from marketplace.places.models import PlaceUnit
from marketplace.sellers.models import Certificate, Seller
from marketplace.web.paging import PER_PAGE, Page

Areas = frozenset[str] | None
"""Former areas an officer is responsible for; None is the whole city."""


@dataclass(frozen=True)
class Waiting:
    """How much waits on each pile of the desk."""

    sellers: int
    products: int
    certificates: int
    reports: int


@dataclass(frozen=True)
class ProductInReview:
    """A listing somebody submitted; price in đồng per kilogram or piece."""

    id: int
    name: str
    category: str
    price: int
    unit_label: str
    seller_id: int
    seller_name: str
    seller_state: str
    place: str
    submitted_at: datetime


@dataclass(frozen=True)
class CertificateInReview:
    """A certificate in force that nobody has checked."""

    id: int
    seller_id: int
    seller_name: str
    kind: str
    number: str
    issuer: str
    scope: str
    valid_from: date
    valid_to: date
    stars: int | None
    has_file: bool
    declared_at: datetime


@dataclass(frozen=True)
class ReportRow:
    """A problem a consumer reported; `seller_name` is None when the code belongs to no lot."""

    id: int
    code: str
    kind: str
    text: str
    contact: str
    state: str
    created_at: datetime
    answer: str | None
    answered_at: datetime | None
    answered_by: str | None
    lot_state: str | None
    product_name: str | None
    seller_id: int | None
    seller_name: str | None
    has_evidence: bool


@dataclass(frozen=True)
class LotInspected:
    """A public lot as officers and inspectors look at it; `former_area` says whose area it is in."""

    id: int
    code: str
    number: str
    state: str
    product: str
    measure: str
    unit_label: str
    seller_id: int
    seller: str
    former_area: str


def waiting(*, areas: Areas, day: date) -> Waiting:
    """The size of each pile."""
    sellers = select(func.count()).select_from(Seller).join(PlaceUnit, PlaceUnit.id == Seller.place_id)
    products = (
        select(func.count())
        .select_from(Product)
        .join(Seller, Seller.id == Product.seller_id)
        .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
    )
    reports = _reports_from(select(func.count()).select_from(ProblemReport))
    return Waiting(
        sellers=db.session.scalar(sellers.where(Seller.state == "submitted", *_within(areas))),
        products=db.session.scalar(products.where(Product.state == "submitted", *_within(areas))),
        certificates=len(certificates_to_check(areas=areas, day=day)),
        reports=db.session.scalar(reports.where(ProblemReport.state.in_(("new", "in_progress")), *_report_area(areas))),
    )


def products_to_review(*, areas: Areas) -> list[ProductInReview]:
    """Submitted listings, the longest waiting first."""
    rows = db.session.execute(
        select(
            Product.id,
            Product.name,
            Category.name,
            Product.price,
            Product.unit_label,
            Seller.id,
            Seller.name,
            Seller.state,
            PlaceUnit.name,
            Product.submitted_at,
        )
        .join(Seller, Seller.id == Product.seller_id)
        .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
        .join(Category, Category.id == Product.category_id)
        .where(Product.state == "submitted", *_within(areas))
        .order_by(Product.submitted_at, Product.id)
        .limit(200)
    )
    return [ProductInReview(*row) for row in rows]


def product_area(product_id: int) -> tuple[str, int] | None:
    """Former area of the product's seller and the seller's id, or None."""
    row = db.session.execute(
        select(PlaceUnit.former_area, Seller.id)
        .join(Seller, Seller.place_id == PlaceUnit.id)
        .join(Product, Product.seller_id == Seller.id)
        .where(Product.id == product_id)
    ).first()
    return tuple(row) if row else None


def lot_to_inspect(code: str) -> LotInspected | None:
    """The lot with this code once it is public, or None."""
    row = db.session.execute(
        select(
            Lot.id, Lot.code, Lot.number, Lot.state, Product.name, Product.measure, Product.unit_label, Seller.id, Seller.name,
            PlaceUnit.former_area,
        )
        .join(Product, Product.id == Lot.product_id)
        .join(Seller, Seller.id == Lot.seller_id)
        .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
        .where(Lot.code == code, Lot.state.in_(AMENDABLE[1:]))
    ).first()
    return LotInspected(*row) if row else None


def seller_area(seller_id: int) -> str | None:
    """Former area of a seller, or None when there is no such seller."""
    return db.session.scalar(
        select(PlaceUnit.former_area).join(Seller, Seller.place_id == PlaceUnit.id).where(Seller.id == seller_id)
    )


def certificates_to_check(*, areas: Areas, day: date) -> list[CertificateInReview]:
    """Declared certificates of sellers that are approved or wait for it, not expired, the oldest declaration first."""
    rows = db.session.execute(
        select(
            Certificate.id,
            Seller.id,
            Seller.name,
            Certificate.kind,
            Certificate.number,
            Certificate.issuer,
            Certificate.scope,
            Certificate.valid_from,
            Certificate.valid_to,
            Certificate.stars,
            Certificate.file_key.is_not(None),
            Certificate.declared_at,
        )
        .join(Seller, Seller.id == Certificate.seller_id)
        .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
        .where(
            Certificate.checked_at.is_(None),
            Certificate.revoked_at.is_(None),
            Certificate.valid_to >= day,
            Seller.state.in_(("submitted", "approved")),
            *_within(areas),
        )
        .order_by(Certificate.declared_at, Certificate.id)
        .limit(200)
    )
    return [CertificateInReview(*row) for row in rows]


def reports(*, areas: Areas, state: str = "", page: int = 1) -> Page[ReportRow]:
    """Problem reports, open ones first, the oldest on top; reports on unknown codes belong to every area."""
    conditions = [*_report_area(areas), *([ProblemReport.state == state] if state else [])]
    total = db.session.scalar(_reports_from(select(func.count()).select_from(ProblemReport)).where(*conditions))
    unfinished = ProblemReport.state.in_(("new", "in_progress"))
    rows = db.session.execute(
        _report_rows()
        .where(*conditions)
        .order_by(unfinished.desc(), ProblemReport.created_at, ProblemReport.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return Page(rows=[ReportRow(*row) for row in rows], number=page, total=total or 0)


def report(report_id: int, *, areas: Areas) -> ReportRow | None:
    """One report within the officer's areas, or None."""
    row = db.session.execute(_report_rows().where(ProblemReport.id == report_id, *_report_area(areas))).first()
    return ReportRow(*row) if row else None


def report_evidence(report_id: int, *, areas: Areas) -> str | None:
    """The file that came with a report within the officer's areas, or None."""
    reports = _reports_from(select(ProblemReport.evidence))
    return db.session.scalar(reports.where(ProblemReport.id == report_id, *_report_area(areas)))


def _report_rows():
    return (
        _reports_from(
            select(
                ProblemReport.id,
                ProblemReport.code,
                ProblemReport.kind,
                ProblemReport.text,
                ProblemReport.contact,
                ProblemReport.state,
                ProblemReport.created_at,
                ProblemReport.answer,
                ProblemReport.answered_at,
                Person.full_name,
                Lot.state,
                Product.name,
                Seller.id,
                Seller.name,
                ProblemReport.evidence.is_not(None),
            )
        )
        .outerjoin(Product, Product.id == Lot.product_id)
        .outerjoin(Person, Person.id == ProblemReport.answered_by_id)
    )


def _reports_from(statement):
    return (
        statement.outerjoin(Lot, Lot.id == ProblemReport.lot_id)
        .outerjoin(Seller, Seller.id == Lot.seller_id)
        .outerjoin(PlaceUnit, PlaceUnit.id == Seller.place_id)
    )


def _within(areas: Areas) -> list:
    return [] if areas is None else [PlaceUnit.former_area.in_(areas)]


def _report_area(areas: Areas) -> list:
    return [] if areas is None else [or_(ProblemReport.lot_id.is_(None), PlaceUnit.former_area.in_(areas))]
