"""Catalogue, product page and home: what they show, what they cost, what bad addresses get."""

import gzip
from datetime import UTC, date, datetime

import pytest

from marketplace.database import db, transaction
from tests.factories.catalogue import make_product
from tests.factories.lots import make_lot
from tests.factories.places import any_place
from tests.factories.sellers import make_certificate, make_seller
from tests.statements import counted

CHECKED = datetime(2026, 11, 2, tzinfo=UTC)


def shown(browser) -> list[str]:
    return [link.get_text(strip=True) for link in browser.page.select(".product-card__name a")]


def address(product) -> str:
    return f"/san-pham/{product.id}-{product.slug}"


def checked(seller, **given):
    return make_certificate(
        seller, **{"checked_at": CHECKED, "valid_from": date(2020, 1, 1), "valid_to": date(2099, 1, 1)} | given
    )


def fill(count: int) -> None:
    """`count` products on sale, all alike."""
    seller = make_seller()
    template = make_product(seller, name="Gạo ST25", state="draft")
    columns = {c.name: getattr(template, c.name) for c in template.__table__.columns if c.name != "id"}
    with transaction() as session:
        session.execute(template.__table__.insert(), [columns | {"state": "listed", "listed_at": CHECKED} for _ in range(count)])


@pytest.fixture
def market(app):
    """Three products of two sellers in two former areas, with papers of several kinds."""
    here, there = make_seller(place=any_place("Phường Cái Khế")), make_seller(place=any_place("Phường Vị Thanh"))
    make_product(here, name="Xoài cát", category="xoai", price=65_000, certificates=(checked(here, kind="ocop", stars=4),))
    make_product(there, name="Cam sành", category="cam-quyt-buoi", price=28_000, certificates=(checked(there),))
    expired = checked(there, kind="organic", valid_to=date(2021, 1, 1))
    make_product(
        there,
        name="Cá lóc",
        category="ca",
        price=90_000,
        certificates=(
            expired,
            make_certificate(there, kind="ocop", number="khai"),
            checked(there, kind="haccp", revoked_at=CHECKED),
        ),
    )
    return here, there


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Xoài cát", "Cam sành", "Cá lóc"}),
        ("danh-muc=trai-cay", {"Xoài cát", "Cam sành"}),
        ("danh-muc=xoai", {"Xoài cát"}),
        ("khu-vuc=can-tho", {"Xoài cát"}),
        ("khu-vuc=hau-giang", {"Cam sành", "Cá lóc"}),
        ("ocop=3", {"Xoài cát"}),
        ("ocop=5", set()),
        ("chung-nhan=vietgap", {"Cam sành"}),
        ("chung-nhan=organic", set()),
        ("chung-nhan=haccp", set()),
        ("q=ca&danh-muc=thuy-san", {"Cá lóc"}),
        ("q=cam&khu-vuc=can-tho", set()),
        ("q=xoai&ocop=4&chung-nhan=", {"Xoài cát"}),
    ],
)
def test_filters_in_the_address_narrow_the_list_and_only_checked_papers_in_force_count(market, browser, query, names):
    browser.open(f"/san-pham?{query}")
    assert set(shown(browser)) == names


def test_a_present_unit_narrows_the_list(market, browser):
    browser.open(f"/san-pham?khu-vuc={any_place('Phường Vị Thanh').id}")
    assert set(shown(browser)) == {"Cam sành", "Cá lóc"}


@pytest.mark.parametrize(
    ("order", "names"), [("gia-thap", ["Cam sành", "Xoài cát", "Cá lóc"]), ("gia-cao", ["Cá lóc", "Xoài cát", "Cam sành"])]
)
@pytest.mark.parametrize("text", ["", "&q=hop+tac+xa"])
def test_the_list_can_be_ordered_by_price_with_and_without_words(market, browser, order, names, text):
    browser.open(f"/san-pham?sap-xep={order}{text}")
    assert shown(browser) == names


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=%ff%fe",
        "q=" + "x" * 5000,
        "danh-muc=khong-co",
        "danh-muc=%27",
        "khu-vuc=99999999999999999999",
        "khu-vuc=-1",
        "khu-vuc=%C2%B2",
        "ocop=nam",
        "ocop=-1",
        "chung-nhan=<script>",
        "sap-xep=DROP",
        "trang=0",
        "trang=-5",
        "trang=99999999999",
        "trang=x",
        "q[]=a",
        "lang=xx",
        "q=a&q=b",
        "mua=2",
    ],
)
def test_nonsense_in_any_parameter_shows_a_page(market, browser, query):
    browser.open(f"/san-pham?{query}")


def test_a_page_beyond_the_last_says_so(market, browser):
    browser.open("/san-pham?trang=40")
    assert "Trang này không còn sản phẩm" in browser.text()


def test_an_empty_result_says_what_to_try(market, browser):
    browser.open("/san-pham?q=khong+co+gi")
    assert "Chưa tìm thấy món này" in browser.text()


