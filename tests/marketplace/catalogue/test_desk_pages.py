"""The seller's product pages as a person with a plain browser uses them."""

import io

import pytest

from marketplace.catalogue.models import Product, ProductChannel
from marketplace.database import db
from tests.factories.accounts import make_person, sign_in
from tests.factories.catalogue import make_product
from tests.factories.pictures import bomb, picture_bytes
from tests.factories.sellers import make_certificate, make_member, make_seller

NEW = "/kenh-ban/san-pham/moi"


@pytest.fixture
def owner(app):
    return make_person()


@pytest.fixture
def seller(owner):
    return make_seller(owner=owner)


@pytest.fixture
def desk(browser, client, owner, seller):
    sign_in(client, owner)
    return browser


def photo(data: bytes | None = None, name: str = "xoai.jpg"):
    return io.BytesIO(data or picture_bytes(size=(800, 600))), name


def only_product() -> Product:
    db.session.rollback()
    return db.session.query(Product).one()


def test_a_farmer_lists_goods_with_a_photo_a_name_and_a_price(desk):
    desk.open(NEW)
    desk.submit(
        {"photos": photo(), "name": "Xoài cát Hòa Lộc", "price": "65k", "action": "submit"}, form="form.listing", follow=True
    )

    product = only_product()
    assert (product.state, product.price, product.measure, product.minimum) == ("submitted", 65_000, "mass", 1000)
    assert product.category.slug == "xoai"
    assert [p.widths for p in product.photos] == [[320, 640]]
    assert "65.000 ₫/kg" in desk.text().replace("\xa0", " ")


def test_goods_by_the_dozen_say_how_many_and_what_they_weigh(desk):
    desk.open(NEW)
    desk.submit(
        {
            "name": "Khóm Cầu Đúc",
            "unit": "chục",
            "dozen": "14",
            "price": "180.000",
            "grams_per_piece": "12,5",
            "action": "draft",
            "season_from": "11",
            "season_to": "2",
            "channels": "market_stall",
            "link_facebook": "https://facebook.com/vuonkhom",
        },
        form="form.listing",
        follow=True,
    )

    product = only_product()
    assert (product.unit_label, product.measure, product.grams_per_piece, product.minimum) == ("chục 14", "piece", 12_500, 1)
    assert (product.season_from, product.season_to, product.state) == (11, 2, "draft")
    assert {row.channel for row in db.session.query(ProductChannel)} == {"market_stall", "facebook"}
    assert desk.page.select_one("#dozen")["value"] == "14"
    assert "Còn thiếu mới gửi duyệt được" in desk.text()


