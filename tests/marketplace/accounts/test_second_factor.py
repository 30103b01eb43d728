"""Time codes and recovery codes, each good once."""

import threading
from datetime import timedelta

import pyotp
import pytest

from marketplace.accounts import queries, services
from marketplace.accounts.services import second_factor, throttle
from marketplace.database import db
from marketplace.errors import Conflict, Forbidden
from tests.factories.accounts import make_officer, make_operator, make_person


def code_at(person, moment):
    return pyotp.TOTP(person.totp_secret).at(moment)


def half(person, now, code, password_at=None):
    return second_factor.finish_sign_in(
        identity=person.get_id(), password_at=password_at or now, code=code, device="", remember=False, now=now
    )


def test_the_code_of_the_moment_finishes_the_sign_in(app, now):
    officer = make_officer()

    person, key = half(officer, now, code_at(officer, now))

    assert queries.session_person(identity=person.get_id(), key=key, now=now).id == officer.id


def test_a_code_works_once(app, now):
    officer = make_officer()
    half(officer, now, code_at(officer, now))

    with pytest.raises(second_factor.WrongCode):
        half(officer, now, code_at(officer, now))
    half(officer, now + timedelta(seconds=30), code_at(officer, now + timedelta(seconds=30)))


def test_an_older_code_is_refused_after_a_newer_one(app, now):
    officer = make_officer()
    half(officer, now, code_at(officer, now + timedelta(seconds=30)))

    with pytest.raises(second_factor.WrongCode):
        half(officer, now, code_at(officer, now))


def test_half_a_minute_of_clock_drift_is_allowed_and_no_more(app, now):
    for seconds in (-30, 30):
        officer = make_officer()
        half(officer, now, code_at(officer, now + timedelta(seconds=seconds)))
    for seconds in (-90, 90):
        officer = make_officer()
        with pytest.raises(second_factor.WrongCode):
            half(officer, now, code_at(officer, now + timedelta(seconds=seconds)))


def test_anything_else_is_a_wrong_code(app, now):
    for code in ["", "12345", "1234567", "abcdef", "１２３４５６", "\x00", "9" * 5000, "-12345", "12 34", "\ud800"]:
        with pytest.raises(second_factor.WrongCode):
            half(make_officer(), now, code)


def test_blanks_in_a_code_are_read_over(app, now):
    officer = make_officer()
    code = code_at(officer, now)

    half(officer, now, f" {code[:3]} {code[3:]} ")


def test_guessing_codes_must_wait(app, now):
    officer = make_officer()
    for _ in range(5):
        with pytest.raises(second_factor.WrongCode):
            half(officer, now, "000000")

    with pytest.raises(throttle.TooManyAttempts):
        half(officer, now, code_at(officer, now))


def test_the_password_waits_ten_minutes_for_its_code(app, now):
    officer = make_officer()

    with pytest.raises(second_factor.SignInAgain):
        half(officer, now, code_at(officer, now), password_at=now - timedelta(minutes=10, seconds=1))


def test_a_half_sign_in_dies_with_the_sessions(app, now):
    officer = make_officer()
    identity = officer.get_id()
    services.end_all_sessions(person=officer, actor=officer, now=now)

    with pytest.raises(second_factor.SignInAgain):
        second_factor.finish_sign_in(
            identity=identity, password_at=now, code=code_at(officer, now), device="", remember=False, now=now
        )


def test_a_made_up_identity_signs_nobody_in(app, now):
    for identity in ["", "x", "1", ".", "999999.0", "-1.0", "1.0.0", "９.0", "9" * 30 + ".0"]:
        with pytest.raises(second_factor.SignInAgain):
            second_factor.finish_sign_in(
                identity=identity, password_at=now, code="000000", device="", remember=False, now=now
            )


def test_turning_on_needs_a_code_of_the_shown_secret(app, now):
    person, secret = make_person(), second_factor.new_secret()

    with pytest.raises(second_factor.WrongCode):
        second_factor.turn_on(actor=person, secret=secret, code="000000", now=now)
    assert queries.get(person.id).totp_confirmed_at is None

    codes = second_factor.turn_on(actor=person, secret=secret, code=pyotp.TOTP(secret).at(now), now=now)

    assert len(set(codes)) == 8
    assert queries.recovery_codes_left(person_id=person.id) == 8
    assert queries.get(person.id).totp_secret == secret


def test_the_code_that_turned_it_on_does_not_sign_in(app, now):
    person, secret = make_person(), second_factor.new_secret()
    code = pyotp.TOTP(secret).at(now)
    second_factor.turn_on(actor=person, secret=secret, code=code, now=now)

    with pytest.raises(second_factor.WrongCode):
        half(person, now, code)


def test_a_confirmed_device_is_not_replaced_by_another(app, now):
    officer, secret = make_officer(), second_factor.new_secret()
    before = officer.totp_secret

    with pytest.raises(Conflict):
        second_factor.turn_on(actor=officer, secret=secret, code=pyotp.TOTP(secret).at(now), now=now)

    assert queries.get(officer.id).totp_secret == before


def test_a_recovery_code_works_once_in_any_spelling(app, now):
    officer = make_officer()
    codes = second_factor.renew_recovery_codes(actor=officer, code=code_at(officer, now), now=now)

    half(officer, now, f" {codes[0].upper().replace('-', ' ')} ")

    with pytest.raises(second_factor.WrongCode):
        half(officer, now, codes[0])
    assert queries.recovery_codes_left(person_id=officer.id) == 7


def test_new_recovery_codes_void_the_old_and_another_persons_do_not_fit(app, now):
    officer, other = make_officer(), make_officer()
    old = second_factor.renew_recovery_codes(actor=officer, code=code_at(officer, now), now=now)
    later = now + timedelta(seconds=60)
    second_factor.renew_recovery_codes(actor=officer, code=code_at(officer, later), now=later)
    theirs = second_factor.renew_recovery_codes(actor=other, code=code_at(other, now), now=now)

    for code in (old[0], theirs[0]):
        with pytest.raises(second_factor.WrongCode):
            half(officer, later, code)


def test_only_an_operator_or_the_console_forgets_a_lost_device(app, now):
    officer = make_officer()
    for actor in (make_person(), make_officer()):
        with pytest.raises(Forbidden):
            second_factor.reset(actor=actor, person=officer, now=now)

    second_factor.reset(actor=make_operator(), person=officer, now=now)

    assert queries.get(officer.id).totp_confirmed_at is None


def test_one_code_used_twice_at_once_enters_once(app, now):
    officer = make_officer()
    code, identity, outcomes, start = code_at(officer, now), officer.get_id(), [], threading.Barrier(4)

    def one():
        with app.app_context():
            start.wait()
            try:
                second_factor.finish_sign_in(
                    identity=identity, password_at=now, code=code, device="", remember=False, now=now
                )
                outcomes.append("in")
            except second_factor.WrongCode:
                outcomes.append("refused")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["in", "refused", "refused", "refused"]