def test_typed_text_comes_back_escaped(market, browser):
    browser.open("/san-pham?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert(1)" not in browser.response.text


@pytest.mark.parametrize("path", ["/", "/san-pham", "/san-pham?q=gao", "/san-pham?danh-muc=gao-ngu-coc&q=gao", "product"])
def test_a_page_sends_as_many_statements_for_ten_products_as_for_a_thousand(app, client, path):
    taken = []
    for size in (10, 990):
        fill(size)
        product = make_product(name="Gạo nếp")
        where = address(product) if path == "product" else path
        assert client.get(where).status_code == 200
        with counted() as statements:
            client.get(where)
        taken.append(len(statements))
    assert taken[0] == taken[1] <= 6, taken


def test_reading_pages_writes_nothing(app, client):
    product = make_product()
    for path in ("/", "/san-pham?q=xoai", address(product)):
        with counted() as statements:
            client.get(path)
        assert all(statement.lstrip().startswith(("SELECT", "WITH", "(SELECT")) for statement in statements), statements


def test_a_full_page_of_cards_stays_small(app, client):
    seller = make_seller()
    for number in range(24):
        make_lot(make_product(seller, name=f"Xoài cát Hòa Lộc loại {number}", photos=1))
    sizes = {path: len(gzip.compress(client.get(path).data, 6)) for path in ("/san-pham", "/")}
    assert sizes["/san-pham"] <= 6 * 1024, sizes
    assert sizes["/"] <= 10 * 1024, sizes


def test_the_product_page_says_price_unit_seller_papers_lots_and_where_else(app, browser):
    seller = make_seller(name="Hợp tác xã Phong Điền")
    product = make_product(
        seller,
        name="Khóm Cầu Đúc",
        measure="piece",
        unit_label="chục 12",
        grams_per_piece=12_000,
        price=180_000,
        minimum=1,
        step=1,
        certificates=(checked(seller), make_certificate(seller, kind="organic")),
        channels={"facebook": "https://facebook.com/x"},
        photos=2,
    )
    lot = make_lot(product, quantity=15)

    browser.open(address(product))

    text = browser.text().replace("\xa0", " ")
    for words in (
        "180.000 ₫",
        "≈ 15.000 ₫/kg",
        "mỗi chục 12 khoảng 12 kg",
        "Hợp tác xã Phong Điền",
        "Chỉ còn 15 chục 12",
        "VietGAP",
        "Facebook",
        "Do người bán khai, chưa ai kiểm tra",
    ):
        assert words in text, words
    assert browser.page.select_one(f'a[href="/t/{lot.code}"]')
    form = browser.page.select_one('form[action="/gio-hang/them"]')
    assert {tag["name"] for tag in form.select("input[name]")} == {"csrf_token", "product_id", "quantity"}


def test_the_product_page_carries_absolute_addresses_for_zalo_and_facebook(app, browser):
    product = make_product(photos=1)
    browser.open(address(product))

    def meta(name: str) -> str:
        return browser.page.select_one(f'meta[property="og:{name}"]')["content"]

    assert meta("url") == f"https://chonongsan.test{address(product)}"
    assert meta("image").startswith("https://chonongsan.test/anh/") and meta("image").endswith("/1280.jpg")
    assert meta("title") == product.name


def test_goods_sold_out_offer_no_basket(app, browser):
    product = make_product()
    browser.open(address(product))
    assert browser.page.select_one('form[action="/gio-hang/them"]') is None
    assert "Tạm hết hàng" in browser.text()


def test_quantities_are_offered_in_kilograms(app, browser):
    product = make_product(minimum=1500, step=500)
    make_lot(product, quantity=40_250)
    browser.open(address(product))
    field = browser.page.select_one("input[name=quantity]")
    assert (field["value"], field["min"], field["max"], field["step"]) == ("1.5", "1.5", "40.25", "0.5")


@pytest.mark.parametrize("slug", ["", "-sai-ten", "-", "-%20", "-../../x"])
def test_a_wrong_name_in_the_address_leads_to_the_right_one(app, client, slug):
    product = make_product()
    response = client.get(f"/san-pham/{product.id}{slug}")
    if "/" in slug:
        assert response.status_code == 404
    else:
        assert (response.status_code, response.location) == (301, address(product))


@pytest.mark.parametrize("state", ["draft", "submitted", "rejected"])
def test_what_was_never_listed_does_not_exist(app, client, state):
    product = make_product(state=state, listed_at=None)
    assert client.get(address(product)).status_code == 404


def test_what_left_the_market_says_so(app, browser):
    product = make_product(state="withdrawn")
    browser.open(address(product), expect=410)
    assert "hiện không bán trên chợ" in browser.text()


def test_goods_of_a_suspended_seller_leave_with_it(app, browser):
    seller = make_seller()
    product = make_product(seller)
    with transaction():
        seller.state = "suspended"
    browser.open(address(product), expect=410)


@pytest.mark.parametrize("name", ["0-x", "x", "99999999999999999999-x", "-1", "1e3", "%00", "9" * 15, "%EF%BC%91"])
def test_addresses_that_name_no_product_are_404(app, client, name):
    assert client.get(f"/san-pham/{name}").status_code == 404


def test_home_shows_what_is_ripe_this_month_and_counts_what_is_there(app, browser):
    month = datetime.now(UTC).month
    seller = make_seller()
    make_product(seller, name="Vú sữa", season_from=1, season_to=12)
    make_product(seller, name="Nhãn", season_from=month % 12 + 1, season_to=month % 12 + 1)
    make_product(seller, name="Bản nháp", state="draft")

    browser.open("/")

    ripe = browser.page.find("h2", string=lambda text: text and text.startswith("Tháng")).find_parent("section")
    assert [link.get_text(strip=True) for link in ripe.select(".product-card__name a")] == ["Vú sữa"]
    assert "Bản nháp" not in browser.text()
    assert [tag.get_text(strip=True) for tag in browser.page.select(".stat__value")][:2] == ["1", "2"]
    db.session.rollback()
