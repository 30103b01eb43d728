"""Making lots: numbered, coded, changeable only as a draft, cancelled but never deleted."""

from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from marketplace import provenance
from marketplace.accounts.models import Person
from marketplace.catalogue.models import Product
from marketplace.database import db, transaction, vietnam_day
from marketplace.errors import N_, Conflict, DomainError, NotFound
from marketplace.lots.models import DiaryEntry, GrowingArea, Lot
from marketplace.lots.policies import EDITORS
from marketplace.lots.services.access import lock_lot, require_member
from marketplace.lots.services.events import add_entry

MAX_QUANTITY = 10**12
TRIES = 8


class BadLot(DomainError):
    """A date or quantity that cannot be; `field` names it."""

    code = "bad-lot"
    message = N_("Mời bạn xem lại ô này.")


class ProductNotReady(DomainError):
    """Rejected and withdrawn products get no new lots."""

    code = "product-not-ready"
    message = N_("Sản phẩm này đã ngừng bán hoặc chưa được duyệt nên chưa tạo lô được.")
    field = "product_id"


class NumbersBusy(Conflict):
    """Many lots of one seller made at the same moment."""

    code = "lot-numbers-busy"


def create_lot(
    *, actor: Person, seller_id: int, product_id: int, growing_area_id: int | None = None, started_on: date | None = None,
    quantity: int = 0, best_before: date | None = None, now: datetime,
) -> Lot:
    """A draft lot with the seller's next number of the day and an unguessable trace code.

    `quantity` in grams or pieces, 0 while not yet harvested. Raises NotFound (product or area of somebody else),
    Forbidden, ProductNotReady, BadLot.
    """
    require_member(actor, seller_id, EDITORS)
    _check_values(started_on=started_on, quantity=quantity, best_before=best_before, today=vietnam_day(now))
    with transaction():
        _check_product(product_id, seller_id)
        _check_area(growing_area_id, seller_id)
        return _insert_numbered(
            seller_id, vietnam_day(now), product_id=product_id, growing_area_id=growing_area_id, started_on=started_on,
            quantity=quantity, best_before=best_before, created_at=now, created_by_id=actor.id, state="draft",
        )


def update_lot(
    *, actor: Person, seller_id: int, lot_id: int, growing_area_id: int | None, started_on: date | None, quantity: int,
    best_before: date | None, now: datetime,
) -> None:
    """Change a draft. Raises NotFound, Forbidden, WrongState once it is released, BadLot."""
    require_member(actor, seller_id, EDITORS)
    _check_values(started_on=started_on, quantity=quantity, best_before=best_before, today=vietnam_day(now))
    with transaction():
        lot = lock_lot(lot_id=lot_id, seller_id=seller_id, states=("draft",))
        if growing_area_id != lot.growing_area_id:
            _check_area(growing_area_id, seller_id)
        lot.growing_area_id, lot.started_on = growing_area_id, started_on
        lot.quantity, lot.best_before = quantity, best_before


def cancel_lot(*, actor: Person, seller_id: int, lot_id: int, reason: str, now: datetime) -> None:
    """A draft that will never be sold; its code stays taken and its page says so. Raises NotFound, Forbidden, WrongState."""
    require_member(actor, seller_id, EDITORS)
    with transaction() as session:
        lot = lock_lot(lot_id=lot_id, seller_id=seller_id, states=("draft",))
        lot.state, lot.state_reason = "cancelled", reason.strip()[:500]
        if session.scalar(select(func.count()).select_from(DiaryEntry).where(DiaryEntry.lot_id == lot.id)):
            add_entry(lot=lot, kind="blocked", happened_at=now, details={"reason": "cancelled"}, actor_id=actor.id, now=now)


def _insert_numbered(seller_id: int, day: date, **columns) -> Lot:
    """Two people may number a lot at the same moment: the unique key decides, the other takes the next number."""
    prefix = f"L{day:%y%m%d}-"
    taken = db.session.scalar(
        select(func.count()).select_from(Lot).where(Lot.seller_id == seller_id, Lot.number.startswith(prefix))
    )
    for n in range(taken + 1, taken + 1 + TRIES):
        lot = Lot(seller_id=seller_id, number=f"{prefix}{n}", code=provenance.new_code(), **columns)
        try:
            with db.session.begin_nested():
                db.session.add(lot)
                db.session.flush()
        except IntegrityError:
            continue
        return lot
    raise NumbersBusy


def _check_values(*, started_on: date | None, quantity: int, best_before: date | None, today: date) -> None:
    if not 0 <= quantity <= MAX_QUANTITY:
        raise BadLot(field="quantity")
    if started_on is not None and (started_on > today or (today - started_on).days > 3660):
        raise BadLot(field="started_on")
    if best_before is not None and (best_before < today or (best_before - today).days > 3660):
        raise BadLot(field="best_before")


def _check_product(product_id: int, seller_id: int) -> None:
    state = db.session.scalar(select(Product.state).where(Product.id == product_id, Product.seller_id == seller_id))
    if state is None:
        raise NotFound
    if state in {"rejected", "withdrawn"}:
        raise ProductNotReady


def _check_area(area_id: int | None, seller_id: int) -> None:
    if area_id is None:
        return
    found = db.session.scalar(
        select(GrowingArea.id).where(
            GrowingArea.id == area_id, GrowingArea.seller_id == seller_id, GrowingArea.retired_at.is_(None)
        )
    )
    if found is None:
        raise NotFound(field="growing_area_id")
