"""Stock verbs: all or nothing, in id order, never below zero; blocked goods leave sale when they come free."""

import pytest
from sqlalchemy.exc import IntegrityError

from marketplace.database import db, transaction
from marketplace.lots import services
from marketplace.lots.models import LotStock, Stock
from marketplace.lots.services import LotShort, OutOfStock
from tests.factories.accounts import make_officer
from tests.factories.catalogue import make_product
from tests.factories.lots import lot_stock_row, make_lot, stock_row
from tests.factories.sellers import make_seller


def numbers(product_id):
    row = stock_row(product_id)
    return row.on_hand, row.allocated, row.held


def lot_numbers(lot_id):
    row = lot_stock_row(lot_id)
    return row.on_hand, row.allocated, row.withdrawn


def do(verb, **arguments):
    with transaction():
        verb(**arguments)


def assert_sums_agree(product_id):
    """Stock of a product = what its lots hold and have not withdrawn."""
    rows = db.session.query(LotStock).join(services.stock.Lot).filter(services.stock.Lot.product_id == product_id).all()
    assert stock_row(product_id).on_hand == sum(row.on_hand - row.withdrawn for row in rows)


def test_hold_then_allocation_then_shipping_moves_the_numbers(app):
    lot = make_lot(quantity=10_000)

    do(services.hold_stock, quantities={lot.product_id: 3_000})
    assert numbers(lot.product_id) == (10_000, 0, 3_000)
    do(services.allocate_held, quantities={lot.product_id: 3_000})
    assert numbers(lot.product_id) == (10_000, 3_000, 0)
    do(services.allocate_lots, picks={lot.id: 3_000})
    assert lot_numbers(lot.id) == (10_000, 3_000, 0)
    do(services.ship_lots, picks={lot.id: 3_000})
    assert numbers(lot.product_id) == (7_000, 0, 0)
    assert lot_numbers(lot.id) == (7_000, 0, 0)


def test_short_basket_names_the_product_and_takes_nothing_of_the_others(app):
    plenty, scarce = make_lot(quantity=10_000), make_lot(quantity=1_000)

    with transaction(), pytest.raises(OutOfStock) as refusal:
        services.allocate_stock(quantities={plenty.product_id: 2_000, scarce.product_id: 1_001})

    assert (refusal.value.product_id, refusal.value.available) == (scarce.product_id, 1_000)
    assert numbers(plenty.product_id) == (10_000, 0, 0)
    assert numbers(scarce.product_id) == (1_000, 0, 0)


def test_product_that_never_had_a_lot_is_out_of_stock(app):
    product = make_product()

    with pytest.raises(OutOfStock) as refusal:
        do(services.hold_stock, quantities={product.id: 1})

    assert refusal.value.available == 0


@pytest.mark.parametrize("quantity", [0, -1])
def test_quantity_that_is_not_positive_is_a_bug_of_the_caller(app, quantity):
    lot = make_lot()

    with pytest.raises(ValueError, match="positive"):
        do(services.allocate_stock, quantities={lot.product_id: quantity})


def test_more_cannot_be_given_back_than_was_taken(app):
    lot = make_lot(quantity=5_000)
    do(services.hold_stock, quantities={lot.product_id: 1_000})

    for verb in (services.release_hold, services.allocate_held, services.release_allocation):
        with pytest.raises(OutOfStock):
            do(verb, quantities={lot.product_id: 1_001})

    assert numbers(lot.product_id) == (5_000, 0, 1_000)


def test_lot_gives_no_more_than_it_has(app):
    lot = make_lot(quantity=5_000)
    do(services.allocate_stock, quantities={lot.product_id: 5_000})

    with pytest.raises(LotShort) as refusal:
        do(services.allocate_lots, picks={lot.id: 5_001})

    assert (refusal.value.lot_id, refusal.value.available) == (lot.id, 5_000)
    assert lot_numbers(lot.id) == (5_000, 0, 0)


@pytest.mark.parametrize("state", ["draft", "blocked", "recalled", "closed", "cancelled"])
def test_orders_are_not_packed_from_a_lot_that_is_not_released(app, state):
    lot = make_lot(quantity=5_000)
    with transaction() as session:
        session.get(type(lot), lot.id).state = state

    with pytest.raises(LotShort):
        do(services.allocate_lots, picks={lot.id: 1})


