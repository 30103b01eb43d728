"""The history of an account, shown to its owner."""

from datetime import datetime

from marketplace.accounts.models import AccountEvent, Person
from marketplace.database import db

KINDS = (
    "registered",
    "registered-assisted",
    "password-changed",
    "password-reissued",
    "sessions-ended",
    "second-factor-on",
    "second-factor-reset",
    "recovery-code-used",
    "recovery-codes-renewed",
    "role-granted",
    "role-revoked",
    "consent-given",
    "consent-withdrawn",
    "data-downloaded",
    "deactivated",
)


def note(*, person: Person, actor: Person | None, kind: str, now: datetime, detail: str = "") -> None:
    """Add one line to the person's history, in the caller's transaction."""
    if kind not in KINDS:
        raise ValueError(f"unknown account event {kind!r}")
    db.session.add(
        AccountEvent(person_id=person.id, actor_id=actor.id if actor else None, kind=kind, detail=detail[:255], at=now)
    )
