"""Waiting after wrong guesses: per account, per address, and in parallel."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.accounts import services
from marketplace.accounts.models import SignInThrottle
from marketplace.accounts.services import throttle
from marketplace.accounts.services.sign_in import BadCredentials
from marketplace.database import db
from tests.factories.accounts import PASSWORD, make_person

WRONG = "sai mật khẩu"


def guess(now, login="0912345678", password=WRONG, address="203.113.1.9"):
    return services.sign_in(login=login, password=password, address=address, device="", remember=False, now=now)


def wrong(now, times, **given):
    for _ in range(times):
        with pytest.raises(BadCredentials):
            guess(now, **given)


def waits(now, **given):
    with pytest.raises(throttle.TooManyAttempts) as refused:
        guess(now, **given)
    return refused.value.seconds


def test_five_guesses_are_free_then_each_wait_is_twice_as_long(app, now):
    make_person(phone="+84912345678")
    wrong(now, 5)
    seen = []

    for _ in range(6):
        seconds = waits(now)
        seen.append(seconds)
        now += timedelta(seconds=seconds)
        wrong(now, 1)

    assert seen == [30, 60, 120, 240, 480, 900]


def test_the_right_password_must_wait_too(app, now):
    make_person(phone="+84912345678")
    wrong(now, 5)

    assert waits(now, password=PASSWORD) == 30
    assert guess(now + timedelta(seconds=30), password=PASSWORD).key


def test_the_wait_is_said_in_plain_words():
    assert (
        throttle.TooManyAttempts(seconds=30).render(str) == "Bạn đã thử sai nhiều lần. Mời bạn đợi 30 giây rồi thử lại."
    )
    assert (
        throttle.TooManyAttempts(seconds=61).render(str) == "Bạn đã thử sai nhiều lần. Mời bạn đợi 2 phút rồi thử lại."
    )


def test_a_success_clears_the_count_of_the_account(app, now):
    make_person(phone="+84912345678")
    wrong(now, 4)
    guess(now, password=PASSWORD)

    wrong(now, 4)


def test_an_unknown_account_waits_like_a_known_one(app, now):
    wrong(now, 5, login="0987654321")

    assert waits(now, login="0987654321") == 30


def test_another_spelling_of_the_number_is_the_same_account(app, now):
    wrong(now, 3)
    wrong(now, 2, login="+84 912 345 678")

    assert waits(now, login="0912.345.678") == 30


def test_fifty_accounts_tried_from_one_address_make_the_address_wait(app, now):
    for number in range(50):
        wrong(now, 1, login=f"09870000{number:02d}")

    assert waits(now, login="0911111111") == 30
    wrong(now, 1, login="0911111111", address="203.113.1.10")


def test_addresses_of_one_ipv6_subscriber_count_as_one():
    assert throttle.address_key("2402:800:1:2:3::1") == throttle.address_key("2402:800:1:2:ffff::9")
    assert throttle.address_key("2402:800:1:2::1") != throttle.address_key("2402:800:1:3::1")
    assert throttle.address_key("no address") != throttle.address_key("")


def test_a_success_gives_the_shared_address_its_attempt_back(app, now):
    make_person(phone="+84912345678")
    for _ in range(60):
        guess(now, password=PASSWORD)

    counts = dict(db.session.execute(select(SignInThrottle.key, SignInThrottle.failures)).all())
    assert list(counts.values()) == [0]


def test_a_day_without_guesses_is_forgotten(app, now):
    wrong(now, 4)

    wrong(now + timedelta(hours=25), 4)


def test_old_counts_are_deleted_by_the_daily_job(app, now):
    wrong(now, 1)

    assert services.tidy(now + timedelta(hours=25)) == 2
    assert db.session.execute(select(SignInThrottle)).all() == []


def test_no_login_or_address_is_kept_in_clear(app, now):
    wrong(now, 1, login="0987654321")

    keys = " ".join(db.session.execute(select(SignInThrottle.key)).scalars())
    assert "987654321" not in keys
    assert "203.113" not in keys


def test_parallel_guesses_do_not_get_more_than_the_free_ones(app, now):
    make_person(phone="+84912345678")
    outcomes, start = [], threading.Barrier(12)

    def one():
        with app.app_context():
            start.wait()
            try:
                guess(now)
            except Exception as error:
                outcomes.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(set(outcomes)) == ["BadCredentials", "TooManyAttempts"]
    assert outcomes.count("BadCredentials") == 5
