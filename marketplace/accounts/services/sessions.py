"""Signed-in devices: opened at sign-in, ended one by one or all at once."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import update

from marketplace.accounts import policies
from marketplace.accounts.models import Person, SignInSession
from marketplace.accounts.passwords import digest
from marketplace.accounts.services import events
from marketplace.database import transaction
from marketplace.errors import NotFound

REMEMBERED = timedelta(days=30)
UNREMEMBERED = timedelta(hours=24)
WITH_DUTIES = timedelta(hours=12)
"""An officer's or operator's session ends within a working day, remembered or not."""


def open_session(*, person: Person, device: str, remember: bool, now: datetime) -> str:
    """Open a session and return its key, which goes into the signed cookie and nowhere else."""
    lasts = WITH_DUTIES if policies.needs_second_factor(person) else REMEMBERED if remember else UNREMEMBERED
    key = secrets.token_urlsafe(24)
    with transaction() as session:
        session.add(
            SignInSession(
                person_id=person.id, key_hash=digest(key), device=device[:255], started_at=now, expires_at=now + lasts
            )
        )
    return key


def end_session(*, key: str, now: datetime) -> None:
    """Sign out the device that holds `key`; ending it twice changes nothing."""
    with transaction() as session:
        session.execute(
            update(SignInSession)
            .where(SignInSession.key_hash == digest(key), SignInSession.ended_at.is_(None))
            .values(ended_at=now)
        )


def end_one_session(*, actor: Person, session_id: int, now: datetime) -> None:
    """Sign out one of the actor's own devices. Raises NotFound for somebody else's."""
    with transaction() as session:
        ended = session.execute(
            update(SignInSession)
            .where(
                SignInSession.id == session_id, SignInSession.person_id == actor.id, SignInSession.ended_at.is_(None)
            )
            .values(ended_at=now)
        )
        if not ended.rowcount:
            raise NotFound()


def end_all_sessions(*, person: Person, actor: Person | None, now: datetime) -> None:
    """Sign the person out everywhere: the epoch in every cookie stops matching."""
    with transaction() as session:
        session.execute(
            update(SignInSession)
            .where(SignInSession.person_id == person.id, SignInSession.ended_at.is_(None))
            .values(ended_at=now)
        )
        raise_epoch(person)
        events.note(person=person, actor=actor, kind="sessions-ended", now=now)


def raise_epoch(person: Person) -> None:
    """Make every cookie handed out so far worthless; inside the caller's transaction."""
    with transaction() as session:
        session.execute(update(Person).where(Person.id == person.id).values(session_epoch=Person.session_epoch + 1))