def test_undone_packing_frees_goods_by_lot_and_by_product(app):
    lot = make_lot(quantity=5_000)
    do(services.allocate_stock, quantities={lot.product_id: 2_000})
    do(services.allocate_lots, picks={lot.id: 2_000})

    do(services.release_lots, picks={lot.id: 2_000})

    assert numbers(lot.product_id) == (5_000, 0, 0)
    assert lot_numbers(lot.id) == (5_000, 0, 0)


def test_shipping_fails_as_a_whole_when_a_lot_was_not_packed(app):
    lot = make_lot(quantity=5_000)
    do(services.allocate_stock, quantities={lot.product_id: 2_000})

    with transaction(), pytest.raises(LotShort):
        services.ship_lots(picks={lot.id: 2_000})

    assert numbers(lot.product_id) == (5_000, 2_000, 0)


def test_returned_goods_are_on_sale_again(app):
    lot = make_lot(quantity=5_000)
    do(services.allocate_stock, quantities={lot.product_id: 2_000})
    do(services.allocate_lots, picks={lot.id: 2_000})
    do(services.ship_lots, picks={lot.id: 2_000})

    do(services.return_lots, picks={lot.id: 2_000})

    assert numbers(lot.product_id) == (5_000, 0, 0)
    assert lot_numbers(lot.id) == (5_000, 0, 0)


def recalled(lot, now):
    services.recall_lot(
        actor=make_officer(), lot_id=lot.id, reason_code="residue", reason="Mẫu thử vượt ngưỡng cho phép", now=now
    )


def test_recall_takes_the_unsold_rest_out_of_sale_at_once(app, now):
    lot, other = make_lot(quantity=5_000), None
    other = make_lot(services.stock.db.session.get(type(lot.product), lot.product_id), quantity=4_000)

    recalled(lot, now)

    assert numbers(lot.product_id) == (4_000, 0, 0)
    assert lot_numbers(lot.id) == (5_000, 0, 5_000)
    assert lot_numbers(other.id) == (4_000, 0, 0)
    assert_sums_agree(lot.product_id)


def test_goods_promised_at_recall_leave_sale_when_the_order_lets_go(app, now):
    lot = make_lot(quantity=5_000)
    do(services.allocate_stock, quantities={lot.product_id: 2_000})
    do(services.hold_stock, quantities={lot.product_id: 1_000})

    recalled(lot, now)
    assert numbers(lot.product_id) == (3_000, 2_000, 1_000)
    do(services.release_hold, quantities={lot.product_id: 1_000})
    assert numbers(lot.product_id) == (2_000, 2_000, 0)
    do(services.release_allocation, quantities={lot.product_id: 2_000})

    assert numbers(lot.product_id) == (0, 0, 0)
    assert lot_numbers(lot.id) == (5_000, 0, 5_000)
    assert_sums_agree(lot.product_id)


def test_goods_packed_before_a_recall_leave_sale_when_unpacked(app, now):
    lot = make_lot(quantity=5_000)
    do(services.allocate_stock, quantities={lot.product_id: 2_000})
    do(services.allocate_lots, picks={lot.id: 2_000})

    recalled(lot, now)
    do(services.release_lots, picks={lot.id: 2_000})

    assert numbers(lot.product_id) == (0, 0, 0)
    assert_sums_agree(lot.product_id)


def test_returned_goods_of_a_recalled_lot_stay_off_sale(app, now):
    lot = make_lot(quantity=5_000)
    do(services.allocate_stock, quantities={lot.product_id: 2_000})
    do(services.allocate_lots, picks={lot.id: 2_000})
    do(services.ship_lots, picks={lot.id: 2_000})
    recalled(lot, now)

    do(services.return_lots, picks={lot.id: 2_000})

    assert numbers(lot.product_id) == (0, 0, 0)
    assert_sums_agree(lot.product_id)


def test_check_constraint_refuses_what_no_verb_would_write(app):
    seller = make_seller()
    product = make_product(seller)

    with pytest.raises(IntegrityError), transaction() as session:
        session.add(Stock(product_id=product.id, on_hand=1, allocated=1, held=1))
