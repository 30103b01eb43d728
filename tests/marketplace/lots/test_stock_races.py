"""Twenty buyers at the same moment, real threads on PostgreSQL: one unit is sold once, and nobody waits in a ring."""


import pytest

from marketplace.database import transaction
from marketplace.lots import services
from marketplace.lots.services import OutOfStock
from tests.factories.lots import make_lot, stock_row
from tests.together import together


def taking(verb, quantities):
    def take():
        with transaction():
            verb(quantities=quantities)

    return take


@pytest.mark.parametrize("verb", [services.hold_stock, services.allocate_stock])
def test_one_unit_goes_to_exactly_one_of_twenty_threads(postgres_app, verb):
    lot = make_lot(quantity=1)
    product_id = lot.product_id

    results = together(postgres_app, [taking(verb, {product_id: 1}) for _ in range(20)])

    assert results.count(None) == 1
    assert sum(isinstance(result, OutOfStock) for result in results) == 19
    row = stock_row(product_id)
    assert (row.on_hand, row.allocated + row.held) == (1, 1)


def test_reversed_baskets_do_not_deadlock_and_all_are_served(postgres_app):
    first, second = make_lot(quantity=40), make_lot(quantity=40)
    one, two = first.product_id, second.product_id
    baskets = [{one: 1, two: 1} if n % 2 else {two: 1, one: 1} for n in range(20)]

    results = together(postgres_app, [taking(services.allocate_stock, basket) for basket in baskets])

    assert results == [None] * 20
    assert (stock_row(one).allocated, stock_row(two).allocated) == (20, 20)


def test_losers_of_a_two_line_basket_leave_the_other_line_free(postgres_app):
    scarce, plenty = make_lot(quantity=5), make_lot(quantity=100)
    basket = {plenty.product_id: 1, scarce.product_id: 1}

    results = together(postgres_app, [taking(services.allocate_stock, basket) for _ in range(20)])

    assert results.count(None) == 5
    assert (stock_row(plenty.product_id).allocated, stock_row(scarce.product_id).allocated) == (5, 5)
