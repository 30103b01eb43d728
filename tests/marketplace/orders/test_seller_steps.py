"""T3, T4, T6, T7, T8: what the seller's people do with a cash order, on both engines."""

import pytest
from sqlalchemy import select

from marketplace.database import db, transaction
from marketplace.errors import NotFound
from marketplace.lots.models import DiaryEntry
from marketplace.lots.services import LotShort
from marketplace.orders import services
from marketplace.orders.models import OrderLine, OrderLineLot, OrderTransition, Purchase
from marketplace.orders.queries.life import lines_of
from marketplace.orders.services import (
    AcceptedMore,
    CarrierMissing,
    CashMissing,
    CollectorMissing,
    LotMissing,
    LotUnfit,
    NothingAccepted,
    PackedTooMuch,
    ReasonMissing,
    SellerNotSelling,
    StepTooLate,
    WrongWay,
)
from marketplace.payments.models import Payment
from marketplace.payments.services import WrongCash
from marketplace.statistics import services as statistics
from marketplace.statistics.models import SaleFact
from tests.factories.lots import lot_stock_row, make_lot, stock_row
from tests.factories.orders import bring_to, orders_of, owner_of, packing_of, place, reread, seller_step, stocked_product, stored
from tests.factories.sellers import make_seller


@pytest.fixture
def product(app):
    return stocked_product()


@pytest.fixture
def order(product, now):
    return orders_of(place({product.id: 5_000}, now=now))[0]


def due(order) -> Payment:
    db.session.rollback()
    return db.session.scalars(select(Payment).where(Payment.reference == order.code)).one()


def test_acceptance_lowers_quantity_price_promise_and_cash_due_together(order, product, now):
    line = lines_of(order.id)[0]
    moved = seller_step(services.accept, order, now=now, quantities={line.id: 3_000})
    after = reread(order)
    assert moved.changed and after.state == "ACCEPTED"
    assert (after.items_total, after.total) == (135_000, 160_000)
    assert stock_row(product.id).allocated == 3_000
    assert due(order).amount == 160_000
    purchase = db.session.scalars(select(Purchase)).one()
    assert (purchase.items_total, purchase.total) == (135_000, 160_000)
    assert (lines_of(order.id)[0].quantity, lines_of(order.id)[0].accepted) == (5_000, 3_000)


@pytest.mark.parametrize(("quantity", "refusal"), [(5_001, AcceptedMore), (-1, AcceptedMore), (0, NothingAccepted)])
def test_acceptance_never_raises_a_quantity_nor_accepts_nothing(order, product, now, quantity, refusal):
    line = lines_of(order.id)[0]
    with pytest.raises(refusal):
        seller_step(services.accept, order, now=now, quantities={line.id: quantity})
    assert reread(order).state == "PENDING_SELLER" and stock_row(product.id).allocated == 5_000


def test_a_suspended_seller_accepts_nothing_i14(order, now):
    with transaction():
        stored(order).seller.state = "suspended"
    with pytest.raises(SellerNotSelling):
        seller_step(services.accept, order, now=now)
    assert reread(order).state == "PENDING_SELLER"


def test_refusal_needs_a_reason_and_gives_everything_back(order, product, now):
    with pytest.raises(ReasonMissing):
        seller_step(services.refuse, order, now=now, reason="  ")
    seller_step(services.refuse, order, now=now, reason="Mưa lớn, chưa hái được")
    assert reread(order).state == "CANCELLED"
    assert stock_row(product.id).allocated == 0 and due(order).state == "written_off"
    move = db.session.scalars(select(OrderTransition).order_by(OrderTransition.id.desc())).first()
    assert (move.before, move.after) == ("PENDING_SELLER", "CANCELLED")
    assert (move.actor, move.reason) == ("seller", "Mưa lớn, chưa hái được")


def test_packing_binds_the_lot_and_the_price_follows_the_weight_down(order, product, now):
    bring_to("ACCEPTED", order, now=now)
    seller_step(services.pack, order, now=now, packing=packing_of(order, now=now, less=400))
    after, bound = reread(order), db.session.scalars(select(OrderLineLot)).one()
    assert after.state == "PACKED" and after.items_total == 207_000 and due(order).amount == 232_000
    assert bound.quantity == 4_600 and bound.harvested_on is not None
    assert lot_stock_row(bound.lot_id).allocated == 4_600 and stock_row(product.id).allocated == 4_600


def test_packing_may_weigh_five_percent_more_for_cash_and_not_a_gram_beyond(order, product, now):
    bring_to("ACCEPTED", order, now=now)
    with pytest.raises(PackedTooMuch):
        seller_step(services.pack, order, now=now, packing=packing_of(order, now=now, less=-251))
    seller_step(services.pack, order, now=now, packing=packing_of(order, now=now, less=-250))
    assert reread(order).items_total == 236_250
    assert stock_row(product.id).allocated == 5_250 and due(order).amount == 261_250


def test_packing_without_any_lot_is_refused(order, now):
    accepted = bring_to("ACCEPTED", order, now=now)
    line = lines_of(order.id)[0]
    for packing in ({}, {line.id: {}}, {line.id + 999: {1: 5}}):
        with pytest.raises(LotMissing):
            seller_step(services.pack, accepted, now=now, packing=packing)
    assert reread(order).state == "ACCEPTED"