def test_an_empty_form_becomes_a_draft_that_can_be_gone_on_with(desk):
    desk.open(NEW)
    desk.submit({"action": "submit"}, form="form.listing", follow=True)

    assert only_product().state == "draft"
    assert "chưa gửi duyệt được" in desk.text()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("price", "ba chục"),
        ("price", "-5"),
        ("price", "9" * 30),
        ("price", "0"),
        ("minimum", "nửa ký"),
        ("minimum", "-1"),
        ("minimum", "1.250"),
        ("dozen", "x"),
        ("category_id", "999999"),
        ("category_id", "abc"),
        ("unit", "tấn rưỡi"),
        ("season_from", "13"),
        ("season_from", "5"),
        ("certificates", "7"),
        ("certificates", "x"),
        ("channels", "chợ đen"),
        ("name", "x" * 300),
        ("description", "x" * 5000),
        ("link_shopee", "javascript:alert(1)"),
        ("grams_per_piece", "nặng"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_at_its_field_and_stores_nothing(desk, seller, field, typed):
    make_certificate(seller)
    desk.open(NEW)
    unit = {"unit": "trái"} if field == "grams_per_piece" else {}
    desk.submit({"name": "Xoài", "action": "draft", **unit, field: typed}, form="form.listing", expect=422)

    assert db.session.query(Product).count() == 0
    control = desk.page.select_one(f'main [name="{field}"]')
    box = control.find_parent(class_="field") if control else desk.page.select_one(f"#{field}")
    assert box.select_one(".field__error"), f"no sentence at {field}"


def test_nul_bytes_and_wrong_encoding_end_in_a_sentence_or_a_clean_draft(desk, client):
    desk.open(NEW)
    token = desk.page.select_one("input[name=csrf_token]")["value"]
    body = b"csrf_token=" + token.encode() + b"&name=Xo%00%FFai&unit=kg&action=draft"
    response = client.post(NEW, data=body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 302
    assert "\x00" not in only_product().name


@pytest.mark.parametrize("data", [b"no picture", bomb()], ids=["text", "bomb"])
def test_a_bad_photo_is_named_and_nothing_is_stored(desk, data):
    desk.open(NEW)
    desk.submit({"photos": photo(data, "hinh.jpg"), "name": "Xoài", "price": "65k"}, form="form.listing", expect=422)

    assert "hinh.jpg" in desk.text()
    assert db.session.query(Product).count() == 0


def test_a_good_photo_survives_a_mistake_elsewhere_in_the_form(desk):
    desk.open(NEW)
    desk.submit({"photos": photo(), "name": "Xoài", "price": "sáu chục"}, form="form.listing", expect=422)
    assert desk.page.select_one(".listing__photos img")
    desk.submit({"price": "60k", "action": "submit"}, form="form.listing")

    assert (only_product().state, len(only_product().photos)) == ("submitted", 1)


def test_pictures_named_without_our_signature_are_not_taken(desk):
    desk.open(NEW)
    desk.submit({"name": "Xoài", "kept": '[["' + "a" * 32 + '",[320],320,200,"x"]]'}, form="form.listing")

    assert only_product().photos == []


def test_an_old_page_is_answered_with_409_and_overwrites_nothing(desk, seller):
    product = make_product(seller, price=40_000, photos=1)
    desk.open(f"/kenh-ban/san-pham/{product.id}")
    desk.submit({"price": "41k"}, form="form.listing")
    desk.open(f"/kenh-ban/san-pham/{product.id}")
    desk.submit({"price": "1k", "version": "1"}, form="form.listing", expect=409)

    assert "Có người vừa sửa sản phẩm này trước bạn" in desk.text()
    assert only_product().price == 41_000


def test_the_page_of_a_listed_product_says_what_a_change_means(desk, seller):
    product = make_product(seller)
    desk.open(f"/kenh-ban/san-pham/{product.id}")

    assert "Đổi tên, ảnh hoặc nhóm hàng thì Sở duyệt lại" in desk.text()


def test_withdrawing_and_selling_again_by_button(desk, seller):
    product = make_product(seller, photos=1)
    desk.open(f"/kenh-ban/san-pham/{product.id}")
    desk.submit(form='form[action$="/go"]', follow=True)
    assert only_product().state == "withdrawn"
    desk.submit(form='form[action$="/ban-lai"]', follow=True)

    assert only_product().state == "listed"


def test_another_seller_s_products_are_404_everywhere_and_stay_as_they_are(desk, client):
    foreign = make_product(make_seller(), name="Của người khác")
    desk.open(NEW)
    token = desk.page.select_one("input[name=csrf_token]")["value"]

    assert client.get(f"/kenh-ban/san-pham/{foreign.id}").status_code == 404
    for path in ("", "/gui-duyet", "/go", "/ban-lai"):
        data = {"csrf_token": token, "name": "Cướp", "price": "1", "unit": "kg", "version": "1"}
        assert client.post(f"/kenh-ban/san-pham/{foreign.id}{path}", data=data).status_code == 404
    assert (only_product().name, only_product().state, only_product().version) == ("Của người khác", "listed", 1)


@pytest.mark.parametrize("number", ["0", "999999999999999999", "9999999999999999999999", "1e5", "-1"])
def test_numbers_that_name_nothing_are_404(desk, client, number):
    assert client.get(f"/kenh-ban/san-pham/{number}").status_code == 404


def test_packers_and_visitors_do_not_get_in(client, seller):
    assert client.get("/kenh-ban/san-pham").status_code == 302
    sign_in(client, make_member(seller, role="packer"))
    assert client.get("/kenh-ban/san-pham").status_code == 403


def test_a_post_without_token_changes_nothing(desk, client):
    assert client.post(NEW, data={"name": "Xoài", "unit": "kg"}).status_code == 400
    assert db.session.query(Product).count() == 0


def test_the_list_shows_what_the_officer_said(desk, seller):
    make_product(seller, state="rejected", decision_reason="Ảnh mờ, chưa thấy trái.")
    desk.open("/kenh-ban/san-pham")

    assert "Ảnh mờ, chưa thấy trái." in desk.text()
