"""Whose thing it is: the seller row under its lock, with the acting person's right to it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.models import Person
from marketplace.errors import N_, Conflict, DomainError, Forbidden, NotFound
from marketplace.places.models import PlaceUnit
from marketplace.sellers import policies
from marketplace.sellers.models import Seller, SellerMember


class OwnSeller(Forbidden):
    """An officer may not decide about a seller of which they are a member."""

    code = "own-seller"
    message = N_("Bạn là người của gian hàng này nên không được tự duyệt. Mời bạn chuyển cho cán bộ khác.")


class OtherArea(Forbidden):
    """The seller lies outside the officer's area."""

    code = "other-area"
    message = N_("Gian hàng này thuộc địa bàn khác, bạn không được giao phụ trách.")


class StateChanged(Conflict):
    """The step does not fit the seller's present state: somebody else decided first."""

    code = "seller-state-changed"
    message = N_("Hồ sơ này vừa được người khác xử lý. Mời bạn tải lại trang để xem tình trạng mới.")


class ReasonMissing(DomainError):
    """A refusal without a reason helps nobody."""

    code = "reason-missing"
    message = N_("Mời bạn ghi lý do để người bán biết cần làm gì.")
    field = "reason"


def locked(session: Session, seller_id: int) -> Seller:
    """The seller, its row locked until the transaction ends, so that steps on one seller come one by one.

    Must be the first statement of its transaction that touches the seller. Raises NotFound.
    """
    statement = select(Seller).where(Seller.id == seller_id).with_for_update().execution_options(populate_existing=True)
    seller = session.scalars(statement).one_or_none()
    if seller is None:
        raise NotFound
    return seller


def role_of(session: Session, *, seller_id: int, person_id: int) -> str | None:
    """The person's role in the seller, or None."""
    return session.scalar(
        select(SellerMember.role).where(SellerMember.seller_id == seller_id, SellerMember.person_id == person_id)
    )


def for_member(
    session: Session, *, actor: Person, seller_id: int, roles: tuple[str, ...] = policies.MANAGERS
) -> Seller:
    """The locked seller when the actor is a member in one of `roles`.

    Raises NotFound (not theirs), Forbidden (role).
    """
    seller = locked(session, seller_id)
    role = role_of(session, seller_id=seller_id, person_id=actor.id)
    if role is None:
        raise NotFound
    if role not in roles:
        raise Forbidden
    return seller


def for_officer(session: Session, *, actor: Person, seller_id: int) -> Seller:
    """The locked seller when the actor reviews its area. Raises NotFound, OtherArea, OwnSeller."""
    seller = locked(session, seller_id)
    if not policies.can_review(actor, former_area=former_area(session, seller)):
        raise OtherArea
    if role_of(session, seller_id=seller_id, person_id=actor.id) is not None:
        raise OwnSeller
    return seller


def former_area(session: Session, seller: Seller) -> str:
    """can-tho, hau-giang or soc-trang: where the seller lies."""
    return session.scalar(select(PlaceUnit.former_area).where(PlaceUnit.id == seller.place_id))
