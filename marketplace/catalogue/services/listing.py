"""The seller's verbs: write down a product, change it, hand it in, take it off and put it back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from marketplace.accounts.models import Person
from marketplace.catalogue import policies
from marketplace.catalogue.details import Details
from marketplace.catalogue.models import Product
from marketplace.catalogue.services import writing
from marketplace.catalogue.services.writing import Stale
from marketplace.database import transaction, vietnam_day
from marketplace.errors import N_, Conflict, DomainError, NotFound
from marketplace.sellers.services import access
from marketplace.web.images import StoredPicture


class Incomplete(DomainError):
    """A listing lacks something; `field` is the first form field that is empty."""

    code = "listing-incomplete"
    message = N_("Sản phẩm còn thiếu thông tin nên chưa gửi duyệt được. Bản nháp vẫn được giữ.")


class WrongState(Conflict):
    """The step does not fit the listing's present state."""

    code = "listing-state"
    message = N_("Sản phẩm đang ở tình trạng khác nên không làm được bước này. Mời bạn tải lại trang.")


class SellerCannotList(Conflict):
    """The shop is closed, suspended or refused."""

    code = "seller-cannot-list"
    message = N_("Gian hàng đang tạm ngừng hoặc đã đóng nên chưa đăng sản phẩm được.")


class TooManyProducts(DomainError):
    """More listings than a shop can mean."""

    code = "too-many-products"
    message = N_("Gian hàng đã có %(most)s sản phẩm, nhiều nhất được phép. Mời bạn sửa sản phẩm cũ.")


def create_product(
    *, actor: Person, seller_id: int, details: Details, photos: Sequence[StoredPicture] = (), now: datetime
) -> Product:
    """A new draft of the seller; it may be incomplete. Raises NotFound, Forbidden and the errors of `writing`."""
    writing.check(details)
    with transaction() as session:
        seller = access.for_member(session, actor=actor, seller_id=seller_id)
        _refuse_silent_shops(seller.state)
        if session.scalar(select(func.count(Product.id)).where(Product.seller_id == seller_id)) >= policies.MAX_PRODUCTS:
            raise TooManyProducts(most=policies.MAX_PRODUCTS)
        product = Product(seller_id=seller_id, state="draft", created_at=now, photos=[], channels=[], certificate_links=[])
        writing.fill(session, product, details, now=now)
        session.add(product)
        session.flush()
        writing.set_photos(product, added=photos, removed=(), first=None, now=now)
        writing.set_channels(product, details.channels, day=vietnam_day(now))
        writing.set_certificates(session, product, details.certificate_ids, day=vietnam_day(now))
    return product


def update_product(
    *,
    actor: Person,
    seller_id: int,
    product_id: int,
    version: int,
    details: Details,
    photos: Sequence[StoredPicture] = (),
    removed_photos: Sequence[int] = (),
    first_photo: int | None = None,
    now: datetime,
) -> Product:
    """Save the form over the version it was filled in from; returns the product with its new state.

    The price of a listed product changes at once. A new name, shelf or photo of a listed product sends it back to
    review; of a withdrawn one makes it a draft. Raises Stale (409), Incomplete, NotFound and the errors of `writing`.
    """
    writing.check(details)
    try:
        # One flush at the end: half-filled rows would meet the constraints, and each flush raises the version.
        with transaction() as session, session.no_autoflush:
            product = own(session, actor=actor, seller_id=seller_id, product_id=product_id)
            if product.version != version:
                raise Stale
            changed = writing.fill(session, product, details, now=now)
            photos_changed = writing.set_photos(product, added=photos, removed=removed_photos, first=first_photo, now=now)
            writing.set_channels(product, details.channels, day=vietnam_day(now))
            writing.set_certificates(session, product, details.certificate_ids, day=vietnam_day(now))
            again = policies.needs_review_again(product, changed=changed, photos_changed=photos_changed)
            _settle(session, product, actor=actor, again=again, now=now)
    except StaleDataError as error:
        raise Stale from error
    return product


def _settle(session: Session, product: Product, *, actor: Person, again: bool, now: datetime) -> None:
    """The state after an edit."""
    lacking = policies.missing(product)
    if product.state in {"listed", "submitted"} and lacking:
        raise Incomplete(field=lacking[0])
    if product.state == "rejected" and lacking:
        writing.move(session, product, to="draft", actor=actor, reason="", now=now)
    elif again and product.state == "listed":
        product.submitted_at = now
        writing.move(session, product, to="submitted", actor=actor, reason="", now=now)
    elif again:
        writing.move(session, product, to="draft", actor=actor, reason="", now=now)


def submit_product(*, actor: Person, seller_id: int, product_id: int, now: datetime) -> Product:
    """Draft or rejected -> submitted. Raises Incomplete naming the first empty field, WrongState, SellerCannotList."""
    with transaction() as session:
        product = own(session, actor=actor, seller_id=seller_id, product_id=product_id)
        if product.state not in policies.SUBMITTABLE:
            raise WrongState
        _refuse_silent_shops(product.seller.state)
        lacking = policies.missing(product)
        if lacking:
            raise Incomplete(field=lacking[0])
        product.submitted_at, product.decision_reason = now, None
        writing.move(session, product, to="submitted", actor=actor, reason="", now=now)
    return product


def withdraw_product(*, actor: Person, seller_id: int, product_id: int, now: datetime) -> Product:
    """Listed -> withdrawn, or submitted -> draft (the seller takes it back before it was decided). Raises WrongState."""
    with transaction() as session:
        product = own(session, actor=actor, seller_id=seller_id, product_id=product_id)
        after = {"listed": "withdrawn", "submitted": "draft"}.get(product.state)
        if after is None:
            raise WrongState
        if after == "withdrawn":
            product.withdrawn_at = now
        writing.move(session, product, to=after, actor=actor, reason="", now=now)
    return product


def relist_product(*, actor: Person, seller_id: int, product_id: int, now: datetime) -> Product:
    """Withdrawn -> listed: what the officer approved has not changed since. Raises WrongState, Incomplete."""
    with transaction() as session:
        product = own(session, actor=actor, seller_id=seller_id, product_id=product_id)
        if product.state != "withdrawn":
            raise WrongState
        _refuse_silent_shops(product.seller.state)
        lacking = policies.missing(product)
        if lacking:
            raise Incomplete(field=lacking[0])
        product.withdrawn_at = None
        writing.move(session, product, to="listed", actor=actor, reason="", now=now)
    return product


def own(session: Session, *, actor: Person, seller_id: int, product_id: int) -> Product:
    """The seller's product when the actor may manage it, under the seller's lock. Raises NotFound, Forbidden."""
    access.for_member(session, actor=actor, seller_id=seller_id)
    product = session.scalars(select(Product).where(Product.id == product_id, Product.seller_id == seller_id)).one_or_none()
    if product is None:
        raise NotFound
    return product


def _refuse_silent_shops(state: str) -> None:
    if state in {"suspended", "closed"}:
        raise SellerCannotList
