"""The seller's people: invitations by link, roles, leaving."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from marketplace.accounts.models import Person
from marketplace.database import transaction
from marketplace.errors import N_, Conflict, DomainError, NotFound
from marketplace.sellers import messages, policies
from marketplace.sellers.models import MEMBER_ROLES, SellerInvitation, SellerMember
from marketplace.sellers.services.access import for_member, locked, role_of

INVITATION_LIFE = timedelta(days=14)


class RoleUnknown(DomainError):
    """Not a role a member can have."""

    code = "member-role-unknown"
    message = N_("Mời bạn chọn việc người này sẽ làm.")
    field = "role"


class TooManyMembers(DomainError):
    """Members and open invitations together reach the limit."""

    code = "too-many-members"
    message = N_("Gian hàng đã có quá nhiều người hoặc lời mời. Mời bạn bớt lời mời cũ trước.")
    field = "login"


class LastOwner(Conflict):
    """Somebody must remain responsible."""

    code = "last-owner"
    message = N_("Gian hàng phải còn ít nhất một chủ. Mời bạn giao quyền chủ cho người khác trước.")


class InvitationSpent(DomainError):
    """Unknown, taken up, withdrawn or too old."""

    code = "invitation-spent"
    message = N_("Lời mời này đã dùng, đã hủy hoặc quá 14 ngày. Mời bạn nhờ chủ gian hàng gửi lại.")
    status = 404


@dataclass(frozen=True)
class Invited:
    """The secret for the link; it is shown and sent once and never stored."""

    invitation_id: int
    token: str


def invite(*, actor: Person, seller_id: int, login: str, role: str, link_base: str, now: datetime) -> Invited:
    """Offer a place to the holder of a phone number (E.164) or e-mail; the link goes out with the commit.

    `link_base` is the absolute address the token is appended to. Raises RoleUnknown, TooManyMembers, NotFound,
    Forbidden.
    """
    if role not in MEMBER_ROLES or role == "owner":
        raise RoleUnknown
    with transaction() as session:
        seller = for_member(session, actor=actor, seller_id=seller_id, roles=policies.OWNERS)
        if _places_taken(session, seller_id, now) >= policies.MAX_MEMBERS:
            raise TooManyMembers
        token = secrets.token_urlsafe(24)
        invitation = SellerInvitation(
            seller_id=seller_id,
            login=login,
            role=role,
            token_hash=_hash(token),
            invited_by_id=actor.id,
            created_at=now,
            expires_at=now + INVITATION_LIFE,
        )
        session.add(invitation)
        session.flush()
        messages.invited(seller, login=login, link=link_base + token, now=now)
    return Invited(invitation_id=invitation.id, token=token)


def accept_invitation(*, actor: Person, token: str, now: datetime) -> int:
    """Join the seller; returns its id. Somebody who is a member already keeps the role. Raises InvitationSpent."""
    with transaction() as session:
        invitation = session.execute(
            select(SellerInvitation.id, SellerInvitation.seller_id, SellerInvitation.role).where(
                SellerInvitation.token_hash == _hash(token)
            )
        ).first()
        if invitation is None:
            raise InvitationSpent
        locked(session, invitation.seller_id)
        taken = session.execute(
            update(SellerInvitation)
            .where(
                SellerInvitation.id == invitation.id,
                SellerInvitation.closed_at.is_(None),
                SellerInvitation.expires_at > now,
            )
            .values(closed_at=now, accepted_by_id=actor.id)
        )
        if taken.rowcount != 1:
            raise InvitationSpent
        if role_of(session, seller_id=invitation.seller_id, person_id=actor.id) is None:
            session.add(
                SellerMember(seller_id=invitation.seller_id, person_id=actor.id, role=invitation.role, added_at=now)
            )
    return invitation.seller_id


def withdraw_invitation(*, actor: Person, seller_id: int, invitation_id: int, now: datetime) -> None:
    """Make the link worthless. Raises NotFound (also when it was taken up), Forbidden."""
    with transaction() as session:
        for_member(session, actor=actor, seller_id=seller_id, roles=policies.OWNERS)
        closed = session.execute(
            update(SellerInvitation)
            .where(
                SellerInvitation.id == invitation_id,
                SellerInvitation.seller_id == seller_id,
                SellerInvitation.closed_at.is_(None),
            )
            .values(closed_at=now)
        )
        if closed.rowcount != 1:
            raise NotFound


def change_role(*, actor: Person, seller_id: int, person_id: int, role: str) -> None:
    """Give a member another role. Raises RoleUnknown, LastOwner, NotFound, Forbidden."""
    if role not in MEMBER_ROLES:
        raise RoleUnknown
    with transaction() as session:
        for_member(session, actor=actor, seller_id=seller_id, roles=policies.OWNERS)
        _refuse_ownerless(session, seller_id=seller_id, person_id=person_id, remains_owner=role == "owner")
        session.execute(
            update(SellerMember)
            .where(SellerMember.seller_id == seller_id, SellerMember.person_id == person_id)
            .values(role=role)
        )


def remove_member(*, actor: Person, seller_id: int, person_id: int) -> None:
    """Take a person out of the seller; anybody may take out themselves. Raises LastOwner, NotFound, Forbidden."""
    with transaction() as session:
        roles = MEMBER_ROLES if actor.id == person_id else policies.OWNERS
        for_member(session, actor=actor, seller_id=seller_id, roles=roles)
        _refuse_ownerless(session, seller_id=seller_id, person_id=person_id, remains_owner=False)
        session.execute(
            delete(SellerMember).where(SellerMember.seller_id == seller_id, SellerMember.person_id == person_id)
        )


def _refuse_ownerless(session: Session, *, seller_id: int, person_id: int, remains_owner: bool) -> None:
    role = role_of(session, seller_id=seller_id, person_id=person_id)
    if role is None:
        raise NotFound
    owners = (
        select(func.count())
        .select_from(SellerMember)
        .where(SellerMember.seller_id == seller_id, SellerMember.role == "owner")
    )
    if role == "owner" and not remains_owner and session.scalar(owners) == 1:
        raise LastOwner


def _places_taken(session: Session, seller_id: int, now: datetime) -> int:
    members = select(func.count()).select_from(SellerMember).where(SellerMember.seller_id == seller_id)
    open_invitations = (
        select(func.count())
        .select_from(SellerInvitation)
        .where(
            SellerInvitation.seller_id == seller_id,
            SellerInvitation.closed_at.is_(None),
            SellerInvitation.expires_at > now,
        )
    )
    return session.scalar(members) + session.scalar(open_invitations)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
