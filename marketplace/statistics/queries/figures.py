"""The figures themselves: stocks as of the last day, flows within the period, breakdowns from the rollup."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, and_, distinct, func, select

from marketplace.catalogue.models import Product, ProductCertificate
from marketplace.database import db, on_postgresql
from marketplace.lots.models import Lot
from marketplace.places.models import PlaceSuccession, PlaceUnit
from marketplace.sellers.models import KINDS, Certificate, Seller, SellerDecision
from marketplace.statistics.models import OutreachRecord, SaleRollup, VisitDay
from marketplace.statistics.queries.period import Period

DIMENSIONS = ("month", "area", "place", "category", "seller_kind", "channel", "method")


@dataclass(frozen=True)
class SalesRow:
    """Sums of one group: transactions, đồng, grams, pieces."""

    label: str
    transactions: int
    dong: int
    grams: int
    pieces: int


@dataclass(frozen=True)
class Overview:
    """All headline figures of a period, by metric key, and sellers by kind (every kind, also 0)."""

    figures: dict[str, int]
    sellers_by_kind: dict[str, int]


def overview(period: Period) -> Overview:
    """The officer's headline figures."""
    kinds = _sellers_by_kind(period)
    figures = {
        "sellers": sum(kinds.values()),
        "products": _count(_listed(period)),
        "ocop_products": _count(_listed(period).where(_has_ocop(period))),
        "traced_products": _traced(period),
        **_visits(period),
        **_sales(period),
        **_outreach(period),
    }
    return Overview(figures, {kind: kinds.get(kind, 0) for kind in KINDS})


def sales_by(dimension: str, period: Period) -> list[SalesRow]:
    """Sales of the period grouped by one of DIMENSIONS, from the rollup; months come in order and complete."""
    label = _label(dimension)
    statement = (
        select(
            label,
            func.sum(SaleRollup.transactions),
            func.sum(SaleRollup.dong),
            func.sum(SaleRollup.grams),
            func.sum(SaleRollup.pieces),
        )
        .where(SaleRollup.day.between(period.first, period.last))
        .group_by(label)
    )
    if dimension in {"area", "place"}:
        successor = _successors()
        statement = statement.outerjoin(successor, successor.c.old == SaleRollup.place_id).join(
            PlaceUnit, PlaceUnit.id == func.coalesce(successor.c.new, SaleRollup.place_id)
        )
    rows = {str(row[0]): SalesRow(str(row[0]), *(int(v) for v in row[1:])) for row in db.session.execute(statement)}
    if dimension == "month":
        return [rows.get(f"{m:%Y-%m}", SalesRow(f"{m:%Y-%m}", 0, 0, 0, 0)) for m in period.months()]
    return sorted(rows.values(), key=lambda row: (-row.dong, row.label))


def visits_by_month(period: Period) -> list[tuple[str, int]]:
    """Visits of each month of the period, in order and complete."""
    month = _month(VisitDay.day)
    statement = (
        select(month, func.sum(VisitDay.count))
        .where(VisitDay.day.between(period.first, period.last), VisitDay.kind == "visit")
        .group_by(month)
    )
    found = {row[0]: int(row[1]) for row in db.session.execute(statement)}
    return [(f"{m:%Y-%m}", found.get(f"{m:%Y-%m}", 0)) for m in period.months()]


def _successors():
    """Old unit -> present unit, so that reports of any year use the units of today. Of the three old wards that were
    truly split the successor with the lowest number stands for all: the sale's own address is not known finer."""
    return (
        select(PlaceSuccession.predecessor_id.label("old"), func.min(PlaceSuccession.successor_id).label("new"))
        .group_by(PlaceSuccession.predecessor_id)
        .subquery()
    )


def _month(column):
    return func.to_char(column, "YYYY-MM") if on_postgresql() else func.strftime("%Y-%m", column)


def _label(dimension: str):
    if dimension not in DIMENSIONS:
        raise ValueError(dimension)
    columns = {
        "month": _month(SaleRollup.day),
        "area": PlaceUnit.former_area,
        "place": PlaceUnit.name,
        "category": SaleRollup.category_id,
    }
    return columns[dimension] if dimension in columns else getattr(SaleRollup, dimension)


def _count(statement: Select) -> int:
    return db.session.scalar(select(func.count()).select_from(statement.subquery()))


def _sellers_by_kind(period: Period) -> dict[str, int]:
    last = (
        select(func.max(SellerDecision.id))
        .where(SellerDecision.seller_id == Seller.id, SellerDecision.at < period.ends_before)
        .correlate(Seller)
        .scalar_subquery()
    )
    statement = (
        select(Seller.kind, func.count())
        .join(SellerDecision, and_(SellerDecision.id == last, SellerDecision.after == "approved"))
        .group_by(Seller.kind)
    )
    return dict(db.session.execute(statement).all())


def _listed(period: Period) -> Select:
    return select(Product.id).where(
        Product.listed_at < period.ends_before,
        (Product.withdrawn_at.is_(None)) | (Product.withdrawn_at >= period.ends_before),
        Product.state != "rejected",
    )


def _has_ocop(period: Period):
    return (
        select(Certificate.id)
        .join(ProductCertificate, ProductCertificate.certificate_id == Certificate.id)
        .where(
            ProductCertificate.product_id == Product.id,
            Certificate.kind == "ocop",
            Certificate.checked_at < period.ends_before,
            Certificate.valid_from <= period.last,
            Certificate.valid_to >= period.last,
            (Certificate.revoked_at.is_(None)) | (Certificate.revoked_at >= period.ends_before),
        )
        .exists()
    )


def _traced(period: Period) -> int:
    return db.session.scalar(select(func.count(distinct(Lot.product_id))).where(Lot.released_at < period.ends_before))


def _visits(period: Period) -> dict[str, int]:
    visits = select(func.coalesce(func.sum(VisitDay.count), 0)).where(
        VisitDay.kind == "visit", VisitDay.day <= period.last
    )
    return {
        "visits": int(db.session.scalar(visits.where(VisitDay.day >= period.first))),
        "visits_total": int(db.session.scalar(visits)),
    }


def _sales(period: Period) -> dict[str, int]:
    row = db.session.execute(
        select(func.coalesce(func.sum(SaleRollup.transactions), 0), func.coalesce(func.sum(SaleRollup.dong), 0)).where(
            SaleRollup.day.between(period.first, period.last)
        )
    ).one()
    return {"transactions": int(row[0]), "value": int(row[1])}


def _outreach(period: Period) -> dict[str, int]:
    statement = (
        select(OutreachRecord.kind, func.sum(OutreachRecord.households), func.sum(OutreachRecord.products))
        .where(OutreachRecord.day.between(period.first, period.last))
        .group_by(OutreachRecord.kind)
    )
    rows = {kind: (int(households), int(products)) for kind, households, products in db.session.execute(statement)}
    return {
        "households_trained": rows.get("trained", (0, 0))[0],
        "households_supported": rows.get("supported", (0, 0))[0],
        "products_supported": rows.get("supported", (0, 0))[1],
    }


def launched() -> date | None:
    """The first day with any visit: since when the totals count."""
    return db.session.scalar(select(func.min(VisitDay.day)))
