"""What a seller may change about itself once it is known, and what sends it back to review."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from marketplace.accounts.models import Person
from marketplace.database import transaction
from marketplace.errors import N_, Conflict
from marketplace.folding import fold
from marketplace.sellers import tax_code
from marketplace.sellers.models import KINDS, SellerDocument
from marketplace.sellers.services.access import StateChanged, for_member
from marketplace.sellers.services.registration import (
    KindUnknown,
    checked_name,
    flush_unique,
    move,
    present_place,
    refuse_taken,
)


class NothingChanged(Conflict):
    """The form was sent as it was: no reason to review the seller again."""

    code = "nothing-changed"
    message = N_("Bạn chưa thay đổi gì nên gian hàng vẫn giữ nguyên.")


@dataclass(frozen=True)
class Contact:
    """What may change at any time without a new review. `phone` is E.164, `place_id` a present unit."""

    phone: str
    email: str | None
    show_phone: bool
    address_line: str
    place_id: int | None
    about: str


def update_profile(*, actor: Person, seller_id: int, contact: Contact) -> None:
    """Change contact, address and description. Raises PlaceUnknown, StateChanged (closed), NotFound, Forbidden."""
    with transaction() as session:
        seller = for_member(session, actor=actor, seller_id=seller_id)
        if seller.state == "closed":
            raise StateChanged
        seller.place_id = present_place(session, contact.place_id)
        seller.phone, seller.email, seller.show_phone = contact.phone, contact.email, contact.show_phone
        seller.address_line, seller.about = contact.address_line, contact.about


def change_identity(
    *, actor: Person, seller_id: int, kind: str, name: str, tax_code_text: str | None, now: datetime
) -> None:
    """Change kind, name or tax code of an approved seller: it goes back to draft and must be reviewed again.

    Papers that proved the old identity become pending again. Only the owner may.
    Raises NothingChanged, StateChanged, KindUnknown, NameUnusable, TaxCodeTaken and the errors of `tax_code.read`.
    """
    if kind not in KINDS:
        raise KindUnknown
    name = checked_name(name)
    code = tax_code.read(tax_code_text, kind=kind)
    with transaction() as session:
        seller = for_member(session, actor=actor, seller_id=seller_id, roles=("owner",))
        if seller.state != "approved":
            raise StateChanged
        if (seller.kind, seller.name, seller.tax_code) == (kind, name, code):
            raise NothingChanged
        refuse_taken(session, code, seller.id)
        before = f"{seller.kind} · {seller.name} · {tax_code.printed(seller.tax_code)}"
        seller.kind, seller.name, seller.search_key, seller.tax_code = kind, name, fold(name)[:255], code
        flush_unique(session)
        session.execute(
            update(SellerDocument)
            .where(
                SellerDocument.seller_id == seller_id, SellerDocument.state == "accepted",
                SellerDocument.kind.in_(("business_registration", "identity")),
            )
            .values(state="pending", reviewed_at=None, reviewed_by_id=None, reason=None)
        )
        move(session, seller, to="draft", actor=actor, reason=before, now=now)
