"""The pages of signing in, registering and signing out, as a person with a plain browser meets them."""

import pytest
from sqlalchemy import func, select

from marketplace.accounts import queries, services
from marketplace.accounts.models import Person
from marketplace.database import db, utcnow
from tests.factories.accounts import PASSWORD, make_helper, make_officer, make_person, sign_in

SIX = {"full_name": "Nguyễn Thị Sáu", "login": "0912 345 678", "password": PASSWORD, "account": "y"}


def is_signed_in(browser):
    return browser.client.get("/tai-khoan").status_code == 200


def test_a_visitor_registers_and_is_signed_in(browser):
    browser.open("/dang-ky")
    assert not browser.page.select("input[checked]"), "nothing may be ticked beforehand"

    browser.submit(SIX, form="main form", follow=True)

    assert "Nguyễn Thị Sáu" in browser.text()
    person = queries.by_login("+84912345678")
    assert [row.purpose for row in queries.consents(person_id=person.id)] == ["account"]


def test_registering_without_the_needed_consent_says_so_at_the_box(browser):
    browser.open("/dang-ky")

    browser.submit({**SIX, "account": ""}, form="main form", expect=422)

    assert "mới mở được tài khoản" in browser.page.select_one("#account-error").get_text()
    assert browser.page.select_one("#full_name")["value"] == "Nguyễn Thị Sáu"


def test_signing_in_leads_back_to_the_page_that_asked(browser):
    make_person(phone="+84912345678")
    browser.open("/tai-khoan/ho-ten", expect=302)
    browser.open(browser.response.location)

    browser.submit({"login": "0912.345.678", "password": PASSWORD}, form="main form")

    assert browser.response.location == "/tai-khoan/ho-ten"
    assert is_signed_in(browser)


@pytest.mark.parametrize("how", ["query", "field"])
def test_next_never_leaves_the_site(browser, how):
    make_person(phone="+84912345678")
    evil = [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/\n/evil.example",
        "http:evil.example",
        " //evil.example",
        "/" + "a" * 5000,
        "\x00//evil.example",
    ]
    for target in evil:
        client = browser.client.application.test_client()
        page = client.get("/dang-nhap", query_string={"next": target} if how == "query" else {})
        token = page.text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
        given = page.text.split('name="next"')[1].split('value="')[1].split('"')[0]
        data = {
            "login": "0912345678",
            "password": PASSWORD,
            "csrf_token": token,
            "next": target if how == "field" else given,
        }

        response = client.post("/dang-nhap", data=data)

        assert (response.status_code, response.location) == (302, "/tai-khoan"), target


def test_a_wrong_password_is_said_without_telling_whether_the_account_exists(browser):
    make_person(phone="+84912345678")
    pages = set()
    for login in ("0912345678", "0987654321"):
        browser.open("/dang-nhap")
        browser.submit({"login": login, "password": "sai mật khẩu"}, form="main form", expect=401)
        pages.add(browser.text())
        assert "chưa đúng" in browser.page.select_one("#password-error").get_text()
        assert not browser.page.select_one("#password").get("value")

    assert len(pages) == 1


def test_too_many_guesses_are_answered_with_how_long_to_wait(browser):
    make_person(phone="+84912345678")
    for expect in (401, 401, 401, 401, 401, 429):
        browser.open("/dang-nhap")
        browser.submit({"login": "0912345678", "password": "sai mật khẩu"}, form="main form", expect=expect)

    assert "giây rồi thử lại" in browser.text()


def test_signing_out_makes_a_copied_cookie_worthless(browser, client):
    person = make_person()
    sign_in(client, person)
    copied = client.get_cookie("session").value
    browser.open("/tai-khoan")
    browser.submit({}, form="form[action='/dang-xuat']")
    assert not is_signed_in(browser)

    client.set_cookie("session", copied)

    assert client.get("/tai-khoan").status_code == 302


def test_signing_in_replaces_the_session_but_keeps_the_basket(browser, client):
    make_person(phone="+84912345678")
    browser.open("/dang-nhap")
    with client.session_transaction() as cookie:
        cookie.update(seller_id=7, second_factor=True, half={"who": "1.0"}, basket="a-basket-nobody-has")

    browser.submit({"login": "0912345678", "password": PASSWORD}, form="main form")

    with client.session_transaction() as cookie:
        assert not {"seller_id", "second_factor", "half"} & set(cookie)
        assert cookie["key"]


def test_an_ended_epoch_signs_out_this_browser_too(browser, client):
    person = make_person()
    sign_in(client, person)
    assert is_signed_in(browser)

    services.end_all_sessions(person=person, actor=None, now=utcnow())

    assert not is_signed_in(browser)


def test_forms_without_the_token_change_nothing(client):
    person = make_person(phone="+84912345678")
    for path, data in (
        ("/dang-ky", SIX),
        ("/dang-nhap", {"login": "0912345678", "password": PASSWORD}),
        ("/dang-xuat", {}),
        ("/dang-nhap/ma-xac-thuc", {"code": "000000"}),
    ):
        assert client.post(path, data=data).status_code == 400, path
    sign_in(client, person)
    for path in (
        "doi-mat-khau",
        "dong-y",
        "thiet-bi",
        "dang-xuat-het",
        "ngon-ngu",
        "tai-du-lieu",
        "dong",
        "ho-ten",
        "ma-du-phong",
    ):
        assert client.post(f"/tai-khoan/{path}", data={"purpose": "contact", "do": "give"}).status_code == 400, path

    assert client.get("/tai-khoan").status_code == 200
    assert db.session.execute(select(func.count()).select_from(Person)).scalar_one() == 1


def test_a_slip_opens_only_the_page_for_a_new_password(browser, client):
    slip = services.register_assisted(
        actor=make_helper(),
        full_name="Trần Văn Bảy",
        login="0987111222",
        consents=["account"],
        channel="assisted-in-person",
        note="",
        now=utcnow(),
    )
    browser.open("/dang-nhap")
    browser.submit({"login": "0987111222", "password": slip.password}, form="main form")

    for path in ("/tai-khoan", "/dang-ky", "/kenh-ban", "/"):
        assert client.get(path).location == "/tai-khoan/doi-mat-khau", path
    browser.open("/tai-khoan/doi-mat-khau")
    assert not browser.page.select("#current")
    browser.submit({"password": "chiều mưa ghe lúa"}, form="main form", follow=True)

    assert "Trần Văn Bảy" in browser.text()


def test_an_officer_without_a_device_sets_one_up_before_the_desk(browser, client):
    officer = make_officer(totp_secret=None, totp_confirmed_at=None)
    sign_in(client, officer)

    first = client.get("/quan-ly/dang-ky-ho")
    second = client.get(first.location)

    assert first.location.startswith("/dang-nhap/ma-xac-thuc?next=")
    assert second.location.startswith("/tai-khoan/xac-thuc-hai-lop?next=")
