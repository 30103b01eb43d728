"""Many people at the same moment: real threads, on PostgreSQL and (where it says so) on SQLite too."""

import itertools
import secrets

from sqlalchemy import func, select

from marketplace.database import db, transaction
from marketplace.errors import DomainError
from marketplace.orders import services
from marketplace.orders.models import Basket, BasketLine, OrderTransition, Purchase, SellerOrder
from marketplace.orders.services import SoldMeanwhile, StepTooLate
from tests.factories.lots import stock_row
from tests.factories.orders import details_for, make_basket, orders_of, owner_of, place, reread, stocked_product
from tests.together import together


def waiting_basket(wishes: dict[int, int], now) -> str:
    """A basket filled while there was still enough, each line written in the order given."""
    token = secrets.token_urlsafe(16)
    with transaction() as session:
        basket = Basket(token=token, created_at=now, updated_at=now)
        for product_id, quantity in wishes.items():
            basket.lines.append(BasketLine(product_id=product_id, quantity=quantity, seen_price=45_000))
        session.add(basket)
    return token


def pressing(token, now, *, phone="+84912345678", key=None, details=None):
    details = details or details_for(token, now=now, phone=phone)
    key = key or secrets.token_urlsafe(24)
    return lambda: services.place_order(
        buyer=None, basket_token=token, details=details, method="cod", client_key=key, now=now
    )


def buyers(wishes_of, number, now):
    """One press per buyer, each with a basket and a phone of their own."""
    return [
        pressing(waiting_basket(wishes_of(n), now), now, phone=f"+849{10_000_000 + n}") for n in range(number)
    ]


def count(model) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def test_twenty_threads_and_one_unit_make_exactly_one_order(postgres_app, now):
    product = stocked_product(quantity=1, measure="piece", unit_label="trái", step=1, minimum=1)
    results = together(postgres_app, buyers(lambda n: {product.id: 1}, 20, now))
    assert sum(isinstance(result, SoldMeanwhile) for result in results) == 19
    assert (count(Purchase), count(SellerOrder)) == (1, 1)
    assert (stock_row(product.id).on_hand, stock_row(product.id).allocated) == (1, 1)


def test_twenty_threads_on_sqlite_sell_one_unit_once(sqlite_database, now):
    sqlite_database.reset()
    with sqlite_database.app.app_context():
        product = stocked_product(quantity=1, measure="piece", unit_label="trái", step=1, minimum=1)
        results = together(sqlite_database.app, buyers(lambda n: {product.id: 1}, 20, now))
        assert sum(isinstance(result, SoldMeanwhile) for result in results) == 19
        assert count(SellerOrder) == 1
        db.session.remove()


def test_two_kinds_of_baskets_with_reversed_lines_never_wait_in_a_ring(postgres_app, now):
    one, two = stocked_product(), stocked_product()
    wishes = [{one.id: 1_000, two.id: 1_000}, {two.id: 1_000, one.id: 1_000}]
    results = together(postgres_app, buyers(lambda n: wishes[n % 2], 20, now))
    assert all(result.fresh for result in results)
    assert [stock_row(product.id).allocated for product in (one, two)] == [20_000, 20_000]


def test_the_same_form_pressed_ten_times_at_once_is_one_purchase(postgres_app, now):
    product = stocked_product()
    token = make_basket({product.id: 1_000}, now=now)
    press = pressing(token, now)
    results = together(postgres_app, [press] * 10)
    assert len({result.purchase_code for result in results}) == 1
    assert sum(result.fresh for result in results) == 1
    assert count(Purchase) == 1 and stock_row(product.id).allocated == 1_000


def test_one_basket_placed_from_two_pages_is_bought_once(postgres_app, now):
    product = stocked_product()
    token = make_basket({product.id: 1_000}, now=now)
    results = together(postgres_app, [pressing(token, now) for _ in range(6)])
    assert sum(not isinstance(result, DomainError) for result in results) == 1
    assert count(Purchase) == 1 and stock_row(product.id).allocated == 1_000


def test_accepting_refusing_and_cancelling_at_once_leaves_one_truth_i5(postgres_app, now):
    for _ in range(4):
        product = stocked_product()
        placed = place({product.id: 1_000}, now=now, phone=f"+8493{secrets.randbelow(10**7):07d}")
        [order] = orders_of(placed)
        owner = owner_of(order.seller_id)
        wish = {"actor": owner, "seller_id": order.seller_id, "order_code": order.code, "now": now}
        owner_id = owner.id  # loaded before the threads start
        calls = [
            lambda wish=wish: services.accept(**wish),
            lambda wish=wish: services.refuse(**wish, reason="Hết hàng"),
            lambda placed=placed, order=order: services.cancel_by_buyer(
                buyer=None, token=placed.guest_token, purchase_code=placed.purchase_code, order_code=order.code, now=now
            ),
            lambda wish=wish: services.accept(**wish),
        ]
        together(postgres_app, calls)
        after = reread(order)
        moves = db.session.scalars(
            select(OrderTransition).where(OrderTransition.order_id == order.id).order_by(OrderTransition.id)
        ).all()
        assert owner_id and after.state in {"ACCEPTED", "CANCELLED"} and moves[-1].after == after.state
        assert all(before.after == move.before for before, move in itertools.pairwise(moves))
        assert stock_row(product.id).allocated == (1_000 if after.state == "ACCEPTED" else 0)


def test_two_accepts_at_once_accept_once(postgres_app, now):
    product = stocked_product()
    [order] = orders_of(place({product.id: 1_000}, now=now))
    wish = {"actor": owner_of(order.seller_id), "seller_id": order.seller_id, "order_code": order.code, "now": now}
    results = together(postgres_app, [lambda: services.accept(**wish)] * 8)
    assert not any(isinstance(result, StepTooLate) for result in results)
    assert sum(result.changed for result in results) == 1


def test_the_clock_in_two_workers_cancels_each_order_once(postgres_app, now):
    from datetime import timedelta

    product = stocked_product()
    for number in range(5):
        place({product.id: 1_000}, now=now, phone=f"+8494000000{number}")
    results = together(postgres_app, [lambda: services.expire_due(now + timedelta(hours=25))] * 4)
    assert sum(results) == 5 and stock_row(product.id).allocated == 0
