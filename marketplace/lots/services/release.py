"""Release, block, recall and closing of lots, with their stock and their entries in the log."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from marketplace import provenance
from marketplace.accounts.models import Person
from marketplace.database import db, transaction, vietnam_day
from marketplace.errors import N_, DomainError, Forbidden, NotFound
from marketplace.i18n import format_date
from marketplace.lots import intervals
from marketplace.lots.models import DiaryEntry, Lot
from marketplace.lots.policies import EDITORS, can_recall
from marketplace.lots.services import stock
from marketplace.lots.services.access import WrongState, lock_lot, log_name, require_member
from marketplace.lots.services.events import add_entry
from marketplace.lots.vocabulary import WITH_INTERVAL
from marketplace.places.models import PlaceUnit
from marketplace.sellers.models import Seller

REASONS = ("residue", "contamination", "quality", "wrong_information", "packaging", "authority", "other")


class NotReleasable(DomainError):
    """The lot cannot go on sale yet; subclasses say why."""

    code = "lot-not-releasable"


class SellerNotApproved(NotReleasable):
    """Only approved sellers sell."""

    code = "seller-not-approved"
    message = N_("Gian hàng chưa được duyệt hoặc đang tạm ngừng nên chưa phát hành lô được.")


class NoHarvest(NotReleasable):
    """No harvest in the diary."""

    code = "lot-no-harvest"
    message = N_("Sổ chưa ghi việc thu hoạch. Mời bạn ghi ngày và sản lượng thu hoạch trước khi phát hành lô.")


class NoQuantity(NotReleasable):
    """Nothing to sell."""

    code = "lot-no-quantity"
    message = N_("Lô chưa có số lượng. Mời bạn nhập số lượng trước khi phát hành.")


class PastDate(NotReleasable):
    """The use-by date is over."""

    code = "lot-past-date"
    message = N_("Hạn dùng của lô đã qua nên không phát hành được.")


class UnknownInterval(NotReleasable):
    """A spraying without a waiting time blocks: nobody may take it for zero."""

    code = "interval-unknown"
    message = N_("Lần xử lý %(product)s ngày %(date)s chưa có số ngày cách ly nên chưa phát hành lô được. "
                 "Mời bạn xem nhãn thuốc hoặc hỏi cán bộ bảo vệ thực vật.")


class HarvestedTooEarly(NotReleasable):
    """Harvested inside the pre-harvest interval."""

    code = "harvested-too-early"
    message = N_("Thu hoạch sớm %(days)s ngày: đã dùng %(product)s ngày %(date)s, cách ly %(interval)s ngày, sớm nhất "
                 "ngày %(earliest)s mới được thu hoạch. Lô này không phát hành được.")


class MoreThanHarvested(NotReleasable):
    """The lot is heavier than what its diary says was harvested."""

    code = "more-than-harvested"
    message = N_("Số lượng của lô lớn hơn tổng thu hoạch đã ghi trong sổ. Mời bạn sửa số lượng hoặc ghi thêm lần thu hoạch.")
    field = "quantity"


STOPPED = {
    "interval-unknown": N_("Sổ đã sửa lại: có lần dùng thuốc chưa rõ số ngày cách ly."),
    "harvested-too-early": N_("Sổ đã sửa lại: thu hoạch khi chưa đủ ngày cách ly sau lần dùng thuốc."),
    "more-than-harvested": N_("Sổ đã sửa lại: số lượng của lô lớn hơn sản lượng đã thu hoạch."),
    "lot-no-harvest": N_("Sổ đã sửa lại: không còn việc thu hoạch nào."),
}
"""What the buyer reads when a correction takes a lot off sale, by the refusal's code."""


class BadReason(DomainError):
    """No reason, or one we do not know."""

    code = "bad-reason"
    message = N_("Mời bạn chọn lý do và ghi rõ vài chữ để người mua hiểu.")
    field = "reason"


