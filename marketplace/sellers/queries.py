"""What pages read about sellers, as frozen rows."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select

from marketplace.accounts.models import Person
from marketplace.database import db
from marketplace.folding import fold
from marketplace.places.models import PlaceUnit
from marketplace.sellers import policies
from marketplace.sellers.models import Certificate, Seller, SellerDecision, SellerDocument, SellerInvitation, SellerMember
from marketplace.web.paging import PER_PAGE, Page


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
class CertificateRow:
    """A certificate as of one day; `state` is checked, declared, not_yet, expired or revoked."""

    id: int
    seller_id: int
    kind: str
    number: str
    issuer: str
    scope: str
    valid_from: date
    valid_to: date
    state: str
    stars: int | None
    has_file: bool
    checked_at: datetime | None
    checked_by: str | None
    revoked_reason: str | None


@dataclass(frozen=True)
class DocumentRow:
    """A paper and what became of it."""

    id: int
    kind: str
    state: str
    media_type: str
    size_bytes: int
    uploaded_at: datetime
    reviewed_at: datetime | None
    reviewed_by: str | None
    reason: str | None


@dataclass(frozen=True)
class DecisionRow:
    """One line of the seller's history."""

    at: datetime
    before: str
    after: str
    actor: str
    reason: str


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


@dataclass(frozen=True)
class PaperStatus:
    """One kind of paper on a seller's list; `state` is missing, pending, accepted or refused, with the newest reason."""

    kind: str
    required: bool
    state: str
    reason: str | None


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


def get(seller_id: int) -> Seller | None:
    """The seller with its place loaded."""
    return db.session.get(Seller, seller_id)


def document_file(*, seller_id: int, document_id: int) -> tuple[str, str] | None:
    """File key and media type of a paper of this seller, or None."""
    return _first(select(SellerDocument.file_key, SellerDocument.media_type).where(
        SellerDocument.id == document_id, SellerDocument.seller_id == seller_id))


def certificate_file(*, seller_id: int, certificate_id: int) -> str | None:
    """File key of a certificate of this seller, or None when it has no file."""
    found = _first(select(Certificate.file_key).where(Certificate.id == certificate_id, Certificate.seller_id == seller_id))
    return found[0] if found else None


def _first(statement: Select) -> tuple | None:
    row = db.session.execute(statement).first()
    return tuple(row) if row else None


def documents(seller_id: int) -> list[DocumentRow]:
    """Every paper handed in, newest first."""
    rows = db.session.execute(
        select(
            SellerDocument.id, SellerDocument.kind, SellerDocument.state, SellerDocument.media_type, SellerDocument.size_bytes,
            SellerDocument.uploaded_at, SellerDocument.reviewed_at, Person.full_name, SellerDocument.reason,
        )
        .outerjoin(Person, Person.id == SellerDocument.reviewed_by_id)
        .where(SellerDocument.seller_id == seller_id)
        .order_by(SellerDocument.id.desc())
    )
    return [DocumentRow(*row) for row in rows]


def paper_list(seller_kind: str, handed_in: Collection[DocumentRow]) -> list[PaperStatus]:
    """Which papers the kind is asked for and how each stands; `handed_in` is newest first, an accepted one counts for good."""
    listed = []
    required, optional = policies.REQUIRED_DOCUMENTS[seller_kind], policies.OPTIONAL_DOCUMENTS[seller_kind]
    for kind in (*required, *optional):
        rows = [row for row in handed_in if row.kind == kind]
        best = next((row for row in rows if row.state == "accepted"), rows[0] if rows else None)
        listed.append(PaperStatus(kind, kind in required, best.state if best else "missing", best.reason if best else None))
    return listed


def decisions(seller_id: int) -> list[DecisionRow]:
    """The seller's history, newest first."""
    rows = db.session.execute(
        select(SellerDecision.at, SellerDecision.before, SellerDecision.after, Person.full_name, SellerDecision.reason)
        .join(Person, Person.id == SellerDecision.actor_id)
        .where(SellerDecision.seller_id == seller_id)
        .order_by(SellerDecision.id.desc())
    )
    return [DecisionRow(*row) for row in rows]


def members(seller_id: int) -> list[MemberRow]:
    """The seller's people, owners' seniority first."""
    rows = db.session.execute(
        select(Person.id, Person.full_name, func.coalesce(Person.phone, Person.email), SellerMember.role, SellerMember.added_at)
        .join(SellerMember, SellerMember.person_id == Person.id)
        .where(SellerMember.seller_id == seller_id)
        .order_by(SellerMember.added_at, Person.id)
    )
    return [MemberRow(*row) for row in rows]


