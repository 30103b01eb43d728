"""EPCIS events: rules, records and the public document."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.canonical.profile import serialise
from traceability.epcis.activities import tell
from traceability.epcis.codec import document, event_of, plain_decimal, public_record, record_of
from traceability.epcis.events import (
    AggregationEvent,
    AssociationEvent,
    BizTransaction,
    ObjectEvent,
    Quantity,
    TransformationEvent,
    check_time,
)
from traceability.epcis.vocabulary import ACTIVITIES, BIZ_STEPS, BIZ_TRANSACTION_TYPES, DISPOSITIONS
from traceability.errors import EventError

AT = datetime(2026, 1, 31, 2, 0, 0, 123_000, tzinfo=UTC)
COMMON = {"event_id": "urn:uuid:1", "event_time": AT}
MANGO = Quantity("cnt:ABC", Decimal("12.5"), "KGM")
EVENTS = [
    ObjectEvent(**COMMON, action="ADD", epcs=("urn:x:1",), ilmd={"lotNumber": "L1"}, details={"phiDays": 7}),
    ObjectEvent(**COMMON, action="OBSERVE", quantities=(Quantity("cnt:ABC"), MANGO), biz_step="shipping",
                disposition="in_transit", read_point="cns:loc-1", biz_location="cns:loc-2",
                biz_transactions=(BizTransaction("cns:bt-1", "desadv"), BizTransaction("cns:bt-2"))),
    TransformationEvent(**COMMON, inputs=(MANGO,), outputs=(MANGO,), biz_step="packing"),
    TransformationEvent(**COMMON, inputs=(MANGO,), transformation_id="cns:cycle-1", biz_step="cns:bs-spraying"),
    AggregationEvent(**COMMON, action="ADD", parent="urn:x:box", child_epcs=("urn:x:1",), child_quantities=(MANGO,)),
    AssociationEvent(**COMMON, action="DELETE", parent="urn:x:room"),
]  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_is_read_back_from_its_record_and_fits_an_entry(event):
    record = record_of(event)
    assert event_of(record) == event
    assert serialise(record)


@given(st.decimals(min_value=0, max_value=10**12, allow_nan=False, places=6))
def test_a_quantity_is_kept_exactly_and_written_in_one_way(quantity):
    event = ObjectEvent(**COMMON, action="OBSERVE", quantities=(Quantity("cnt:ABC", quantity, "KGM"),))
    assert event_of(record_of(event)).quantities[0].quantity == quantity


@pytest.mark.parametrize(
    ("value", "text"),
    [("12.50", "12.5"), ("8E+2", "800"), ("0", "0"), ("0.000", "0"), ("100", "100"), ("1E-3", "0.001")],
)
def test_a_decimal_has_no_exponent_and_no_trailing_zeros(value, text):
    assert plain_decimal(Decimal(value)) == text


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: Quantity("ABC"), "bad-uri"),
        (lambda: Quantity("cnt:A", Decimal("NaN")), "bad-quantity"),
        (lambda: Quantity("cnt:A", Decimal(-1), "KGM"), "bad-quantity"),
        (lambda: Quantity("cnt:A", Decimal("1E+400"), "KGM"), "bad-quantity"),
        (lambda: Quantity("cnt:A", Decimal(1), "kg"), "bad-unit"),
        (lambda: Quantity("cnt:A", None, "KGM"), "bad-unit"),
        (lambda: BizTransaction("cns:bt-1", "receipt"), "bad-word"),
        (lambda: ObjectEvent(**COMMON, action="OBSERVE"), "nothing"),
        (lambda: ObjectEvent(**COMMON, action="observe", quantities=(MANGO,)), "bad-word"),
        (lambda: ObjectEvent(**COMMON, action="OBSERVE", epcs=("no uri",)), "bad-uri"),
        (lambda: ObjectEvent(**COMMON, action="OBSERVE", quantities=(MANGO,), ilmd={"lot": "1"}), "bad-ilmd"),
        (lambda: ObjectEvent(**COMMON, action="ADD", quantities=(MANGO,), biz_step="dancing"), "bad-word"),
        (lambda: ObjectEvent(**COMMON, action="ADD", quantities=(MANGO,), biz_step="cns:bs-dancing"), "bad-word"),
        (lambda: ObjectEvent(**COMMON, action="ADD", quantities=(MANGO,), disposition="sold"), "bad-word"),
        (lambda: ObjectEvent(**COMMON, action="ADD", quantities=(MANGO,), biz_location="Cần Thơ"), "bad-uri"),
        (lambda: ObjectEvent(**COMMON, action="ADD", quantities=(MANGO,), offset="+7"), "bad-offset"),
        (lambda: ObjectEvent(**COMMON, action="ADD", quantities=(MANGO,), details={"a b": 1}), "bad-detail"),
        (lambda: TransformationEvent(**COMMON), "nothing"),
        (lambda: TransformationEvent(**COMMON, transformation_id="cns:cycle-1"), "nothing"),
        (lambda: TransformationEvent(**COMMON, inputs=(MANGO,)), "one-sided"),
        (lambda: AggregationEvent(**COMMON, action="ADD", child_epcs=("urn:x:1",)), "no-parent"),
        (lambda: AggregationEvent(**COMMON, action="ADD", parent="urn:x:box"), "nothing"),
        (lambda: AssociationEvent(**COMMON, action="OBSERVE", child_epcs=("urn:x:1",)), "no-parent"),
    ],
)
def test_an_event_against_the_rules_is_refused(make, code):
    with pytest.raises(EventError) as refusal:
        make()
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "spoil",
    [{"type": "TransactionEvent"}, {"type": None}, {"eventID": 5}, {"eventTime": "2026-01-31"}, {"extra": 1},
     {"quantityList": "x"}, {"quantityList": [{"epcClass": "cnt:A", "quantity": "1e3"}]}, {"quantityList": [{}]},
     {"quantityList": [{"epcClass": "cnt:A", "quantity": "1.50"}]}, {"bizLocation": "cns:loc-1"}],
)  # fmt: skip
def test_a_record_we_would_not_have_written_is_refused(spoil):
    with pytest.raises(EventError):
        event_of(record_of(EVENTS[1]) | spoil)


@pytest.mark.parametrize("value", [1.5, b"x", {1, 2}])
def test_a_detail_that_no_entry_can_hold_is_refused(value):
    with pytest.raises(EventError):
        record_of(ObjectEvent(**COMMON, action="OBSERVE", quantities=(MANGO,), details={"dose": value}))


def test_the_vocabularies_have_the_words_of_cbv_2():
    assert (len(BIZ_STEPS), len(DISPOSITIONS), len(BIZ_TRANSACTION_TYPES)) == (41, 33, 13)


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_every_activity_can_be_told_with_and_without_goods(activity):
    bare = tell(activity, event_id="urn:uuid:1", at=AT, lots=["ABC"])
    full = tell(
        activity, event_id="urn:uuid:1", at=AT, lots=["ABC", "DEF"], quantity=Decimal(5), unit="KGM",
        inputs=[Quantity("cns:item-ure", Decimal("2.5"), "KGM")], outputs=[Quantity("cnt:PACK", Decimal(10), "H87")],
        place="area-1", document="CT1", details={"note": "sáng sớm"},
    )  # fmt: skip
    for event in (bare, full):
        assert event_of(record_of(event)) == event
        assert event.details["activity"] == activity


def test_a_harvest_brings_the_lot_out_of_its_cycle_and_a_spraying_puts_the_material_in():
    harvest = tell("harvesting", event_id="urn:uuid:1", at=AT, lots=["ABC"], quantity=Decimal(840), unit="KGM")
    assert (harvest.inputs, harvest.outputs) == ((), (Quantity("cnt:ABC", Decimal(840), "KGM"),))
    spraying = tell("spraying", event_id="urn:uuid:2", at=AT, lots=["ABC"], inputs=[Quantity("cns:item-x")])
    assert spraying.transformation_id == harvest.transformation_id == "cns:cycle-ABC"
    with pytest.raises(EventError):
        tell("dancing", event_id="urn:uuid:1", at=AT, lots=["ABC"])
    with pytest.raises(EventError):
        tell("harvesting", event_id="urn:uuid:1", at=AT, lots=[])


def test_an_event_may_be_ahead_of_the_server_by_five_minutes_only():
    check_time(EVENTS[0], AT - timedelta(minutes=5))
    with pytest.raises(EventError) as refusal:
        check_time(EVENTS[0], AT - timedelta(minutes=5, seconds=1))
    assert refusal.value.code == "in-future"


def test_a_public_document_has_numbers_and_maps_our_prefixes():
    found = document([record_of(EVENTS[1])], base_url="https://cho.example", created=AT)
    [told] = found["epcisBody"]["eventList"]
    assert [item.get("quantity") for item in told["quantityList"]] == [None, 12.5]
    assert found["@context"][1] == {"cns": "https://cho.example/voc/", "cnt": "https://cho.example/t/"}
    whole = public_record(record_of(ObjectEvent(**COMMON, action="ADD", quantities=(Quantity("cnt:A", Decimal(3)),))))
    assert repr(whole["quantityList"][0]["quantity"]) == "3"
