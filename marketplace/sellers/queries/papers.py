"""Reads of papers and certificates."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select

from marketplace.accounts.models import Person
from marketplace.database import db
from marketplace.sellers import policies
from marketplace.sellers.models import (
    Certificate,
    SellerDocument,
)


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
class PaperStatus:
    """One kind of paper on a seller's list;

    `state` is missing, pending, accepted or refused, with the newest reason.
    """

    kind: str
    required: bool
    state: str
    reason: str | None


def document_file(*, seller_id: int, document_id: int) -> tuple[str, str] | None:
    """File key and media type of a paper of this seller, or None."""
    return _first(
        select(SellerDocument.file_key, SellerDocument.media_type).where(
            SellerDocument.id == document_id, SellerDocument.seller_id == seller_id
        )
    )


def certificate_file(*, seller_id: int, certificate_id: int) -> str | None:
    """File key of a certificate of this seller, or None when it has no file."""
    found = _first(
        select(Certificate.file_key).where(Certificate.id == certificate_id, Certificate.seller_id == seller_id)
    )
    return found[0] if found else None


def _first(statement: Select) -> tuple | None:
    row = db.session.execute(statement).first()
    return tuple(row) if row else None


def documents(seller_id: int) -> list[DocumentRow]:
    """Every paper handed in, newest first."""
    rows = db.session.execute(
        select(
            SellerDocument.id,
            SellerDocument.kind,
            SellerDocument.state,
            SellerDocument.media_type,
            SellerDocument.size_bytes,
            SellerDocument.uploaded_at,
            SellerDocument.reviewed_at,
            Person.full_name,
            SellerDocument.reason,
        )
        .outerjoin(Person, Person.id == SellerDocument.reviewed_by_id)
        .where(SellerDocument.seller_id == seller_id)
        .order_by(SellerDocument.id.desc())
    )
    return [DocumentRow(*row) for row in rows]


def paper_list(seller_kind: str, handed_in: Collection[DocumentRow]) -> list[PaperStatus]:
    """Which papers the kind is asked for and how each stands;

    `handed_in` is newest first, an accepted one counts for good.
    """
    listed = []
    required, optional = policies.REQUIRED_DOCUMENTS[seller_kind], policies.OPTIONAL_DOCUMENTS[seller_kind]
    for kind in (*required, *optional):
        rows = [row for row in handed_in if row.kind == kind]
        best = next((row for row in rows if row.state == "accepted"), rows[0] if rows else None)
        listed.append(
            PaperStatus(kind, kind in required, best.state if best else "missing", best.reason if best else None)
        )
    return listed


def certificates(seller_id: int, *, day: date) -> list[CertificateRow]:
    """Every certificate of the seller with its state on `day`, the one ending last first."""
    return _certificates((seller_id,), day=day).get(seller_id, [])


def certificates_valid_on(*, seller_ids: Collection[int], day: date) -> dict[int, list[CertificateRow]]:
    """Certificates in force on `day` (declared or checked; not expired, revoked or yet to begin), by seller."""
    found = _certificates(seller_ids, day=day)
    return {
        seller_id: valid
        for seller_id, rows in found.items()
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
        id=certificate.id,
        seller_id=certificate.seller_id,
        kind=certificate.kind,
        number=certificate.number,
        issuer=certificate.issuer,
        scope=certificate.scope,
        valid_from=certificate.valid_from,
        valid_to=certificate.valid_to,
        state=certificate.state_on(day),
        stars=certificate.stars,
        has_file=certificate.file_key is not None,
        checked_at=certificate.checked_at,
        checked_by=checker,
        revoked_reason=certificate.revoked_reason,
    )
