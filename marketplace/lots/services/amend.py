"""Correcting, taking back and doubting what a diary says: always a later entry, never an edit of the first one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from marketplace import provenance
from marketplace.accounts import services as accounts
from marketplace.accounts.models import Person
from marketplace.accounts.policies import in_area
from marketplace.database import db, transaction, vietnam_day
from marketplace.errors import N_, Conflict, DomainError, Forbidden, NotFound
from marketplace.lots.models import DiaryChange, DiaryEntry, Lot
from marketplace.lots.policies import AMENDABLE, DIARISTS, can_correct, can_dispute
from marketplace.lots.services.access import lock_lot, require_member
from marketplace.lots.services.diary import check_times, with_interval
from marketplace.lots.services.events import event_values
from marketplace.lots.services.release import NotReleasable, stop_unfit
from marketplace.lots.vocabulary import KINDS, read_details
from marketplace.places.models import PlaceUnit
from marketplace.sellers.models import Seller

REASONS = ("wrong_day", "wrong_quantity", "wrong_product", "wrong_lot", "other")
DOUBTS = ("not_seen", "wrong_day", "wrong_quantity", "wrong_product", "residue", "other")
MAX_CHANGES = 20
"""Of one diary entry; more is no longer a correction."""


class BadAmendment(DomainError):
    """No reason, or one we do not know."""

    code = "bad-amendment"
    message = N_("Mời bạn chọn lý do.")
    field = "reason"


class NothingChanged(DomainError):
    """The form came back as it went out."""

    code = "nothing-changed"
    message = N_("Chưa có gì thay đổi. Mời bạn sửa chỗ ghi nhầm rồi lưu.")


class Stale(Conflict):
    """Somebody corrected the entry after the form was opened."""

    code = "diary-stale"
    message = N_("Việc này vừa được sửa ở nơi khác. Mời bạn tải lại trang rồi sửa tiếp.")


class TooManyChanges(DomainError):
    """An entry corrected this often is better taken back and written anew."""

    code = "too-many-changes"
    message = N_("Việc này đã sửa quá nhiều lần. Mời bạn bỏ việc ghi nhầm rồi ghi lại việc mới.")


@dataclass(frozen=True)
class Amended:
    """The entry as it stands now; `stopped` says why its lot had to leave sale, None where it did not."""

    entry: DiaryEntry
    stopped: NotReleasable | None = None


@dataclass(frozen=True)
class _Writer:
    """Who writes: `who` in the log (None: the name the entry itself was written under), and as what."""

    who: str | None
    by: str
    person_id: int


def correct_entry(
    *, actor: Person, seller_id: int | None, lot_id: int, entry_id: int, happened_at: datetime, details: Mapping[str, Any],
    reason: str, seen: int, client_key: str | None, now: datetime,
) -> Amended:
    """Put other values in place of a diary entry's; the old ones stay in the log and in sight.

    By a member who keeps the diary, or (`seller_id` None) an inspector of the seller's area. `seen`: how many changes
    the entry had when the form was opened. The same `client_key` again changes nothing more. A lot on sale that could
    not be released with the new values leaves sale. Raises NotFound, Forbidden, WrongState, BadAmendment, BadDetail,
    PersonalDetail, InFuture, TooOld, NothingChanged, Stale, TooManyChanges and the refusals of `provenance.correct`.
    """
    _check_reason(reason, REASONS)
    with transaction():
        lot, entry, writer = _claim(actor, seller_id, lot_id, entry_id, now)
        key = _key(entry, client_key)
        if _done(key):
            return Amended(entry)
        _check_version(entry, seen)
        read = with_interval(entry.kind, happened_at, read_details(entry.kind, details))
        check_times(happened_at, None, now)
        before, after = _snapshot(entry.happened_at, entry.details), _snapshot(happened_at, read)
        if before == after:
            raise NothingChanged
        receipt = provenance.correct(
            event_id=entry.event_id, kind=entry.kind, lots=[lot.code], reason=reason, who=writer.who, now=now,
            before=event_values(lot, entry.kind, entry.happened_at, entry.details),
            after=event_values(lot, entry.kind, happened_at, read),
        )
        entry.happened_at, entry.details = happened_at, read
        _keep("correct", entry, receipt.event_id, writer, reason, now, before, after, key)
        _follow(lot, entry.kind, before["details"], read)
        return Amended(entry, stop_unfit(lot, actor_id=actor.id, now=now))


def void_entry(
    *, actor: Person, seller_id: int | None, lot_id: int, entry_id: int, reason: str, seen: int, client_key: str | None,
    now: datetime,
) -> Amended:
    """Take back an entry that should never have been written; it stays in the log, struck through.

    By the same people and with the same errors as `correct_entry`.
    """
    _check_reason(reason, REASONS)
    with transaction():
        lot, entry, writer = _claim(actor, seller_id, lot_id, entry_id, now)
        key = _key(entry, client_key)
        if _done(key):
            return Amended(entry)
        _check_version(entry, seen)
        receipt = provenance.void(event_id=entry.event_id, reason=reason, who=writer.who, now=now)
        entry.voided_at = now
        before = _snapshot(entry.happened_at, entry.details)
        _keep("void", entry, receipt.event_id, writer, reason, now, before, {}, key)
        _follow(lot, entry.kind, entry.details, {})
        return Amended(entry, stop_unfit(lot, actor_id=actor.id, now=now))


def dispute_entry(*, actor: Person, lot_id: int, entry_id: int, reason: str, now: datetime) -> DiaryEntry:
    """Mark an entry as doubted; its fields stay. By an officer or inspector of the seller's area.

    The same person doubting the same entry for the same reason again changes nothing. Raises NotFound, Forbidden,
    WrongState (a draft is not public), BadAmendment and the refusals of `provenance.dispute`.
    """
    _check_reason(reason, DOUBTS)
    with transaction() as session:
        lot, area = _lot_and_area(lot_id)
        if not can_dispute(actor, former_area=area):
            raise Forbidden
        lot = lock_lot(lot_id=lot_id, seller_id=lot.seller_id, states=AMENDABLE[1:])
        entry = _entry(lot, entry_id)
        last = session.scalar(_changes(entry).order_by(DiaryChange.id.desc()).limit(1))
        if last is not None and (last.kind, last.reason, last.recorded_by_id) == ("dispute", reason, actor.id):
            return entry
        inspector = in_area(actor, "inspector", area)
        who = accounts.certifier_name(person=actor, now=now) if inspector else provenance.OPERATOR
        receipt = provenance.dispute(event_id=entry.event_id, reason=reason, who=who, now=now)
        writer = _Writer(who, "inspector" if inspector else "operator", actor.id)
        before = _snapshot(entry.happened_at, entry.details)
        _keep("dispute", entry, receipt.event_id, writer, reason, now, before, {}, None)
    return entry


def _claim(
    actor: Person, seller_id: int | None, lot_id: int, entry_id: int, now: datetime
) -> tuple[Lot, DiaryEntry, _Writer]:
    """The locked lot, its entry, and as whom the actor speaks of it."""
    if seller_id is not None:
        require_member(actor, seller_id, DIARISTS)
        lot = lock_lot(lot_id=lot_id, seller_id=seller_id, states=AMENDABLE)
        return lot, _entry(lot, entry_id), _Writer(None, "producer", actor.id)
    lot, area = _lot_and_area(lot_id)
    if not can_correct(actor, former_area=area):
        raise Forbidden
    lot = lock_lot(lot_id=lot_id, seller_id=lot.seller_id, states=AMENDABLE[1:])
    return lot, _entry(lot, entry_id), _Writer(accounts.certifier_name(person=actor, now=now), "inspector", actor.id)


def _lot_and_area(lot_id: int) -> tuple[Lot, str]:
    row = db.session.execute(
        select(Lot, PlaceUnit.former_area).join(Seller, Seller.id == Lot.seller_id)
        .join(PlaceUnit, PlaceUnit.id == Seller.place_id).where(Lot.id == lot_id)
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def _entry(lot: Lot, entry_id: int) -> DiaryEntry:
    """A piece of work of this lot. What the market itself writes (release, shipping, recall) is not amended here."""
    entry = db.session.scalar(
        select(DiaryEntry)
        .where(DiaryEntry.id == entry_id, DiaryEntry.lot_id == lot.id, DiaryEntry.kind.in_(KINDS))
        .execution_options(populate_existing=True)
    )
    if entry is None:
        raise NotFound
    return entry


def _changes(entry: DiaryEntry):
    return select(DiaryChange).where(DiaryChange.entry_id == entry.id)


def _key(entry: DiaryEntry, client_key: str | None) -> str | None:
    return f"{entry.id}:{client_key}"[:64] if client_key else None


def _done(key: str | None) -> bool:
    """This press came before. The lot's row is locked, so a retry running beside us has finished."""
    return bool(key) and db.session.scalar(select(DiaryChange.id).where(DiaryChange.client_key == key)) is not None


