"""The pages of buying and of the order desk, through the real routes."""

import pytest
from sqlalchemy import func, select

from marketplace.database import db, transaction
from marketplace.orders.models import STATES, Basket, BasketLine, Purchase, SellerOrder
from marketplace.orders.queries import TABS
from tests.browser import Browser
from tests.factories.accounts import PASSWORD, make_person, sign_in
from tests.factories.lots import stock_row
from tests.factories.orders import bring_to, orders_of, owner_of, place, reread, stocked_product, stored
from tests.factories.places import any_place
from tests.factories.sellers import make_member, make_seller
from tests.statements import counted

PEOPLE = {"recipient": "Trần Thị Sen", "phone": "0912 345 678", "address_line": "Số 7, ấp Thới Bình"}


def add(browser, product, quantity=""):
    """Press “thêm vào giỏ” as the product page does."""
    data = {"csrf_token": _csrf(browser), "product_id": product.id, "quantity": quantity}
    assert browser.client.post("/gio-hang/them", data=data).location == "/gio-hang"


def _csrf(browser) -> str:
    """A token of this session, from any page with a form."""
    return browser.open("/dang-nhap").select_one("input[name=csrf_token]")["value"]


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def test_a_guest_fills_a_basket_and_places_two_orders_with_one_form(app, browser):
    first, second = stocked_product(), stocked_product(measure="piece", unit_label="trái", price=12_000, step=1, minimum=1)
    add(browser, first, "2,5")
    add(browser, second, "3")
    browser.open("/gio-hang")
    assert "112.500 ₫" in browser.text() and "36.000 ₫" in browser.text()
    assert browser.page.select_one(".head-link__count").get_text().split()[0] == "2"
    browser.open("/thanh-toan")
    browser.submit(PEOPLE | {"place": str(any_place().id)}, form="main form", follow=True)
    assert "Đơn hàng CT" in browser.text() and "Chờ người bán nhận đơn" in browser.text()
    assert (count(Purchase), count(SellerOrder), count(BasketLine)) == (1, 2, 0)
    browser.open("/gio-hang")
    assert "Giỏ hàng đang trống" in browser.text()


def test_looking_at_the_basket_writes_nothing(app, browser):
    browser.open("/gio-hang")
    assert count(Basket) == 0


@pytest.mark.parametrize("quantity", ["-1", "abc", "1.250", "0,3", "99999999999999999", "1e3", "\x00", "٣", "500"])
def test_a_bad_quantity_is_a_sentence_and_changes_nothing(app, browser, quantity):
    product = stocked_product()
    add(browser, product, "2")
    response = browser.client.post(
        "/gio-hang/sua", data={"csrf_token": _csrf(browser), "product_id": product.id, "quantity": quantity}
    )
    assert response.status_code in {409, 422}
    assert "field__error" in response.text
    assert db.session.scalars(select(BasketLine)).one().quantity == 2_000


@pytest.mark.parametrize("product_id", ["", "x", "0", "-1", "9" * 30, "\x00", "1 OR 1=1", "١"])
def test_an_unknown_product_in_the_basket_forms_is_404(app, browser, product_id):
    token = _csrf(browser)
    for path in ("/gio-hang/them", "/gio-hang/sua", "/gio-hang/bo"):
        assert browser.client.post(path, data={"csrf_token": token, "product_id": product_id}).status_code == 404
    assert count(Basket) == 0


def test_the_basket_shows_price_changes_and_what_is_no_longer_there(app, browser):
    dearer, gone = stocked_product(), stocked_product()
    add(browser, dearer, "2")
    add(browser, gone, "1")
    with transaction() as session:
        session.merge(dearer).price = 50_000
        session.merge(gone).state = "withdrawn"
    browser.open("/gio-hang")
    assert "lúc bạn chọn: 45.000" in browser.text() and "hiện không bán nữa" in browser.text()
    assert not browser.page.select("a[href='/thanh-toan']")
    assert browser.client.get("/thanh-toan").location == "/gio-hang"


def test_a_price_changed_while_the_checkout_was_open_is_shown_and_nothing_is_placed(app, browser):
    product = stocked_product()
    add(browser, product, "2")
    browser.open("/thanh-toan")
    with transaction() as session:
        session.merge(product).price = 50_000
    wish = PEOPLE | {"place": str(any_place().id)}
    browser.submit(wish, form="main form", expect=409)
    assert "vừa thay đổi nên chưa đặt đơn" in browser.text() and "125.000 ₫" in browser.text()
    assert count(Purchase) == 0
    browser.submit({}, form="main form", expect=302)
    assert count(Purchase) == 1


