"""Release is refused for what would harm a consumer; what leaves sale leaves it at once."""

from datetime import date, timedelta

import pytest

from marketplace import provenance
from marketplace.database import db, transaction, vietnam_day
from marketplace.errors import Forbidden, NotFound
from marketplace.i18n import gettext
from marketplace.lots import intervals, services
from marketplace.lots.models import Lot, LotStock
from marketplace.lots.services.access import WrongState
from marketplace.lots.services.areas import code_state
from marketplace.lots.services.lots import BadLot, ProductNotReady
from marketplace.lots.services.release import (
    BadReason,
    HarvestedTooEarly,
    MoreThanHarvested,
    NoHarvest,
    NoQuantity,
    PastDate,
    SellerNotApproved,
    UnknownInterval,
)
from tests.factories.accounts import make_officer, make_person
from tests.factories.catalogue import make_product
from tests.factories.lots import SPRAY, grow_lot, make_growing_area, make_lot, owner_of, stock_row, write
from tests.factories.sellers import make_member, make_seller

HARVEST = {"quantity": 10_000}


@pytest.fixture
def lot(app, now):
    product = make_product()
    return services.create_lot(
        actor=owner_of(product.seller_id), seller_id=product.seller_id, product_id=product.id, quantity=10_000, now=now)


def release(lot, now, actor=None):
    return services.release_lot(actor=actor or owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, now=now)


def assert_unreleased(lot):
    db.session.rollback()
    row = db.session.get(Lot, lot.id, populate_existing=True)
    assert (row.state, row.released_at) == ("draft", None)
    assert db.session.get(LotStock, lot.id) is None
    assert "released" not in [entry.body["ev"]["cns:activity"] for entry in provenance.lot_entries(lot.code)]


def test_released_lot_is_on_sale_and_in_the_log(lot, now):
    write(lot, "harvesting", HARVEST, days_ago=1, now=now)
    release(lot, now)

    assert stock_row(lot.product_id).on_hand == 10_000
    assert provenance.lot_entries(lot.code)[-1].body["ev"]["disposition"] == "sellable_accessible"


def test_harvest_inside_the_interval_is_refused_naming_product_date_and_days(lot, now):
    write(lot, "spraying", SPRAY, days_ago=10, now=now)
    write(lot, "harvesting", HARVEST, days_ago=1, now=now)

    with pytest.raises(HarvestedTooEarly) as refusal:
        release(lot, now)

    sentence = refusal.value.render(gettext)
    assert "Thu hoạch sớm 5 ngày" in sentence and "Confidor 200SL" in sentence and "12/11/2026" in sentence
    assert "26/11/2026" in sentence
    assert_unreleased(lot)


@pytest.mark.parametrize(("days_between", "allowed"), [(13, False), (14, True), (15, True)])
def test_interval_ends_on_its_last_day(lot, now, days_between, allowed):
    write(lot, "spraying", SPRAY, days_ago=1 + days_between, now=now)
    write(lot, "harvesting", HARVEST, days_ago=1, now=now)

    if allowed:
        assert release(lot, now).state == "released"
    else:
        with pytest.raises(HarvestedTooEarly):
            release(lot, now)


def test_days_are_vietnamese_days(lot, now):
    """23:30 and 00:30 in Can Tho are two days though both lie in one UTC day."""
    late, early = now.replace(day=6, hour=16, minute=30), now.replace(day=20, hour=17, minute=30)
    for kind, details, at in (("spraying", SPRAY, late), ("harvesting", HARVEST, early)):
        services.record_diary(
            actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, kind=kind, details=details,
            happened_at=at, client_key=None, now=now)

    assert (vietnam_day(late), vietnam_day(early)) == (date(2026, 11, 6), date(2026, 11, 21))
    assert release(lot, now).state == "released"


def test_longest_interval_counts_not_the_latest_spraying(lot, now):
    write(lot, "spraying", SPRAY | {"interval_days": 30, "material": "Thuốc dài ngày"}, days_ago=20, now=now)
    write(lot, "spraying", SPRAY | {"interval_days": 1}, days_ago=10, now=now)
    write(lot, "harvesting", HARVEST, days_ago=1, now=now)

    with pytest.raises(HarvestedTooEarly, match="Thuốc dài ngày"):
        release(lot, now)


