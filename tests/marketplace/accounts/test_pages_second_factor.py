"""The second factor on pages: after the password, setting up, recovery codes."""

import base64
import re
from datetime import timedelta
from itertools import pairwise

import pyotp
import pytest
import time_machine
from PIL import Image

from marketplace.accounts import queries
from tests.factories.accounts import PASSWORD, make_officer, make_person, sign_in

NOON = "2026-11-22T05:00:00Z"


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as travel:
        yield travel


def password_step(browser):
    browser.open("/dang-nhap?next=/quan-ly/dang-ky-ho")
    browser.submit({"login": "0912345678", "password": PASSWORD}, form="main form")


def test_the_password_alone_opens_nothing(browser, clock):
    make_officer(phone="+84912345678")

    password_step(browser)

    assert browser.response.location.startswith("/dang-nhap/ma-xac-thuc?")
    assert browser.client.get("/tai-khoan").status_code == 302


def test_password_and_code_open_the_desk(browser, clock):
    officer = make_officer(phone="+84912345678")
    password_step(browser)
    browser.open(browser.response.location)

    browser.submit({"code": pyotp.TOTP(officer.totp_secret).now()}, form="main form")

    assert browser.response.location == "/quan-ly/dang-ky-ho"
    browser.open("/quan-ly/dang-ky-ho")


def test_a_replayed_code_is_refused_in_words(browser, clock):
    officer = make_officer(phone="+84912345678")
    code = pyotp.TOTP(officer.totp_secret).now()
    for expect in (302, 401):
        fresh = type(browser)(browser.client.application.test_client())
        password_step(fresh)
        fresh.open(fresh.response.location)
        fresh.submit({"code": code}, form="main form", expect=expect)

    assert "đã dùng rồi" in fresh.text()


def test_a_code_that_comes_too_late_starts_again(browser, clock):
    officer = make_officer(phone="+84912345678")
    password_step(browser)
    browser.open(browser.response.location)
    clock.shift(timedelta(minutes=11))

    browser.submit({"code": pyotp.TOTP(officer.totp_secret).now()}, form="main form")

    assert browser.response.location.startswith("/dang-nhap?")


def test_the_code_page_without_a_password_sends_to_sign_in(browser):
    browser.open("/dang-nhap/ma-xac-thuc", expect=302)

    assert browser.response.location.startswith("/dang-nhap?")


def test_setting_up_shows_a_code_that_a_phone_can_read_and_gives_recovery_codes_once(browser, client, clock):
    zxingcpp = pytest.importorskip("zxingcpp", reason="the QR decoder of the test extras is not installed")
    person = make_person()
    sign_in(client, person)
    page = browser.open("/tai-khoan/xac-thuc-hai-lop")
    secret = page.select_one("strong.num").get_text().replace(" ", "")
    assert queries.get(person.id).totp_secret is None, "a GET writes nothing"

    assert (
        zxingcpp.read_barcode(drawn(page.select_one("main img[src^=data]")["src"])).text
        == page.select_one("a[href^=otpauth]")["href"]
    )
    browser.submit({"code": pyotp.TOTP(secret).now()}, form="main form", expect=200)

    codes = [item.get_text() for item in browser.page.select("main code")]
    assert len(codes) == 8
    assert queries.get(person.id).totp_secret == secret
    browser.open("/tai-khoan/xac-thuc-hai-lop")
    assert codes[0] not in browser.text()
    assert secret not in browser.response.text


def drawn(address):
    """The SVG of the page as a bitmap: its one path is made of unit squares in a view box."""
    path = re.search(r' d="([^"]+)"', base64.b64decode(address.split(",")[1]).decode())[1]
    squares = [tuple(float(number) for number in move.split("H")[0].split(",")) for move in path.split("M")[1:]]
    unit = min(abs(a[0] - b[0]) for a, b in pairwise(squares) if a[1] == b[1] and a[0] != b[0])
    side = round(max(max(square) for square in squares) / unit) + 5
    picture = Image.new("L", (side * 4, side * 4), 255)
    for x, y in squares:
        picture.paste(0, (round(x / unit) * 4, round(y / unit) * 4, round(x / unit) * 4 + 4, round(y / unit) * 4 + 4))
    return picture


def test_a_wrong_first_code_turns_nothing_on(browser, client, clock):
    person = make_person()
    sign_in(client, person)
    browser.open("/tai-khoan/xac-thuc-hai-lop")

    browser.submit({"code": "000000"}, form="main form", expect=401)

    assert queries.get(person.id).totp_confirmed_at is None


def test_new_recovery_codes_need_a_code_of_the_device(browser, client, clock):
    officer = make_officer()
    sign_in(client, officer)
    browser.open("/tai-khoan/xac-thuc-hai-lop")

    browser.submit({"code": "000000"}, form="main form", expect=422)
    browser.submit({"code": pyotp.TOTP(officer.totp_secret).now()}, form="main form", expect=200)

    assert len(browser.page.select("main code")) == 8


def test_a_person_without_a_device_gets_no_recovery_codes(browser, client):
    sign_in(client, make_person())
    browser.open("/tai-khoan/doi-mat-khau")
    token = browser.page.select_one("input[name=csrf_token]")["value"]

    response = client.post("/tai-khoan/ma-du-phong", data={"csrf_token": token, "code": "000000"})

    assert response.location == "/tai-khoan/xac-thuc-hai-lop"