@pytest.mark.parametrize(("field", "value"), [
    ("recipient", ""), ("recipient", "x" * 300), ("phone", "12"), ("phone", ""), ("phone", "\x00"), ("address_line", ""),
    ("place", ""), ("place", "999999999"), ("place", "abc"), ("note", "x" * 600), ("method", "bitcoin"), ("client_key", "x"),
    ("client_key", "é" * 20),
])
def test_a_bad_checkout_field_is_a_sentence_and_places_nothing(app, browser, field, value):
    product = stocked_product()
    add(browser, product, "2")
    browser.open("/thanh-toan")
    browser.submit(PEOPLE | {"place": str(any_place().id), field: value}, form="main form", expect=422)
    assert browser.page.select_one(".error-summary")
    assert count(Purchase) == 0 and stock_row(product.id).allocated == 0


def test_pressing_twice_leads_to_the_same_order(app, browser):
    product = stocked_product()
    add(browser, product, "2")
    page = browser.open("/thanh-toan")
    browser.submit(PEOPLE | {"place": str(any_place().id)}, form="main form")
    first = browser.response.location
    browser.page = page
    browser.submit(PEOPLE | {"place": str(any_place().id)}, form="main form")
    assert browser.response.location == first and count(Purchase) == 1


def test_a_wrong_or_missing_link_token_is_404(app, browser, now):
    product = stocked_product()
    placed = place({product.id: 1_000}, now=now)
    browser.open(placed.next_url)
    for path in (
        f"/don-hang/{placed.purchase_code}", f"/don-hang/{placed.purchase_code}?k=x", f"/don-hang/{placed.purchase_code}?k=é",
        "/don-hang/CTAAAAAAAA", "/don-hang/%00", "/don-hang/" + "9" * 500,
    ):
        browser.open(path, expect=404)


def test_another_buyers_order_is_404_to_look_at_and_to_change(app, browser, now):
    owner, stranger = make_person(), make_person()
    product = stocked_product()
    placed = place({product.id: 1_000}, now=now, buyer=owner)
    [order] = orders_of(placed)
    sign_in(browser.client, stranger)
    browser.open(f"/don-hang/{placed.purchase_code}", expect=404)
    token = _tai_khoan_csrf(browser)
    for verb in ("huy", "da-nhan"):
        response = browser.client.post(
            f"/don-hang/{placed.purchase_code}/{verb}", data={"csrf_token": token, "order": order.code, "k": "x"}
        )
        assert response.status_code == 404
    assert reread(order).state == "PENDING_SELLER"
    sign_in(browser.client, owner)
    browser.open(f"/don-hang/{placed.purchase_code}")
    browser.open("/tai-khoan/don-hang")
    assert placed.purchase_code in browser.text()


def _tai_khoan_csrf(browser) -> str:
    """A token of a signed-in session, from the basket of a product put in for this."""
    browser.open("/tai-khoan")
    return browser.page.select_one("input[name=csrf_token]")["value"]


def test_the_buyer_cancels_by_link_and_later_confirms_what_arrived(app, browser, now):
    product = stocked_product()
    gone, kept = (place({product.id: 1_000}, now=now) for _ in range(2))
    browser.open(gone.next_url)
    browser.submit({}, form=f"form[action='/don-hang/{gone.purchase_code}/huy']", follow=True)
    assert "Đã hủy" in browser.text() and "Bạn trả 0 ₫" in browser.text()
    bring_to("DELIVERED", orders_of(kept)[0], now=now)
    browser.open(kept.next_url)
    assert browser.page.select("a[href^='/t/']")
    browser.submit({}, form=f"form[action='/don-hang/{kept.purchase_code}/da-nhan']", follow=True)
    assert orders_of(kept)[0].state == "COMPLETED"


def test_a_guests_basket_follows_the_person_who_signs_in(app, browser):
    person, product = make_person(), stocked_product()
    add(browser, product, "2")
    browser.open("/dang-nhap")
    browser.submit({"login": person.phone, "password": PASSWORD}, form="main form")
    browser.open("/gio-hang")
    assert product.name in browser.text()
    db.session.rollback()
    assert db.session.scalars(select(Basket)).one().person_id == person.id


