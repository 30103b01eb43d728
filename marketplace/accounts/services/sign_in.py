"""Signing in with a password, and changing it. Unknown accounts cost the same work and get the same words."""

from dataclasses import dataclass
from datetime import datetime

from marketplace.accounts import logins, passwords, policies, queries
from marketplace.accounts.models import Person
from marketplace.accounts.services import events, sessions, throttle
from marketplace.accounts.services.registration import check_password
from marketplace.database import transaction
from marketplace.errors import N_, DomainError


class BadCredentials(DomainError):
    """No such account, a wrong password, or a closed account: never told apart."""

    code = "bad-credentials"
    field = "password"
    status = 401
    message = N_("Số điện thoại, e-mail hoặc mật khẩu chưa đúng. Mời bạn thử lại.")


class SlipExpired(DomainError):
    """The one-time password was right but too old."""

    code = "slip-expired"
    field = "password"
    status = 401
    message = N_("Mật khẩu trên phiếu đã hết hạn. Mời bạn nhờ cán bộ cấp phiếu mới.")


class WrongPassword(DomainError):
    """The person's present password, asked before a change, was wrong."""

    code = "wrong-password"
    field = "current"
    status = 401
    message = N_("Mật khẩu hiện tại chưa đúng.")


@dataclass(frozen=True)
class SignedIn:
    """The outcome of a right password. `key` is None while the second-factor code is still to come."""

    person: Person
    key: str | None


def sign_in(
    *, login: str, password: str, address: str, device: str, remember: bool, now: datetime, demo_allowed: bool = False
) -> SignedIn:
    """Check the password and open a session, or ask for the second factor first.

    `address` is the caller's IP address, counted and hashed only. People of the demo, whose passwords are printed, come in
    only where `demo_allowed`. Raises TooManyAttempts, BadCredentials, SlipExpired.
    """
    known = logins.normalise(login) or login[: logins.MAX_LOGIN]
    account, caller = throttle.login_key(known), throttle.address_key(address)
    throttle.take(account, caller, now=now)
    person = queries.by_login(known)
    usable = person is not None and person.is_active and (demo_allowed or not person.demo)
    encoded = person.password_hash if usable else None
    if not passwords.matches(password, encoded):
        raise BadCredentials()
    if person.one_time_until is not None and person.one_time_until <= now:
        raise SlipExpired()
    stronger = passwords.hash_password(password) if passwords.needs_rehash(encoded) else None
    with transaction() as session:
        throttle.forgive(caller, account=account)
        if stronger:
            session.get_one(Person, person.id).password_hash = stronger
        if policies.asks_second_factor(person):
            return SignedIn(person, None)
        return SignedIn(person, sessions.open_session(person=person, device=device, remember=remember, now=now))


def change_password(*, actor: Person, current: str, new: str, device: str, now: datetime) -> str:
    """Set a new password, end every session, and return the key of a fresh one for this device.

    The present password is asked for unless the account still has the one-time password it was just opened with.
    Raises TooManyAttempts, WrongPassword, PasswordLength, EasyPassword.
    """
    if not actor.must_change_password:
        check_own_password(actor=actor, password=current, now=now)
    check_password(new, own=(actor.full_name, actor.phone or "", actor.email or "", current))
    if passwords.matches(new, actor.password_hash):
        raise SamePassword()
    encoded = passwords.hash_password(new)
    with transaction() as session:
        person = session.get_one(Person, actor.id)
        person.password_hash, person.must_change_password, person.one_time_until = encoded, False, None
        sessions.end_all_sessions(person=person, actor=actor, now=now)
        events.note(person=person, actor=actor, kind="password-changed", now=now)
        return sessions.open_session(person=person, device=device, remember=True, now=now)


class SamePassword(DomainError):
    """The new password is the old one."""

    code = "same-password"
    field = "password"
    message = N_("Mật khẩu mới cần khác mật khẩu đang dùng.")


def check_own_password(*, actor: Person, password: str, now: datetime) -> None:
    """Ask a signed-in person again, before something that cannot be undone. Raises TooManyAttempts, WrongPassword."""
    key = throttle.person_key("password", actor.id)
    throttle.take(key, now=now)
    if not passwords.matches(password, actor.password_hash):
        raise WrongPassword()
    throttle.forgive(account=key)
