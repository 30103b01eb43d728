"""Registering as a seller: the draft, its corrections, and handing it in."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace.accounts.models import Consent, Person
from marketplace.database import transaction
from marketplace.errors import N_, Conflict, DomainError
from marketplace.folding import fold
from marketplace.places.models import PlaceUnit
from marketplace.sellers import policies, tax_code
from marketplace.sellers.models import KINDS, Seller, SellerDecision, SellerDocument, SellerMember
from marketplace.sellers.services.access import StateChanged, for_member

CONSENT_PURPOSE = "seller-profile"
CONSENT_TEXT_VERSION = "2026-11"
MAX_NAME = 120


class KindUnknown(DomainError):
    """Not one of the six kinds."""

    code = "seller-kind-unknown"
    message = N_("Mời bạn chọn một trong sáu loại hình.")
    field = "kind"


class NameUnusable(DomainError):
    """Empty, too long, or without a single letter."""

    code = "seller-name-unusable"
    message = N_("Mời bạn nhập tên gian hàng, từ 3 đến 120 ký tự.")
    field = "name"


class PlaceUnknown(DomainError):
    """Not a present ward or commune."""

    code = "place-unknown"
    message = N_("Mời bạn chọn xã, phường trong danh sách hiện nay.")
    field = "place"


class TaxCodeTaken(Conflict):
    """Another seller is registered under this tax code."""

    code = "tax-code-taken"
    message = N_(
        "Mã số thuế này đã có gian hàng đăng ký. Nếu bạn là người của đơn vị, hãy nhờ chủ gian hàng mời bạn vào; "
        "nếu có nhầm lẫn, mời bạn liên hệ Sở Công Thương."
    )
    field = "tax_code"


class ConsentMissing(DomainError):
    """The name and commune of a seller are public; that needs a yes."""

    code = "consent-missing"
    message = N_("Để mở gian hàng, bạn cần đồng ý cho hiện tên gian hàng và xã, phường trên trang công khai.")
    field = "consent"


class TooManyUnfinished(DomainError):
    """Several registrations are already open."""

    code = "too-many-unfinished"
    message = N_("Bạn đang có nhiều hồ sơ chưa xong. Mời bạn hoàn tất hồ sơ cũ trước khi mở hồ sơ mới.")


class DocumentsMissing(DomainError):
    """A required paper was not handed in, or was refused and not replaced."""

    code = "documents-missing"
    message = N_("Hồ sơ còn thiếu giấy tờ cần có. Mời bạn nộp đủ rồi gửi lại.")


class NotCorrectable(Conflict):
    """The registration is with the department or already approved."""

    code = "registration-not-correctable"
    message = N_("Hồ sơ đã gửi hoặc đã duyệt nên không sửa ở bước này được.")


@dataclass(frozen=True)
class Details:
    """What a seller tells about itself. `phone` is E.164, `place_id` a present unit, `tax_code` as typed."""

    kind: str
    name: str
    tax_code: str | None
    phone: str
    address_line: str
    place_id: int | None
    about: str = ""
    email: str | None = None
    show_phone: bool = False


def register(*, actor: Person, details: Details, consent: bool, now: datetime, channel: str = "web") -> Seller:
    """Open a draft with the actor as owner and record the consent to a public name.

    Raises KindUnknown, NameUnusable, PlaceUnknown, the errors of `tax_code.read`, TaxCodeTaken, ConsentMissing,
    TooManyUnfinished.
    """
    if not consent:
        raise ConsentMissing
    with transaction() as session:
        _refuse_hoarding(session, actor)
        seller = Seller(state="draft", created_at=now, slug=_free_slug(session, details.name))
        _fill(session, seller, details)
        session.add(seller)
        flush_unique(session)
        session.add(SellerMember(seller_id=seller.id, person_id=actor.id, role="owner", added_at=now))
        session.add(
            Consent(
                person_id=actor.id,
                purpose=CONSENT_PURPOSE,
                text_version=CONSENT_TEXT_VERSION,
                channel=channel,
                recorded_by_id=actor.id,
                given_at=now,
            )
        )
    return seller


def update_registration(*, actor: Person, seller_id: int, details: Details, now: datetime) -> Seller:
    """Correct a draft or a refused registration. Raises as `register`, and NotCorrectable."""
    with transaction() as session:
        seller = for_member(session, actor=actor, seller_id=seller_id)
        if seller.state not in policies.CORRECTABLE:
            raise NotCorrectable
        _fill(session, seller, details)
        flush_unique(session)
    return seller


def submit(*, actor: Person, seller_id: int, now: datetime) -> None:
    """Hand the registration to the department. Raises DocumentsMissing, StateChanged, NotFound, Forbidden."""
    with transaction() as session:
        seller = for_member(session, actor=actor, seller_id=seller_id)
        if seller.state not in policies.CORRECTABLE:
            raise StateChanged
        handed_in = set(
            session.scalars(
                select(SellerDocument.kind).where(
                    SellerDocument.seller_id == seller_id, SellerDocument.state.in_(("pending", "accepted"))
                )
            )
        )
        if policies.missing_documents(seller.kind, handed_in):
            raise DocumentsMissing
        move(session, seller, to="submitted", actor=actor, reason="", now=now, submitted_at=now)


def move(session: Session, seller: Seller, *, to: str, actor: Person, reason: str, now: datetime, **columns) -> None:
    """Change the state if it is still what we read, and write the history line. Raises StateChanged."""
    before = seller.state
    moved = session.execute(
        update(Seller).where(Seller.id == seller.id, Seller.state == before).values(state=to, **columns)
    )
    if moved.rowcount != 1:
        raise StateChanged
    session.add(SellerDecision(seller_id=seller.id, before=before, after=to, actor_id=actor.id, reason=reason, at=now))


def flush_unique(session: Session) -> None:
    """Write now; two registrations racing for one tax code: the later one is told so. Raises TaxCodeTaken, Conflict."""
    try:
        session.flush()
    except IntegrityError as error:
        if "tax_code" in str(error.orig):
            raise TaxCodeTaken from error
        raise Conflict from error


def _fill(session: Session, seller: Seller, details: Details) -> None:
    if details.kind not in KINDS:
        raise KindUnknown
    name = checked_name(details.name)
    code = tax_code.read(details.tax_code, kind=details.kind)
    seller.kind, seller.name, seller.search_key = details.kind, name, fold(name)[:255]
    seller.place_id = present_place(session, details.place_id)
    refuse_taken(session, code, seller.id)
    seller.tax_code = code
    seller.phone, seller.email, seller.show_phone = details.phone, details.email, details.show_phone
    seller.address_line, seller.about = details.address_line, details.about


def checked_name(name: str) -> str:
    """The name on one line. Raises NameUnusable."""
    name = " ".join(name.split())
    if not 3 <= len(name) <= MAX_NAME or not fold(name):
        raise NameUnusable
    return name


def present_place(session: Session, place_id: int | None) -> int:
    """The id of a unit valid today. Raises PlaceUnknown."""
    found = place_id is not None and session.scalar(
        select(PlaceUnit.id).where(PlaceUnit.id == place_id, PlaceUnit.valid_to.is_(None))
    )
    if not found:
        raise PlaceUnknown
    return found


def refuse_taken(session: Session, code: str | None, own_id: int | None) -> None:
    """Raises TaxCodeTaken when another seller has this code."""
    if code is None:
        return
    with session.no_autoflush:
        holder = session.scalar(select(Seller.id).where(Seller.tax_code == code))
    if holder is not None and holder != own_id:
        raise TaxCodeTaken


def _refuse_hoarding(session: Session, actor: Person) -> None:
    unfinished = session.scalar(
        select(func.count())
        .select_from(SellerMember)
        .join(Seller, Seller.id == SellerMember.seller_id)
        .where(
            SellerMember.person_id == actor.id,
            SellerMember.role == "owner",
            Seller.state.in_(("draft", "submitted", "refused")),
        )
    )
    if unfinished >= policies.MAX_UNFINISHED:
        raise TooManyUnfinished


def _free_slug(session: Session, name: str) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:48].strip("-") or "gian-hang"
    taken = session.scalar(select(Seller.id).where(Seller.slug == base))
    return f"{base}-{secrets.token_hex(3)}" if taken else base