def release_lot(*, actor: Person, seller_id: int, lot_id: int, now: datetime) -> Lot:
    """A draft goes on sale: checked, sealed, its goods added to stock. Raises NotFound, Forbidden, WrongState and the
    subclasses of NotReleasable."""
    require_member(actor, seller_id, EDITORS)
    with transaction() as session:
        lot = lock_lot(lot_id=lot_id, seller_id=seller_id, states=("draft",))
        if session.scalar(select(Seller.state).where(Seller.id == seller_id)) != "approved":
            raise SellerNotApproved
        check_release(lot, entries=_entries(lot), today=vietnam_day(now))
        lot.state, lot.released_at = "released", now
        add_entry(lot=lot, kind="released", happened_at=now, details=_released(lot), actor_id=actor.id, now=now)
        stock.stock_lot(lot_id=lot.id, product_id=lot.product_id, quantity=lot.quantity)
    return lot


def _released(lot: Lot) -> dict[str, Any]:
    """What the page will say of the lot as a whole goes into the log with the release, unless its diary says so already."""
    told: dict[str, Any] = {"quantity": lot.quantity}
    printed = [entry.details["best_before"] for entry in _entries(lot) if entry.kind == "packing" and "best_before" in entry.details]
    if lot.best_before and printed[-1:] != [lot.best_before.isoformat()]:
        told["best_before"] = lot.best_before.isoformat()
    if lot.started_on:
        told["started_on"] = lot.started_on.isoformat()
    return told


def check_release(lot: Lot, *, entries: list[DiaryEntry], today: date) -> None:
    """Raises the first NotReleasable that holds; passes silently when the lot may go on sale."""
    harvests = [entry for entry in entries if entry.kind == "harvesting"]
    if not harvests:
        raise NoHarvest
    applications = [
        intervals.Application(entry.details.get("material", "?"), vietnam_day(entry.happened_at), entry.details.get("interval_days"))
        for entry in entries if entry.kind in WITH_INTERVAL
    ]
    unknown = intervals.unknown_interval(applications)
    if unknown is not None:
        raise UnknownInterval(product=unknown.product, date=format_date(unknown.on))
    first = min(vietnam_day(entry.happened_at) for entry in harvests)
    early = intervals.missing_days(applications, first)
    if early is not None:
        spray, days = early
        raise HarvestedTooEarly(
            days=days, product=spray.product, date=format_date(spray.on), interval=spray.days,
            earliest=format_date(spray.earliest_harvest),
        )
    if lot.quantity <= 0:
        raise NoQuantity
    if intervals.exceeds_harvest(quantity=lot.quantity, harvested=sum(entry.details["quantity"] for entry in harvests)):
        raise MoreThanHarvested
    if lot.best_before is not None and lot.best_before < today:
        raise PastDate


def block_lot(*, actor: Person, lot_id: int, reason_code: str, reason: str, now: datetime) -> Lot:
    """Stop selling a released lot for now. By an owner or manager of its seller, or an officer of its area.

    Raises NotFound, Forbidden, WrongState, BadReason.
    """
    return _take_off_sale(actor, lot_id, "blocked", "blocked", ("released",), reason_code, reason, now)


def recall_lot(*, actor: Person, lot_id: int, reason_code: str, reason: str, now: datetime) -> Lot:
    """Call a lot back for good: unsold stock leaves sale and the trace page turns red. Same people as `block_lot`.

    Raises NotFound, Forbidden, WrongState, BadReason.
    """
    states = ("released", "blocked", "closed")
    return _take_off_sale(actor, lot_id, "recalled", "recall", states, reason_code, reason, now)


def unblock_lot(*, actor: Person, lot_id: int, now: datetime) -> Lot:
    """Put a blocked lot back on sale. Whoever blocked decides: an officer's block is lifted by officers only.

    Raises NotFound, Forbidden, WrongState, and NotReleasable while the diary as corrected forbids the sale.
    """
    with transaction():
        lot, by_officer = _entitled(actor, lot_id, ("blocked",))
        last = max((e for e in _entries(lot) if e.kind == "blocked"), key=lambda entry: entry.id, default=None)
        if not by_officer and last is not None and last.details.get("by") == "officer":
            raise Forbidden
        check_release(lot, entries=_entries(lot), today=vietnam_day(lot.released_at or now))
        lot.state, lot.state_reason = "released", None
        add_entry(lot=lot, kind="unblocked", happened_at=now, details={"by": _by(by_officer)}, actor_id=actor.id, now=now)
        stock.restore_lot(lot_id=lot.id, product_id=lot.product_id)
    return lot


