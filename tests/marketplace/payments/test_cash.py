"""Cash on delivery: one payment for each parcel."""

import pytest
from sqlalchemy.exc import IntegrityError

from marketplace.errors import Conflict, NotFound
from marketplace.payments import queries, services


@pytest.fixture
def due(app, now):
    services.begin_cash(reference="CT1", amount=120_000, now=now)
    return {"reference": "CT1", "now": now}


def status():
    return queries.payment_of(reference="CT1").status


def test_cash_is_due_until_exactly_that_sum_is_collected(due):
    assert status() == "due"
    with pytest.raises(services.WrongCash) as refused:
        services.collect_cash(**due, amount=119_999)
    assert (refused.value.field, refused.value.render(str)) == (
        "collected",
        "Đơn này phải thu đúng 120.000\N{NO-BREAK SPACE}₫. Mời bạn kiểm lại số tiền đã nhận.",
    )
    services.collect_cash(**due, amount=120_000)
    payment = queries.payment_of(reference="CT1")
    assert (payment.status, payment.captured, payment.shares[0].captured) == ("collected", 120_000, 120_000)


def test_cash_is_collected_once(due):
    services.collect_cash(**due, amount=120_000)
    with pytest.raises(Conflict):
        services.collect_cash(**due, amount=120_000)
    with pytest.raises(Conflict):
        services.write_off_cash(**due)
    with pytest.raises(Conflict):
        services.change_cash(**due, amount=5)


@pytest.mark.parametrize("amount", [1, 90_000, 126_000])
def test_the_real_weight_changes_what_is_due(due, amount):
    services.change_cash(**due, amount=amount)
    assert queries.payment_of(reference="CT1").amount == amount
    services.collect_cash(**due, amount=amount)
    assert status() == "collected"


def test_nothing_left_to_deliver_is_written_off(due):
    services.change_cash(**due, amount=0)
    assert status() == "written-off"
    services.write_off_cash(**due)
    with pytest.raises(Conflict):
        services.collect_cash(**due, amount=120_000)


def test_another_order_has_no_cash_here(due, now):
    with pytest.raises(NotFound):
        services.collect_cash(reference="CT2", amount=120_000, now=now)


def test_one_order_has_one_cash_payment(due):
    with pytest.raises(IntegrityError):
        services.begin_cash(**due, amount=5)
