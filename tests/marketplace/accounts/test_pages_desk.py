"""Registering others and new slips: who may, what is recorded, what is printed once."""

import pytest
from sqlalchemy import func, select

from marketplace.accounts import queries, services
from marketplace.accounts.models import Person
from marketplace.database import db, utcnow
from tests.factories.accounts import make_helper, make_officer, make_operator, make_person, sign_in

SEVEN = {
    "full_name": "Trần Văn Bảy",
    "login": "0987 111 222",
    "account": "y",
    "seller_profile": "y",
    "channel": "assisted-in-person",
    "note": "tại nhà văn hóa ấp",
}


def test_a_helper_enters_a_farmer_and_prints_the_slip_that_works_once(browser, client):
    helper = make_helper(full_name="Lê Thị Út")
    sign_in(client, helper)
    browser.open("/quan-ly/dang-ky-ho")
    assert not browser.page.select("main input[checked]"), "nothing may be ticked beforehand"

    browser.submit(SEVEN, form="main form", expect=200)

    password = browser.page.select("main dd")[2].get_text(strip=True)
    assert browser.response.headers["Cache-Control"] == "no-store"
    person = queries.by_login("+84987111222")
    assert {row.recorded_by for row in queries.consents(person_id=person.id)} == {"Lê Thị Út"}
    outcome = services.sign_in(
        login="0987111222", password=password, address="1.1.1.1", device="", remember=False, now=utcnow()
    )
    assert outcome.person.id == person.id


BAD_ENTRIES = [
    ({"account": ""}, "account"),
    ({"channel": ""}, "channel"),
    ({"channel": "telepathy"}, "channel"),
    ({"full_name": ""}, "full_name"),
    ({"full_name": "x" * 50_000}, "full_name"),
    ({"login": "123"}, "login"),
    ({"login": "\x00"}, "login"),
    ({"note": "x" * 501}, "note"),
]


def test_a_bad_entry_is_said_at_the_field_and_opens_nothing(browser, client):
    sign_in(client, make_helper())
    for change, field in BAD_ENTRIES:
        browser.open("/quan-ly/dang-ky-ho")

        browser.submit({**SEVEN, **change}, form="main form", expect=422)

        assert browser.page.select_one(f"#{field}-error"), change
    assert db.session.execute(select(func.count()).select_from(Person)).scalar_one() == 1


def test_a_second_press_finds_the_account_open_already(browser, client):
    sign_in(client, make_helper())
    browser.open("/quan-ly/dang-ky-ho")
    browser.submit(SEVEN, form="main form", expect=200)
    browser.open("/quan-ly/dang-ky-ho")

    browser.submit(SEVEN, form="main form", expect=409)

    assert "đã có tài khoản" in browser.page.select_one("#login-error").get_text()


@pytest.mark.parametrize("path", ["/quan-ly/dang-ky-ho", "/quan-ly/cap-lai-mat-khau"])
def test_people_without_the_duty_are_refused(client, path):
    for person in (make_person(), make_operator(), make_person(roles=("inspector",))):
        sign_in(client, person)
        assert client.get(path).status_code == 403
        assert client.post(path, data=SEVEN).status_code in {400, 403}


def test_an_officer_must_have_passed_the_second_factor(client):
    sign_in(client, make_officer(), second_factor=False)

    assert client.get("/quan-ly/dang-ky-ho").location.startswith("/dang-nhap/ma-xac-thuc?next=")


def test_an_officer_gives_a_new_slip_to_somebody_seen(browser, client):
    person = make_person(phone="+84987111222")
    sign_in(client, make_officer(full_name="Phạm Văn Mười"))
    browser.open("/quan-ly/cap-lai-mat-khau")
    browser.submit({"login": "0987111222"}, form="main form", expect=422)
    assert browser.page.select_one("#seen-error")

    browser.submit({"login": "0987111222", "seen": "y"}, form="main form", expect=200)

    assert queries.get(person.id).must_change_password
    assert {event.actor for event in queries.history(person_id=person.id)} == {"Phạm Văn Mười"}


def test_a_helper_gives_no_new_slips(client):
    sign_in(client, make_helper())

    assert client.get("/quan-ly/cap-lai-mat-khau").status_code == 403
