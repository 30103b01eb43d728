"""Opening accounts: by oneself, or with the help of an officer or a commune helper."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from marketplace.accounts import logins, passwords, policies, queries
from marketplace.accounts.consents import CHANNELS, TEXTS
from marketplace.accounts.models import Consent, Person
from marketplace.accounts.services import events, sessions
from marketplace.database import transaction
from marketplace.errors import N_, DomainError, Forbidden

SLIP_LASTS = timedelta(days=14)


class UnreadableLogin(DomainError):
    """Neither a phone number nor an e-mail address."""

    code = "unreadable-login"
    field = "login"
    message = N_("Mời bạn nhập số điện thoại (ví dụ 0912 345 678) hoặc e-mail.")


class AlreadyRegistered(DomainError):
    """Somebody registered with this phone number or e-mail address before."""

    code = "already-registered"
    field = "login"
    status = 409
    message = N_("Số điện thoại hoặc e-mail này đã có tài khoản. Mời bạn đăng nhập.")


class EasyPassword(DomainError):
    """On the list of well-known passwords, or the person's own name or number."""

    code = "easy-password"
    field = "password"
    message = N_("Mật khẩu này dễ đoán. Mời bạn chọn mật khẩu khác, ví dụ ba từ không liên quan với nhau.")


class PasswordLength(DomainError):
    """Shorter than 8 or longer than 128 characters."""

    code = "password-length"
    field = "password"
    message = N_("Mật khẩu cần từ 8 đến 128 ký tự.")


class ConsentMissing(DomainError):
    """The one consent without which there can be no account was not given."""

    code = "consent-missing"
    field = "account"
    message = N_("Cần đồng ý cho sàn lưu họ tên và số liên hệ thì mới mở được tài khoản.")


class NotYourRegistrant(DomainError):
    """The person to receive a new slip is not one the actor may help."""

    code = "not-your-registrant"
    field = "login"
    status = 403
    message = N_("Không cấp lại được mật khẩu cho tài khoản này. Tài khoản có nhiệm vụ thì liên hệ người vận hành.")


class UnknownLogin(DomainError):
    """No account with this phone number or e-mail address (said to officers only)."""

    code = "unknown-login"
    field = "login"
    status = 404
    message = N_("Chưa có tài khoản nào dùng số điện thoại hoặc e-mail này.")


@dataclass(frozen=True)
class Slip:
    """What is printed for a person who was registered by somebody else; shown once, kept nowhere."""

    person: Person
    login: str
    password: str
    valid_until: datetime


def register(
    *,
    full_name: str,
    login: str,
    password: str,
    consents: Sequence[str],
    now: datetime,
    locale: str = "vi",
    demo: bool = False,
) -> Person:
    """Open an account; `consents` are the purposes agreed to. Raises UnreadableLogin, PasswordLength, EasyPassword,
    ConsentMissing, AlreadyRegistered."""
    check_password(password, own=(full_name, login))
    encoded = passwords.hash_password(password)
    with transaction():
        person = _add_person(full_name=full_name, login=login, encoded=encoded, locale=locale, demo=demo, now=now)
        record_consents(person=person, purposes=consents, channel="web", recorder=person, note="", now=now)
        events.note(person=person, actor=person, kind="registered", now=now)
    return person


def register_assisted(
    *, actor: Person, full_name: str, login: str, consents: Sequence[str], channel: str, note: str, now: datetime
) -> Slip:
    """Enter a person who heard the texts and agreed. Returns the slip with a one-time password valid for 14 days.

    Raises Forbidden, UnreadableLogin, ConsentMissing, AlreadyRegistered.
    """
    if not policies.can_register_others(actor):
        raise Forbidden()
    password = passwords.one_time_password()
    encoded = passwords.hash_password(password)
    with transaction():
        person = _add_person(full_name=full_name, login=login, encoded=encoded, locale="vi", demo=False, now=now)
        person.must_change_password, person.one_time_until = True, now + SLIP_LASTS
        record_consents(person=person, purposes=consents, channel=channel, recorder=actor, note=note, now=now)
        events.note(person=person, actor=actor, kind="registered-assisted", detail=channel, now=now)
    return Slip(person, person.phone or person.email, password, now + SLIP_LASTS)


def reissue_password(*, actor: Person, login: str, now: datetime) -> Slip:
    """A new one-time password for somebody who forgot, after the officer has seen who stands there.

    Every session of that person ends. Raises Forbidden, UnreadableLogin, UnknownLogin, NotYourRegistrant.
    """
    if not actor.has_role("officer"):
        raise Forbidden()
    known = logins.normalise(login)
    if known is None:
        raise UnreadableLogin()
    password = passwords.one_time_password()
    encoded = passwords.hash_password(password)
    with transaction():
        person = queries.by_login(known)
        if person is None:
            raise UnknownLogin()
        if not policies.can_reissue_password(actor, person):
            raise NotYourRegistrant()
        person.password_hash, person.must_change_password, person.one_time_until = encoded, True, now + SLIP_LASTS
        sessions.end_all_sessions(person=person, actor=actor, now=now)
        events.note(person=person, actor=actor, kind="password-reissued", now=now)
    return Slip(person, known, password, now + SLIP_LASTS)


def check_password(password: str, *, own: tuple[str, ...] = ()) -> None:
    """Raises PasswordLength or EasyPassword."""
    if not passwords.MIN_LENGTH <= len(password) <= passwords.MAX_LENGTH:
        raise PasswordLength()
    if passwords.too_easy(password, own=own):
        raise EasyPassword()


def record_consents(
    *, person: Person, purposes: Sequence[str], channel: str, recorder: Person, note: str, now: datetime
) -> None:
    """One row per purpose with the text version in force. Raises ConsentMissing, ValueError for an unknown purpose."""
    if channel not in CHANNELS or any(purpose not in TEXTS for purpose in purposes):
        raise ValueError("unknown purpose or channel")
    if any(text.required and purpose not in purposes for purpose, text in TEXTS.items()):
        raise ConsentMissing()
    with transaction() as session:
        for purpose in dict.fromkeys(purposes):
            session.add(
                Consent(
                    person_id=person.id,
                    purpose=purpose,
                    text_version=TEXTS[purpose].version,
                    channel=channel,
                    recorded_by_id=recorder.id,
                    note=note,
                    given_at=now,
                )
            )


def _add_person(*, full_name: str, login: str, encoded: str, locale: str, demo: bool, now: datetime) -> Person:
    known = logins.normalise(login)
    if known is None:
        raise UnreadableLogin()
    email = known if "@" in known else None
    person = Person(
        phone=None if email else known,
        email=email,
        full_name=full_name,
        password_hash=encoded,
        locale=locale,
        demo=demo,
        created_at=now,
    )
    with transaction() as session:
        if queries.by_login(known) is not None:
            raise AlreadyRegistered()
        session.add(person)
        try:
            session.flush()
        except IntegrityError as error:  # two presses of the button at once
            raise AlreadyRegistered() from error
    return person
