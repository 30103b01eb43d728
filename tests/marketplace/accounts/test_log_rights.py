"""The inspector's right to correct: in the log together with the role, under a name that says nothing."""

from datetime import timedelta

import pytest

from marketplace import provenance
from marketplace.accounts import services
from marketplace.accounts.models import RoleGrant
from marketplace.database import db, transaction
from marketplace.errors import Forbidden
from tests.factories.accounts import make_operator, make_person
from traceability.canonical.types import GRANT, REVOKE


def rights():
    """(type, name) of every grant and revoke in the log."""
    log, connection = provenance.site.the_log(), db.session.connection()
    records = (log.find(connection, row.id) for row in log.storage.sealed(connection, 0, 10_000))
    return [(found.entry.type, found.entry.event["to"]) for found in records if found.entry.type in (GRANT, REVOKE)]


def grant(person, now, role="inspector", area=None):
    services.grant_role(actor=make_operator(), person=person, role=role, area=area, now=now)


def live_name(person):
    return db.session.query(RoleGrant.log_name).filter_by(person_id=person.id, role="inspector", revoked_at=None).scalar()


def test_giving_the_role_grants_the_right_to_a_random_name(app, now):
    person = make_person(full_name="Trần Văn Kiểm")
    grant(person, now)

    assert rights() == [(GRANT, live_name(person))]
    assert live_name(person).startswith("alias:")
    assert db.session.query(RoleGrant.granted_by_id).filter_by(person_id=person.id).scalar() is not None
    assert provenance.check().sound


@pytest.mark.parametrize("role", ["officer", "helper", "operator"])
def test_other_roles_have_no_right_in_the_log(app, now, role):
    grant(make_person(), now, role)

    assert rights() == []


def test_the_right_ends_with_the_role_and_is_never_given_to_the_same_name_again(app, now):
    person = make_person()
    grant(person, now)
    first = live_name(person)
    services.revoke_role(actor=make_operator(), person=person, role="inspector", now=now)
    services.revoke_role(actor=make_operator(), person=person, role="inspector", now=now)
    grant(person, now)
    second = live_name(person)

    assert rights() == [(GRANT, first), (REVOKE, first), (GRANT, second)]
    assert first != second
    assert provenance.check().sound


def test_another_area_is_another_right_and_a_closed_account_has_none(app, now):
    person = make_person()
    grant(person, now)
    first = live_name(person)
    grant(person, now, area="soc-trang")
    second = live_name(person)
    services.deactivate(actor=None, person=person, now=now)

    assert rights() == [(GRANT, first), (REVOKE, first), (GRANT, second), (REVOKE, second)]


def test_ending_another_role_leaves_the_right(app, now):
    person = make_person(roles=("helper",))
    grant(person, now)
    services.revoke_role(actor=make_operator(), person=person, role="helper", now=now)

    assert [kind for kind, _name in rights()] == [GRANT]


def test_a_role_older_than_the_log_gets_its_right_when_it_is_first_used(app, now):
    person = make_person(roles=("inspector",))
    with transaction():
        first = services.certifier_name(person=person, now=now)
    with transaction():
        again = services.certifier_name(person=person, now=now)

    assert first == again == live_name(person)
    assert rights() == [(GRANT, first)]


def test_each_year_has_another_name_and_all_of_last_years_end_together(app, now):
    first, second = make_person(), make_person()
    for person in (first, second):
        grant(person, now)
    old = {live_name(first), live_name(second)}
    later = now + timedelta(days=365)
    with transaction():
        assert services.certifier_name(person=first, now=now + timedelta(days=30)) in old
        new = services.certifier_name(person=first, now=later)
    with transaction():
        other = services.certifier_name(person=second, now=later)
        assert services.certifier_name(person=first, now=later) == new
    assert {kind for kind, name in rights() if name in old} == {GRANT, REVOKE}
    assert rights()[2:] == [*((REVOKE, name) for name in sorted(old)), (GRANT, new), (GRANT, other)]
    assert len(old | {new, other}) == 4
    assert {row.log_name for row in db.session.query(RoleGrant)} >= {new, other}
    assert old.isdisjoint({row.log_name for row in db.session.query(RoleGrant)})
    assert provenance.check().sound


def test_nobody_without_the_role_has_a_name(app, now):
    with pytest.raises(Forbidden), transaction():
        services.certifier_name(person=make_person(roles=("helper",)), now=now)
