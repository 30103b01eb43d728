"""The officer's verbs on listings: list, reject with a reason, take down."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.accounts.models import Person
from marketplace.catalogue import policies
from marketplace.catalogue.models import Product
from marketplace.catalogue.services import writing
from marketplace.catalogue.services.listing import Incomplete, WrongState
from marketplace.database import transaction
from marketplace.errors import NotFound
from marketplace.sellers.models import Seller
from marketplace.sellers.services import access
from marketplace.sellers.services.access import ReasonMissing

LONGEST_REASON = 1_000
_TOLD = {
    "listed": ("Sản phẩm đã lên chợ", "Sản phẩm “{name}” đã được duyệt và đang được bán."),
    "rejected": (
        "Sản phẩm cần sửa",
        "Sản phẩm “{name}” chưa được hiện trên chợ. Lý do: {reason}\nMời bạn sửa rồi gửi duyệt lại.",
    ),
}


def list_product(*, actor: Person, product_id: int, version: int | None = None, now: datetime) -> Product:
    """Submitted -> listed. `version`, when given, is the one the officer read.

    Raises NotFound, OtherArea, OwnSeller, WrongState, Incomplete; Stale when the seller changed it meanwhile.
    """
    with transaction() as session:
        product, seller = _for_officer(session, actor=actor, product_id=product_id, state="submitted", version=version)
        lacking = policies.missing(product)
        if lacking:
            raise Incomplete(field=lacking[0])
        product.listed_at = product.listed_at or now
        _decide(session, product, seller, to="listed", actor=actor, reason="", now=now)
    return product


def reject_product(*, actor: Person, product_id: int, reason: str, version: int | None = None, now: datetime) -> Product:
    """Submitted -> rejected; the reason is shown to the seller. Raises as `list_product`, and ReasonMissing."""
    return _refuse(actor=actor, product_id=product_id, state="submitted", reason=reason, version=version, now=now)


def take_down_product(*, actor: Person, product_id: int, reason: str, now: datetime) -> Product:
    """Listed -> rejected, at once (Law 122/2025/QH15 art. 17: within 24 hours of a request). Raises as above."""
    return _refuse(actor=actor, product_id=product_id, state="listed", reason=reason, version=None, now=now)


def _refuse(*, actor: Person, product_id: int, state: str, reason: str, version: int | None, now: datetime) -> Product:
    reason = reason.strip()[:LONGEST_REASON]
    if not reason:
        raise ReasonMissing
    with transaction() as session:
        product, seller = _for_officer(session, actor=actor, product_id=product_id, state=state, version=version)
        _decide(session, product, seller, to="rejected", actor=actor, reason=reason, now=now)
    return product


def _for_officer(session: Session, *, actor: Person, product_id: int, state: str, version: int | None) -> tuple[Product, Seller]:
    seller_id = session.scalar(select(Product.seller_id).where(Product.id == product_id))
    if seller_id is None:
        raise NotFound
    seller = access.for_officer(session, actor=actor, seller_id=seller_id)
    product = session.get_one(Product, product_id)
    if product.state != state:
        raise WrongState
    if version is not None and product.version != version:
        raise writing.Stale
    return product, seller


def _decide(session: Session, product: Product, seller: Seller, *, to: str, actor: Person, reason: str, now: datetime) -> None:
    product.decided_by_id, product.decided_at, product.decision_reason = actor.id, now, reason or None
    writing.move(session, product, to=to, actor=actor, reason=reason, now=now)
    if seller.email:
        subject, body = _TOLD[to]
        mail.queue(
            channel="email",
            recipient=seller.email,
            subject=subject,
            body=body.format(name=product.name, reason=reason),
            reference=f"product:{product.id}",
            now=now,
        )
