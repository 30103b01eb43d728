"""Card purchases: holds, T1, T2, T5, late money, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.database import db
from marketplace.orders import services
from marketplace.orders.models import StockHold
from marketplace.orders.queries.life import orders_of_purchase
from marketplace.orders.services import CancelTooLate, NotPaidYet, SoldMeanwhile
from marketplace.payments import queries as payment_queries
from marketplace.payments import services as payments
from tests.factories.lots import stock_row
from tests.factories.orders import details_for, make_basket, orders_of, packing_of, place, reread, seller_step, stocked_product

LATER = timedelta(minutes=10)
TOO_LATE = timedelta(minutes=31)


def states(placed) -> list[str]:
    return [order.state for order in orders_of(placed)]


@pytest.fixture
def products(app):
    return [stocked_product(), stocked_product()]


@pytest.fixture
def placed(bank, products, now):
    return place({product.id: 2_000 for product in products}, now=now, method="card")


def hold_money(bank, placed, at) -> None:
    bank.hold(placed.purchase_code)
    payments.run_due(at)


def test_goods_are_held_while_the_buyer_pays_and_promised_once_the_money_is_held_t1(bank, products, placed, now):
    assert states(placed) == ["PENDING_PAYMENT"] * 2
    assert stock_row(products[0].id).held == 2_000
    hold_money(bank, placed, now + LATER)
    assert states(placed) == ["PENDING_SELLER"] * 2
    assert (stock_row(products[0].id).held, stock_row(products[0].id).allocated) == (0, 2_000)


def test_the_same_news_twice_changes_nothing(bank, products, placed, now):
    hold_money(bank, placed, now + LATER)
    assert services.PaymentListener().authorised(reference=placed.purchase_code, now=now + LATER)
    assert states(placed) == ["PENDING_SELLER"] * 2 and stock_row(products[0].id).allocated == 2_000


def test_an_unpaid_purchase_expires_as_a_whole_and_frees_its_goods_t2(products, placed, now):
    assert services.expire_due(now + timedelta(minutes=29)) == 0
    assert services.expire_due(now + TOO_LATE) == 2
    assert states(placed) == ["EXPIRED"] * 2
    assert [stock_row(product.id).held for product in products] == [0, 0]
    assert {hold.state for hold in db.session.scalars(select(StockHold))} == {"released"}


def test_late_money_never_revives_an_expired_purchase(bank, products, placed, now):
    services.expire_due(now + TOO_LATE)
    assert services.PaymentListener().authorised(reference=placed.purchase_code, now=now + TOO_LATE) is False
    bank.hold(placed.purchase_code)
    for minutes in range(32, 60, 4):
        payments.run_due(now + timedelta(minutes=minutes))
    assert states(placed) == ["EXPIRED"] * 2
    assert bank.intents[f"pi_{placed.purchase_code}"].amount_received == 0
    assert stock_row(products[0].id).allocated == 0


def test_expired_holds_are_reclaimed_in_the_same_transaction_before_a_buyer_is_refused_i2(bank, now):
    product = stocked_product(quantity=2_000)
    unpaid = place({product.id: 2_000}, now=now, method="card")
    # The page was open before: the basket is filled while stock seemed free, so it is written by hand here.
    from marketplace.database import transaction
    from marketplace.orders.models import Basket, BasketLine

    with transaction() as session:
        basket = Basket(token="t" * 32, created_at=now, updated_at=now)
        basket.lines.append(BasketLine(product_id=product.id, quantity=1_500, seen_price=product.price))
        session.add(basket)

    def buy(at):
        return services.place_order(
            buyer=None, basket_token="t" * 32, details=details_for("t" * 32, now=at), method="cod", client_key="z" * 32, now=at
        )

    with pytest.raises(SoldMeanwhile):
        buy(now + timedelta(minutes=20))
    bought = buy(now + TOO_LATE)
    assert states(unpaid) == ["EXPIRED"] and states(bought) == ["PENDING_SELLER"]
    assert (stock_row(product.id).held, stock_row(product.id).allocated) == (0, 1_500)


def test_the_card_is_charged_once_with_the_accepted_sum_when_every_seller_has_answered_t5(bank, placed, now):
    hold_money(bank, placed, now + LATER)
    first, second = orders_of(placed)
    from marketplace.orders.queries.life import lines_of

    seller_step(services.accept, first, now=now + LATER, quantities={lines_of(first.id)[0].id: 1_000})
    payments.run_due(now + LATER)
    assert bank.intents[f"pi_{placed.purchase_code}"].amount_received == 0
    seller_step(services.refuse, second, now=now + LATER, reason="Hết hàng")
    payments.run_due(now + LATER)
    assert bank.intents[f"pi_{placed.purchase_code}"].amount_received == 45_000 + 25_000
    assert reread(first).total == 70_000


def test_when_no_seller_accepts_nothing_is_charged(bank, placed, now):
    hold_money(bank, placed, now + LATER)
    for order in orders_of(placed):
        seller_step(services.refuse, order, now=now + LATER, reason="Hết hàng")
    payments.run_due(now + LATER)
    intent = bank.intents[f"pi_{placed.purchase_code}"]
    assert (intent.amount_received, intent.amount_capturable) == (0, 0)


def test_a_card_parcel_leaves_only_after_the_money_was_taken_t7(bank, placed, now):
    hold_money(bank, placed, now + LATER)
    first, second = orders_of(placed)
    seller_step(services.accept, first, now=now + LATER)
    seller_step(services.pack, reread(first), now=now + LATER, packing=packing_of(first, now=now, less=500))
    with pytest.raises(NotPaidYet):
        seller_step(services.ship, reread(first), now=now + LATER, carrier="Xe nhà")
    seller_step(services.accept, second, now=now + LATER)
    payments.run_due(now + LATER)
    seller_step(services.ship, reread(first), now=now + LATER, carrier="Xe nhà")
    assert reread(first).state == "SHIPPED"
    taken = bank.intents[f"pi_{placed.purchase_code}"].amount_received
    assert taken == sum(order.total for order in orders_of_purchase(placed.purchase_code))


def test_more_weight_than_a_card_promised_is_given_free(bank, placed, now):
    hold_money(bank, placed, now + LATER)
    first = orders_of(placed)[0]
    seller_step(services.accept, first, now=now + LATER)
    seller_step(services.pack, reread(first), now=now + LATER, packing=packing_of(first, now=now, less=-100))
    assert reread(first).total == first.total


def test_the_buyer_cancels_an_unpaid_purchase_as_a_whole_t12(products, placed, now):
    order = orders_of(placed)[0]
    services.cancel_by_buyer(
        buyer=None, token=placed.guest_token, purchase_code=placed.purchase_code, order_code=order.code, now=now
    )
    assert states(placed) == ["CANCELLED"] * 2 and stock_row(products[1].id).held == 0


def test_cancelling_after_the_money_arrived_unseen_is_too_late_for_the_unpaid_road(bank, placed, now):
    hold_money(bank, placed, now + LATER)
    order = orders_of(placed)[0]
    services.cancel_by_buyer(
        buyer=None, token=placed.guest_token, purchase_code=placed.purchase_code, order_code=order.code, now=now + LATER
    )
    assert states(placed) == ["CANCELLED", "PENDING_SELLER"]
    with pytest.raises(CancelTooLate):
        services.cancel_by_buyer(
            buyer=None, token=placed.guest_token, purchase_code=placed.purchase_code,
            order_code=_accepted(orders_of(placed)[1], now), now=now + timedelta(hours=3),
        )


def _accepted(order, now) -> str:
    seller_step(services.accept, order, now=now + LATER)
    return order.code


def test_a_lost_hold_cancels_even_what_was_packed_and_frees_lots_and_stock(bank, products, placed, now):
    hold_money(bank, placed, now + LATER)
    first = orders_of(placed)[0]
    seller_step(services.accept, first, now=now + LATER)
    seller_step(services.pack, reread(first), now=now + LATER, packing=packing_of(first, now=now))
    services.PaymentListener().failed(reference=placed.purchase_code, now=now + LATER)
    assert states(placed) == ["CANCELLED"] * 2
    assert [stock_row(product.id).allocated for product in products] == [0, 0]


def test_shares_of_a_card_payment_sum_to_it_and_to_the_purchase_i1(placed):
    view = payment_queries.payment_of(reference=placed.purchase_code)
    orders = orders_of(placed)
    assert view.amount == sum(share.amount for share in view.shares) == sum(order.total for order in orders)


def test_the_buyer_is_led_to_the_card_page(bank, client, products, now):
    token = make_basket({products[0].id: 1_000}, now=now)
    with client.session_transaction() as cookie:
        cookie["basket"] = token
    from tests.browser import Browser

    browser = Browser(client)
    browser.open("/thanh-toan")
    from tests.factories.places import any_place

    browser.submit(
        {"recipient": "Sen", "phone": "0912345678", "address_line": "Ấp 1", "place": str(any_place().id), "method": "card"},
        form="main form",
    )
    assert browser.response.location.startswith("https://bank.test/pay/pi_CT")
