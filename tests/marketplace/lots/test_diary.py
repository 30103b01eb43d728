"""The field diary: structured, in the log, written once however often it is sent."""

from datetime import timedelta

import pytest

from marketplace import provenance
from marketplace.database import db, transaction
from marketplace.errors import Conflict, Forbidden, NotFound
from marketplace.lots import queries, services, vocabulary
from marketplace.lots.models import DiaryEntry, LogAlias, Lot
from marketplace.lots.services.access import WrongState
from marketplace.lots.services.diary import DeviceClockWrong, InFuture, KeyReused, TooOld
from marketplace.lots.vocabulary import BadDetail, PersonalDetail
from tests.factories.accounts import make_person
from tests.factories.catalogue import make_product
from tests.factories.lots import SPRAY, grow_lot, make_growing_area, make_lot, owner_of, write
from tests.factories.sellers import make_member, make_seller

IRRIGATE = {"source": "canal"}


@pytest.fixture
def lot(app, now):
    product = make_product()
    return services.create_lot(
        actor=owner_of(product.seller_id), seller_id=product.seller_id, product_id=product.id,
        growing_area_id=make_growing_area(product.seller).id, now=now,
    )


def entries(lot):
    return db.session.query(DiaryEntry).filter_by(lot_id=lot.id).all()


def test_entry_and_log_record_are_written_together(lot, now):
    entry = write(lot, "spraying", SPRAY, days_ago=3, now=now)
    [logged] = provenance.lot_entries(lot.code)

    assert (logged.event_id, logged.leaf_hex) == (entry.event_id, entry.leaf)
    event = logged.body["ev"]
    assert event["bizStep"] == "cns:bs-spraying"
    assert event["transformationID"] == f"cns:cycle-{lot.code}"
    assert (event["cns:product"], event["cns:phiDays"], event["cns:earliestHarvest"]) == ("Confidor 200SL", 14, "2026-12-03")
    assert event["cns:growingAreaCode"].startswith("VN-CTOR-")
    assert entry.details["earliest_harvest"] == "2026-12-03"


def test_nothing_is_written_when_the_transaction_fails(lot, now):
    with pytest.raises(RuntimeError), transaction():
        write(lot, "irrigating", IRRIGATE, days_ago=1, now=now)
        raise RuntimeError

    assert entries(lot) == []
    assert provenance.lot_entries(lot.code) == []


def test_harvest_is_told_in_cbv_words_with_decimals_as_text(lot, now):
    write(lot, "harvesting", {"quantity": 12_500}, days_ago=1, now=now)
    [logged] = provenance.lot_entries(lot.code)

    assert (logged.body["ev"]["bizStep"], logged.body["ev"]["disposition"]) == ("commissioning", "active")
    assert logged.body["ev"]["outputQuantityList"] == [{"epcClass": f"cnt:{lot.code}", "quantity": "12.5", "uom": "KGM"}]


@pytest.mark.parametrize("kind", vocabulary.KINDS)
def test_every_kind_of_work_can_be_written_and_sealed(lot, now, kind):
    samples = {
        "land_preparation": {"method": "liming"}, "irrigating": IRRIGATE, "scouting": {"work": "bagging"},
        "spraying": SPRAY, "treatment": SPRAY, "harvesting": {"quantity": 1000}, "packing": {"quantity": 900, "loss": 100},
    }
    material = {"material": "ST25 xác nhận", "amount": "20", "unit": "kg"}

    write(lot, kind, samples.get(kind, material), days_ago=1, now=now)

    assert [entry.seq is not None for entry in provenance.lot_entries(lot.code)] == [True]


def test_same_key_again_writes_nothing_and_returns_the_first_entry(lot, now):
    first = write(lot, "irrigating", IRRIGATE, days_ago=1, now=now, key="abc")
    again = write(lot, "irrigating", IRRIGATE, days_ago=0, now=now + timedelta(minutes=9), key="abc")

    assert again.id == first.id
    assert len(entries(lot)) == 1


def test_same_key_for_other_work_is_refused(lot, now):
    write(lot, "irrigating", IRRIGATE, days_ago=1, now=now, key="abc")

    with pytest.raises(KeyReused):
        write(lot, "scouting", {"work": "check"}, days_ago=1, now=now, key="abc")