def stop_unfit(lot: Lot, *, actor_id: int, now: datetime) -> NotReleasable | None:
    """Take a lot off sale that could not have been released with its diary as it is now; inside the caller's transaction,
    the lot locked. Also one that is sold out: who has bought from it must read it. Returns the refusal, None if fit."""
    if lot.state not in {"released", "closed"}:
        return None
    try:
        check_release(lot, entries=_entries(lot), today=vietnam_day(lot.released_at or now))
    except NotReleasable as refusal:
        lot.state, lot.state_reason = "blocked", STOPPED.get(refusal.code, STOPPED["lot-no-harvest"])
        details = {"reason": "wrong_information", "by": "producer"}
        add_entry(lot=lot, kind="blocked", happened_at=now, details=details, actor_id=actor_id, now=now)
        db.session.flush()
        stock.withdraw_lot(product_id=lot.product_id)
        return refusal
    return None


def close_lot(*, actor: Person, seller_id: int, lot_id: int) -> None:
    """The lot is finished: sold out, or the rest used or lost; the rest leaves sale. Raises NotFound, Forbidden, WrongState."""
    require_member(actor, seller_id, EDITORS)
    with transaction() as session:
        lot = lock_lot(lot_id=lot_id, seller_id=seller_id, states=("released",))
        lot.state = "closed"
        session.flush()
        stock.withdraw_lot(product_id=lot.product_id)


def close_expired(now: datetime) -> int:
    """Close released lots whose use-by day is over, so that nobody orders what may not be packed. A job; returns how many."""
    overdue = db.session.execute(
        select(Lot.id, Lot.seller_id).where(Lot.state == "released", Lot.best_before < vietnam_day(now)).order_by(Lot.id)
    ).all()
    for lot_id, seller_id in overdue:
        with transaction() as session:
            try:
                lot = lock_lot(lot_id=lot_id, seller_id=seller_id, states=("released",))
            except WrongState:
                continue
            lot.state = "closed"
            session.flush()
            stock.withdraw_lot(product_id=lot.product_id)
    return len(overdue)


def _take_off_sale(
    actor: Person, lot_id: int, state: str, kind: str, states: tuple[str, ...], reason_code: str, reason: str, now: datetime
) -> Lot:
    if reason_code not in REASONS or not 5 <= len(reason.strip()) <= 500:
        raise BadReason
    with transaction() as session:
        lot, by_officer = _entitled(actor, lot_id, states)
        lot.state, lot.state_reason = state, reason.strip()
        details = {"reason": reason_code, "by": _by(by_officer)}
        add_entry(lot=lot, kind=kind, happened_at=now, details=details, actor_id=actor.id, now=now)
        if kind == "recall":
            who = provenance.OPERATOR if by_officer else log_name(lot.seller_id, now=now)
            provenance.recall(lots=[lot.code], reason=reason_code, who=who, now=now)
        session.flush()
        stock.withdraw_lot(product_id=lot.product_id)
    return lot


def _entitled(actor: Person, lot_id: int, states: tuple[str, ...]) -> tuple[Lot, bool]:
    """The locked lot and whether the actor comes as an officer. Raises NotFound, Forbidden, WrongState."""
    row = db.session.execute(
        select(Lot.seller_id, PlaceUnit.former_area)
        .join(Seller, Seller.id == Lot.seller_id).join(PlaceUnit, PlaceUnit.id == Seller.place_id)
        .where(Lot.id == lot_id)
    ).first()
    if row is None:
        raise NotFound
    by_officer = can_recall(actor, former_area=row.former_area)
    if not by_officer:
        require_member(actor, row.seller_id, EDITORS)
    return lock_lot(lot_id=lot_id, seller_id=row.seller_id, states=states), by_officer


def _by(officer: bool) -> str:
    return "officer" if officer else "producer"


def _entries(lot: Lot) -> list[DiaryEntry]:
    """What counts: as corrected, without what was taken back."""
    counting = select(DiaryEntry).where(DiaryEntry.lot_id == lot.id, DiaryEntry.voided_at.is_(None))
    return list(db.session.scalars(counting.order_by(DiaryEntry.id)))


__all__ = [
    "WrongState", "block_lot", "check_release", "close_expired", "close_lot", "recall_lot", "release_lot", "stop_unfit",
    "unblock_lot",
]
