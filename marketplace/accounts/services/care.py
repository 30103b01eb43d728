"""Looking after an account: consents, language, roles, closing it."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from marketplace.accounts import policies, queries
from marketplace.accounts.consents import TEXTS
from marketplace.accounts.models import ROLES, Consent, Person, RoleGrant, SignInSession
from marketplace.accounts.services import events, rights, sessions, throttle
from marketplace.accounts.services.sign_in import check_own_password
from marketplace.database import transaction
from marketplace.errors import N_, DomainError, Forbidden
from marketplace.i18n import LOCALES

SESSIONS_KEPT = timedelta(days=90)
AREAS = ("can-tho", "hau-giang", "soc-trang")


class AccountNeedsConsent(DomainError):
    """The consent the account itself rests on ends only with the account."""

    code = "account-needs-consent"
    message = N_("Không có đồng ý này thì không giữ được tài khoản. Nếu muốn rút lại, mời bạn đóng tài khoản.")


def give_consent(*, actor: Person, purpose: str, now: datetime) -> None:
    """Agree to one more purpose; agreeing twice changes nothing. Raises DomainError for an unknown purpose."""
    if purpose not in TEXTS:
        raise DomainError()
    with transaction() as session:
        # The update takes the person's row first, so two presses at once cannot both find no consent.
        session.execute(update(Person).where(Person.id == actor.id).values(session_epoch=Person.session_epoch))
        if queries.has_consent(person_id=actor.id, purpose=purpose):
            return
        session.add(
            Consent(
                person_id=actor.id,
                purpose=purpose,
                text_version=TEXTS[purpose].version,
                channel="web",
                recorded_by_id=actor.id,
                given_at=now,
            )
        )
        events.note(person=actor, actor=actor, kind="consent-given", detail=purpose, now=now)


def withdraw_consent(*, actor: Person, purpose: str, now: datetime) -> None:
    """Take a consent back, as easily as it was given. Raises AccountNeedsConsent, DomainError (unknown purpose)."""
    if purpose not in TEXTS:
        raise DomainError()
    if TEXTS[purpose].required:
        raise AccountNeedsConsent()
    with transaction() as session:
        ended = session.execute(
            update(Consent)
            .where(Consent.person_id == actor.id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None))
            .values(withdrawn_at=now)
        )
        if ended.rowcount:
            events.note(person=actor, actor=actor, kind="consent-withdrawn", detail=purpose, now=now)


def choose_language(*, actor: Person, locale: str) -> None:
    """Remember the language for every device. Raises DomainError for one we do not have."""
    if locale not in LOCALES:
        raise DomainError()
    with transaction() as session:
        session.execute(update(Person).where(Person.id == actor.id).values(locale=locale))


def rename(*, actor: Person, full_name: str) -> None:
    """Correct one's own name."""
    with transaction() as session:
        session.execute(update(Person).where(Person.id == actor.id).values(full_name=full_name[:255]))


def note_download(*, actor: Person, now: datetime) -> None:
    """Write into the history that the person's data left the site."""
    with transaction():
        events.note(person=actor, actor=actor, kind="data-downloaded", now=now)


def close_account(*, actor: Person, password: str, now: datetime) -> None:
    """Close one's own account after asking for the password once more. Raises TooManyAttempts, WrongPassword."""
    check_own_password(actor=actor, password=password, now=now)
    deactivate(actor=actor, person=actor, now=now)


def deactivate(*, actor: Person | None, person: Person, now: datetime) -> None:
    """Nobody can sign in any more, roles and consents end; rows that orders refer to stay. `actor` None is the console.

    Raises Forbidden.
    """
    if actor is not None and not policies.can_deactivate(actor, person):
        raise Forbidden()
    with transaction() as session:
        rights.end_all(person_id=person.id, now=now)
        closed = session.execute(
            update(Person).where(Person.id == person.id, Person.deactivated_at.is_(None)).values(deactivated_at=now)
        )
        if not closed.rowcount:
            return
        for ending, column in ((RoleGrant, "revoked_at"), (Consent, "withdrawn_at")):
            session.execute(
                update(ending)
                .where(ending.person_id == person.id, getattr(ending, column).is_(None))
                .values({column: now})
            )
        sessions.end_all_sessions(person=session.get_one(Person, person.id), actor=actor, now=now)
        events.note(person=person, actor=actor, kind="deactivated", now=now)


def grant_role(*, actor: Person | None, person: Person, role: str, now: datetime, area: str | None = None) -> None:
    """Give a role, limited to a former area or (None) for the whole city; granting the same again changes nothing.

    `actor` None is the operator's console. Raises Forbidden, ValueError for an unknown role or area.
    """
    if role not in ROLES or area not in (None, *AREAS):
        raise ValueError(f"unknown role {role!r} or area {area!r}")
    if actor is not None and not actor.has_role("operator"):
        raise Forbidden()
    with transaction() as session:
        live = session.execute(
            select(RoleGrant).where(
                RoleGrant.person_id == person.id, RoleGrant.role == role, RoleGrant.revoked_at.is_(None)
            )
        ).scalar_one_or_none()
        if live is not None:
            if live.area == area:
                return
            rights.end_all(person_id=person.id, role=role, now=now)
            live.revoked_at = now
            session.flush()
        given = RoleGrant(
            person_id=person.id, role=role, area=area, granted_by_id=actor.id if actor else None, granted_at=now
        )
        session.add(given)
        rights.begin(given, now=now)
        events.note(person=person, actor=actor, kind="role-granted", detail=f"{role} {area or ''}".strip(), now=now)
        session.flush()
        if person in session:
            session.expire(person, ["grants"])


def revoke_role(*, actor: Person | None, person: Person, role: str, now: datetime) -> None:
    """Take a role away; it ends with the next request. Raises Forbidden."""
    if actor is not None and not actor.has_role("operator"):
        raise Forbidden()
    with transaction() as session:
        rights.end_all(person_id=person.id, role=role, now=now)
        ended = session.execute(
            update(RoleGrant)
            .where(RoleGrant.person_id == person.id, RoleGrant.role == role, RoleGrant.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        if ended.rowcount:
            events.note(person=person, actor=actor, kind="role-revoked", detail=role, now=now)
            if person in session:
                session.expire(person, ["grants"])


def tidy(now: datetime) -> int:
    """Daily job: forget old attempt counts and long-ended sessions; returns how many rows went."""
    gone = throttle.forget_old(now)
    with transaction() as session:
        return (
            gone + session.execute(delete(SignInSession).where(SignInSession.expires_at < now - SESSIONS_KEPT)).rowcount
        )
