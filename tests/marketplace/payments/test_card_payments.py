"""The life of a card payment, on both engines, against the sandbox process."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from marketplace import money
from marketplace.database import db, transaction
from marketplace.errors import Conflict, NotFound
from marketplace.payments import queries, services
from marketplace.payments.models import GatewayCall, Payment, PaymentShare, Refund
from marketplace.payments.services.ledger import lock_payment, owe_call
from marketplace.payments.services.settling import settle_refund
from tests.marketplace.payments.market import kinds, refunded_at_gateway
from tests.marketplace.payments.market import order as market_order


@pytest.fixture
def held(market):
    """A purchase of 150 001 ₫ over two sellers whose money is held."""
    market.buy()
    market.pay()
    market.wait(minutes=1)
    market.work_until_quiet()
    return market


@pytest.fixture
def taken(held):
    """The same, accepted whole and captured."""
    held.accept(A=100_000, B=50_001)
    held.work_until_quiet()
    return held


def unsent(market, reference, *, amount):
    """A payment whose opening call was never tried: the process died right after the order's commit."""
    with transaction() as session:
        row = {"reference": reference, "method": "card", "amount": amount, "state": "creating"}
        session.add(Payment(**row, created_at=market.now, updated_at=market.now))
        session.flush()
        payment = lock_payment(session, reference=reference, method="card")
        owe_call(session, payment, "create", amount=amount, now=market.now)


def test_checkout_opens_the_payment_at_once_and_gives_the_card_page(market):
    market.buy()
    payment = market.payment()
    assert (payment.state, payment.amount, payment.status) == ("awaiting", 150_001, "unpaid")
    assert queries.pay_page(reference="M-1").startswith(market.sandbox.url + "/pay/pi_")
    intent = market.sandbox.see()["payment_intent"][0]
    assert (intent["amount"], intent["currency"], intent["capture_method"]) == (150_001, "vnd", "manual")
    assert intent["metadata"]["return_url"] == "https://chonongsan.test/don-hang/M-1"


def test_a_checkout_that_is_rolled_back_calls_nobody(market):
    with pytest.raises(RuntimeError), transaction():
        services.begin_card(reference="M-9", shares={"M-9-A": 5_000}, return_url="https://x", now=market.now)
        raise RuntimeError
    assert market.count(GatewayCall) == 0
    assert market.sandbox.see()["payment_intent"] == []


def test_held_money_moves_the_order_once(held):
    assert held.payment().state == "authorised"
    assert held.order_state() == "PENDING_SELLER"
    held.wait(hours=7)
    held.work_until_quiet()
    assert held.told() == ["authorised"]
    assert queries.pay_page(reference="M-1") is None


def test_the_accepted_sum_is_captured_once_when_all_sellers_have_answered(held):
    held.accept(A=100_000)
    held.work_until_quiet()
    assert held.payment().state == "authorised"
    held.accept(B=20_000)
    held.work_until_quiet()
    payment = held.payment()
    assert (payment.state, payment.captured) == ("captured", 120_000)
    assert [(share.accepted, share.captured) for share in payment.shares] == [(100_000, 100_000), (20_000, 20_000)]
    assert held.told() == ["authorised", "captured"]
    assert queries.is_captured(reference="M-1")
    assert kinds(held.sandbox, "payment_intent.succeeded") == 1


def test_nothing_accepted_lets_the_hold_go(held):
    held.accept(A=0, B=0)
    held.work_until_quiet()
    assert held.payment().state == "cancelled"
    assert kinds(held.sandbox, "payment_intent.canceled") == 1
    assert "failed" not in held.told()


def test_a_seller_answers_once(held):
    held.accept(A=100_000)
    held.accept(A=100_000)
    with pytest.raises(services.NotAuthorised):
        held.accept(A=90_000)
    with pytest.raises(ValueError, match="whole share"):
        held.accept(B=50_002)
    with pytest.raises(NotFound):
        held.accept(C=1)


def test_nobody_answers_before_the_money_is_held(market):
    market.buy()
    with pytest.raises(services.NotAuthorised):
        market.accept(A=100_000)


def test_real_weight_before_the_capture_makes_the_capture_smaller(held):
    held.accept(A=100_000)
    args = {
        "reference": "M-1",
        "share": "M-1-A",
        "amount": 30_000,
        "reason": "weight",
        "key": "A-pack",
        "now": held.now,
    }
    services.give_back(**args)
    services.give_back(**args)
    held.accept(B=50_001)
    held.work_until_quiet()
    assert held.payment().captured == 120_001
    assert refunded_at_gateway(held.sandbox) == 0


def test_real_weight_while_the_capture_is_on_its_way_is_refunded_after_it(held):
    held.accept(A=100_000, B=50_001)
    services.give_back(reference="M-1", share="M-1-A", amount=100_000, reason="none left", key="A-pack", now=held.now)
    with pytest.raises(services.GiveBackTooMuch):
        services.give_back(reference="M-1", share="M-1-A", amount=1, reason="more", key="A-2", now=held.now)
    held.work_until_quiet()
    payment = held.payment()
    assert (payment.captured, payment.refunded, payment.status) == (150_001, 100_000, "part-refunded")
    assert refunded_at_gateway(held.sandbox) == 100_000


def test_a_refund_is_made_once_per_decision_and_never_above_what_is_left(taken):
    args = {
        "reference": "M-1",
        "share": "M-1-B",
        "amount": 50_000,
        "reason": "spoilt",
        "key": "claim-1",
        "now": taken.now,
    }
    services.give_back(**args)
    services.give_back(**args)
    with pytest.raises(services.GiveBackTooMuch):
        services.give_back(**args | {"amount": 2, "key": "claim-2"})
    with pytest.raises(Conflict):
        services.give_back(**args | {"amount": 1})
    taken.work_until_quiet()
    taken.wait(hours=1)
    taken.work_until_quiet()
    assert refunded_at_gateway(taken.sandbox) == 50_000
    assert [share.refunded for share in taken.payment().shares] == [0, 50_000]