def _check_reason(reason: str, allowed: tuple[str, ...]) -> None:
    if reason not in allowed:
        raise BadAmendment


def _check_version(entry: DiaryEntry, seen: int) -> None:
    count = db.session.scalar(select(func.count()).select_from(_changes(entry).subquery()))
    if count != seen:
        raise Stale
    if count >= MAX_CHANGES:
        raise TooManyChanges


def _snapshot(happened_at: datetime, details: Mapping[str, Any]) -> dict[str, Any]:
    return {"happened_at": happened_at.isoformat(), "details": dict(details)}


def _keep(
    kind: str, entry: DiaryEntry, log_id: str, writer: _Writer, reason: str, now: datetime, before: dict, after: dict,
    key: str | None,
) -> None:
    db.session.add(DiaryChange(
        entry_id=entry.id, kind=kind, log_id=log_id, reason=reason, by=writer.by, recorded_at=now,
        recorded_by_id=writer.person_id, before=before, after=after, client_key=key,
    ))
    db.session.flush()


def _follow(lot: Lot, kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """The lot's own dates follow the corrected diary. A use-by typed on the lot itself is left alone."""
    rows = db.session.scalars(
        select(DiaryEntry.happened_at)
        .where(DiaryEntry.lot_id == lot.id, DiaryEntry.kind == kind, DiaryEntry.voided_at.is_(None))
    )
    days = [vietnam_day(moment) for moment in rows]
    if kind == "harvesting":
        lot.harvested_on = min(days, default=None)
    if kind == "packing":
        lot.packed_on = max(days, default=None)
        old, new = before.get("best_before"), after.get("best_before")
        if old != new and (lot.best_before.isoformat() if lot.best_before else None) == old:
            lot.best_before = date.fromisoformat(new) if new else None
