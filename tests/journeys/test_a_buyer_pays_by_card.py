"""Paying by card through the hosted page: taken at once, declined and tried again, confirmed with the bank."""

import re

import pytest
from playwright.sync_api import expect

from marketplace import jobs
from marketplace.database import db
from tests.factories.orders import owner_of, stocked_product
from tests.journeys import steps

pytestmark = pytest.mark.browser
GOOD, DECLINED, ASKS_THE_BANK = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0025 0000 3155"
WAITING = "Chờ người bán nhận đơn"


@pytest.fixture
def pay_page(phone, site):
    """A phone that has ordered two kilograms by card and stands before the gateway's page."""
    with site.app.app_context():
        product = stocked_product()
        address = f"/san-pham/{product.id}-{product.slug}"
        db.session.remove()
    phone.goto(address)
    steps.put_into_basket(phone, "2")
    steps.check_out(phone, steps.Buyer(), method="Thẻ ngân hàng")
    expect(phone).to_have_url(re.compile("/pay/"))
    return phone


def settle(site) -> None:
    """Let the payments job do what is due."""
    while jobs.run_once(site.app, "payments"):
        pass


def test_a_good_card_holds_the_money_and_the_order_goes_to_the_seller(pay_page, site):
    steps.pay(pay_page, GOOD)

    expect(pay_page).to_have_url(re.compile("/don-hang/CT"))
    settle(site)
    pay_page.reload()
    steps.reads(pay_page, WAITING)


def test_a_declined_card_says_so_and_another_one_may_follow(pay_page, site):
    steps.pay(pay_page, DECLINED)
    expect(pay_page.get_by_role("alert")).to_contain_text("Chưa trả được")
    steps.pay(pay_page, GOOD)

    expect(pay_page).to_have_url(re.compile("/don-hang/CT"))
    settle(site)
    pay_page.reload()
    steps.reads(pay_page, WAITING)


def test_a_buyer_who_turned_back_finds_the_way_to_the_card_page_again(pay_page, site):
    steps.follow(pay_page, "Quay lại chợ, chưa trả")
    steps.reads(pay_page, "Đơn đang giữ hàng chờ bạn trả tiền")
    steps.follow(pay_page, "Trả bằng thẻ")
    steps.pay(pay_page, GOOD)

    expect(pay_page).to_have_url(re.compile("/don-hang/CT"))
    settle(site)
    pay_page.reload()
    steps.reads(pay_page, WAITING)


def test_a_card_that_asks_the_bank_is_confirmed_there_and_money_is_taken_once_accepted(pay_page, site):
    steps.pay(pay_page, ASKS_THE_BANK)
    pay_page.get_by_role("button", name="Đúng, tôi xác nhận").click()
    expect(pay_page).to_have_url(re.compile("/don-hang/CT"))
    settle(site)
    pay_page.reload()
    steps.reads(pay_page, WAITING)

    reference = re.search(r"/don-hang/(CT\w+)", pay_page.url)[1]
    with site.app.app_context():
        accept_all(reference)
    settle(site)
    pay_page.reload()
    steps.reads(pay_page, "Người bán đang chuẩn bị hàng")
    with site.app.app_context():
        payment = payment_of(reference)
        db.session.remove()
    assert payment.captured == payment.amount


def accept_all(reference: str) -> None:
    """What the seller's button does."""
    from marketplace.database import utcnow
    from marketplace.orders import services
    from marketplace.orders.queries.life import orders_of_purchase

    for order in orders_of_purchase(reference):
        services.accept(actor=owner_of(order.seller_id), seller_id=order.seller_id, order_code=order.code, now=utcnow())
    db.session.remove()


def payment_of(reference: str):
    from marketplace.payments import queries

    return queries.payment_of(reference=reference)
