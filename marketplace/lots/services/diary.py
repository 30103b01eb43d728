"""The field diary: what was done on a lot, when, with what. Written once and sealed; `amend` adds corrections."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from marketplace.accounts.models import Person
from marketplace.database import db, transaction, vietnam_day
from marketplace.errors import N_, Conflict, DomainError
from marketplace.lots.models import DiaryEntry, Lot
from marketplace.lots.personal import read_personal
from marketplace.lots.policies import DIARISTS
from marketplace.lots.services.access import lock_lot, require_member
from marketplace.lots.services.events import add_entry
from marketplace.lots.vocabulary import WITH_INTERVAL, read_details

CLOCK_TOLERANCE = timedelta(minutes=5)
DEVICE_TOLERANCE = timedelta(hours=24)
OLDEST = timedelta(days=3 * 366)
MAX_ENTRIES = 1_000
"""Per lot; a season's diary has some tens."""


class InFuture(DomainError):
    """The work is said to be done later than now."""

    code = "diary-in-future"
    message = N_("Ngày này chưa tới. Mời bạn ghi việc đã làm.")
    field = "happened_on"


class TooOld(DomainError):
    """A slip in the year."""

    code = "diary-too-old"
    message = N_("Ngày này đã quá lâu. Mời bạn xem lại năm.")
    field = "happened_on"


class DeviceClockWrong(DomainError):
    """The phone's clock is more than a day ahead; what it dated cannot be trusted."""

    code = "device-clock"
    message = N_("Đồng hồ trên điện thoại đang chạy sai hơn một ngày. Mời bạn chỉnh lại giờ rồi gửi lại.")
    field = "happened_on"


class KeyReused(Conflict):
    """The same client key came with another kind of work."""

    code = "diary-key-reused"
    message = N_("Việc này đã được ghi rồi. Mời bạn mở lại sổ để xem.")


class DiaryFull(DomainError):
    """No real season needs that many entries."""

    code = "diary-full"
    message = N_("Sổ của lô này đã đầy. Mời bạn tạo lô mới.")


def record_diary(
    *, actor: Person, seller_id: int, lot_id: int, kind: str, happened_at: datetime, details: Mapping[str, Any],
    client_key: str | None, now: datetime, device_at: datetime | None = None, personal: Mapping[str, str] | None = None,
    publish: bool = False,
) -> DiaryEntry:
    """Write one entry and seal it; the same `client_key` on the same lot again returns the first entry.

    `details` by kind as `vocabulary.FIELDS` says (grams or pieces for `quantity` and `loss`). Field work goes into
    drafts only, packing also into a released lot. `personal`: `worker`, `note`, shown to everybody only if `publish`.
    Raises NotFound, Forbidden, WrongState, BadDetail, PersonalDetail,
    InFuture, TooOld, DeviceClockWrong, KeyReused, DiaryFull.
    """
    require_member(actor, seller_id, DIARISTS)
    read = with_interval(kind, happened_at, read_details(kind, details))
    belongs = read_personal(personal or {})
    check_times(happened_at, device_at, now)
    with transaction():
        lot = lock_lot(lot_id=lot_id, seller_id=seller_id, states=("draft", "released"))
        key = f"{lot.id}:{client_key}"[:64] if client_key else None
        earlier = _earlier(key, kind)
        if earlier is not None:
            return earlier
        lock_lot(lot_id=lot_id, seller_id=seller_id, states=("draft", "released") if kind == "packing" else ("draft",))
        entry = add_entry(
            lot=lot, kind=kind, happened_at=happened_at, details=read, actor_id=actor.id, now=now, client_key=key,
            device_at=device_at, personal=belongs, publish=publish,
        )
        _follow(lot, kind, vietnam_day(happened_at), read)
    return entry


def with_interval(kind: str, happened_at: datetime, details: dict[str, Any]) -> dict[str, Any]:
    """The details with the day from which harvest is allowed, where a waiting time is known."""
    if kind not in WITH_INTERVAL or "interval_days" not in details:
        return details
    earliest = vietnam_day(happened_at) + timedelta(days=details["interval_days"])
    return details | {"earliest_harvest": earliest.isoformat()}


def check_times(happened_at: datetime, device_at: datetime | None, now: datetime) -> None:
    """Raises InFuture, TooOld, DeviceClockWrong."""
    if device_at is not None and device_at - now > DEVICE_TOLERANCE:
        raise DeviceClockWrong
    if happened_at - now > CLOCK_TOLERANCE:
        raise InFuture
    if now - happened_at > OLDEST:
        raise TooOld


def _earlier(key: str | None, kind: str) -> DiaryEntry | None:
    """What this key wrote before. The lot's row is locked, so a retry running beside us has finished."""
    earlier = db.session.scalar(select(DiaryEntry).where(DiaryEntry.client_key == key)) if key else None
    if earlier is not None and earlier.kind != kind:
        raise KeyReused
    return earlier


def _follow(lot: Lot, kind: str, day: date, details: Mapping[str, Any]) -> None:
    """The lot's own dates follow its diary: first harvest, last packing, the use-by printed on the pack."""
    written = db.session.scalar(select(func.count()).select_from(DiaryEntry).where(DiaryEntry.lot_id == lot.id))
    if written > MAX_ENTRIES:
        raise DiaryFull
    if kind == "harvesting" and lot.state == "draft":
        lot.harvested_on = min(day, lot.harvested_on or day)
    if kind == "packing":
        lot.packed_on = max(day, lot.packed_on or day)
        if "best_before" in details and lot.state == "draft":
            lot.best_before = date.fromisoformat(details["best_before"])
