"""Opening accounts, alone or with help."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.accounts import queries, services
from marketplace.accounts.consents import TEXTS
from marketplace.accounts.models import Consent, Person
from marketplace.accounts.services import registration
from marketplace.accounts.services.sign_in import BadCredentials, SlipExpired
from marketplace.database import db
from marketplace.errors import Forbidden
from tests.factories.accounts import PASSWORD, make_helper, make_officer, make_person


def open_account(now, **given):
    values = {
        "full_name": "Nguyễn Thị Sáu",
        "login": "0912 345 678",
        "password": PASSWORD,
        "consents": ["account"],
        "now": now,
        **given,
    }
    return services.register(**values)


def people():
    return db.session.execute(select(func.count()).select_from(Person)).scalar_one()


def test_an_account_keeps_the_number_in_one_form_and_no_password(app, now):
    person = open_account(now)

    assert (person.phone, person.email) == ("+84912345678", None)
    assert PASSWORD not in person.password_hash
    assert not person.must_change_password


def test_each_consent_is_recorded_with_version_channel_time_and_recorder(app, now):
    person = open_account(now, consents=["account", "contact"])

    rows = queries.consents(person_id=person.id)
    assert {row.purpose for row in rows} == {"account", "contact"}
    assert {(row.text_version, row.channel, row.recorded_by, row.given_at, row.withdrawn_at) for row in rows} == {
        (TEXTS["account"].version, "web", "Nguyễn Thị Sáu", now, None)
    }
    assert not queries.has_consent(person_id=person.id, purpose="seller-profile")


REFUSED = [
    ({"consents": []}, registration.ConsentMissing),
    ({"consents": ["contact"]}, registration.ConsentMissing),
    ({"login": "abc"}, registration.UnreadableLogin),
    ({"password": "ngắn"}, registration.PasswordLength),
    ({"password": "x" * 129}, registration.PasswordLength),
    ({"password": "matkhau123"}, registration.EasyPassword),
    ({"password": "0912345678"}, registration.EasyPassword),
    ({"password": "nguyễn thị sáu"}, registration.EasyPassword),
    ({"consents": ["account", "everything"]}, ValueError),
]


def test_a_refused_registration_leaves_nothing(app, now):
    for given, error in REFUSED:
        with pytest.raises(error):
            open_account(now, **given)

    assert people() == 0
    assert db.session.execute(select(func.count()).select_from(Consent)).scalar_one() == 0


def test_the_same_number_in_another_spelling_is_the_same_person(app, now):
    open_account(now)

    with pytest.raises(registration.AlreadyRegistered):
        open_account(now, login="+84 912.345.678")
    assert people() == 1


def test_the_text_of_a_consent_changes_only_with_its_version():
    """A row proves which text was agreed to only while (purpose, version) names one text."""
    assert {purpose: (text.version, str(text.text)) for purpose, text in TEXTS.items()} == {
        "account": (
            "2026-11-22",
            "Tôi đồng ý cho sàn lưu họ tên và số điện thoại hoặc e-mail của tôi để mở tài khoản, đăng nhập "
            "và báo tin về đơn hàng.",
        ),
        "seller-profile": (
            "2026-11-22",
            "Tôi đồng ý cho hiện họ tên, xã hoặc phường và số điện thoại của tôi trên trang bán hàng "
            "và trang truy xuất nguồn gốc.",
        ),
        "contact": (
            "2026-11-22",
            "Tôi đồng ý nhận tin về lớp tập huấn, hội chợ và chương trình hỗ trợ nhà nông của thành phố "
            "qua điện thoại hoặc e-mail.",
        ),
    }


def assist(actor, now, **given):
    values = {
        "full_name": "Trần Văn Bảy",
        "login": "0987 111 222",
        "consents": ["account", "seller-profile"],
        "channel": "assisted-in-person",
        "note": "tại nhà văn hóa ấp",
        "now": now,
        **given,
    }
    return services.register_assisted(actor=actor, **values)


@pytest.mark.parametrize("make", [make_officer, make_helper])
def test_officers_and_helpers_enter_a_farmer_and_get_a_slip(app, now, make):
    actor = make()

    slip = assist(actor, now)

    rows = queries.consents(person_id=slip.person.id)
    assert {(row.purpose, row.recorded_by, row.channel, row.note) for row in rows} == {
        ("account", actor.full_name, "assisted-in-person", "tại nhà văn hóa ấp"),
        ("seller-profile", actor.full_name, "assisted-in-person", "tại nhà văn hóa ấp"),
    }
    assert slip.person.must_change_password
    assert slip.valid_until == now + timedelta(days=14)
    outcome = services.sign_in(
        login=slip.login, password=slip.password, address="1.2.3.4", device="", remember=False, now=now
    )
    assert outcome.person.id == slip.person.id


def test_nobody_else_registers_for_others(app, now):
    for actor in (make_person(), make_person(roles=("inspector",)), make_person(roles=("operator",))):
        with pytest.raises(Forbidden):
            assist(actor, now)


def test_a_slip_nobody_used_stops_working(app, now):
    slip = assist(make_officer(), now)

    with pytest.raises(SlipExpired):
        services.sign_in(
            login=slip.login,
            password=slip.password,
            address="1.2.3.4",
            device="",
            remember=False,
            now=now + timedelta(days=14, seconds=1),
        )


def test_a_new_slip_ends_the_old_password_and_every_session(app, now):
    person = make_person(phone="+84987111222")
    key = services.open_session(person=person, device="", remember=True, now=now)
    identity = person.get_id()

    slip = services.reissue_password(actor=make_officer(), login="0987 111 222", now=now)

    assert queries.session_person(identity=identity, key=key, now=now) is None
    with pytest.raises(BadCredentials):
        services.sign_in(login=slip.login, password=PASSWORD, address="1.2.3.4", device="", remember=False, now=now)
    assert [event.kind for event in queries.history(person_id=person.id)] == ["password-reissued", "sessions-ended"]


def test_a_new_slip_is_not_for_people_with_duties_nor_oneself_nor_by_helpers(app, now):
    officer, other = make_officer(phone="+84987000001"), make_officer(phone="+84987000002")
    make_person(phone="+84987000003")

    for login in ("0987000001", "0987000002"):
        with pytest.raises(registration.NotYourRegistrant):
            services.reissue_password(actor=officer, login=login, now=now)
    with pytest.raises(registration.UnknownLogin):
        services.reissue_password(actor=officer, login="0987999999", now=now)
    with pytest.raises(Forbidden):
        services.reissue_password(actor=make_helper(), login="0987000003", now=now)
    assert not other.must_change_password