def test_key_of_one_lot_means_nothing_in_another(lot, now):
    other = grow_lot(now=now, release=False)
    write(lot, "irrigating", IRRIGATE, days_ago=1, now=now, key="abc")

    assert write(other, "irrigating", IRRIGATE, days_ago=1, now=now, key="abc").lot_id == other.id


@pytest.mark.parametrize(
    ("minutes", "error"), [(-6, InFuture), (-60 * 24 * 3, InFuture), (60 * 24 * 366 * 4, TooOld)])
def test_work_of_the_future_or_of_another_age_is_refused(lot, now, minutes, error):
    with pytest.raises(error):
        write(lot, "irrigating", IRRIGATE, days_ago=minutes / 1440, now=now)

    assert entries(lot) == []


def test_clock_a_little_ahead_is_taken(lot, now):
    write(lot, "irrigating", IRRIGATE, days_ago=-4 / 1440, now=now)

    assert len(entries(lot)) == 1


def test_phone_a_day_ahead_is_refused_and_a_smaller_skew_is_kept_in_the_log(lot, now):
    def send(device_at):
        services.record_diary(
            actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, kind="irrigating", details=IRRIGATE,
            happened_at=now, client_key=None, now=now, device_at=device_at)

    with pytest.raises(DeviceClockWrong):
        send(now + timedelta(hours=25))
    send(now + timedelta(minutes=3))

    [logged] = provenance.lot_entries(lot.code)
    assert logged.body["dev"]["skew"] == 180_000


@pytest.mark.parametrize(
    ("change", "field"),
    [({"material": ""}, "material"), ({"material": "x" * 81}, "material"), ({"dose": "0"}, "dose"), ({"dose": "NaN"}, "dose"),
     ({"dose": "-1"}, "dose"), ({"dose": "1.2345"}, "dose"), ({"dose": "Infinity"}, "dose"), ({"dose_unit": "?"}, "dose_unit"),
     ({"interval_days": -1}, "interval_days"),
     ({"interval_days": 366}, "interval_days"), ({"interval_days": "7"}, "interval_days"),
     ({"interval_days": None}, "interval_days"), ({"interval_days": True}, "interval_days"),
     ({"interval_source": "unknown"}, "interval_days"), ({"registration": "x;DROP"}, "registration"), ({"note": "chữ"}, "note")],
)
def test_bad_field_is_named_and_nothing_written(lot, now, change, field):
    with pytest.raises(BadDetail) as refusal:
        write(lot, "spraying", SPRAY | change, days_ago=3, now=now)

    assert refusal.value.field == field
    assert entries(lot) == []


@pytest.mark.parametrize(
    ("field", "text"),
    [("material", "Thuốc anh Ba 0912345678"), ("target", "nhà ông Nguyễn Văn Bảy, số 12 hẻm 5 ấp Thới Bình"),
     ("ingredient", "https://zalo.me/x"), ("registration", "0909 123 456")],
)
def test_personal_data_is_refused_at_its_field_and_never_enters_the_log(lot, now, field, text):
    with pytest.raises(PersonalDetail) as refusal:
        write(lot, "spraying", SPRAY | {field: text}, days_ago=3, now=now)

    assert refusal.value.field == field
    assert provenance.lot_entries(lot.code) == []


@pytest.mark.parametrize("text", ["NPK 16-16-8", "Confidor 200SL", "Tilt Super 300EC", "DAP 18-46-0", "ĐT-8", "Gạo Ông Cua ST25"])
def test_real_names_of_goods_are_taken(lot, now, text):
    write(lot, "fertilising", {"material": text, "amount": "1.5", "unit": "kg"}, days_ago=3, now=now)

    assert entries(lot)[0].details["material"] == text


def test_household_goes_by_one_random_name_a_year(app, now):
    lot = grow_lot(make_product(make_seller(kind="household")), now=now, release=False)
    names = {entry.body["who"] for entry in provenance.lot_entries(lot.code)}

    assert names == {db.session.query(LogAlias).filter_by(seller_id=lot.seller_id, season=2026).one().alias}
    assert names.pop().startswith("alias:")


