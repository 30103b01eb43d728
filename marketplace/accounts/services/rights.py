"""The right of inspectors to correct others' entries: given and taken in the public log together with the role.

The log knows an inspector by a random name only; the role's row keeps which, with who gave it and when.
"""

from datetime import datetime

from sqlalchemy import select

from marketplace import provenance
from marketplace.accounts.models import Person, RoleGrant
from marketplace.database import db
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


def certifier_name(*, person: Person, now: datetime) -> str:
    """The name under which this inspector writes in the log, inside the caller's transaction. Raises Forbidden."""
    live = _live(person.id)
    if live is None:
        raise Forbidden
    if live.log_name is None:
        live.log_name = provenance.grant(now=now)
        db.session.flush()
    return live.log_name


def _live(person_id: int) -> RoleGrant | None:
    return db.session.scalar(
        select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.role == ROLE, RoleGrant.revoked_at.is_(None))
    )