def test_unknown_interval_blocks_and_is_never_taken_for_zero(lot, now):
    unknown = {key: value for key, value in SPRAY.items() if key != "interval_days"} | {"interval_source": "unknown"}
    write(lot, "spraying", unknown, days_ago=300, now=now)
    write(lot, "harvesting", HARVEST, days_ago=1, now=now)

    with pytest.raises(UnknownInterval, match="Confidor"):
        release(lot, now)
    assert_unreleased(lot)


def test_no_harvest_no_quantity_or_a_past_date_blocks(lot, now):
    with pytest.raises(NoHarvest):
        release(lot, now)
    write(lot, "harvesting", HARVEST, days_ago=1, now=now)
    with transaction() as session:
        session.get(Lot, lot.id).quantity = 0
    with pytest.raises(NoQuantity):
        release(lot, now)
    with transaction() as session:
        row = session.get(Lot, lot.id)
        row.quantity, row.best_before = 10_000, date(2026, 11, 21)
    with pytest.raises(PastDate):
        release(lot, now)
    assert_unreleased(lot)


@pytest.mark.parametrize(("harvested", "allowed"), [(9_803, False), (9_804, True), (20_000, True)])
def test_lot_is_no_heavier_than_its_harvest_within_two_per_cent(lot, now, harvested, allowed):
    write(lot, "harvesting", {"quantity": harvested - 4_000}, days_ago=2, now=now)
    write(lot, "harvesting", {"quantity": 4_000}, days_ago=1, now=now)

    if allowed:
        assert release(lot, now).state == "released"
    else:
        with pytest.raises(MoreThanHarvested):
            release(lot, now)
        assert_unreleased(lot)


@pytest.mark.parametrize("state", ["draft", "submitted", "refused", "suspended", "closed"])
def test_seller_who_is_not_approved_releases_nothing(app, now, state):
    lot = grow_lot(make_product(make_seller(state=state)), now=now, release=False)

    with pytest.raises(SellerNotApproved):
        release(lot, now)
    assert_unreleased(lot)


def test_release_twice_adds_stock_once(lot, now):
    write(lot, "harvesting", HARVEST, days_ago=1, now=now)
    release(lot, now)

    with pytest.raises(WrongState):
        release(lot, now)
    assert stock_row(lot.product_id).on_hand == 10_000


def test_block_and_reopen_move_the_unsold_goods_out_and_in(app, now):
    lot = grow_lot(now=now, quantity=10_000)
    owner = owner_of(lot.seller_id)

    services.block_lot(actor=owner, lot_id=lot.id, reason_code="quality", reason="Xem lại hàng", now=now)
    assert stock_row(lot.product_id).on_hand == 0
    services.unblock_lot(actor=owner, lot_id=lot.id, now=now)

    assert stock_row(lot.product_id).on_hand == 10_000
    assert db.session.get(Lot, lot.id).state == "released"


def test_block_by_an_officer_is_not_lifted_by_the_seller(app, now):
    lot = grow_lot(now=now)
    officer = make_officer()
    services.block_lot(actor=officer, lot_id=lot.id, reason_code="authority", reason="Chờ kết quả kiểm tra", now=now)

    with pytest.raises(Forbidden):
        services.unblock_lot(actor=owner_of(lot.seller_id), lot_id=lot.id, now=now)
    assert services.unblock_lot(actor=officer, lot_id=lot.id, now=now).state == "released"


def test_recall_is_final(app, now):
    lot = grow_lot(now=now)
    services.recall_lot(actor=make_officer(), lot_id=lot.id, reason_code="residue", reason="Vượt dư lượng", now=now)

    for step in (services.unblock_lot, services.block_lot):
        more = {} if step is services.unblock_lot else {"reason_code": "quality", "reason": "Thử lại"}
        with pytest.raises(WrongState):
            step(actor=make_officer(), lot_id=lot.id, now=now, **more)
    event = provenance.lot_entries(lot.code)[-2].body["ev"]
    assert (event["bizStep"], event["disposition"], event["cns:reason"]) == ("holding", "recalled", "residue")
    assert "Vượt dư lượng" not in str(event)


