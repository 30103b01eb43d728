"""A seller puts right what was written wrongly; the consumer sees the old value struck through, on phones of 360 px."""

import pytest

from marketplace.database import db, utcnow
from tests.factories.accounts import PASSWORD, make_officer, make_person
from tests.factories.market import make_stall
from tests.journeys import steps

pytestmark = pytest.mark.browser


@pytest.fixture
def stall(site):
    """A seller with a released lot, sprayed 40 days ago, 7 days to wait, harvested 25 days ago."""
    with site.app.app_context():
        made = make_stall(utcnow(), make_officer(), make_person())
        lot = made.lots["released"]
        found = made.owner.phone, lot.id, lot.code
        db.session.remove()
    return found


def test_a_seller_corrects_a_day_and_the_consumer_sees_both(phones, stall):
    phone, lot_id, code = stall
    seller, consumer = phones(), phones()
    sign_in(seller, phone)
    consumer.goto(f"/t/{code}")

    correct_spraying(seller, lot_id, ago=36)
    steps.reads(seller, "Đã sửa. Người mua thấy cả số cũ và số mới.")
    card = seller.locator("li.panel", has_text="Phun thuốc")
    assert "sửa thành" in card.inner_text() and card.locator("del").count() >= 1

    consumer.reload()
    step = consumer.locator(".timeline__step", has_text="Phun thuốc")
    assert step.locator("time del").inner_text() == written(40)
    assert step.locator("time ins").inner_text() == written(36)
    assert step.locator("time del").evaluate("tag => getComputedStyle(tag).textDecorationLine") == "line-through"
    steps.reads(consumer, "người sản xuất tự sửa. Lý do: nhầm ngày.")

    take_back_fertilising(seller, lot_id)
    consumer.reload()
    assert "đã bỏ, không tính" in consumer.locator(".timeline__step").last.inner_text()
    steps.reads(consumer, "Hồ sơ đã niêm phong")

    correct_spraying(seller, lot_id, ago=28)
    steps.reads(seller, "Lô này tạm ngừng bán")
    consumer.reload()
    steps.reads(consumer, "thu hoạch khi chưa đủ ngày cách ly")


def sign_in(page, phone):
    page.goto("/dang-nhap")
    steps.write(page, "Số điện thoại hoặc e-mail", phone)
    steps.write(page, "Mật khẩu", PASSWORD)
    steps.press(page, "Đăng nhập")


def correct_spraying(page, lot_id, *, ago):
    page.goto(f"/so-nong-ho/{lot_id}")
    page.locator("li.panel", has_text="Phun thuốc").get_by_role("link", name="Sửa", exact=True).click()
    page.locator("#happened_on").fill(steps.day(ago))
    page.get_by_label("Nhầm ngày").check()
    steps.press(page, "Lưu chỗ sửa")


def take_back_fertilising(page, lot_id):
    page.goto(f"/so-nong-ho/{lot_id}")
    page.locator("li.panel", has_text="Bón phân").get_by_role("link", name="Bỏ ghi nhầm").click()
    page.get_by_label("Nhầm lô").check()
    steps.press(page, "Bỏ việc này")
    steps.reads(page, "Đã bỏ việc ghi nhầm")


def written(ago):
    year, month, day = steps.day(ago).split("-")
    return f"{day}/{month}/{year}"
