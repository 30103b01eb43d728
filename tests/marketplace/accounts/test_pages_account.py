"""The account page and what hangs on it."""

import json

import pytest

from marketplace.accounts import queries, services
from marketplace.database import utcnow
from tests.factories.accounts import PASSWORD, make_helper, make_officer, make_person, sign_in
from tests.statements import counted


@pytest.fixture
def six(client):
    person = make_person(full_name="Nguyễn Thị Sáu", phone="+84912345678")
    sign_in(client, person)
    return person


def press(browser, path, action, **data):
    """Open `path` and press the button of the form that goes to `action`."""
    browser.open(path)
    token = browser.page.select_one(f"form[action='{action}'] input[name=csrf_token]")["value"]
    return browser.client.post(action, data={"csrf_token": token, **data})


def test_the_page_shows_name_number_and_what_was_agreed_to(browser, six):
    services.give_consent(actor=six, purpose="contact", now=utcnow())

    browser.open("/tai-khoan")

    assert "Nguyễn Thị Sáu" in browser.text()
    assert "0912 345 678" in browser.text()
    assert "Rút lại đồng ý" in browser.text()


def test_the_page_costs_few_statements(browser, six):
    with counted() as statements:
        browser.open("/tai-khoan")

    assert len(statements) <= 6


@pytest.mark.parametrize(
    ("make", "seen", "unseen"),
    [
        (make_person, [], ["/quan-ly", "/quan-ly/dang-ky-ho"]),
        (make_helper, ["/quan-ly/dang-ky-ho"], ["/quan-ly"]),
        (make_officer, ["/quan-ly", "/quan-ly/dang-ky-ho"], []),
    ],
)
def test_links_to_desks_follow_the_roles(browser, client, make, seen, unseen):
    sign_in(client, make())

    links = {link["href"] for link in browser.open("/tai-khoan").select("main a")}

    assert set(seen) <= links
    assert not set(unseen) & links


def test_a_consent_is_given_and_taken_back_with_one_button_each(browser, six):
    browser.open("/tai-khoan")

    browser.submit({}, form="form:has(input[value=contact])")
    assert queries.has_consent(person_id=six.id, purpose="contact")
    browser.open("/tai-khoan")
    browser.submit({}, form="form:has(input[value=contact])")

    assert not queries.has_consent(person_id=six.id, purpose="contact")


@pytest.mark.parametrize(
    "data", [{}, {"purpose": "x" * 10_000}, {"purpose": "\x00"}, {"purpose": "account", "do": "withdraw"}]
)
def test_an_odd_consent_changes_nothing_and_says_so(browser, six, data):
    response = press(browser, "/tai-khoan", "/tai-khoan/dong-y", **data)

    assert response.status_code == 302
    assert queries.consents(person_id=six.id) == []
    assert browser.open("/tai-khoan").select_one(".flash, [role=alert], [role=status]")


def test_another_persons_device_cannot_be_signed_out(browser, six):
    other = make_person()
    key = services.open_session(person=other, device="", remember=True, now=utcnow())
    theirs = queries.live_sessions(person_id=other.id, key=key, now=utcnow())[0].id
    services.open_session(person=six, device="", remember=True, now=utcnow())

    for number in (str(theirs), "0", "-1", "abc", "", "9" * 300, "\x00", "１"):
        assert press(browser, "/tai-khoan", "/tai-khoan/thiet-bi", session=number).status_code == 404, number

    assert queries.session_person(identity=other.get_id(), key=key, now=utcnow())


def test_an_own_device_is_signed_out(browser, six):
    key = services.open_session(person=six, device="Android · Zalo", remember=True, now=utcnow())
    browser.open("/tai-khoan")

    browser.submit({}, form="form[action='/tai-khoan/thiet-bi']")

    assert queries.session_person(identity=six.get_id(), key=key, now=utcnow()) is None
    assert browser.client.get("/tai-khoan").status_code == 200


def test_signing_out_everywhere_ends_this_browser_too(browser, six):
    browser.open("/tai-khoan")

    browser.submit({}, form="form[action='/tai-khoan/dang-xuat-het']")

    assert browser.response.location == "/dang-nhap"
    assert browser.client.get("/tai-khoan").status_code == 302


def test_the_language_is_remembered_with_the_account(browser, six, app):
    assert press(browser, "/tai-khoan", "/tai-khoan/ngon-ngu", locale="en").status_code == 302
    assert queries.get(six.id).locale == "en"
    assert browser.open("/tai-khoan").html["lang"] == "en"

    assert press(browser, "/tai-khoan", "/tai-khoan/ngon-ngu", locale="xx").status_code == 422
    assert queries.get(six.id).locale == "en"


def test_own_data_comes_as_a_file_and_the_download_is_on_record(browser, six):
    response = press(browser, "/tai-khoan", "/tai-khoan/tai-du-lieu")

    assert response.headers["Content-Disposition"] == "attachment; filename=tai-khoan.json"
    assert response.headers["Cache-Control"] == "no-store"
    assert json.loads(response.data)["phone"] == "+84912345678"
    assert queries.history(person_id=six.id)[0].kind == "data-downloaded"


def test_the_password_is_changed_and_the_browser_stays_signed_in(browser, six):
    browser.open("/tai-khoan/doi-mat-khau")
    browser.submit({"current": "sai rồi nhé", "password": "chiều mưa ghe lúa"}, form="main form", expect=401)
    assert browser.page.select_one("#current-error")

    browser.submit({"current": PASSWORD, "password": "chiều mưa ghe lúa"}, form="main form", follow=True)

    assert "Đã đổi mật khẩu" in browser.text()


def test_the_name_is_corrected_but_not_emptied(browser, six):
    browser.open("/tai-khoan/ho-ten")
    for name in ("", "A", "<script>alert(1)</script>", "x" * 101, "\x00\x00", "12345"):
        browser.submit({"full_name": name}, form="main form", expect=422)
        assert browser.page.select_one("#full_name-error"), name
    assert queries.get(six.id).full_name == "Nguyễn Thị Sáu"

    browser.submit({"full_name": "Nguyễn  Thị Sáu\x00 Nhỏ"}, form="main form")

    assert queries.get(six.id).full_name == "Nguyễn  Thị Sáu Nhỏ"


def test_an_account_is_closed_with_its_password(browser, six):
    browser.open("/tai-khoan/dong")
    browser.submit({"current": "sai rồi nhé"}, form="main form", expect=401)

    browser.submit({"current": PASSWORD}, form="main form")

    assert not queries.get(six.id).is_active
    assert browser.client.get("/tai-khoan").status_code == 302


def test_every_account_page_asks_a_stranger_to_sign_in(client):
    for path in ("", "/ho-ten", "/doi-mat-khau", "/xac-thuc-hai-lop", "/dong"):
        assert client.get(f"/tai-khoan{path}").location.startswith("/dang-nhap?next="), path
