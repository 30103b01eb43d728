"""Certificates: what is refused, who checks, and that they expire by themselves on a Vietnamese day."""

import io
from datetime import UTC, date, datetime

import pytest

from marketplace.database import db
from marketplace.errors import Forbidden, NotFound
from marketplace.mail import OutboxMessage
from marketplace.sellers import queries, services
from marketplace.sellers.models import Certificate
from marketplace.sellers.services import certificates as verbs
from marketplace.sellers.services.access import OtherArea, OwnSeller, ReasonMissing, StateChanged
from tests.factories.accounts import make_officer, make_person
from tests.factories.places import any_place
from tests.factories.sellers import make_certificate, make_member, make_seller
from tests.marketplace.sellers.conftest import PDF

GOOD = {
    "kind": "vietgap",
    "number": "VietGAP-TT-13-09-68-0096",
    "issuer": "Trung tâm vùng 6",
    "scope": "Rau, 2 ha",
    "valid_from": date(2026, 6, 1),
    "valid_to": date(2028, 5, 31),
}
FORM = {**GOOD, "valid_from": "2026-06-01", "valid_to": "31/05/2028", "stars": ""}


@pytest.fixture
def boss(app):
    return make_person()


@pytest.fixture
def shop(boss):
    return make_seller(owner=boss)


def declare(boss, shop, now, **changed):
    details = services.CertificateDetails(**{**GOOD, **changed})
    return services.add_certificate(actor=boss, seller_id=shop.id, details=details, paper=None, now=now)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"kind": "gold"}, verbs.CertificateKindUnknown),
        ({"number": ""}, verbs.CertificateTextMissing),
        ({"issuer": "x" * 300}, verbs.CertificateTextMissing),
        ({"valid_to": date(2026, 5, 31)}, verbs.PeriodBackwards),
        ({"valid_from": date(2025, 1, 1), "valid_to": date(2026, 11, 21)}, verbs.AlreadyExpired),
        ({"valid_to": date(2031, 6, 2)}, verbs.PeriodTooLong),
        ({"kind": "ocop"}, verbs.StarsWrong),
        ({"kind": "ocop", "stars": 2}, verbs.StarsWrong),
        ({"stars": 4}, verbs.StarsWrong),
    ],
)
def test_a_certificate_that_cannot_be_right_is_refused(boss, shop, now, changed, error):
    with pytest.raises(error):
        declare(boss, shop, now, **changed)

    assert db.session.query(Certificate).count() == 0


def test_exactly_five_years_are_allowed(boss, shop, now):
    declare(boss, shop, now, valid_to=date(2031, 6, 1))

    assert db.session.query(Certificate).one().valid_to == date(2031, 6, 1)


def test_ocop_carries_its_stars(boss, shop, now):
    declare(boss, shop, now, kind="ocop", stars=4)

    assert queries.certificates(shop.id, day=date(2026, 11, 22))[0].stars == 4


def test_the_same_number_is_declared_once_per_seller(boss, shop, now):
    declare(boss, shop, now)

    with pytest.raises(verbs.CertificateTwice):
        declare(boss, shop, now)
    declare(make_member(other := make_seller(), role="owner"), other, now)

    assert db.session.query(Certificate).count() == 2


def test_a_certificate_is_in_force_from_its_first_to_its_last_day_and_expires_by_itself(shop):
    certificate = make_certificate(shop, valid_from=date(2026, 1, 1), valid_to=date(2026, 11, 22))

    def in_force(day):
        return [c.id for c in queries.certificates_valid_on(seller_ids=[shop.id], day=day).get(shop.id, [])]

    assert in_force(date(2025, 12, 31)) == []
    assert in_force(date(2026, 1, 1)) == in_force(date(2026, 11, 22)) == [certificate.id]
    assert in_force(date(2026, 11, 23)) == []


def test_a_day_is_counted_in_vietnam_when_a_certificate_is_declared(boss, shop):
    last_minute = datetime(2026, 11, 22, 16, 59, tzinfo=UTC)  # 23:59 on the 22nd in Vietnam
    declare(boss, shop, last_minute, number="A", valid_to=date(2026, 11, 22))

    with pytest.raises(verbs.AlreadyExpired):
        declare(boss, shop, last_minute.replace(hour=17, minute=0), number="B", valid_to=date(2026, 11, 22))


