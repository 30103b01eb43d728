"""Signing in with a password: who gets in, and what the refused learn."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from marketplace.accounts import passwords, queries, services
from marketplace.accounts.services import sessions, throttle
from marketplace.accounts.services.registration import EasyPassword, PasswordLength
from marketplace.accounts.services.sign_in import BadCredentials, SamePassword, WrongPassword
from tests.factories.accounts import PASSWORD, make_officer, make_person


def enter(now, login="0912345678", password=PASSWORD, address="203.113.1.9", remember=False):
    return services.sign_in(
        login=login, password=password, address=address, device="Android", remember=remember, now=now
    )


def test_the_number_opens_the_account_in_any_spelling(app, now):
    person = make_person(phone="+84912345678")

    for login in ("0912345678", "+84 912 345 678", "0912.345.678"):
        assert enter(now, login=login).person.id == person.id


def test_an_e_mail_address_opens_the_account_in_any_case(app, now):
    person = make_person(phone=None, email="sau@example.com.vn")

    assert enter(now, login="SAU@example.com.vn").person.id == person.id


def test_unknown_wrong_and_closed_get_the_same_words(app, now):
    make_person(phone="+84912345678")
    make_person(phone="+84912345679", deactivated_at=now)
    said = set()

    for login, password in (("0912345678", "sai mật khẩu"), ("0987654321", PASSWORD), ("0912345679", PASSWORD)):
        with pytest.raises(BadCredentials) as refused:
            enter(now, login=login, password=password)
        said.add((refused.value.code, refused.value.render(str), refused.value.status))

    assert len(said) == 1


def test_people_of_the_demo_come_in_only_where_the_demo_may_run(app, now):
    make_person(phone="+84912345678", demo=True)

    with pytest.raises(BadCredentials):
        enter(now)
    assert services.sign_in(
        login="0912345678", password=PASSWORD, address="203.113.1.9", device="Android", remember=False, now=now,
        demo_allowed=True,
    ).person.demo


def test_an_unknown_account_is_hashed_for_too(app, now, monkeypatch):
    """Counts real verifications: the answer for an unknown login must not come without the work."""
    verified = []
    real = passwords.matches
    monkeypatch.setattr(
        passwords, "matches", lambda password, encoded: (verified.append(encoded), real(password, encoded))[1]
    )

    with pytest.raises(BadCredentials):
        enter(now, login="0987654321")

    assert verified == [None]


def test_an_old_hash_is_renewed_at_sign_in(app, now):
    person = make_person(
        phone="+84912345678", password_hash=PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    )

    enter(now)

    stored = queries.get(person.id).password_hash
    assert not passwords.needs_rehash(stored)
    assert passwords.matches(PASSWORD, stored)


def test_a_person_with_a_confirmed_device_gets_no_session_yet(app, now):
    make_officer(phone="+84912345678")

    assert enter(now).key is None


@pytest.mark.parametrize(("remember", "lasts"), [(True, timedelta(days=30)), (False, timedelta(hours=24))])
def test_a_session_ends_by_itself(app, now, remember, lasts):
    person = make_person(phone="+84912345678")
    key = enter(now, remember=remember).key

    assert queries.session_person(identity=person.get_id(), key=key, now=now + lasts - timedelta(seconds=1))
    assert queries.session_person(identity=person.get_id(), key=key, now=now + lasts) is None


def test_an_officers_session_ends_within_the_day_even_when_remembered(app, now):
    officer = make_officer()
    key = services.open_session(person=officer, device="", remember=True, now=now)

    assert queries.session_person(identity=officer.get_id(), key=key, now=now + sessions.WITH_DUTIES) is None


def test_a_changed_password_ends_every_other_session_and_opens_one_here(app, now):
    person = make_person(phone="+84912345678")
    identity, old = person.get_id(), enter(now).key

    key = services.change_password(actor=person, current=PASSWORD, new="chiều mưa ghe lúa", device="", now=now)

    assert queries.session_person(identity=identity, key=old, now=now) is None
    assert queries.session_person(identity=person.get_id(), key=key, now=now).id == person.id
    assert enter(now, password="chiều mưa ghe lúa").key
    with pytest.raises(BadCredentials):
        enter(now, password=PASSWORD)


def test_a_change_needs_the_present_password_and_a_better_new_one(app, now):
    person = make_person(phone="+84912345678", full_name="Nguyễn Thị Sáu")

    for current, new, error in (
        ("sai rồi nhé", "chiều mưa ghe lúa", WrongPassword),
        (PASSWORD, PASSWORD, EasyPassword),
        (PASSWORD, "ngắn", PasswordLength),
        (PASSWORD, "matkhau123", EasyPassword),
        (PASSWORD, "nguyễn thị sáu", EasyPassword),
    ):
        with pytest.raises(error):
            services.change_password(actor=person, current=current, new=new, device="", now=now)

    assert enter(now).person.id == person.id


def test_the_slip_password_cannot_become_the_own_password(app, now):
    person = make_person(must_change_password=True)

    with pytest.raises(SamePassword):
        services.change_password(actor=person, current="", new=PASSWORD, device="", now=now)

    services.change_password(actor=person, current="", new="chiều mưa ghe lúa", device="", now=now)
    assert not queries.get(person.id).must_change_password


def test_guessing_the_present_password_of_an_open_session_is_slowed_down_too(app, now):
    person = make_person()
    for _ in range(5):
        with pytest.raises(WrongPassword):
            services.change_password(actor=person, current="sai rồi nhé", new="chiều mưa ghe lúa", device="", now=now)

    with pytest.raises(throttle.TooManyAttempts):
        services.change_password(actor=person, current=PASSWORD, new="chiều mưa ghe lúa", device="", now=now)
