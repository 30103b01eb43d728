"""From an empty registration form to a sale in the officer's figures, in a real browser on phones of 360 px."""

import re

import pytest

from marketplace import provenance
from marketplace.statistics import services as statistics
from tests.factories.sellers import tax_code
from tests.journeys import steps

pytestmark = pytest.mark.browser
COOPERATIVE, PRODUCT, AREA = "Hợp tác xã Cam sành Phong Điền", "Cam sành Phong Điền loại 1", "Vườn cam ấp Nhơn Lộc"


def test_a_cooperative_sells_its_first_lot(phones, site, tmp_path):
    seller, officer, buyer = phones(), phones(), phones()
    steps.hire_officer(site.app, "0918000111")

    register_and_be_approved(seller, officer, tmp_path)
    before = steps.figures(officer)
    list_and_be_shown(seller, officer, tmp_path)
    refuse_a_harvest_inside_the_interval(seller)
    release_a_lot_harvested_in_time(seller)
    symbol = print_the_label(seller)
    scan_and_buy(buyer, site, symbol)
    steps.open_first_order(seller)
    seller.reload()
    steps.fulfil(seller, cash=cash_due(seller))

    buyer.reload()
    steps.reads(buyer, "Đã giao tới bạn")
    steps.reads(buyer, "Xem nguồn gốc lô")
    figures_rise_by_this_sale(officer, before)
    with site.app.app_context():
        assert statistics.check() == []
        assert provenance.check().sound


def register_and_be_approved(seller, officer, tmp_path):
    steps.register_cooperative(seller, name=COOPERATIVE, login="0907111222", tax_code=tax_code(900))
    steps.hand_in_papers(
        seller, steps.photo(tmp_path / "dang-ky.jpg", "#f4f1e6", "GIẤY CHỨNG NHẬN ĐĂNG KÝ HỢP TÁC XÃ"),
        steps.photo(tmp_path / "attp.jpg", "#e6f4ea", "GIẤY AN TOÀN THỰC PHẨM"),
    )
    steps.start_officers_day(officer, "0918000111")
    steps.follow(officer, COOPERATIVE)
    for _paper in range(2):
        steps.press(officer, "Nhận giấy tờ này")
        steps.reads(officer, "Đã ghi kết quả xem giấy tờ")
    steps.press(officer, "Duyệt cho bán")
    steps.reads(officer, "Đã ghi quyết định")


def list_and_be_shown(seller, officer, tmp_path):
    steps.list_product(seller, name=PRODUCT, price="35k", picture=steps.photo(tmp_path / "cam.jpg", "#e8902f", "CAM"))
    officer.goto("/quan-ly/san-pham/duyet")
    steps.follow(officer, PRODUCT)
    steps.reads(officer, "35.000")
    steps.press(officer, "Cho hiện trên chợ")
    steps.reads(officer, "Đã ghi quyết định")


def refuse_a_harvest_inside_the_interval(seller):
    steps.declare_area(seller, AREA)
    steps.make_lot(seller, product=PRODUCT, area=AREA, kilograms="200")
    steps.write_spraying(seller, ago=3, interval="7")
    steps.write_harvest(seller, kilograms="200")
    steps.press(seller, "Phát hành lô")
    steps.reads(seller, "Thu hoạch sớm 4 ngày")
    steps.reads(seller, "Chưa phát hành")


def release_a_lot_harvested_in_time(seller):
    steps.make_lot(seller, product=PRODUCT, area=AREA, kilograms="150")
    steps.write_spraying(seller, ago=10, interval="7")
    steps.write_harvest(seller, kilograms="150")
    steps.press(seller, "Phát hành lô")
    steps.reads(seller, "Đã phát hành lô")


def print_the_label(seller) -> bytes:
    steps.follow(seller, "In nhãn")
    return steps.printed_symbol(seller, 300)


def scan_and_buy(buyer, site, symbol):
    address = steps.scan(symbol)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/T/[0-9A-Z]{14}", address)
    buyer.goto(address)
    for words in ("Hồ sơ đã niêm phong", COOPERATIVE, "Phun thuốc", "Chế phẩm Bt 32000", "Thu hoạch"):
        steps.reads(buyer, words)
    steps.follow(buyer, "Mua sản phẩm này")
    steps.put_into_basket(buyer, "3")
    steps.check_out(buyer, steps.Buyer(), method="Trả tiền khi nhận hàng")
    steps.reads(buyer, "Chờ người bán nhận đơn")


def cash_due(seller) -> str:
    """What the order page tells the seller to take."""
    return seller.locator(".sums__total dd").last.inner_text().replace("₫", "").strip()


def figures_rise_by_this_sale(officer, before):
    after = steps.figures(officer)
    rise = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    visits = {name for name in rise if name.startswith("Lượt truy cập")}
    assert {name: rise[name] for name in rise.keys() - visits} == {
        "Sản phẩm đang bày bán": 1, "Sản phẩm có mã truy xuất": 1, "Giao dịch thành công": 1, "Giá trị giao dịch": 3 * 35_000,
    }