def test_an_officer_checks_it_and_the_page_says_by_whom(boss, shop, now):
    certificate_id = declare(boss, shop, now)
    officer = make_officer(full_name="Trần Thị Kiểm")

    services.check_certificate(actor=officer, seller_id=shop.id, certificate_id=certificate_id, now=now)

    row = queries.certificates(shop.id, day=date(2026, 11, 22))[0]
    assert (row.state, row.checked_by, row.checked_at) == ("checked", "Trần Thị Kiểm", now)
    with pytest.raises(StateChanged):
        services.check_certificate(actor=make_officer(), seller_id=shop.id, certificate_id=certificate_id, now=now)


def test_an_inspector_may_check_too(boss, shop, now):
    certificate_id = declare(boss, shop, now)

    services.check_certificate(
        actor=make_person(roles=("inspector",)), seller_id=shop.id, certificate_id=certificate_id, now=now
    )

    assert queries.certificates(shop.id, day=date(2026, 11, 22))[0].state == "checked"


def test_nobody_checks_in_another_area_or_for_the_own_shop_or_without_the_role(boss, now):
    shop = make_seller(owner=boss, place=any_place())
    certificate_id = declare(boss, shop, now)
    member = make_member(shop, person=make_officer(), role="packer")

    for actor, error in ((make_officer(area="hau-giang"), OtherArea), (member, OwnSeller), (make_person(), OtherArea)):
        with pytest.raises(error):
            services.check_certificate(actor=actor, seller_id=shop.id, certificate_id=certificate_id, now=now)


def test_a_revoked_certificate_is_off_every_page_and_the_seller_reads_why(boss, shop, now):
    certificate_id = declare(boss, shop, now)
    named = {"actor": make_officer(), "seller_id": shop.id, "certificate_id": certificate_id, "now": now}
    with pytest.raises(ReasonMissing):
        services.revoke_certificate(reason=" ", **named)

    services.revoke_certificate(reason="Nơi cấp báo đã thu hồi", **named)

    assert queries.certificates_valid_on(seller_ids=[shop.id], day=date(2026, 11, 22)) == {}
    assert "Nơi cấp báo đã thu hồi" in db.session.query(OutboxMessage).one().body


def test_a_checked_certificate_is_not_changed_any_more(boss, shop, now):
    certificate = make_certificate(shop, checked_at=now, checked_by_id=boss.id)

    with pytest.raises(StateChanged):
        services.update_certificate(
            actor=boss,
            seller_id=shop.id,
            certificate_id=certificate.id,
            details=services.CertificateDetails(**GOOD),
            paper=None,
            now=now,
        )


def test_only_owner_and_manager_declare(shop, now):
    with pytest.raises(Forbidden):
        declare(make_member(shop, role="diary"), shop, now)
    with pytest.raises(NotFound):
        declare(make_person(), shop, now)


def test_the_page_takes_a_certificate_with_its_file_and_corrects_it(browser, seller):
    browser.open("/kenh-ban/chung-nhan/moi")
    browser.submit({**FORM, "file": (io.BytesIO(PDF), "vg.pdf")}, form="form[enctype]", follow=True)
    row = db.session.query(Certificate).one()
    assert browser.client.get(f"/kenh-ban/chung-nhan/{row.id}/tep").data == PDF

    browser.open(f"/kenh-ban/chung-nhan/{row.id}/sua")
    browser.submit({"scope": "Rau, 3 ha"}, form="form[enctype]", follow=True)

    assert db.session.query(Certificate.scope).scalar() == "Rau, 3 ha"
    assert "Rau, 3 ha" in browser.text()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"number": ""}, "number"),
        ({"issuer": "x" * 5000}, "issuer"),
        ({"kind": "gold"}, "kind"),
        ({"valid_to": "31/02/2027"}, "valid_to"),
        ({"valid_to": "2026-01-01"}, "valid_to"),
        ({"valid_from": "9" * 900}, "valid_from"),
        ({"stars": "6"}, "stars"),
        ({"stars": "4"}, "stars"),
        ({"file": (io.BytesIO(b"MZ\x90"), "a.pdf")}, "file"),
    ],
)
def test_a_bad_value_is_named_at_its_field_and_nothing_is_kept(browser, seller, changed, field):
    if "file" in changed:
        changed = {"file": (io.BytesIO(b"MZ\x90"), "a.pdf")}  # a fresh stream: each engine reads it once
    browser.open("/kenh-ban/chung-nhan/moi")
    browser.submit({**FORM, **changed}, form="form[enctype]", expect=422)

    assert browser.page.select_one(f"#{field}-error").get_text(strip=True)
    assert db.session.query(Certificate).count() == 0
