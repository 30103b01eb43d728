"""T0: placing a purchase, on both engines."""

import pytest
from sqlalchemy import func, select

from marketplace.database import db, transaction
from marketplace.mail import OutboxMessage
from marketplace.orders import services
from marketplace.orders.models import OrderLine, OrderTransition, Purchase, SellerOrder, StockHold
from marketplace.orders.services import (
    BasketEmpty,
    CashClosed,
    QuoteChanged,
    SoldMeanwhile,
)
from marketplace.orders.services.codes import well_formed
from marketplace.payments.models import Payment
from tests.factories.catalogue import make_product
from tests.factories.lots import stock_row
from tests.factories.orders import details_for, make_basket, orders_of, place, stocked_product
from tests.factories.sellers import make_certificate, make_seller

KEY = "k" * 32


def put(**arguments):
    return services.place_order(buyer=None, method="cod", client_key=KEY, **arguments)


def rows(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def test_a_basket_over_two_sellers_becomes_one_order_for_each(app, now):
    first, second = stocked_product(), stocked_product(measure="piece", unit_label="trái", price=12_000, step=1, minimum=1)
    placed = place({first.id: 2_500, second.id: 3}, now=now)
    orders = orders_of(placed)
    assert [order.state for order in orders] == ["PENDING_SELLER", "PENDING_SELLER"]
    assert [order.total for order in orders] == [112_500 + 25_000, 36_000 + 25_000]
    assert {order.seller_id for order in orders} == {first.seller_id, second.seller_id}
    assert well_formed(placed.purchase_code) and all(well_formed(order.code) for order in orders)
    assert stock_row(first.id).allocated == 2_500 and stock_row(second.id).allocated == 3


def test_the_children_sum_to_the_purchase_and_the_cash_payments_to_the_children_i1(app, now):
    products = [stocked_product(price=price) for price in (33_333, 47_777, 12_345)]
    placed = place({product.id: 1_500 for product in products}, now=now)
    purchase = db.session.scalars(select(Purchase).where(Purchase.code == placed.purchase_code)).one()
    orders = db.session.scalars(select(SellerOrder)).all()
    assert purchase.total == sum(order.total for order in orders) == purchase.items_total + purchase.delivery_total
    for order in orders:
        assert order.items_total == sum(line.line_total for line in order.lines)
        [payment] = db.session.scalars(select(Payment).where(Payment.reference == order.code))
        assert payment.amount == order.total == sum(share.amount for share in payment.shares)


def test_a_double_press_is_one_purchase_and_shows_the_same_link(app, now):
    product = stocked_product()
    token = make_basket({product.id: 1_000}, now=now)
    details = details_for(token, now=now)
    first = put(basket_token=token, details=details, now=now)
    second = put(basket_token=token, details=details, now=now)
    assert (second.purchase_code, second.next_url) == (first.purchase_code, first.next_url)
    assert first.fresh and not second.fresh
    assert rows(Purchase) == 1 and stock_row(product.id).allocated == 1_000


@pytest.mark.parametrize("method", ["cod", "sack of rice"])
@pytest.mark.parametrize("seen", ["now", "before"])
def test_a_late_second_press_gets_its_first_answer_whatever_the_basket_holds_by_then(app, seen, method, now):
    product = stocked_product()
    token = make_basket({product.id: 1_000}, now=now)
    old = details_for(token, now=now)
    first = put(basket_token=token, details=old, now=now)
    refilled = make_basket({product.id: 2_000}, now=now)
    details = old if seen == "before" else details_for(refilled, now=now)
    second = services.place_order(
        buyer=None, basket_token=refilled, details=details, method=method, client_key=KEY, now=now
    )
    assert (second.purchase_code, second.fresh) == (first.purchase_code, False)
    assert rows(Purchase) == 1 and stock_row(product.id).allocated == 1_000
    assert services.place_order(
        buyer=None, basket_token=refilled, details=details_for(refilled, now=now), method="cod", client_key="n" * 32, now=now
    ).fresh


def test_a_key_of_somebody_elses_purchase_opens_nothing(app, now):
    from marketplace.errors import Conflict
    from tests.factories.accounts import make_person

    product = stocked_product()
    place({product.id: 1_000}, now=now, client_key=KEY)
    other = make_person()
    token = make_basket({product.id: 1_000}, now=now, person=other)
    with pytest.raises(Conflict):
        services.place_order(
            buyer=other, basket_token=token, details=details_for(token, now=now, person=other), method="cod",
            client_key=KEY, now=now,
        )
    assert rows(Purchase) == 1


def test_a_basket_placed_from_another_page_is_empty(app, now):
    product = stocked_product()
    token = make_basket({product.id: 1_000}, now=now)
    details = details_for(token, now=now)
    put(basket_token=token, details=details, now=now)
    with pytest.raises(BasketEmpty):
        services.place_order(
            buyer=None, basket_token=token, details=details, method="cod", client_key="other" * 8, now=now
        )


@pytest.mark.parametrize("change", [{"price": 46_000}, {"state": "withdrawn"}, {"minimum": 2_000, "step": 1_000}])
def test_a_product_changed_since_the_page_places_nothing(app, now, change):
    product = stocked_product()
    token = make_basket({product.id: 1_500}, now=now)
    details = details_for(token, now=now)
    with transaction():
        for name, value in change.items():
            setattr(product, name, value)
    with pytest.raises(QuoteChanged):
        put(basket_token=token, details=details, now=now)
    assert rows(Purchase) == 0 and stock_row(product.id).allocated == 0


def test_a_delivery_fee_changed_since_the_page_places_nothing(app, now):
    from tests.factories.orders import owner_of

    product = stocked_product()
    token = make_basket({product.id: 1_500}, now=now)
    details = details_for(token, now=now)
    services.set_delivery(
        actor=owner_of(product.seller_id), seller_id=product.seller_id, fee=40_000, free_from=None, pickup=False, now=now
    )
    with pytest.raises(QuoteChanged):
        put(basket_token=token, details=details, now=now)
    assert rows(Purchase) == 0


def test_a_suspended_seller_stops_the_placement_i14(app, now):
    product = stocked_product()
    token = make_basket({product.id: 1_500}, now=now)
    details = details_for(token, now=now)
    with transaction() as session:
        session.merge(product).seller.state = "suspended"
    with pytest.raises(QuoteChanged):
        put(basket_token=token, details=details, now=now)


def test_goods_sold_between_page_and_press_are_named_and_nothing_is_placed(app, now):
    product = stocked_product(quantity=2_000)
    token = make_basket({product.id: 2_000}, now=now)
    details = details_for(token, now=now)
    place({product.id: 1_500}, now=now)
    with pytest.raises(SoldMeanwhile) as refusal:
        put(basket_token=token, details=details, now=now)
    assert str(refusal.value.values["available"]) == "500\N{NO-BREAK SPACE}g"
    assert rows(Purchase) == 1 and stock_row(product.id).allocated == 1_500
    assert rows(SellerOrder) == 1 and rows(StockHold) == 1


def test_the_line_keeps_name_price_certificates_and_stars_of_the_day_i11(app, now):
    seller = make_seller()
    paper = make_certificate(seller, kind="vietgap", number="VG-1")
    star = make_certificate(seller, kind="ocop", stars=4, checked_at=now)
    old = make_certificate(seller, kind="organic", valid_to=now.date().replace(year=2025))
    product = make_product(seller, certificates=(paper, star, old))
    from tests.factories.lots import make_lot

    make_lot(product)
    name = product.name
    place({product.id: 1_000}, now=now)
    with transaction() as session:
        session.merge(product).name, session.merge(product).price = "Tên mới", 99_000
        session.merge(paper).revoked_at = now
    line = db.session.scalars(select(OrderLine)).one()
    assert (line.product_name, line.price, line.line_total, line.ocop_stars) == (name, 45_000, 45_000, 4)
    assert {kept["number"] for kept in line.certificates} == {"VG-1", star.number}


def test_the_first_step_is_logged_with_the_request_i8(app, now):
    product = stocked_product()
    token = make_basket({product.id: 1_000}, now=now)
    put(basket_token=token, details=details_for(token, now=now), now=now, request_id="req-12345678")
    move = db.session.scalars(select(OrderTransition)).one()
    assert (move.before, move.after, move.actor, move.request_id) == ("", "PENDING_SELLER", "buyer", "req-12345678")


def test_messages_reach_the_seller_and_the_buyer_with_the_link(app, now):
    product = stocked_product()
    placed = place({product.id: 1_000}, now=now)
    bodies = {message.recipient: message.body for message in db.session.scalars(select(OutboxMessage))}
    assert f"https://chonongsan.test{placed.next_url}" in bodies["+84912345678"]
    assert orders_of(placed)[0].code in bodies["+842923811811"]


def test_pickup_costs_nothing_where_the_seller_offers_it_and_is_ignored_elsewhere(app, now):
    from tests.factories.orders import owner_of

    offering, other = stocked_product(), stocked_product()
    services.set_delivery(
        actor=owner_of(offering.seller_id), seller_id=offering.seller_id, fee=30_000, free_from=None, pickup=True, now=now
    )
    ways = {offering.seller_id: "pickup", other.seller_id: "pickup"}
    placed = place({offering.id: 1_000, other.id: 1_000}, now=now, ways=ways)
    assert {order.seller_id: (order.delivery, order.delivery_fee) for order in orders_of(placed)} == {
        offering.seller_id: ("pickup", 0), other.seller_id: ("ship", 25_000),
    }


def test_cash_is_closed_above_the_cap_and_after_too_many_open_orders(app, now):
    dear, cheap = stocked_product(price=5_000_000), stocked_product(measure="piece", price=5_000, step=1, minimum=1)
    with pytest.raises(CashClosed) as refusal:
        place({dear.id: 1_000}, now=now)
    assert refusal.value.field == "method" and rows(Purchase) == 0
    for _ in range(8):
        place({cheap.id: 1}, now=now)
    with pytest.raises(CashClosed) as refusal:
        place({cheap.id: 1}, now=now)
    assert refusal.value.code == "cash-open" and rows(Purchase) == 8


@pytest.mark.parametrize(("wish", "field"), [({"place_id": None}, "place"), ({"place_id": 10**9}, "place")])
def test_an_unknown_place_is_refused_at_its_field(app, now, wish, field):
    from marketplace.errors import DomainError

    product = stocked_product()
    with pytest.raises(DomainError) as refusal:
        place({product.id: 1_000}, now=now, **wish)
    assert refusal.value.field == field and rows(Purchase) == 0
