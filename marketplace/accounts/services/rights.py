"""The right of inspectors to correct others' entries: given and taken in the public log together with the role.

The log knows an inspector by a random name only, another one each year; the role's row keeps this year's, with who gave
the role and when. Which names somebody had before is kept nowhere.
"""

from datetime import datetime

from sqlalchemy import select

from marketplace import provenance
from marketplace.accounts.models import Person, RoleGrant
from marketplace.database import db, vietnam_day
from marketplace.errors import Forbidden

ROLE = "inspector"


def begin(given: RoleGrant, *, now: datetime) -> None:
    """Log the right of a fresh grant of the role, inside the caller's transaction. Before the log has begun nothing is
    written; `certifier_name` makes up for it."""
    if given.role == ROLE and provenance.started():
        given.log_name = provenance.grant(now=now)


def end_all(*, person_id: int, now: datetime, role: str = ROLE) -> None:
    """Log that the person's right ends, inside the caller's transaction and before the role's row is closed."""
    live = _live(person_id) if role == ROLE else None
    if live is not None and live.log_name:
        provenance.revoke(to=live.log_name, now=now)
        live.log_name = None


def certifier_name(*, person: Person, now: datetime) -> str:
    """The name under which this inspector writes in the log this year, inside the caller's transaction. Raises Forbidden."""
    live = _live(person.id)
    if live is None:
        raise Forbidden
    if live.log_name is not None and _of_past_year(live.log_name, now):
        _end_past_names(now)
    if live.log_name is None:
        live.log_name = provenance.grant(now=now)
        db.session.flush()
    return live.log_name


def _end_past_names(now: datetime) -> None:
    """The names of all inspectors end together: the log does not tell whose of them the next new name follows."""
    named = db.session.scalars(
        select(RoleGrant).where(RoleGrant.role == ROLE, RoleGrant.revoked_at.is_(None), RoleGrant.log_name.is_not(None))
        .order_by(RoleGrant.log_name)
    )
    for given in named:
        if _of_past_year(given.log_name, now):
            provenance.revoke(to=given.log_name, now=now)
            given.log_name = None
    db.session.flush()


def _of_past_year(name: str, now: datetime) -> bool:
    since = provenance.granted_at(name)
    return since is not None and vietnam_day(since).year < vietnam_day(now).year


def _live(person_id: int) -> RoleGrant | None:
    return db.session.scalar(
        select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.role == ROLE, RoleGrant.revoked_at.is_(None))
    )
