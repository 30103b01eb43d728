"""Reads of a seller's people: who acts for whom, invitations."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from marketplace.accounts.models import Person
from marketplace.database import db
from marketplace.sellers.models import (
    Seller,
    SellerInvitation,
    SellerMember,
)


@dataclass(frozen=True)
class Member:
    """For whom a signed-in person acts, and in which role (owner, manager, diary, packer)."""

    seller_id: int
    seller_name: str
    seller_slug: str
    seller_kind: str
    seller_state: str
    person_id: int
    role: str


@dataclass(frozen=True)
class MemberRow:
    """A person of the seller as its owner sees them."""

    person_id: int
    full_name: str
    login: str
    role: str
    added_at: datetime


@dataclass(frozen=True)
class InvitationRow:
    """An invitation nobody has taken up yet."""

    id: int
    login: str
    role: str
    expires_at: datetime


@dataclass(frozen=True)
class OpenInvitation:
    """What the person who opens the link is told before joining."""

    seller_name: str
    seller_kind: str
    role: str


_MEMBER = (
    select(Seller.id, Seller.name, Seller.slug, Seller.kind, Seller.state, SellerMember.person_id, SellerMember.role)
    .join(SellerMember, SellerMember.seller_id == Seller.id)
    .order_by(SellerMember.added_at, Seller.id)
)


def membership(*, person_id: int, seller_id: int) -> Member | None:
    """The person's place in this seller, or None."""
    row = db.session.execute(_MEMBER.where(SellerMember.person_id == person_id, Seller.id == seller_id)).first()
    return Member(*row) if row else None


def member_of(person_id: int) -> list[Member]:
    """Every seller the person belongs to, the earliest joined first."""
    return [Member(*row) for row in db.session.execute(_MEMBER.where(SellerMember.person_id == person_id))]


def members(seller_id: int) -> list[MemberRow]:
    """The seller's people, owners' seniority first."""
    rows = db.session.execute(
        select(
            Person.id,
            Person.full_name,
            func.coalesce(Person.phone, Person.email),
            SellerMember.role,
            SellerMember.added_at,
        )
        .join(SellerMember, SellerMember.person_id == Person.id)
        .where(SellerMember.seller_id == seller_id)
        .order_by(SellerMember.added_at, Person.id)
    )
    return [MemberRow(*row) for row in rows]


def invitations(*, seller_id: int, now: datetime) -> list[InvitationRow]:
    """Invitations still open at `now`."""
    rows = db.session.execute(
        select(SellerInvitation.id, SellerInvitation.login, SellerInvitation.role, SellerInvitation.expires_at)
        .where(
            SellerInvitation.seller_id == seller_id,
            SellerInvitation.closed_at.is_(None),
            SellerInvitation.expires_at > now,
        )
        .order_by(SellerInvitation.id)
    )
    return [InvitationRow(*row) for row in rows]


def open_invitation(*, token: str, now: datetime) -> OpenInvitation | None:
    """What a link still offers at `now`, or None."""
    digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    row = db.session.execute(
        select(Seller.name, Seller.kind, SellerInvitation.role)
        .join(Seller, Seller.id == SellerInvitation.seller_id)
        .where(
            SellerInvitation.token_hash == digest,
            SellerInvitation.closed_at.is_(None),
            SellerInvitation.expires_at > now,
        )
    ).first()
    return OpenInvitation(*row) if row else None