def test_officer_of_another_area_and_strangers_recall_nothing(app, now):
    lot = grow_lot(now=now)
    reason = {"reason_code": "residue", "reason": "Vượt dư lượng", "now": now}

    for actor, error in (
        (make_officer(area="soc-trang"), NotFound), (make_person(), NotFound), (owner_of(make_seller().id), NotFound),
        (make_member(lot.product.seller, role="diary"), Forbidden),
    ):
        with pytest.raises(error):
            services.recall_lot(actor=actor, lot_id=lot.id, **reason)
    assert services.recall_lot(actor=make_officer(area="can-tho"), lot_id=lot.id, **reason).state == "recalled"


@pytest.mark.parametrize("given", [("nope", "Lý do dài"), ("residue", ""), ("residue", "    "), ("residue", "x" * 501)])
def test_recall_needs_a_reason_people_understand(app, now, given):
    lot = grow_lot(now=now)

    with pytest.raises(BadReason):
        services.recall_lot(actor=make_officer(), lot_id=lot.id, reason_code=given[0], reason=given[1], now=now)
    assert db.session.get(Lot, lot.id).state == "released"


def test_lot_past_its_date_leaves_sale_by_itself(app, now):
    product = make_product()
    old = make_lot(product, quantity=3_000, best_before=vietnam_day(now) - timedelta(days=1))
    fresh = make_lot(product, quantity=2_000)

    assert services.close_expired(now) == 1
    assert services.close_expired(now) == 0
    assert stock_row(product.id).on_hand == 2_000
    assert (db.session.get(Lot, old.id).state, db.session.get(Lot, fresh.id).state) == ("closed", "released")


def test_lot_numbers_run_by_seller_and_day(app, now):
    product, other = make_product(), make_product()
    make = [services.create_lot(actor=owner_of(p.seller_id), seller_id=p.seller_id, product_id=p.id, now=now)
            for p in (product, product, other)]

    assert [lot.number for lot in make] == ["L261122-1", "L261122-2", "L261122-1"]
    assert len({lot.code for lot in make}) == 3


@pytest.mark.parametrize(
    "bad", [{"quantity": -1}, {"quantity": 10**13}, {"started_on": date(2026, 11, 23)}, {"started_on": date(1999, 1, 1)},
            {"best_before": date(2026, 11, 21)}, {"best_before": date(2099, 1, 1)}])
def test_lot_with_impossible_values_is_refused(app, now, bad):
    product = make_product()

    with pytest.raises(BadLot) as refusal:
        services.create_lot(actor=owner_of(product.seller_id), seller_id=product.seller_id, product_id=product.id, now=now, **bad)
    assert refusal.value.field == next(iter(bad))


def test_lot_of_a_withdrawn_product_or_a_strangers_area_is_refused(app, now):
    withdrawn, product, strange = make_product(state="withdrawn"), make_product(), make_growing_area(make_seller())

    with pytest.raises(ProductNotReady):
        services.create_lot(
            actor=owner_of(withdrawn.seller_id), seller_id=withdrawn.seller_id, product_id=withdrawn.id, now=now)
    with pytest.raises(NotFound):
        services.create_lot(
            actor=owner_of(product.seller_id), seller_id=product.seller_id, product_id=product.id, growing_area_id=strange.id,
            now=now)
    with pytest.raises(NotFound):
        services.create_lot(actor=owner_of(product.seller_id), seller_id=product.seller_id, product_id=withdrawn.id, now=now)


@pytest.mark.parametrize(
    ("code", "state"), [("VN-CTOR-0095", "looks_right"), ("VN-TGPH-0012", "looks_right"), ("92010012345", "looks_right"),
                        ("92-01-0012-345", "looks_right"), ("MSVT 12/2024", "declared"), (None, "declared")])
def test_area_code_of_any_shape_is_kept_and_known_shapes_are_marked(code, state):
    assert code_state(code) == state


def test_yield_beyond_any_field_is_a_hint():
    assert intervals.looks_too_much(grams=8_000_001, square_metres=1000)
    assert not intervals.looks_too_much(grams=8_000_000, square_metres=1000)
    assert not intervals.looks_too_much(grams=10**9, square_metres=0)