def test_erasing_a_households_values_forgets_its_names_of_past_years_and_the_diary_goes_on(app, now):
    lot = grow_lot(make_product(make_seller(kind="household")), now=now, release=False)
    write(lot, "irrigating", IRRIGATE, days_ago=1, now=now)
    seller, old = lot.seller_id, provenance.lot_entries(lot.code)[0].body["who"]
    later = now + timedelta(days=60)  # another year
    write(lot, "irrigating", IRRIGATE, days_ago=1, now=later)
    assert services.forget_aliases(seller_id=seller, now=later) == 1
    assert services.forget_aliases(seller_id=seller, now=later) == 0
    [kept] = db.session.query(LogAlias).filter_by(seller_id=seller)
    assert (kept.season, kept.alias == old) == (2027, False)

    first = db.session.query(DiaryEntry).filter_by(lot_id=lot.id, kind="irrigating").order_by(DiaryEntry.id).first()
    services.void_entry(
        actor=owner_of(seller), seller_id=seller, lot_id=lot.id, entry_id=first.id, reason="wrong_lot", seen=0,
        client_key=None, now=later,
    )  # fmt: skip
    assert provenance.lot_entries(lot.code)[-1].body["who"] == old
    page = queries.trace_page(lot.code, day=later.date())
    assert [step.void.counts for step in page.steps if step.void] == [True]
    assert app.test_cli_runner().invoke(args=["log", "erase", "--seller", str(seller)]).exit_code == 0


def test_cooperative_goes_by_its_own_name(lot, now):
    write(lot, "irrigating", IRRIGATE, days_ago=1, now=now)

    assert provenance.lot_entries(lot.code)[0].body["who"] == f"seller:{lot.product.seller.slug}"


def test_lot_dates_follow_the_diary(lot, now):
    write(lot, "harvesting", {"quantity": 1000}, days_ago=2, now=now)
    write(lot, "harvesting", {"quantity": 1000}, days_ago=4, now=now)
    write(lot, "packing", {"quantity": 1000, "best_before": "2027-02-01"}, days_ago=1, now=now)
    row = db.session.get(Lot, lot.id)

    assert [str(day) for day in (row.harvested_on, row.packed_on, row.best_before)] == ["2026-11-18", "2026-11-21", "2027-02-01"]


def test_released_lot_takes_packing_only(app, now):
    lot = grow_lot(now=now)
    write(lot, "packing", {"quantity": 1000}, days_ago=0, now=now)

    with pytest.raises(WrongState):
        write(lot, "spraying", SPRAY, days_ago=1, now=now)


def test_recalled_lot_takes_nothing(app, now):
    lot = make_lot(state="recalled")

    with pytest.raises(WrongState):
        write(lot, "packing", {"quantity": 1000}, days_ago=0, now=now)


@pytest.mark.parametrize(("role", "error"), [("packer", Forbidden), (None, NotFound)])
def test_only_members_who_keep_the_diary_write_it(lot, now, role, error):
    person = make_member(lot.product.seller, role=role) if role else make_person()

    with pytest.raises(error):
        services.record_diary(
            actor=person, seller_id=lot.seller_id, lot_id=lot.id, kind="irrigating", details=IRRIGATE, happened_at=now,
            client_key=None, now=now)


def test_lot_of_another_seller_is_not_found(lot, now):
    stranger = make_seller()

    with pytest.raises(NotFound):
        services.record_diary(
            actor=owner_of(stranger.id), seller_id=stranger.id, lot_id=lot.id, kind="irrigating", details=IRRIGATE,
            happened_at=now, client_key=None, now=now)

    assert issubclass(WrongState, Conflict)


def test_shipment_is_recorded_with_an_opaque_number(app, now):
    lot = grow_lot(now=now)
    with transaction():
        services.record_shipment(
            seller_id=lot.seller_id, lot_id=lot.id, quantity=2_000, document="a1b2c3", actor_id=None, now=now)
    event = provenance.lot_entries(lot.code)[-1].body["ev"]

    assert event["bizTransactionList"] == [{"bizTransaction": "cns:bt-a1b2c3"}]
    assert event["quantityList"][0]["quantity"] == "2"
