"""The department's decisions: approve, refuse, suspend, reinstate, close; each with its history line and message."""

from datetime import datetime

from sqlalchemy import select

from marketplace.accounts.models import Person
from marketplace.database import transaction
from marketplace.errors import N_, DomainError
from marketplace.sellers import messages, policies
from marketplace.sellers.models import SellerDocument
from marketplace.sellers.services.access import ReasonMissing, StateChanged, for_officer
from marketplace.sellers.services.registration import move

MAX_REASON = 2000


class DocumentsNotAccepted(DomainError):
    """A required paper is not accepted yet."""

    code = "documents-not-accepted"
    message = N_("Chưa duyệt được: còn giấy tờ cần có chưa được nhận. Mời bạn xem từng giấy tờ trước.")


def approve(*, actor: Person, seller_id: int, now: datetime) -> None:
    """submitted → approved, once every required paper is accepted.

    Raises DocumentsNotAccepted, StateChanged, NotFound, OtherArea, OwnSeller.
    """
    with transaction() as session:
        seller = for_officer(session, actor=actor, seller_id=seller_id)
        if seller.state != "submitted":
            raise StateChanged
        accepted = set(
            session.scalars(
                select(SellerDocument.kind).where(
                    SellerDocument.seller_id == seller_id, SellerDocument.state == "accepted"
                )
            )
        )
        if policies.missing_documents(seller.kind, accepted):
            raise DocumentsNotAccepted
        move(
            session,
            seller,
            to="approved",
            actor=actor,
            reason="",
            now=now,
            decided_at=now,
            decided_by_id=actor.id,
            decision_reason=None,
            approved_at=seller.approved_at or now,
        )
        messages.approved(seller, now=now)


def refuse(*, actor: Person, seller_id: int, reason: str, now: datetime) -> None:
    """submitted → refused; the seller reads the reason, corrects and hands in again.

    Raises as `approve`, ReasonMissing.
    """
    _decide(actor=actor, seller_id=seller_id, reason=reason, now=now, before=("submitted",), after="refused")


def suspend(*, actor: Person, seller_id: int, reason: str, now: datetime) -> None:
    """approved → suspended: its products are off sale at once. Raises as `refuse`."""
    _decide(actor=actor, seller_id=seller_id, reason=reason, now=now, before=("approved",), after="suspended")


def reinstate(*, actor: Person, seller_id: int, reason: str, now: datetime) -> None:
    """suspended → approved. Raises as `refuse`."""
    _decide(actor=actor, seller_id=seller_id, reason=reason, now=now, before=("suspended",), after="approved")


def close(*, actor: Person, seller_id: int, reason: str, now: datetime) -> None:
    """Any other state → closed, for good; records stay. Raises as `refuse`."""
    before = ("draft", "submitted", "approved", "refused", "suspended")
    _decide(actor=actor, seller_id=seller_id, reason=reason, now=now, before=before, after="closed")


def _decide(*, actor: Person, seller_id: int, reason: str, now: datetime, before: tuple[str, ...], after: str) -> None:
    reason = reason.strip()[:MAX_REASON]
    if not reason:
        raise ReasonMissing
    with transaction() as session:
        seller = for_officer(session, actor=actor, seller_id=seller_id)
        if seller.state not in before:
            raise StateChanged
        move(
            session,
            seller,
            to=after,
            actor=actor,
            reason=reason,
            now=now,
            decided_at=now,
            decided_by_id=actor.id,
            decision_reason=None if after == "approved" else reason,
        )
        messages.decided(seller, after=after, reason=reason, now=now)
