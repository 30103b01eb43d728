"""Slowing down guesses: attempts per key are counted before the secret is checked, so parallel guesses count too."""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.accounts.models import SignInThrottle
from marketplace.database import db, on_postgresql, transaction
from marketplace.errors import N_, DomainError

FORGOTTEN_AFTER = timedelta(hours=24)
FIRST_WAIT = 30
"""Seconds to wait once the free attempts are used up; doubles with every further one."""
LONGEST_WAIT = 900
"""Seconds. Not longer: whoever knows a farmer's number could otherwise lock her out for a day."""


class TooManyAttempts(DomainError):
    """Too many guesses for this account or from this address; `seconds` says how long to wait."""

    code = "too-many-attempts"
    status = 429
    message = N_("Bạn đã thử sai nhiều lần. Mời bạn đợi %(minutes)s phút rồi thử lại.")

    def __init__(self, *, seconds: int) -> None:
        self.seconds = seconds
        if seconds < 60:
            self.message = N_("Bạn đã thử sai nhiều lần. Mời bạn đợi %(seconds)s giây rồi thử lại.")
        super().__init__(seconds=seconds, minutes=-(-seconds // 60))


@dataclass(frozen=True, order=True)
class Key:
    """What is counted, and how many attempts are free."""

    name: str
    free: int


def login_key(login: str) -> Key:
    """One account, known or not. Hashed: people type passwords into the wrong field."""
    return Key("login:" + _hash(login), 5)


def address_key(address: str) -> Key:
    """One IPv4 address or IPv6 /64. Many free attempts: a whole commune may share one address of the mobile network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return Key("ip:" + _hash(address), 50)
    network = str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
    return Key("ip:" + _hash(network), 50)


def person_key(purpose: str, person_id: int) -> Key:
    """One known person's codes or passwords, for checks behind the sign-in."""
    return Key(f"{purpose}:{person_id}", 5)


def take(*keys: Key, now: datetime) -> None:
    """Count one attempt under every key. Raises TooManyAttempts when one of them must wait; then none is counted."""
    with transaction():
        for key in sorted(keys):
            failures = _count(key, now)
            if failures >= key.free:
                seconds = min(FIRST_WAIT * 2 ** min(failures - key.free, 20), LONGEST_WAIT)
                db.session.execute(
                    update(SignInThrottle)
                    .where(SignInThrottle.key == key.name)
                    .values(locked_until=now + timedelta(seconds=seconds))
                )


def forgive(*keys: Key, account: Key | None = None) -> None:
    """After a success: the account's count is forgotten, the others get their one attempt back."""
    with transaction() as session:
        for key in sorted(keys):
            session.execute(
                update(SignInThrottle)
                .where(SignInThrottle.key == key.name)
                .values(
                    failures=case((SignInThrottle.failures > 0, SignInThrottle.failures - 1), else_=0),
                    locked_until=None,
                )
            )
        if account:
            session.execute(delete(SignInThrottle).where(SignInThrottle.key == account.name))


def forget_old(now: datetime) -> int:
    """Delete counts nobody added to for a day (they hold hashed addresses); returns how many."""
    with transaction() as session:
        return session.execute(
            delete(SignInThrottle).where(SignInThrottle.last_failed_at < now - FORGOTTEN_AFTER)
        ).rowcount


def _count(key: Key, now: datetime) -> int:
    insert = postgresql.insert if on_postgresql() else sqlite.insert
    fresh = SignInThrottle.last_failed_at < now - FORGOTTEN_AFTER
    statement = insert(SignInThrottle).values(key=key.name, failures=1, last_failed_at=now, locked_until=None)
    statement = statement.on_conflict_do_update(
        index_elements=[SignInThrottle.key],
        set_={
            "failures": case((fresh, 1), else_=SignInThrottle.failures + 1),
            "last_failed_at": now,
            "locked_until": None,
        },
        where=or_(SignInThrottle.locked_until.is_(None), SignInThrottle.locked_until <= now),
    ).returning(SignInThrottle.failures)
    failures = db.session.execute(statement).scalar_one_or_none()
    if failures is None:
        until = db.session.execute(
            select(SignInThrottle.locked_until).where(SignInThrottle.key == key.name)
        ).scalar_one()
        raise TooManyAttempts(seconds=max(1, -(-(until - now) // timedelta(seconds=1))) if until else 1)
    return failures


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