def invitations(*, seller_id: int, now: datetime) -> list[InvitationRow]:
    """Invitations still open at `now`."""
    rows = db.session.execute(
        select(SellerInvitation.id, SellerInvitation.login, SellerInvitation.role, SellerInvitation.expires_at)
        .where(SellerInvitation.seller_id == seller_id, SellerInvitation.closed_at.is_(None), SellerInvitation.expires_at > now)
        .order_by(SellerInvitation.id)
    )
    return [InvitationRow(*row) for row in rows]


def open_invitation(*, token: str, now: datetime) -> OpenInvitation | None:
    """What a link still offers at `now`, or None."""
    digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    row = db.session.execute(
        select(Seller.name, Seller.kind, SellerInvitation.role)
        .join(Seller, Seller.id == SellerInvitation.seller_id)
        .where(SellerInvitation.token_hash == digest, SellerInvitation.closed_at.is_(None), SellerInvitation.expires_at > now)
    ).first()
    return OpenInvitation(*row) if row else None


def certificates(seller_id: int, *, day: date) -> list[CertificateRow]:
    """Every certificate of the seller with its state on `day`, the one ending last first."""
    return _certificates((seller_id,), day=day).get(seller_id, [])


def certificates_valid_on(*, seller_ids: Collection[int], day: date) -> dict[int, list[CertificateRow]]:
    """Certificates in force on `day` (declared or checked; not expired, revoked or yet to begin), by seller."""
    found = _certificates(seller_ids, day=day)
    return {
        seller_id: valid for seller_id, rows in found.items()
        if (valid := [row for row in rows if row.state in {"checked", "declared"}])
    }


def _certificates(seller_ids: Collection[int], *, day: date) -> dict[int, list[CertificateRow]]:
    rows = db.session.execute(
        select(Certificate, Person.full_name)
        .outerjoin(Person, Person.id == Certificate.checked_by_id)
        .where(Certificate.seller_id.in_(seller_ids))
        .order_by(Certificate.valid_to.desc(), Certificate.id)
    )
    found: dict[int, list[CertificateRow]] = {}
    for certificate, checker in rows:
        found.setdefault(certificate.seller_id, []).append(_certificate_row(certificate, checker, day))
    return found


def _certificate_row(certificate: Certificate, checker: str | None, day: date) -> CertificateRow:
    return CertificateRow(
        id=certificate.id, seller_id=certificate.seller_id, kind=certificate.kind, number=certificate.number,
        issuer=certificate.issuer, scope=certificate.scope, valid_from=certificate.valid_from, valid_to=certificate.valid_to,
        state=certificate.state_on(day), stars=certificate.stars, has_file=certificate.file_key is not None,
        checked_at=certificate.checked_at, checked_by=checker, revoked_reason=certificate.revoked_reason,
    )


def public_seller(slug: str, *, day: date) -> PublicSeller | None:
    """The public page of a seller that was approved once (also while suspended or closed), else None.

    A household's address stays at its commune and its phone hidden unless it chose otherwise (Law 91/2025/QH15).
    """
    row = db.session.execute(
        select(Seller, PlaceUnit.name, PlaceUnit.province)
        .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
        .where(Seller.slug == slug, Seller.approved_at.is_not(None), Seller.state.in_(("approved", "suspended", "closed")))
    ).first()
    if row is None:
        return None
    seller, place, province = row
    in_force = [c for c in certificates(seller.id, day=day) if c.state in {"checked", "declared"}]
    return PublicSeller(
        id=seller.id, slug=seller.slug, kind=seller.kind, name=seller.name, state=seller.state, about=seller.about,
        place=place, province=province,
        address_line=seller.address_line if policies.shows_address(seller.kind) else None,
        phone=seller.phone if policies.shows_phone(seller.kind, seller.show_phone) else None,
        approved_at=seller.approved_at, certificates=tuple(in_force),
    )


def for_officers(
    *, areas: frozenset[str] | None, state: str = "", kind: str = "", text: str = "", page: int = 1,
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
            Seller.id, Seller.name, Seller.kind, Seller.state, PlaceUnit.name, PlaceUnit.former_area, Seller.tax_code,
            Seller.submitted_at, Seller.created_at,
        )
        .join(PlaceUnit, PlaceUnit.id == Seller.place_id)
        .where(*conditions)
        .order_by((Seller.state == "submitted").desc(), Seller.submitted_at, Seller.id)
        .limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    )
    return Page(rows=[SellerListRow(*row) for row in rows], number=page, total=total or 0)


def lookalikes(seller: Seller) -> list[Lookalike]:
    """Other sellers with the same phone number or the same folded name: a hint for the officer, never a refusal."""
    rows = db.session.execute(
        select(Seller.id, Seller.name, Seller.state, Seller.phone)
        .where(Seller.id != seller.id, (Seller.phone == seller.phone) | (Seller.search_key == seller.search_key))
        .order_by(Seller.id).limit(10)
    )
    return [Lookalike(id_, name, state, "phone" if phone == seller.phone else "name") for id_, name, state, phone in rows]
