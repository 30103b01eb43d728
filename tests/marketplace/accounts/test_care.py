"""Consents, roles, language, own data, closing an account."""

import json

import pytest
from sqlalchemy import func, select

from marketplace.accounts import policies, queries, services
from marketplace.accounts.models import Consent, Person, RoleGrant
from marketplace.accounts.services import care
from marketplace.accounts.services.sign_in import BadCredentials, WrongPassword
from marketplace.database import db
from marketplace.errors import DomainError, Forbidden
from tests.factories.accounts import PASSWORD, make_helper, make_officer, make_operator, make_person


def test_a_consent_is_taken_back_as_easily_as_given_and_both_stay_on_record(app, now):
    person = make_person()

    services.give_consent(actor=person, purpose="contact", now=now)
    services.give_consent(actor=person, purpose="contact", now=now)
    assert queries.has_consent(person_id=person.id, purpose="contact")
    services.withdraw_consent(actor=person, purpose="contact", now=now)
    services.withdraw_consent(actor=person, purpose="contact", now=now)

    assert not queries.has_consent(person_id=person.id, purpose="contact")
    assert [(row.given_at, row.withdrawn_at) for row in queries.consents(person_id=person.id)] == [(now, now)]
    assert [event.kind for event in queries.history(person_id=person.id)] == ["consent-withdrawn", "consent-given"]


def test_the_consent_of_the_account_itself_ends_only_with_the_account(app, now):
    person = make_person()

    with pytest.raises(care.AccountNeedsConsent):
        services.withdraw_consent(actor=person, purpose="account", now=now)


def test_unknown_purposes_and_languages_are_refused(app, now):
    person = make_person()

    for purpose in ("", "everything", "\x00"):
        with pytest.raises(DomainError):
            services.give_consent(actor=person, purpose=purpose, now=now)
        with pytest.raises(DomainError):
            services.withdraw_consent(actor=person, purpose=purpose, now=now)
    with pytest.raises(DomainError):
        services.choose_language(actor=person, locale="fr")


def test_one_persons_withdrawal_leaves_the_others_alone(app, now):
    one, other = make_person(), make_person()
    for person in (one, other):
        services.give_consent(actor=person, purpose="contact", now=now)

    services.withdraw_consent(actor=one, purpose="contact", now=now)

    assert queries.has_consent(person_id=other.id, purpose="contact")


def test_roles_are_granted_by_the_console_or_an_operator_only(app, now):
    person = make_person()
    for actor in (make_person(), make_officer(), make_helper(), person):
        with pytest.raises(Forbidden):
            services.grant_role(actor=actor, person=person, role="officer", now=now)

    services.grant_role(actor=None, person=person, role="officer", area="hau-giang", now=now)
    services.grant_role(actor=make_operator(), person=person, role="inspector", now=now)

    assert person.has_role("officer")
    assert person.has_role("inspector")
    assert policies.in_area(person, "officer", "hau-giang")
    assert not policies.in_area(person, "officer", "can-tho")
    assert policies.in_area(person, "inspector", "can-tho")


def test_granting_the_same_again_changes_nothing_and_another_area_replaces(app, now):
    person = make_person()

    for area in (None, None, "soc-trang"):
        services.grant_role(actor=None, person=person, role="officer", area=area, now=now)

    live = db.session.execute(
        select(RoleGrant.area).where(RoleGrant.person_id == person.id, RoleGrant.revoked_at.is_(None))
    ).scalars()
    assert list(live) == ["soc-trang"]
    assert (
        db.session.execute(
            select(func.count()).select_from(RoleGrant).where(RoleGrant.person_id == person.id)
        ).scalar_one()
        == 2
    )


def test_an_unknown_role_or_area_is_a_programming_error(app, now):
    for given in ({"role": "admin"}, {"role": "officer", "area": "ha-noi"}):
        with pytest.raises(ValueError, match="unknown"):
            services.grant_role(actor=None, person=make_person(), now=now, **given)


def test_a_revoked_role_is_gone_with_the_next_request(app, now):
    officer = make_officer()
    key = services.open_session(person=officer, device="", remember=False, now=now)

    services.revoke_role(actor=None, person=officer, role="officer", now=now)

    assert not queries.session_person(identity=officer.get_id(), key=key, now=now).has_role("officer")


def test_a_closed_account_ends_sessions_roles_and_consents(app, now):
    person = make_person(phone="+84912345678", roles=("helper",))
    services.give_consent(actor=person, purpose="contact", now=now)
    identity, key = person.get_id(), services.open_session(person=person, device="", remember=True, now=now)

    services.close_account(actor=person, password=PASSWORD, now=now)

    assert queries.session_person(identity=identity, key=key, now=now) is None
    assert db.session.execute(select(Consent.id).where(Consent.withdrawn_at.is_(None))).first() is None
    assert db.session.execute(select(RoleGrant.id).where(RoleGrant.revoked_at.is_(None))).first() is None
    with pytest.raises(BadCredentials):
        services.sign_in(login="0912345678", password=PASSWORD, address="1.1.1.1", device="", remember=False, now=now)


def test_closing_needs_the_password_and_others_need_to_be_operators(app, now):
    person = make_person()

    with pytest.raises(WrongPassword):
        services.close_account(actor=person, password="sai rồi nhé", now=now)
    for actor in (make_person(), make_officer()):
        with pytest.raises(Forbidden):
            services.deactivate(actor=actor, person=person, now=now)
    assert queries.get(person.id).is_active

    services.deactivate(actor=make_operator(), person=person, now=now)
    assert not queries.get(person.id).is_active


def test_own_data_is_complete_serialisable_and_holds_no_secret(app, now):
    officer = make_officer(full_name="Lê Văn Tám")
    services.give_consent(actor=officer, purpose="contact", now=now)

    text = json.dumps(queries.own_data(person=officer), ensure_ascii=False)

    assert "Lê Văn Tám" in text
    assert '"contact"' in text
    assert '"officer"' in text
    assert officer.password_hash not in text
    assert officer.totp_secret not in text


def test_a_new_name_is_kept(app, now):
    person = make_person()

    services.rename(actor=person, full_name="Nguyễn Thị Sáu Nhỏ")

    assert (
        db.session.execute(select(Person.full_name).where(Person.id == person.id)).scalar_one() == "Nguyễn Thị Sáu Nhỏ"
    )