@pytest.mark.parametrize("bad", ["foreign", "blocked", "expired", "small", "other-product"])
def test_packing_takes_only_fit_lots_of_the_product(order, product, now, bad):
    bring_to("ACCEPTED", order, now=now)
    day = now.date()
    lot = {
        "foreign": lambda: make_lot(stocked_product()),
        "blocked": lambda: make_lot(product, state="blocked"),
        "expired": lambda: make_lot(product, best_before=day.replace(day=day.day - 1)),
        "small": lambda: make_lot(product, quantity=100),
        "other-product": lambda: make_lot(stocked_product(seller=stored(order).seller)),
    }[bad]()
    with pytest.raises((LotUnfit, LotShort)):
        seller_step(services.pack, order, now=now, packing={lines_of(order.id)[0].id: {lot.id: 5_000}})
    assert reread(order).state == "ACCEPTED" and stock_row(product.id).allocated == 5_000


def test_shipping_needs_a_carrier_drops_the_stock_and_tells_the_log_without_buyer_data(order, product, now):
    packed = bring_to("PACKED", order, now=now)
    with pytest.raises(CarrierMissing):
        seller_step(services.ship, packed, now=now, carrier=" ")
    with pytest.raises(WrongWay):
        seller_step(services.ready_for_pickup, packed, now=now)
    before = stock_row(product.id).on_hand
    seller_step(services.ship, packed, now=now, carrier="Giao hàng tiết kiệm S1")
    assert reread(order).state == "SHIPPED"
    assert (stock_row(product.id).on_hand, stock_row(product.id).allocated) == (before - 5_000, 0)
    entry = db.session.scalars(select(DiaryEntry).where(DiaryEntry.kind == "shipping")).one()
    assert entry.details["quantity"] == 5_000
    told = str(entry.details)
    assert not any(secret in told for secret in (order.code, order.purchase_code, "Sen", "912345678"))


def test_delivery_takes_exactly_the_cash_due_and_names_the_collector(order, now):
    shipped = bring_to("SHIPPED", order, now=now)
    for wish, refusal in (
        ({"collected": None, "collected_by": "Anh Ba"}, CashMissing),
        ({"collected": shipped.total, "collected_by": " "}, CollectorMissing),
        ({"collected": shipped.total - 1, "collected_by": "Anh Ba"}, WrongCash),
    ):
        with pytest.raises(refusal):
            seller_step(services.deliver, shipped, now=now, **wish)
    assert reread(order).state == "SHIPPED" and not db.session.scalars(select(SaleFact)).all()
    seller_step(services.deliver, shipped, now=now, collected=shipped.total, collected_by="Anh Ba")
    row = stored(order)
    assert (row.state, row.collected, row.collected_by, row.delivered_at) == ("DELIVERED", shipped.total, "Anh Ba", now)
    assert due(order).state == "collected"


def test_a_delivered_order_is_a_fact_of_its_delivery_day_and_a_cancelled_one_is_none_i12(order, product, now):
    gone = orders_of(place({product.id: 1_000}, now=now))[0]
    seller_step(services.refuse, gone, now=now, reason="Hết hàng")
    bring_to("DELIVERED", order, now=now)
    fact = db.session.scalars(select(SaleFact)).one()
    assert (fact.source, fact.day.isoformat(), fact.method) == (order.code, "2026-11-22", "cod")
    assert (fact.dong, fact.grams) == (225_000, 5_000)
    assert statistics.check() == []


def test_a_repeated_press_changes_nothing_and_tells_the_present_state_i5(order, now):
    seller_step(services.accept, order, now=now)
    again = seller_step(services.accept, order, now=now)
    assert (again.state, again.changed) == ("ACCEPTED", False)
    with pytest.raises(StepTooLate) as refusal:
        seller_step(services.refuse, order, now=now, reason="Đổi ý")
    assert refusal.value.state == "ACCEPTED"
    assert len(db.session.scalars(select(OrderTransition)).all()) == 2


def test_another_sellers_order_is_not_found_by_any_verb_i13(order, now):
    stranger = make_seller()
    wish = {"actor": owner_of(stranger.id), "seller_id": stranger.id, "order_code": order.code, "now": now}
    for verb, more in (
        (services.accept, {}), (services.refuse, {"reason": "x"}), (services.pack, {"packing": {}}),
        (services.ship, {"carrier": "x"}), (services.ready_for_pickup, {}), (services.deliver, {"collected": 1}),
    ):
        with pytest.raises(NotFound):
            verb(**wish, **more)
    assert reread(order).state == "PENDING_SELLER"


def test_frozen_columns_of_a_line_never_change_on_the_whole_road_i11(order, now):
    frozen = ("product_name", "category_id", "price", "quantity", "measure", "unit_label", "certificates", "ocop_stars")
    before = [getattr(db.session.scalars(select(OrderLine)).one(), name) for name in frozen]
    bring_to("DELIVERED", order, now=now)
    db.session.expire_all()
    assert [getattr(db.session.scalars(select(OrderLine)).one(), name) for name in frozen] == before