def test_a_refund_that_fails_at_the_bank_is_owed_again(taken):
    services.give_back(reference="M-1", share="M-1-B", amount=50_001, reason="spoilt", key="claim-1", now=taken.now)
    taken.work_until_quiet()
    refund = taken.sandbox.see()["refund"][0]
    taken.sandbox.control("fail-refund", refund=refund["id"])
    with transaction() as session:
        payment = lock_payment(session, reference="M-1", method="card")
        told = taken.gateway.retrieve_refund(refund["id"])
        assert settle_refund(session, payment, told, now=taken.now) == "failed"
    assert taken.payment().refunded == 0


def test_an_abandoned_payment_takes_no_money_even_when_the_buyer_pays_late(market):
    market.buy()
    assert market.expire()
    assert market.pay().status_code == 200
    market.work_until_quiet()
    assert market.payment().state == "cancelled"
    assert market.order_state() == "EXPIRED"
    assert market.told() == []
    assert market.sandbox.see()["payment_intent"][0]["status"] == "canceled"


def test_money_that_arrives_before_the_timer_stops_the_timer(held):
    assert held.expire() is False
    assert held.order_state() == "PENDING_SELLER"


def test_an_order_that_expired_without_telling_us_does_not_keep_the_money(market):
    market.buy()
    with transaction() as session:
        session.execute(update(market_order).values(state="EXPIRED"))
    market.pay()
    market.wait(minutes=1)
    market.work_until_quiet()
    assert market.told() == ["unwanted"]
    assert market.payment().state == "cancelled"
    assert market.order_state() == "EXPIRED"


def test_money_taken_for_a_closed_payment_goes_back_whole(market):
    market.buy()
    market.pay()
    intent_id = market.intent_id()
    assert market.expire()
    market.gateway.capture_intent(intent_id, amount=150_001, idempotency_key="by hand")
    market.work_until_quiet()
    payment = market.payment()
    assert (payment.captured, payment.refunded, payment.status) == (150_001, 150_001, "refunded")
    assert refunded_at_gateway(market.sandbox) == 150_001
    assert market.order_state() == "EXPIRED"


def test_an_abandoned_payment_never_sent_is_never_opened(market):
    unsent(market, "M-2", amount=5)
    assert services.abandon(reference="M-2", now=market.now)
    market.work_until_quiet()
    assert market.payment("M-2").state == "cancelled"
    assert market.sandbox.see()["payment_intent"] == []


def test_a_hold_that_lapses_is_told_to_the_orders(held):
    held.accept(A=100_000)
    held.sandbox.control("lapse", intent=held.intent_id())
    held.wait(hours=7)
    held.work_until_quiet()
    assert held.payment().state == "cancelled"
    assert held.told() == ["authorised", "failed"]


def test_silent_sellers_do_not_make_the_hold_lapse(held):
    held.accept(A=100_000)
    held.wait(days=5, minutes=1)
    held.work_until_quiet()
    assert held.payment().captured == 100_000


def test_a_gateway_that_refuses_to_open_fails_the_order(market):
    unsent(market, "M-3", amount=999_999_999)
    market.work_until_quiet()
    assert market.payment("M-3").state == "failed"
    assert market.told("M-3") == ["failed"]


def test_too_much_for_a_card_is_said_at_checkout(market):
    with pytest.raises(services.CardAmountTooLarge) as refused:
        market.buy(shares={"A": 100_000_000})
    assert refused.value.field == "method"
    assert market.count(Payment) == 0


def test_without_a_gateway_cards_are_not_offered(market):
    services.gateways.bind(None)
    assert not queries.card_available()
    with pytest.raises(services.CardUnavailable):
        market.buy()


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Payment, {"captured": 150_002}),
        (Payment, {"refunded": 1}),
        (Payment, {"state": "rich"}),
        (PaymentShare, {"captured": 100_001}),
        (PaymentShare, {"refunded": 1}),
        (PaymentShare, {"accepted": -1}),
    ],
)
def test_the_database_itself_refuses_money_that_cannot_be(held, model, values):
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(update(model).values(**values))


def test_no_transaction_is_open_while_the_gateway_is_asked(market):
    seen = []

    class Watching:
        name = "stripe"

        def __getattr__(self, verb):
            seen.append((verb, db.session().in_transaction()))
            return getattr(market.gateway, verb)

    services.gateways.bind(Watching())
    market.buy()
    market.pay()
    market.wait(minutes=1)
    market.work_until_quiet()
    market.accept(A=100_000, B=50_001)
    market.work_until_quiet()
    services.give_back(reference="M-1", share="M-1-A", amount=5, reason="x", key="k", now=market.now)
    market.work_until_quiet()
    assert {verb for verb, _ in seen} >= {"create_intent", "retrieve_intent", "capture_intent", "refund"}
    assert [verb for verb, open_ in seen if open_] == []
    assert market.count(Refund) == 1


@given(st.integers(1, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any))
def test_parts_by_largest_remainder_always_sum_to_the_whole(total, weights):
    parts = money.split(total, weights)
    assert sum(parts) == total
    exact = [total * weight / sum(weights) for weight in weights]
    assert all(abs(part - ideal) < 1 + ideal * 1e-12 for part, ideal in zip(parts, exact, strict=True))
