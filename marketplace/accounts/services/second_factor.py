"""The second factor: six-digit time codes (RFC 6238) and recovery codes, each good for one use."""

import secrets
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import delete, or_, update

from marketplace.accounts import passwords, policies, queries
from marketplace.accounts.models import Person, RecoveryCode
from marketplace.accounts.services import events, sessions, throttle
from marketplace.database import transaction
from marketplace.errors import N_, Conflict, DomainError, Forbidden

STEP = 30
RECOVERY_CODES = 8
HALF_SIGN_IN_LASTS = timedelta(minutes=10)
"""How long a right password waits for its code."""
ISSUER = "Chợ nông sản Cần Thơ"


class WrongCode(DomainError):
    """Not the code of this moment, or one that was used before."""

    code = "wrong-code"
    field = "code"
    status = 401
    message = N_("Mã chưa đúng hoặc đã dùng rồi. Mời bạn đợi mã mới trong ứng dụng rồi nhập lại.")


class SignInAgain(DomainError):
    """The half-finished sign-in is too old, or the account changed meanwhile."""

    code = "sign-in-again"
    status = 401
    message = N_("Đã quá lâu kể từ lúc nhập mật khẩu. Mời bạn đăng nhập lại.")


def new_secret() -> str:
    """A fresh TOTP secret (160 bits, Base32)."""
    return pyotp.random_base32()


def provisioning_uri(*, person: Person, secret: str) -> str:
    """The `otpauth://` address an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=person.phone or person.email, issuer_name=ISSUER)


def turn_on(*, actor: Person, secret: str, code: str, now: datetime) -> list[str]:
    """Confirm a device with its first code; returns the recovery codes, shown once.

    Raises Conflict when a device is confirmed already, TooManyAttempts, WrongCode.
    """
    key = throttle.person_key("code", actor.id)
    throttle.take(key, now=now)
    step = _step_of(secret, code, now)
    if step is None:
        raise WrongCode()
    with transaction() as session:
        confirmed = session.execute(
            update(Person)
            .where(Person.id == actor.id, Person.totp_confirmed_at.is_(None))
            .values(totp_secret=secret, totp_confirmed_at=now, totp_last_step=step)
        )
        if not confirmed.rowcount:
            raise Conflict()
        throttle.forgive(account=key)
        events.note(person=actor, actor=actor, kind="second-factor-on", now=now)
        return _renew_recovery_codes(actor)


def finish_sign_in(
    *, identity: str, password_at: datetime, code: str, device: str, remember: bool, now: datetime
) -> tuple[Person, str]:
    """The second half of a sign-in; returns the person and the session key.

    `identity` is `Person.get_id()` as it was when the password was right at `password_at`.
    Raises SignInAgain, TooManyAttempts, WrongCode.
    """
    number, _, epoch = identity.partition(".")
    known = number.isascii() and number.isdecimal() and len(number) < 19
    person = queries.get(int(number)) if known else None
    if (
        person is None
        or not person.is_active
        or str(person.session_epoch) != epoch
        or now - password_at > HALF_SIGN_IN_LASTS
    ):
        raise SignInAgain()
    check(person=person, code=code, now=now)
    return person, sessions.open_session(person=person, device=device, remember=remember, now=now)


def check(*, person: Person, code: str, now: datetime) -> None:
    """Accept a time code or a recovery code, once. Raises TooManyAttempts, WrongCode."""
    key = throttle.person_key("code", person.id)
    throttle.take(key, now=now)
    with transaction():
        if not (_use_time_code(person, code, now) or _use_recovery_code(person, code, now)):
            raise WrongCode()
        throttle.forgive(account=key)


def renew_recovery_codes(*, actor: Person, code: str, now: datetime) -> list[str]:
    """Replace the recovery codes, against a code of the confirmed device. Raises TooManyAttempts, WrongCode."""
    check(person=actor, code=code, now=now)
    with transaction():
        events.note(person=actor, actor=actor, kind="recovery-codes-renewed", now=now)
        return _renew_recovery_codes(actor)


def reset(*, actor: Person | None, person: Person, now: datetime) -> None:
    """Forget a lost device; the next sign-in sets up a new one. `actor` None is the console. Raises Forbidden."""
    if actor is not None and not actor.has_role("operator"):
        raise Forbidden()
    with transaction() as session:
        session.execute(
            update(Person)
            .where(Person.id == person.id)
            .values(totp_secret=None, totp_confirmed_at=None, totp_last_step=None)
        )
        session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
        sessions.end_all_sessions(person=session.get_one(Person, person.id), actor=actor, now=now)
        events.note(person=person, actor=actor, kind="second-factor-reset", now=now)


def _use_time_code(person: Person, code: str, now: datetime) -> bool:
    step = _step_of(person.totp_secret, code, now) if policies.asks_second_factor(person) else None
    if step is None:
        return False
    with transaction() as session:
        used = session.execute(
            update(Person)
            .where(Person.id == person.id, or_(Person.totp_last_step.is_(None), Person.totp_last_step < step))
            .values(totp_last_step=step)
        )
        return used.rowcount == 1


def _use_recovery_code(person: Person, code: str, now: datetime) -> bool:
    with transaction() as session:
        used = session.execute(
            update(RecoveryCode)
            .where(
                RecoveryCode.person_id == person.id,
                RecoveryCode.code_hash == passwords.digest(_plain(code)),
                RecoveryCode.used_at.is_(None),
            )
            .values(used_at=now)
        )
        if used.rowcount:
            events.note(person=person, actor=person, kind="recovery-code-used", now=now)
        return used.rowcount == 1


def _renew_recovery_codes(person: Person) -> list[str]:
    codes = [passwords.one_time_password() for _ in range(RECOVERY_CODES)]
    with transaction() as session:
        session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
        session.add_all(RecoveryCode(person_id=person.id, code_hash=passwords.digest(_plain(code))) for code in codes)
    return codes


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step the code belongs to, one step of clock drift allowed either way; the newest that fits."""
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdecimal():
        return None
    totp, current = pyotp.TOTP(secret, interval=STEP), int(now.timestamp()) // STEP
    fitting = [
        step for step in (current - 1, current, current + 1) if secrets.compare_digest(totp.generate_otp(step), digits)
    ]
    return max(fitting, default=None)


def _plain(code: str) -> str:
    return "".join(character for character in code.lower() if character.isalnum())[:64]
