"""Reads of the accounts slice: the person behind a session, and what the account page shows."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, joinedload

from marketplace.accounts.models import AccountEvent, Consent, Person, RecoveryCode, RoleGrant, SignInSession
from marketplace.accounts.passwords import digest
from marketplace.database import db

_LIVE_PERSON = (
    select(Person)
    .join(SignInSession, SignInSession.person_id == Person.id)
    .options(joinedload(Person.grants))
    .where(Person.deactivated_at.is_(None), SignInSession.ended_at.is_(None))
)


@dataclass(frozen=True)
class ConsentRow:
    """One consent as given; `withdrawn_at` None means it stands."""

    id: int
    purpose: str
    text_version: str
    channel: str
    recorded_by: str
    note: str
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True)
class SessionRow:
    """One signed-in device; `current` is the one asking."""

    id: int
    device: str
    started_at: datetime
    current: bool


@dataclass(frozen=True)
class EventRow:
    """One line of the account's history."""

    kind: str
    detail: str
    actor: str | None
    at: datetime


def session_person(*, identity: str, key: str, now: datetime) -> Person | None:
    """The active person whose live session this is (one statement), or None.

    `identity` is `Person.get_id()` as the cookie holds it; an older epoch finds nobody.
    """
    number, _, epoch = identity.partition(".")
    if not (identity.isascii() and number.isdecimal() and epoch.isdecimal() and len(identity) < 30 and key):
        return None
    statement = _LIVE_PERSON.where(
        Person.id == int(number),
        Person.session_epoch == int(epoch),
        SignInSession.key_hash == digest(key),
        SignInSession.expires_at > now,
    )
    return db.session.execute(statement).unique().scalar_one_or_none()


def by_login(login: str) -> Person | None:
    """The person with this normalised phone number (E.164) or e-mail address (lower case)."""
    column = Person.email if "@" in login else Person.phone
    return (
        db.session.execute(select(Person).options(joinedload(Person.grants)).where(column == login))
        .unique()
        .scalar_one_or_none()
    )


def get(person_id: int) -> Person | None:
    """The person with this id, with roles."""
    return (
        db.session.execute(select(Person).options(joinedload(Person.grants)).where(Person.id == person_id))
        .unique()
        .scalar_one_or_none()
    )


def consents(*, person_id: int) -> list[ConsentRow]:
    """Every consent the person ever gave, newest first."""
    recorder = aliased(Person)
    rows = db.session.execute(
        select(
            Consent.id,
            Consent.purpose,
            Consent.text_version,
            Consent.channel,
            recorder.full_name,
            Consent.note,
            Consent.given_at,
            Consent.withdrawn_at,
        )
        .join(recorder, recorder.id == Consent.recorded_by_id)
        .where(Consent.person_id == person_id)
        .order_by(Consent.id.desc())
    )
    return [ConsentRow(*row) for row in rows]


def standing_consents(*, person_id: int) -> dict[str, ConsentRow]:
    """The consents in force, by purpose."""
    return {row.purpose: row for row in consents(person_id=person_id) if row.withdrawn_at is None}


def has_consent(*, person_id: int, purpose: str) -> bool:
    """True while the person's consent to `purpose` stands."""
    return (
        db.session.execute(
            select(Consent.id)
            .where(Consent.person_id == person_id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None))
            .limit(1)
        ).first()
        is not None
    )


def live_sessions(*, person_id: int, key: str, now: datetime) -> list[SessionRow]:
    """The person's signed-in devices, newest first; the one holding `key` is marked."""
    current = digest(key)
    rows = db.session.execute(
        select(SignInSession.id, SignInSession.device, SignInSession.started_at, SignInSession.key_hash)
        .where(SignInSession.person_id == person_id, SignInSession.ended_at.is_(None), SignInSession.expires_at > now)
        .order_by(SignInSession.id.desc())
        .limit(50)
    )
    return [SessionRow(row.id, row.device, row.started_at, row.key_hash == current) for row in rows]


def history(*, person_id: int, limit: int = 20) -> list[EventRow]:
    """The account's latest events, newest first."""
    actor = aliased(Person)
    rows = db.session.execute(
        select(AccountEvent.kind, AccountEvent.detail, actor.full_name, AccountEvent.at)
        .outerjoin(actor, actor.id == AccountEvent.actor_id)
        .where(AccountEvent.person_id == person_id)
        .order_by(AccountEvent.id.desc())
        .limit(limit)
    )
    return [EventRow(*row) for row in rows]


def recovery_codes_left(*, person_id: int) -> int:
    """How many recovery codes the person has not used."""
    return db.session.execute(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    ).scalar_one()


def roles(*, person_id: int) -> list[dict]:
    """Roles held now: role, area, since."""
    rows = db.session.execute(
        select(RoleGrant.role, RoleGrant.area, RoleGrant.granted_at)
        .where(RoleGrant.person_id == person_id, RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.id)
    )
    return [{"role": row.role, "area": row.area, "granted_at": row.granted_at} for row in rows]


def own_data(*, person: Person) -> dict:
    """What this slice keeps about the person, for the person: plain values, times in UTC ISO 8601."""
    return {
        "full_name": person.full_name,
        "phone": person.phone,
        "email": person.email,
        "language": person.locale,
        "created_at": _iso(person.created_at),
        "second_factor_since": _iso(person.totp_confirmed_at),
        "roles": [{**role, "granted_at": _iso(role["granted_at"])} for role in roles(person_id=person.id)],
        "consents": [
            {**asdict(row), "given_at": _iso(row.given_at), "withdrawn_at": _iso(row.withdrawn_at)}
            for row in consents(person_id=person.id)
        ],
        "history": [{**asdict(row), "at": _iso(row.at)} for row in history(person_id=person.id, limit=1000)],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
