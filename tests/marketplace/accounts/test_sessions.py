"""Sessions: one statement to load, ended one by one or everywhere, never another person's."""

from datetime import timedelta

import pytest

from marketplace.accounts import queries, services
from marketplace.accounts.models import Person
from marketplace.accounts.passwords import digest
from marketplace.database import db
from marketplace.errors import NotFound
from tests.factories.accounts import make_officer, make_person
from tests.statements import counted


def opened(person, now):
    return services.open_session(person=person, device="Android · Chrome", remember=True, now=now)


def load(person, key, now):
    return queries.session_person(identity=person.get_id(), key=key, now=now)


def test_person_and_roles_come_in_one_statement(app, now):
    officer = make_officer()
    identity, key = officer.get_id(), opened(officer, now)
    db.session.expunge_all()

    with counted() as statements:
        loaded = queries.session_person(identity=identity, key=key, now=now)
        assert loaded.has_role("officer")

    assert len(statements) == 1


def test_the_table_keeps_only_a_hash_of_the_key(app, now):
    person = make_person()
    key = opened(person, now)

    rows = db.session.connection().exec_driver_sql("SELECT * FROM sign_in_session").all()

    assert key not in str(rows)
    assert digest(key) in str(rows)


def test_a_key_fits_only_its_own_person(app, now):
    one, other = make_person(), make_person()

    assert load(other, opened(one, now), now) is None


def test_a_made_up_identity_or_key_is_nobody(app, now):
    person = make_person()
    key = opened(person, now)

    for identity in (
        "",
        ".",
        "1",
        f"{person.id}",
        f"{person.id}.1",
        f"-{person.id}.0",
        f"{person.id}.0.0",
        "９.0",
        "9" * 40 + ".0",
    ):
        assert queries.session_person(identity=identity, key=key, now=now) is None
    for wrong in ("", key[:-1], key + "a", "\x00", "\ud800"):
        assert load(person, wrong, now) is None


def test_ending_everywhere_ends_what_was_open_and_nothing_later(app, now):
    person, other = make_person(), make_person()
    mine, theirs, before = opened(person, now), opened(other, now), person.get_id()

    services.end_all_sessions(person=person, actor=person, now=now)

    assert queries.session_person(identity=before, key=mine, now=now) is None
    assert load(person, mine, now) is None
    assert load(other, theirs, now).id == other.id
    assert load(person, opened(person, now), now).id == person.id


def test_one_device_is_ended_and_the_others_stay(app, now):
    person = make_person()
    phone, computer = opened(person, now), opened(person, now)
    row = next(row for row in queries.live_sessions(person_id=person.id, key=computer, now=now) if not row.current)

    services.end_one_session(actor=person, session_id=row.id, now=now)

    assert load(person, phone, now) is None
    assert load(person, computer, now).id == person.id


def test_another_persons_device_is_not_found(app, now):
    person, thief = make_person(), make_person()
    key = opened(person, now)
    row = queries.live_sessions(person_id=person.id, key=key, now=now)[0]

    with pytest.raises(NotFound):
        services.end_one_session(actor=thief, session_id=row.id, now=now)

    assert load(person, key, now).id == person.id


def test_long_ended_sessions_are_deleted_by_the_daily_job(app, now):
    opened(make_person(), now)

    assert services.tidy(now + timedelta(days=119)) == 0
    assert services.tidy(now + timedelta(days=121)) == 1


def test_the_session_identity_carries_the_epoch(app, now):
    assert Person(id=7, session_epoch=3).get_id() == "7.3"
