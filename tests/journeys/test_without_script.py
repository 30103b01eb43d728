"""A phone whose browser runs no script: search, product, basket, checkout, order, trace page, place by its old name."""

import pytest

from marketplace.database import db, utcnow
from tests.factories.accounts import make_officer, make_person
from tests.factories.market import make_stall
from tests.journeys import steps

pytestmark = pytest.mark.browser


@pytest.fixture
def stall(site):
    """A seller with a product on sale from a sealed lot."""
    with site.app.app_context():
        made = make_stall(utcnow(), make_officer(), make_person())
        code, name = made.lots["released"].code, made.products["listed"].name
        db.session.remove()
    return code, name


def test_searching_buying_and_scanning_need_no_script(phones, stall):
    code, name = stall
    phone = phones(script=False)

    phone.goto("/")
    phone.locator("header [name=q]").fill(name.replace("Xoài cát Hòa Lộc", "xoai cat hoa loc"))
    phone.locator("header [name=q]").press("Enter")
    phone.get_by_role("link", name=name).first.click()
    steps.put_into_basket(phone, "2")
    order_by_old_place_name(phone)
    steps.reads(phone, "Chờ người bán nhận đơn")

    phone.goto(f"/t/{code}")
    for words in ("Hồ sơ đã niêm phong", name, "Phun thuốc"):
        steps.reads(phone, words)


def order_by_old_place_name(phone):
    """The ward of before July 2025 is typed, the choices come back from the server, the right one is chosen."""
    phone.goto("/gio-hang")
    steps.follow(phone, "Đặt mua")
    steps.write(phone, "Họ tên người nhận", "Trần Thị Sen")
    phone.locator("#phone").fill("0913222333")
    phone.locator("[name=place-q]").fill("an hoa")
    steps.write(phone, "Số nhà, đường, ấp hoặc khu vực", "Số 7")
    phone.get_by_label("Trả tiền khi nhận hàng", exact=True).check()
    steps.press(phone, "Tìm nơi này")
    phone.get_by_role("radio", name="Phường Cái Khế").first.check()
    steps.press(phone, "Đặt hàng")
