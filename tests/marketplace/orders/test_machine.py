"""The table of transitions, the clock, the buyer's steps, and the sums, on both engines."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.money import line_total, split
from marketplace.orders import policies, services
from marketplace.orders.models import STATES, TERMINAL, OrderTransition
from marketplace.orders.policies import DeliveryTerms, first_expired_first, packed_total, purchase_status
from marketplace.orders.queries import purchase_view
from marketplace.orders.services import CancelTooLate, StepTooLate
from marketplace.orders.services.codes import ALPHABET, new_purchase_code, order_code, well_formed
from marketplace.orders.services.table import TABLE
from marketplace.statistics.models import SaleFact
from tests.factories.lots import stock_row
from tests.factories.orders import bring_to, orders_of, place, reread, stocked_product, stored

AMOUNT = st.integers(min_value=1, max_value=10**9)
PRICE = st.integers(min_value=1, max_value=10**7)


def test_no_transition_leaves_an_ended_state_i6():
    assert not {source for transition in TABLE for source in transition.sources} & set(TERMINAL)


def test_every_transition_joins_known_states_and_somebody_may_do_it():
    for transition in TABLE:
        assert {*transition.sources, transition.target} <= set(STATES) and transition.actors


def test_every_state_with_a_clock_has_a_transition_the_clock_may_do():
    struck = {source for transition in TABLE if "timer" in transition.actors for source in transition.sources}
    assert struck == {"PENDING_PAYMENT", "PENDING_SELLER", "DELIVERED"}


@given(st.lists(st.sampled_from(STATES), min_size=1, max_size=6))
def test_the_purchase_status_is_a_function_of_its_children_in_any_order_i7(states):
    assert purchase_status(states) == purchase_status(sorted(states)) in states
    alive = [state for state in states if state not in TERMINAL]
    assert (purchase_status(states) in alive) == bool(alive)


@given(st.lists(st.tuples(PRICE, AMOUNT, st.sampled_from(["mass", "piece"])), min_size=1, max_size=8), st.integers(0, 10**6))
def test_totals_are_whole_and_sum_exactly_and_can_be_split_back_i1(lines, fee):
    totals = [line_total(price=price, quantity=quantity, measure=measure) for price, quantity, measure in lines]
    whole = sum(totals) + DeliveryTerms(fee).price(items_total=sum(totals), way="ship")
    assert whole == sum(totals) + fee
    if sum(totals):
        parts = split(whole, totals)
        assert sum(parts) == whole and all(part >= 0 for part in parts)


@given(PRICE, AMOUNT, AMOUNT)
def test_a_card_never_pays_more_than_accepted_and_cash_at_most_five_percent(price, accepted, packed):
    most = policies.most_packable(accepted=accepted, measure="mass")
    packed = min(packed, most)
    promised = line_total(price=price, quantity=accepted, measure="mass")
    assert packed_total(price=price, accepted=accepted, packed=packed, measure="mass", method="card") <= promised
    cash = packed_total(price=price, accepted=accepted, packed=packed, measure="mass", method="cod")
    assert cash <= line_total(price=price, quantity=most, measure="mass") and 20 * most <= 21 * accepted


@given(AMOUNT, st.lists(st.integers(0, 10**6), max_size=6))
def test_lots_are_emptied_in_order_and_never_overdrawn(wanted, stock):
    class Lot:
        def __init__(self, number, available):
            self.id, self.available = number, available

    lots = [Lot(number, available) for number, available in enumerate(stock)]
    picks = first_expired_first(wanted, lots)
    assert sum(picks.values()) == min(wanted, sum(stock))
    assert all(0 < quantity <= stock[lot] for lot, quantity in picks.items())
    assert list(picks)[:-1] == [lot for lot in list(picks)[:-1] if picks[lot] == stock[lot]]


@given(st.integers(0, 19))
def test_a_slip_of_one_letter_in_a_code_is_noticed(number):
    code = order_code(new_purchase_code(), number)
    assert well_formed(code) and len(code) <= 19 and code.isascii() and code.isalnum()
    wrong = code[:5] + ALPHABET[(ALPHABET.index(code[5]) + 1) % len(ALPHABET)] + code[6:]
    assert not well_formed(wrong)


@pytest.fixture
def product(app):
    return stocked_product()


@pytest.fixture
def placed(product, now):
    return place({product.id: 2_000}, now=now)


@pytest.fixture
def order(placed):
    return orders_of(placed)[0]


def test_an_unanswered_fresh_order_is_cancelled_after_twelve_hours_and_not_before(order, product, now):
    assert order.perishable
    assert services.expire_due(now + timedelta(hours=11, minutes=59)) == 0
    assert services.expire_due(now + timedelta(hours=12)) == 1
    assert reread(order).state == "CANCELLED" and stock_row(product.id).allocated == 0
    last = db.session.scalars(select(OrderTransition).order_by(OrderTransition.id.desc())).first()
    assert (last.actor, last.reason) == ("timer", "Người bán không trả lời đúng giờ")


def test_dry_goods_give_the_seller_a_day(app, now):
    product = stocked_product(perishable=False)
    [order] = orders_of(place({product.id: 2_000}, now=now))
    assert services.expire_due(now + timedelta(hours=23)) == 0
    assert services.expire_due(now + timedelta(hours=24)) == 1
    assert reread(order).state == "CANCELLED"


def test_a_delivered_fresh_order_completes_after_two_days(order, now):
    bring_to("DELIVERED", order, now=now)
    assert services.expire_due(now + timedelta(hours=47)) == 0
    assert services.expire_due(now + timedelta(hours=48)) == 1
    assert reread(order).state == "COMPLETED" and stored(order).due_at is None


def test_an_accepted_order_has_no_clock(order, now):
    bring_to("ACCEPTED", order, now=now)
    assert services.expire_due(now + timedelta(days=30)) == 0


def cancel(placed, order, now, token=None):
    return services.cancel_by_buyer(
        buyer=None, token=placed.guest_token if token is None else token, purchase_code=placed.purchase_code,
        order_code=order.code, now=now,
    )


def test_the_buyer_cancels_until_two_hours_after_acceptance_t12(placed, order, product, now):
    bring_to("ACCEPTED", order, now=now)
    with pytest.raises(CancelTooLate):
        cancel(placed, order, now + timedelta(hours=2))
    assert reread(order).state == "ACCEPTED"
    cancel(placed, order, now + timedelta(minutes=119))
    assert reread(order).state == "CANCELLED" and stock_row(product.id).allocated == 0


def test_a_packed_order_is_not_cancelled_any_more(placed, order, now):
    bring_to("PACKED", order, now=now)
    with pytest.raises(StepTooLate):
        cancel(placed, order, now)


def test_a_wrong_token_cancels_and_confirms_nothing(placed, order, now):
    for token in ("", "x", placed.guest_token[:-1], placed.guest_token + "a", "é"):
        with pytest.raises(NotFound):
            cancel(placed, order, now, token=token)
    assert reread(order).state == "PENDING_SELLER"


def test_one_parcel_cancelled_leaves_the_others_alone_i6(app, now):
    one, two = stocked_product(), stocked_product()
    placed = place({one.id: 1_000, two.id: 1_000}, now=now)
    first, second = orders_of(placed)
    cancel(placed, first, now)
    assert [order.state for order in orders_of(placed)] == ["CANCELLED", "PENDING_SELLER"]
    bring_to("DELIVERED", second, now=now)
    assert purchase_view(placed.purchase_code).status == "DELIVERED"
    assert [order.state for order in orders_of(placed)] == ["CANCELLED", "DELIVERED"]
    assert len(db.session.scalars(select(SaleFact)).all()) == 1


def test_every_move_is_logged_in_an_unbroken_chain_i8(placed, order, now):
    bring_to("DELIVERED", order, now=now)
    services.confirm_received(
        buyer=None, token=placed.guest_token, purchase_code=placed.purchase_code, order_code=order.code, now=now,
        request_id="req-abcdefgh",
    )
    moves = db.session.scalars(select(OrderTransition).order_by(OrderTransition.id)).all()
    assert [move.after for move in moves] == ["PENDING_SELLER", "ACCEPTED", "PACKED", "SHIPPED", "DELIVERED", "COMPLETED"]
    assert all(before.after == move.before for before, move in itertools.pairwise(moves))
    assert {move.actor for move in moves} == {"buyer", "seller"} and moves[-1].request_id == "req-abcdefgh"
    assert all(move.actor_id for move in moves if move.actor == "seller")
