"""Reads of sellers themselves: the public page, the officers' list, history, look-alikes."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from marketplace.accounts.models import Person
from marketplace.database import db
from marketplace.folding import fold
from marketplace.places.models import PlaceUnit
from marketplace.sellers import policies
from marketplace.sellers.models import (
    Seller,
    SellerDecision,
)
from marketplace.sellers.queries.papers import CertificateRow, certificates
from marketplace.web.paging import PER_PAGE, Page


@dataclass(frozen=True)
class DecisionRow:
    """One line of the seller's history."""

    at: datetime
    before: str
    after: str
    actor: str
    reason: str


@dataclass(frozen=True)
class PublicSeller:
    """What anybody may read; `phone` is None unless policies allow it to be printed."""

    id: int
    slug: str
    kind: str
    name: str
    state: str
    about: str
    place: str
    province: str
    address_line: str | None
    phone: str | None
    approved_at: datetime | None
    certificates: tuple[CertificateRow, ...]


@dataclass(frozen=True)
class SellerListRow:
    """One line of the officers' list."""

    id: int
    name: str
    kind: str
    state: str
    place: str
    former_area: str
    tax_code: str | None
    submitted_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Lookalike:
    """Another seller that shares a phone number or a folded name; `shared` is phone or name."""

    id: int
    name: str
    state: str
    shared: str


def get(seller_id: int) -> Seller | None:
    """The seller with its place loaded."""
    return db.session.get(Seller, seller_id)


def decisions(seller_id: int) -> list[DecisionRow]:
    """The seller's history, newest first."""
    rows = db.session.execute(
        select(SellerDecision.at, SellerDecision.before, SellerDecision.after, Person.full_name, SellerDecision.reason)
        .join(Person, Person.id == SellerDecision.actor_id)
        .where(SellerDecision.seller_id == seller_id)
        .order_by(SellerDecision.id.desc())
    )
    return [DecisionRow(*row) for row in rows]


_SLUG = re.compile(r"[a-z0-9-]{1,64}")


def public_seller(slug: str, *, day: date) -> PublicSeller | None:
    """The public page of a seller that was approved once (also while suspended or closed), else None.

    A household's address stays at its commune and its phone hidden unless it chose otherwise (Law 91/2025/QH15).
    """
    if not _SLUG.fullmatch(slug):
        return None
    row = db.session.execute(
        select(Seller, PlaceUnit.name, PlaceUnit.province)
        .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
        .where(
            Seller.slug == slug, Seller.approved_at.is_not(None), Seller.state.in_(("approved", "suspended", "closed"))
        )
    ).first()
    if row is None:
        return None
    seller, place, province = row
    in_force = [c for c in certificates(seller.id, day=day) if c.state in {"checked", "declared"}]
    return PublicSeller(
        id=seller.id,
        slug=seller.slug,
        kind=seller.kind,
        name=seller.name,
        state=seller.state,
        about=seller.about,
        place=place,
        province=province,
        address_line=seller.address_line if policies.shows_address(seller.kind) else None,
        phone=seller.phone if policies.shows_phone(seller.kind, seller.show_phone) else None,
        approved_at=seller.approved_at,
        certificates=tuple(in_force),
    )


def for_officers(
    *,
    areas: frozenset[str] | None,
    state: str = "",
    kind: str = "",
    text: str = "",
    page: int = 1,
) -> Page[SellerListRow]:
    """Sellers in the officer's areas (None = the whole city); those waiting come first, the longest waiting on top."""
    conditions = [] if areas is None else [PlaceUnit.former_area.in_(areas)]
    conditions += [Seller.state == state] if state else []
    conditions += [Seller.kind == kind] if kind else []
    key = fold(text)[:100]
    if key:
        digits = "".join(character for character in text if character.isdigit())
        matches = Seller.search_key.contains(key, autoescape=True)
        conditions.append(matches | Seller.tax_code.startswith(digits) if len(digits) >= 4 else matches)
    base = select(Seller.id).join(PlaceUnit, PlaceUnit.id == Seller.place_id).where(*conditions)
    total = db.session.scalar(select(func.count()).select_from(base.subquery()))
    rows = db.session.execute(
        select(
            Seller.id,
            Seller.name,
            Seller.kind,
            Seller.state,
            PlaceUnit.name,
            PlaceUnit.former_area,
            Seller.tax_code,
            Seller.submitted_at,
            Seller.created_at,
        )
        .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
        .where(*conditions)
        .order_by((Seller.state == "submitted").desc(), Seller.submitted_at, Seller.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    return Page(rows=[SellerListRow(*row) for row in rows], number=page, total=total or 0)


def lookalikes(seller: Seller) -> list[Lookalike]:
    """Other sellers with the same phone number or the same folded name: a hint for the officer, never a refusal."""
    rows = db.session.execute(
        select(Seller.id, Seller.name, Seller.state, Seller.phone)
        .where(Seller.id != seller.id, (Seller.phone == seller.phone) | (Seller.search_key == seller.search_key))
        .order_by(Seller.id)
        .limit(10)
    )
    return [
        Lookalike(id_, name, state, "phone" if phone == seller.phone else "name") for id_, name, state, phone in rows
    ]