def test_pages_cost_the_same_few_statements_with_two_or_with_twelve_products(app, browser, now):
    seen = {}
    for lines in (2, 12):
        shopper = Browser(app.test_client())
        for _ in range(lines):
            add(shopper, stocked_product(measure="piece", price=9_000, step=1, minimum=1), "1")
        for path in ("/gio-hang", "/thanh-toan"):
            with counted() as statements:
                shopper.open(path)
            seen.setdefault(path, []).append(len(statements))
    assert seen["/gio-hang"][0] == seen["/gio-hang"][1] <= 6
    assert seen["/thanh-toan"][0] == seen["/thanh-toan"][1] <= 8
    seller = make_seller()
    goods = [stocked_product(seller=seller, measure="piece", price=9_000, step=1, minimum=1) for _ in range(12)]
    many, few = place({good.id: 1 for good in goods}, now=now), place({goods[0].id: 1}, now=now)
    for placed in (few, many):
        with counted() as statements:
            browser.open(placed.next_url)
        seen.setdefault("order", []).append(len(statements))
    assert seen["order"][0] == seen["order"][1] <= 8


class TestDesk:
    """/kenh-ban/don-hang"""

    @pytest.fixture
    def product(self, app):
        return stocked_product()

    @pytest.fixture
    def order(self, product, now):
        return orders_of(place({product.id: 2_000}, now=now))[0]

    @pytest.fixture
    def desk(self, browser, order):
        sign_in(browser.client, owner_of(order.seller_id))
        return browser

    def press(self, browser, path, values=None, **options):
        browser.submit(values or {}, form=f"form[action$='{path}']", **options)

    def test_the_whole_road_by_pressing_the_one_button_of_each_page(self, desk, order):
        address = f"/kenh-ban/don-hang/{order.code}"
        desk.open("/kenh-ban/don-hang")
        assert desk.page.select_one(f"a[href='{address}']")
        desk.open(address)
        assert "912" not in desk.text() and "Sen" not in desk.text()
        self.press(desk, "/nhan", follow=True)
        assert "0912345678" in desk.text() and "Trần Thị Sen" in desk.text()
        self.press(desk, "/dong-goi", follow=True)
        self.press(desk, "/giao", {"carrier": "Gian hàng tự giao"}, follow=True)
        self.press(desk, "/da-giao", {"collected": "115.000", "collected_by": "Anh Ba"}, follow=True)
        assert stored(order).state == "DELIVERED" and "Đã thu 115.000" in desk.text()

    def test_the_buyers_particulars_show_only_from_accepted_to_completed_i13(self, desk, order, now):
        visible = {"ACCEPTED", "PACKED", "SHIPPED", "READY_FOR_PICKUP", "DELIVERY_FAILED", "DELIVERED", "COMPLETED"}
        for state in STATES:
            with transaction() as session:
                session.get(SellerOrder, order.id).state = state
            if state == "PENDING_PAYMENT":
                desk.open(f"/kenh-ban/don-hang/{order.code}", expect=404)
                continue
            desk.open(f"/kenh-ban/don-hang/{order.code}")
            shown = {secret in desk.response.text for secret in ("912345678", "Trần Thị Sen", "Thới Bình")}
            assert shown == {state in visible}, state
            tab = next(name for name, states in TABS.items() if state in states)
            desk.open(f"/kenh-ban/don-hang?tab={tab}")
            assert order.code in desk.text()
            assert ("Trần Thị Sen" in desk.response.text) == (state in visible), state

    @pytest.mark.parametrize("verb", ["", "/nhan", "/tu-choi", "/dong-goi", "/giao", "/san-sang", "/da-giao"])
    def test_another_sellers_order_is_404_and_unchanged(self, desk, order, verb, now):
        other = orders_of(place({stocked_product().id: 1_000}, now=now))[0]
        desk.open(f"/kenh-ban/don-hang/{order.code}")
        token = desk.page.select_one("input[name=csrf_token]")["value"]
        path = f"/kenh-ban/don-hang/{other.code}{verb}"
        response = desk.client.post(path, data={"csrf_token": token, "reason": "x"}) if verb else desk.client.get(path)
        assert response.status_code == 404 and reread(other).state == "PENDING_SELLER"

    @pytest.mark.parametrize("code", ["CTXXXXXXXX", "%00", "x" * 300, "in%2F..", "CT2222222222"])
    def test_a_code_that_never_was_is_404(self, desk, code):
        desk.open(f"/kenh-ban/don-hang/{code}", expect=404)

    @pytest.mark.parametrize("typed", ["", "-1", "nhiều", "3", "1.250", "\x00", "9" * 40])
    def test_a_bad_accepted_quantity_comes_back_at_its_line(self, desk, order, product, typed):
        desk.open(f"/kenh-ban/don-hang/{order.code}")
        field = desk.page.select_one("input[name^=line_]")["name"]
        self.press(desk, "/nhan", {field: typed}, expect=422)
        assert desk.page.select_one(".field__error")
        assert reread(order).state == "PENDING_SELLER" and stock_row(product.id).allocated == 2_000

    @pytest.mark.parametrize("typed", ["-1", "cân", "2,2", "1.250", "9" * 40])
    def test_a_bad_packed_weight_comes_back_at_its_lot(self, desk, order, typed, now):
        bring_to("ACCEPTED", order, now=now)
        desk.open(f"/kenh-ban/don-hang/{order.code}")
        field = desk.page.select_one("input[name^=pick_]")["name"]
        self.press(desk, "/dong-goi", {field: typed}, expect=422)
        assert desk.page.select_one(".field__error") and reread(order).state == "ACCEPTED"

    def test_wrong_cash_comes_back_at_its_field(self, desk, order, now):
        bring_to("SHIPPED", order, now=now)
        desk.open(f"/kenh-ban/don-hang/{order.code}")
        self.press(desk, "/da-giao", {"collected": "100.000", "collected_by": "Anh Ba"}, expect=422)
        assert "phải thu đúng 115.000" in desk.text() and reread(order).state == "SHIPPED"

    @pytest.mark.parametrize("verb", ["nhan", "tu-choi", "dong-goi", "giao", "san-sang", "da-giao"])
    @pytest.mark.parametrize("state", ["PENDING_SELLER", "ACCEPTED", "PACKED", "SHIPPED", "DELIVERED"])
    def test_any_press_in_any_state_answers_without_a_crash_and_keeps_the_law(self, desk, order, verb, state, now):
        if state != "PENDING_SELLER":
            bring_to(state, order, now=now)
        desk.open("/kenh-ban/don-hang/giao-hang")
        token = desk.page.select_one("input[name=csrf_token]")["value"]
        response = desk.client.post(f"/kenh-ban/don-hang/{order.code}/{verb}", data={"csrf_token": token})
        assert response.status_code in {302, 422} and reread(order).state == state

    def test_a_packer_packs_but_does_not_answer_and_sets_no_fees(self, browser, order):
        sign_in(browser.client, make_member(stored(order).seller, role="packer"))
        browser.open(f"/kenh-ban/don-hang/{order.code}")
        assert not browser.page.select("form[action$='/nhan']")
        browser.open("/kenh-ban/don-hang/giao-hang", expect=403)
        token = _tai_khoan_csrf(browser)
        response = browser.client.post(f"/kenh-ban/don-hang/{order.code}/nhan", data={"csrf_token": token})
        assert response.status_code == 403 and reread(order).state == "PENDING_SELLER"

    def test_the_packing_list_prints_every_accepted_order(self, desk, order, now):
        bring_to("ACCEPTED", order, now=now)
        desk.open("/kenh-ban/don-hang/in")
        assert order.code in desk.text() and "0912345678" in desk.text()

    def test_delivery_terms_are_kept_and_a_bad_fee_is_refused_at_its_field(self, desk):
        desk.open("/kenh-ban/don-hang/giao-hang")
        desk.submit({"fee": "30k", "free_from": "500k", "pickup": "y"}, form="main form")
        desk.open("/kenh-ban/don-hang/giao-hang")
        assert desk.page.select_one("#fee")["value"] == "30.000"
        desk.submit({"fee": "900.000"}, form="main form", expect=422)
        assert desk.page.select_one(".field__error")

    def test_desk_pages_cost_the_same_few_statements_whatever_the_number_of_orders(self, desk, order, product, now):
        costs = []
        for more in (1, 9):
            for number in range(more):
                place({product.id: 1_000}, now=now, phone=f"+8497{more}{number}00000")
            with counted() as statements:
                desk.open("/kenh-ban/don-hang")
            costs.append(len(statements))
        assert costs[0] == costs[1] <= 9
        with counted() as statements:
            desk.open(f"/kenh-ban/don-hang/{order.code}")
        assert len(statements) <= 11
