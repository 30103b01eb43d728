"""Sellers (organisations and households), their members, papers and certificates."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Person
from marketplace.database import Base, Id, Line, Prose, Short
from marketplace.places.models import PlaceUnit

KINDS = ("company", "cooperative", "cooperative_group", "household", "service_centre", "establishment")
STATES = ("draft", "submitted", "approved", "refused", "suspended", "closed")
MEMBER_ROLES = ("owner", "manager", "diary", "packer")
CERTIFICATE_KINDS = ("vietgap", "globalgap", "organic", "food_safety", "haccp", "iso22000", "ocop", "other")
DOCUMENT_KINDS = ("business_registration", "identity", "food_safety", "land_or_area", "other")


class Seller(Base):
    """Who sells: one of six kinds; sells only while approved."""

    __tablename__ = "seller"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        Index("ix_seller_state_kind", "state", "kind"),
    )

    id: Mapped[Id]
    slug: Mapped[Short] = mapped_column(unique=True)
    kind: Mapped[Short]
    name: Mapped[Line]
    search_key: Mapped[Line]  # folded name
    state: Mapped[Short] = mapped_column(default="draft")
    tax_code: Mapped[Short | None] = mapped_column(unique=True)  # 10, 12 or 13 digits
    phone: Mapped[Short]
    email: Mapped[Line | None]
    show_phone: Mapped[bool] = mapped_column(default=False)  # a household's phone is public only when it chose so
    address_line: Mapped[Line]  # house number, hamlet
    place_id: Mapped[int] = mapped_column(ForeignKey("place_unit.id"), index=True)
    about: Mapped[Prose] = mapped_column(default="")
    logo_key: Mapped[Short | None]
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decision_reason: Mapped[Prose | None]  # shown to the seller: why refused or suspended
    approved_at: Mapped[datetime | None]  # first approval
    demo: Mapped[bool] = mapped_column(default=False)

    place: Mapped[PlaceUnit] = relationship()
    members: Mapped[list["SellerMember"]] = relationship(back_populates="seller")
    documents: Mapped[list["SellerDocument"]] = relationship(back_populates="seller", order_by="SellerDocument.id")
    certificates: Mapped[list["Certificate"]] = relationship(back_populates="seller", order_by="Certificate.id")


class SellerMember(Base):
    """A person's place in a seller; what they may do is in policies."""

    __tablename__ = "seller_member"

    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    role: Mapped[Short]
    added_at: Mapped[datetime]

    seller: Mapped[Seller] = relationship(back_populates="members")
    person: Mapped[Person] = relationship()


class SellerInvitation(Base):
    """A place offered to somebody by phone number or e-mail; taken up with the secret link, once, before it expires."""

    __tablename__ = "seller_invitation"

    id: Mapped[Id]
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"), index=True)
    login: Mapped[Line]  # E.164 phone or e-mail the link was sent to
    role: Mapped[Short]
    token_hash: Mapped[Short] = mapped_column(unique=True)  # SHA-256, hex; the token itself is never stored
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]  # taken up or withdrawn
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class SellerDocument(Base):
    """A paper handed in; reviewed on its own by a named person. The file is never public."""

    __tablename__ = "seller_document"

    id: Mapped[Id]
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"), index=True)
    kind: Mapped[Short]
    file_key: Mapped[Line]
    media_type: Mapped[Short]
    sha256: Mapped[Short]
    size_bytes: Mapped[int]
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    state: Mapped[Short] = mapped_column(default="pending")  # pending, accepted, refused
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[Prose | None]

    seller: Mapped[Seller] = relationship(back_populates="documents")


class Certificate(Base):
    """A certificate as a fact: issuer, number, scope, validity. It expires by itself: no job sets a flag."""

    __tablename__ = "certificate"
    __table_args__ = (UniqueConstraint("seller_id", "kind", "number"),)

    id: Mapped[Id]
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"), index=True)
    kind: Mapped[Short]  # one of CERTIFICATE_KINDS
    number: Mapped[Line]
    issuer: Mapped[Line]
    scope: Mapped[Line]  # products and area it covers
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    stars: Mapped[int | None]  # OCOP recognition only: 3 to 5
    file_key: Mapped[Line | None]
    sha256: Mapped[Short | None]
    declared_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[Prose | None]

    seller: Mapped[Seller] = relationship(back_populates="certificates")

    def state_on(self, day: date) -> str:
        """revoked, expired, not_yet, checked or declared, as of a Vietnamese calendar day."""
        if self.revoked_at is not None:
            return "revoked"
        if day > self.valid_to:
            return "expired"
        if day < self.valid_from:
            return "not_yet"
        return "checked" if self.checked_at else "declared"


class SellerDecision(Base):
    """Append-only history of approvals, refusals, suspensions: who, when, why."""

    __tablename__ = "seller_decision"

    id: Mapped[Id]
    seller_id: Mapped[int] = mapped_column(ForeignKey("seller.id"), index=True)
    before: Mapped[Short]
    after: Mapped[Short]
    actor_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[Prose]
    at: Mapped[datetime]
