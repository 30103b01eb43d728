"""Certificates and OCOP recognitions: declared by the seller, checked or revoked by an officer or inspector."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.accounts.models import Person
from marketplace.database import after_commit, transaction, vietnam_day
from marketplace.errors import N_, Conflict, DomainError, NotFound
from marketplace.sellers import messages, policies
from marketplace.sellers.models import CERTIFICATE_KINDS, Certificate, Seller
from marketplace.sellers.services.access import (
    OtherArea,
    OwnSeller,
    ReasonMissing,
    StateChanged,
    for_member,
    former_area,
    locked,
    role_of,
)
from marketplace.web import uploads

MAX_YEARS = 5
"""No certificate used here runs longer (OCOP 36 months, VietGAP 2-3 years, food safety 3 years); more is a slip."""


class CertificateKindUnknown(DomainError):
    """Not a kind we show."""

    code = "certificate-kind-unknown"
    message = N_("Mời bạn chọn loại chứng nhận.")
    field = "kind"


class CertificateTextMissing(DomainError):
    """Number, issuer and scope are what make a certificate checkable."""

    code = "certificate-text-missing"
    message = N_("Mời bạn ghi đúng như trên giấy chứng nhận.")


class PeriodBackwards(DomainError):
    """Ends before it begins."""

    code = "certificate-period-backwards"
    message = N_("Ngày hết hạn phải sau ngày cấp.")
    field = "valid_to"


class PeriodTooLong(DomainError):
    """More than MAX_YEARS."""

    code = "certificate-period-too-long"
    message = N_("Chứng nhận không dài quá 5 năm. Mời bạn xem lại ngày hết hạn.")
    field = "valid_to"


class AlreadyExpired(DomainError):
    """Nothing is gained by declaring it."""

    code = "certificate-already-expired"
    message = N_("Chứng nhận này đã hết hạn. Mời bạn nhập chứng nhận còn hiệu lực.")
    field = "valid_to"


class StarsWrong(DomainError):
    """OCOP is recognised with 3, 4 or 5 stars (QĐ 148/QĐ-TTg); other certificates have none."""

    code = "certificate-stars-wrong"
    message = N_("OCOP được công nhận 3, 4 hoặc 5 sao. Mời bạn chọn số sao ghi trên quyết định.")
    field = "stars"


class CertificateTwice(Conflict):
    """The seller declared this number before."""

    code = "certificate-twice"
    message = N_("Chứng nhận số này đã được khai. Mời bạn sửa chứng nhận cũ.")
    field = "number"


class TooManyCertificates(DomainError):
    """More than MAX_CERTIFICATES."""

    code = "too-many-certificates"
    message = N_("Gian hàng đã khai quá nhiều chứng nhận. Mời bạn liên hệ Sở Công Thương.")


@dataclass(frozen=True)
class CertificateDetails:
    """As printed on the paper; days are Vietnamese calendar days, `stars` for OCOP only."""

    kind: str
    number: str
    issuer: str
    scope: str
    valid_from: date
    valid_to: date
    stars: int | None = None


def add_certificate(
    *, actor: Person, seller_id: int, details: CertificateDetails, paper: uploads.Paper | None, now: datetime
) -> int:
    """Declare a certificate; returns its id. Raises the errors above, NotFound, Forbidden."""
    with transaction() as session:
        for_member(session, actor=actor, seller_id=seller_id)
        held = select(func.count()).select_from(Certificate).where(Certificate.seller_id == seller_id)
        if session.scalar(held) >= policies.MAX_CERTIFICATES:
            raise TooManyCertificates
        certificate = Certificate(seller_id=seller_id)
        session.add(certificate)
        _write(session, certificate, details=details, paper=paper, now=now)
    return certificate.id


def update_certificate(
    *,
    actor: Person,
    seller_id: int,
    certificate_id: int,
    details: CertificateDetails,
    paper: uploads.Paper | None,
    now: datetime,
) -> None:
    """Correct a certificate nobody has checked yet; without `paper` the old file stays.

    Raises as `add_certificate`, StateChanged.
    """
    with transaction() as session:
        for_member(session, actor=actor, seller_id=seller_id)
        certificate = _own(session, seller_id, certificate_id)
        if certificate.checked_at or certificate.revoked_at:
            raise StateChanged
        _write(session, certificate, details=details, paper=paper, now=now)


def check_certificate(*, actor: Person, seller_id: int, certificate_id: int, now: datetime) -> None:
    """Confirm against the issuer that it is genuine: "declared" becomes "checked by".

    Raises NotFound, OtherArea, OwnSeller, StateChanged.
    """
    with transaction() as session:
        _for_checker(session, actor=actor, seller_id=seller_id)
        _own(session, seller_id, certificate_id)
        _set(session, certificate_id, Certificate.checked_at.is_(None), checked_at=now, checked_by_id=actor.id)


def revoke_certificate(*, actor: Person, seller_id: int, certificate_id: int, reason: str, now: datetime) -> None:
    """Withdraw it from every page, with a reason the seller is told. Raises as `check_certificate`, ReasonMissing."""
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    with transaction() as session:
        seller = _for_checker(session, actor=actor, seller_id=seller_id)
        certificate = _own(session, seller_id, certificate_id)
        _set(session, certificate_id, revoked_at=now, revoked_reason=reason)
        messages.certificate_revoked(seller, number=certificate.number, reason=reason, now=now)


def _set(session: Session, certificate_id: int, *conditions, **values) -> None:
    changed = session.execute(
        update(Certificate)
        .where(Certificate.id == certificate_id, Certificate.revoked_at.is_(None), *conditions)
        .values(**values)
    )
    if changed.rowcount != 1:
        raise StateChanged


def _for_checker(session: Session, *, actor: Person, seller_id: int) -> Seller:
    seller = locked(session, seller_id)
    if not policies.can_check_certificate(actor, former_area=former_area(session, seller)):
        raise OtherArea
    if role_of(session, seller_id=seller_id, person_id=actor.id) is not None:
        raise OwnSeller
    return seller


def _own(session: Session, seller_id: int, certificate_id: int) -> Certificate:
    found = session.scalars(
        select(Certificate).where(Certificate.id == certificate_id, Certificate.seller_id == seller_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def _write(
    session: Session,
    certificate: Certificate,
    *,
    details: CertificateDetails,
    paper: uploads.Paper | None,
    now: datetime,
) -> None:
    check_details(details, today=vietnam_day(now))
    for column in ("kind", "number", "issuer", "scope", "valid_from", "valid_to", "stars"):
        setattr(certificate, column, getattr(details, column))
    certificate.declared_at = now
    old_key = certificate.file_key
    if paper is not None:
        certificate.file_key, certificate.sha256 = uploads.new_key(paper), paper.sha256
    try:
        session.flush()
    except IntegrityError as error:
        raise CertificateTwice from error
    if paper is not None:
        uploads.storage().save(certificate.file_key, paper.content)
        if old_key:
            after_commit(lambda: uploads.storage().remove(old_key))


def check_details(details: CertificateDetails, *, today: date) -> None:
    """Raises the first of CertificateKindUnknown … StarsWrong that applies."""
    if details.kind not in CERTIFICATE_KINDS:
        raise CertificateKindUnknown
    for field in ("number", "issuer", "scope"):
        if not 1 <= len(getattr(details, field)) <= 255:
            raise CertificateTextMissing(field=field)
    if details.valid_to < details.valid_from:
        raise PeriodBackwards
    if (details.valid_to.year - MAX_YEARS, details.valid_to.month, details.valid_to.day) > (
        details.valid_from.year,
        details.valid_from.month,
        details.valid_from.day,
    ):
        raise PeriodTooLong
    if details.valid_to < today:
        raise AlreadyExpired
    if (details.kind == "ocop") != (details.stars is not None) or details.stars not in {None, 3, 4, 5}:
        raise StarsWrong
