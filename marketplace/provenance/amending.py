"""Later entries in the log: corrections, voids, disputes, recalls, and the right of inspectors to correct.

Every verb is called inside transaction() and told who writes and when. Refused here is what would not count by the
fold rule (docs/log.md §5); whose lot it is, the caller has asked before.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from marketplace.database import db
from marketplace.errors import N_, Conflict, Forbidden
from marketplace.provenance.codes import new_alias
from marketplace.provenance.histories import CERTIFIER, told_event
from marketplace.provenance.recording import Receipt, record_told
from marketplace.provenance.sealing import seal, seal_at_commit
from marketplace.provenance.site import OPERATOR, the_log, the_site
from traceability.canonical.entry import Reference
from traceability.canonical.types import CORRECT, DISPUTE, GRANT, RECALL, RELATIONS, REVOKE, VOID
from traceability.epcis.vocabulary import OWN
from traceability.history import Told, corrected, differences, may_amend
from traceability.log import LotRecord


class NotSealedYet(Conflict):
    """What is spoken of has no number in the log yet."""

    code = "event-not-sealed"
    message = N_("Việc này đang chờ niêm phong vào sổ. Mời bạn thử lại sau ít phút.")


class AlreadyVoid(Conflict):
    """Nothing more can be said of an event that was taken back."""

    code = "event-void"
    message = N_("Việc này đã được bỏ trước đó. Mời bạn tải lại trang.")


class CannotBeSaid(Conflict):
    """The correction would not count: it changes what must stay."""

    code = "correction-impossible"
    message = N_("Chỗ này không sửa được. Mời bạn bỏ việc ghi nhầm rồi ghi lại việc mới.")


def correct(
    *, event_id: str, kind: str, before: Mapping[str, Any], after: Mapping[str, Any], lots: Sequence[str], reason: str,
    who: str | None, now: datetime,
) -> Receipt:  # fmt: skip
    """Say that the event was not `before` but `after`, both as `record` takes an event of `kind`.

    Only what differs between the two enters the log. A detail that `after` lacks becomes an empty text, since nothing
    in the log can be unsaid. `who` None: the writer of the event. Raises NotSealedYet, AlreadyVoid, Forbidden,
    CannotBeSaid, EventTooEarly.
    """
    old, new = (record_told(kind, event, lots, now, event_id) for event in (before, after))
    fields = differences(old, new) | {f"/{key}": "" for key in old if key.startswith(OWN) and key not in new}
    found, told = _target(event_id)
    _require_right(told, found, who, now)
    if not fields or corrected(told.fields, fields, told.entry.event) is None:
        raise CannotBeSaid
    return _about(CORRECT, found, {"fields": fields, "reason": reason}, who or found.entry.who, now)


def void(*, event_id: str, reason: str, who: str | None, now: datetime) -> Receipt:
    """Say that the event did not happen, or not here. `who` and errors as for `correct`."""
    found, told = _target(event_id)
    _require_right(told, found, who, now)
    return _about(VOID, found, {"reason": reason}, who or found.entry.who, now)


def dispute(*, event_id: str, reason: str, who: str, now: datetime) -> Receipt:
    """Mark the event as doubted by somebody else. Raises NotSealedYet, AlreadyVoid, Forbidden (one's own event)."""
    found, told = _target(event_id)
    if told.void:
        raise AlreadyVoid
    if who == found.entry.who:
        raise Forbidden
    return _about(DISPUTE, found, {"reason": reason}, who, now)


def recall(*, lots: Sequence[str], reason: str, who: str, now: datetime) -> Receipt:
    """Call the lots back. `who` counts when it wrote in the lot before, may certify, or is the operator."""
    return _submit(RECALL, {"reason": reason}, who, now, lots=lots)


def grant(*, now: datetime) -> str:
    """Give a fresh random name the right to correct others' events; returns the name."""
    name = new_alias()
    _submit(GRANT, {"to": name, "right": CERTIFIER}, OPERATOR, now, entry_id=f"grant/{CERTIFIER}/{name}")
    return name


def revoke(*, to: str, now: datetime) -> None:
    """Take the right back from a name that `grant` gave out; names are never used again."""
    _submit(REVOKE, {"to": to, "right": CERTIFIER}, OPERATOR, now, entry_id=f"revoke/{CERTIFIER}/{to}")


def granted_at(name: str) -> datetime | None:
    """When `grant` gave out this name, None for another one. One statement."""
    found = the_log().find(_session().connection(), f"grant/{CERTIFIER}/{name}")
    return found.entry.recorded_at if found else None


def _target(event_id: str) -> tuple[LotRecord, Told]:
    """The entry, sealed now if it was still waiting, and what it says today."""
    connection, log = _session().connection(), the_log()
    found = log.find(connection, event_id)
    if found is not None and found.seq is None and the_site().inline:
        seal(connection)
        found = log.find(connection, event_id)
    told = told_event(found) if found is not None and found.seq is not None else None
    if told is None:
        raise NotSealedYet
    return found, told


def _require_right(told: Told, found: LotRecord, who: str | None, now: datetime) -> None:
    if told.void:
        raise AlreadyVoid
    holders = {who} if who and _holds(who) else set()
    if not may_amend(who or found.entry.who, found.entry, operator=OPERATOR, certifiers=holders):
        raise Forbidden


def _holds(who: str) -> bool:
    connection, log = _session().connection(), the_log()
    given, taken = (log.find(connection, f"{verb}/{CERTIFIER}/{who}") for verb in ("grant", "revoke"))
    return given is not None and taken is None


def _about(kind: str, found: LotRecord, event: Mapping[str, Any], who: str, now: datetime) -> Receipt:
    reference = Reference(found.leaf, RELATIONS[kind], found.seq)
    lots = [link.lot for link in found.entry.links]
    return _submit(kind, event, who, now, lots=lots, references=(reference,))


def _submit(kind: str, event: Mapping[str, Any], who: str, now: datetime, **more: Any) -> Receipt:
    session = _session()
    receipt = the_log().submit_entry(
        session.connection(), type=kind, event=event, who=who, recorded_at=now, **more
    )
    seal_at_commit(session)
    return Receipt(receipt.id, receipt.leaf.hex(), "sealed" if receipt.sealed else "waiting")


def _session() -> Session:
    session = db.session()
    if not session.info.get("depth"):
        raise RuntimeError("later entries are written inside transaction()")
    return session
