"""Corrections are later entries: what counts changes at once, what was written first stays, and nobody else can."""

from datetime import date, timedelta

import pytest

from marketplace import provenance
from marketplace.accounts import services as accounts
from marketplace.database import db, transaction, vietnam_day
from marketplace.errors import Forbidden, NotFound
from marketplace.lots import queries, services
from marketplace.lots.models import DiaryChange, DiaryEntry, Lot
from marketplace.lots.services.access import WrongState
from marketplace.lots.services.amend import MAX_CHANGES, BadAmendment, NothingChanged, Stale, TooManyChanges
from marketplace.lots.services.diary import InFuture
from marketplace.lots.services.release import HarvestedTooEarly, MoreThanHarvested, NoHarvest
from marketplace.lots.vocabulary import BadDetail, PersonalDetail
from tests.factories.accounts import make_officer, make_operator, make_person
from tests.factories.catalogue import make_product
from tests.factories.lots import grow_lot, owner_of, stock_row, write
from tests.factories.sellers import make_member, make_seller


@pytest.fixture
def lot(app, now):
    """A season in the diary, not released: sprayed 30 days ago (14 days to wait), harvested 2 days ago, 100 kg."""
    return grow_lot(now=now, release=False)


def entry_of(lot, kind):
    return db.session.query(DiaryEntry).filter_by(lot_id=lot.id, kind=kind).populate_existing().one()


def correct(lot, kind, now, *, days_ago=None, details=None, **more):
    entry = entry_of(lot, kind)
    kept = {name: value for name, value in entry.details.items() if name != "earliest_harvest"}
    given = {
        "actor": owner_of(lot.seller_id), "seller_id": lot.seller_id, "reason": "wrong_day", "seen": changes(entry),
        "client_key": None, "happened_at": entry.happened_at if days_ago is None else now - timedelta(days=days_ago),
        "details": kept | (details or {}),
    }  # fmt: skip
    return services.correct_entry(lot_id=lot.id, entry_id=entry.id, now=now, **given | more)


def void(lot, kind, now, **more):
    entry = entry_of(lot, kind)
    given = {
        "actor": owner_of(lot.seller_id), "seller_id": lot.seller_id, "reason": "wrong_lot", "seen": changes(entry),
        "client_key": None,
    }  # fmt: skip
    return services.void_entry(lot_id=lot.id, entry_id=entry.id, now=now, **given | more)


def changes(entry):
    return db.session.query(DiaryChange).filter_by(entry_id=entry.id).count()


def release(lot, now):
    return services.release_lot(actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, now=now)


def folded(lot, kind):
    return provenance.lot_history(lot.code).events[entry_of(lot, kind).event_id]


def state(lot):
    db.session.rollback()
    return db.session.get(Lot, lot.id, populate_existing=True).state


def test_a_correction_is_a_later_entry_that_names_only_what_changed(lot, now):
    first = entry_of(lot, "spraying")
    correct(lot, "spraying", now, days_ago=25, details={"dose": "0.6"}, reason="wrong_product")
    entry, event = entry_of(lot, "spraying"), folded(lot, "spraying")
    logged = provenance.lot_entries(lot.code)[-1].body

    assert (logged["t"], logged["who"], logged["ev"]["reason"]) == (
        "chonongsan/correct/1", f"seller:{lot.product.seller.slug}", "wrong_product")
    assert set(logged["ev"]["fields"]) == {"/eventTime", "/cns:dose", "/cns:earliestHarvest"}
    assert (entry.leaf, entry.event_id) == (first.leaf, first.event_id)
    assert (entry.details["dose"], vietnam_day(entry.happened_at)) == ("0.6", vietnam_day(now - timedelta(days=25)))
    assert [version["cns:dose"] for version in event.versions] == ["0.5", "0.6"]
    assert event.fields["cns:earliestHarvest"] == entry.details["earliest_harvest"]
    assert [(remark.kind, remark.by, remark.counts) for remark in event.remarks] == [("correct", "producer", True)]


def test_the_first_values_are_kept_beside_the_searchable_copy(lot, now):
    correct(lot, "harvesting", now, details={"quantity": 90_000}, reason="wrong_quantity")
    [change] = queries.diary_entry(lot_id=lot.id, entry_id=entry_of(lot, "harvesting").id).changes

    assert (change.before["quantity"], change.after["quantity"], change.by) == (100_000, 90_000, "producer")
    assert queries.harvested(lot.id) == 90_000


def test_a_detail_that_is_emptied_counts_as_not_written(lot, now):
    correct(lot, "spraying", now, details={"registration": "", "water_litres": None})

    assert "registration" not in entry_of(lot, "spraying").details
    assert (folded(lot, "spraying").fields["cns:registration"], folded(lot, "spraying").fields["cns:waterLitres"]) == ("", "")
    correct(lot, "spraying", now, details={"registration": "5/CNĐKT-BVTV"})
    assert folded(lot, "spraying").fields["cns:registration"] == "5/CNĐKT-BVTV"


def test_release_asks_the_corrected_days(lot, now):
    correct(lot, "spraying", now, days_ago=10)
    with pytest.raises(HarvestedTooEarly):
        release(lot, now)
    correct(lot, "spraying", now, days_ago=20)

    assert release(lot, now).state == "released"


def test_a_voided_spraying_no_longer_delays_the_harvest(lot, now):
    correct(lot, "spraying", now, days_ago=3)
    void(lot, "spraying", now)

    assert release(lot, now).state == "released"


def test_a_voided_harvest_is_no_harvest(lot, now):
    void(lot, "harvesting", now)

    with pytest.raises(NoHarvest):
        release(lot, now)
    assert db.session.get(Lot, lot.id).harvested_on is None
    assert queries.harvested(lot.id) == 0


def test_the_lots_dates_follow_corrections(lot, now):
    correct(lot, "harvesting", now, days_ago=4)
    correct(lot, "packing", now, days_ago=3, details={"best_before": "2027-01-31"})
    row = db.session.get(Lot, lot.id, populate_existing=True)

    assert (row.harvested_on, row.packed_on) == (date(2026, 11, 18), date(2026, 11, 19))
    assert row.best_before == date(2027, 1, 21)  # typed on the lot itself


def test_a_use_by_day_read_from_the_packing_follows_its_correction(app, now):
    lot = grow_lot(now=now, release=False, in_date=False)
    write(lot, "packing", {"quantity": 1, "best_before": "2027-01-31"}, days_ago=0, now=now)
    entry = db.session.query(DiaryEntry).filter_by(lot_id=lot.id, kind="packing").order_by(DiaryEntry.id.desc()).first()
    services.correct_entry(
        actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, entry_id=entry.id, seen=0, client_key=None, now=now,
        happened_at=entry.happened_at, details={"quantity": 1, "best_before": "2027-02-01"}, reason="other")

    assert db.session.get(Lot, lot.id, populate_existing=True).best_before == date(2027, 2, 1)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda lot, now: correct(lot, "spraying", now, days_ago=10), HarvestedTooEarly),
        (lambda lot, now: correct(lot, "harvesting", now, details={"quantity": 50_000}), MoreThanHarvested),
        (lambda lot, now: void(lot, "harvesting", now), NoHarvest),
    ],
)
@pytest.mark.parametrize("sold_out", [False, True])
def test_a_correction_that_would_have_forbidden_the_release_takes_the_lot_off_sale(app, now, change, refusal, sold_out):
    lot = grow_lot(now=now)
    if sold_out:
        services.close_lot(actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id)
    amended = change(lot, now)

    assert isinstance(amended.stopped, refusal)
    assert state(lot) == "blocked"
    assert stock_row(lot.product_id).on_hand == 0
    assert db.session.get(Lot, lot.id).state_reason.startswith("Sổ đã sửa lại")
    assert provenance.lot_entries(lot.code)[-1].body["ev"]["cns:reason"] == "wrong_information"


def test_a_lot_stopped_by_a_correction_goes_back_on_sale_only_when_the_diary_allows_it(app, now):
    lot = grow_lot(now=now)
    correct(lot, "spraying", now, days_ago=10)
    with pytest.raises(HarvestedTooEarly):
        services.unblock_lot(actor=owner_of(lot.seller_id), lot_id=lot.id, now=now)
    correct(lot, "spraying", now, days_ago=20)

    assert services.unblock_lot(actor=owner_of(lot.seller_id), lot_id=lot.id, now=now).state == "released"
    assert stock_row(lot.product_id).on_hand == 100_000


def test_a_harmless_correction_after_release_leaves_the_lot_on_sale(app, now):
    lot = grow_lot(now=now)

    assert correct(lot, "spraying", now, days_ago=29).stopped is None
    assert state(lot) == "released"


def test_the_same_press_twice_is_one_correction(lot, now):
    for _ in range(3):
        correct(lot, "spraying", now, days_ago=25, seen=0, client_key="abc")
    for _ in range(2):
        void(lot, "packing", now, seen=0, client_key="abc")

    assert [db.session.query(DiaryChange).filter_by(kind=kind).count() for kind in ("correct", "void")] == [1, 1]
    assert len(folded(lot, "spraying").remarks) == len(folded(lot, "packing").remarks) == 1


def test_a_form_opened_before_somebody_elses_correction_is_refused(lot, now):
    correct(lot, "spraying", now, days_ago=25)

    with pytest.raises(Stale):
        correct(lot, "spraying", now, days_ago=24, seen=0)
    with pytest.raises(Stale):
        void(lot, "spraying", now, seen=0)


def test_an_entry_taken_back_takes_no_more(lot, now):
    void(lot, "spraying", now)

    with pytest.raises(provenance.AlreadyVoid):
        correct(lot, "spraying", now, days_ago=25)
    with pytest.raises(provenance.AlreadyVoid):
        void(lot, "spraying", now)
    assert entry_of(lot, "spraying").voided_at == now


@pytest.mark.parametrize(
    ("change", "error"),
    [({}, NothingChanged), ({"reason": "nope", "days_ago": 9}, BadAmendment), ({"days_ago": -1}, InFuture),
     ({"details": {"dose": "-1"}}, BadDetail), ({"details": {"material": "gọi 0912345678"}}, PersonalDetail),
     ({"details": {"interval_days": None}}, BadDetail)],
)  # fmt: skip
def test_a_correction_is_held_to_the_same_rules_as_the_first_entry(lot, now, change, error):
    before = len(provenance.lot_entries(lot.code))

    with pytest.raises(error):
        correct(lot, "spraying", now, **change)
    db.session.rollback()
    assert len(provenance.lot_entries(lot.code)) == before
    assert changes(entry_of(lot, "spraying")) == 0


def test_nobody_corrects_for_ever(lot, now):
    entry = entry_of(lot, "spraying")
    with transaction() as session:
        session.add_all(
            DiaryChange(
                entry_id=entry.id, kind="correct", log_id=f"urn:{n}", reason="other", by="producer", recorded_at=now,
                before={}, after={},
            )
            for n in range(MAX_CHANGES)
        )  # fmt: skip

    with pytest.raises(TooManyChanges):
        correct(lot, "spraying", now, days_ago=25)


def test_other_sellers_packers_and_strangers_correct_nothing(lot, now):
    other = make_seller()

    for actor, seller_id, error in (
        (owner_of(other.id), other.id, NotFound), (owner_of(other.id), lot.seller_id, NotFound),
        (make_person(), lot.seller_id, NotFound), (make_member(lot.product.seller, role="packer"), lot.seller_id, Forbidden),
        (make_person(), None, Forbidden), (make_officer(), None, Forbidden),
    ):  # fmt: skip
        for verb in (correct, void):
            more = {"days_ago": 25} if verb is correct else {}
            with pytest.raises(error):
                verb(lot, "spraying", now, actor=actor, seller_id=seller_id, **more)
    assert folded(lot, "spraying").remarks == ()


def test_an_entry_of_another_lot_or_of_the_market_itself_is_not_found(app, now):
    lot, other = grow_lot(now=now), grow_lot(now=now)

    for kind, of in (("released", lot), ("spraying", other)):
        with pytest.raises(NotFound):
            services.void_entry(
                actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, entry_id=entry_of(of, kind).id,
                reason="other", seen=0, client_key=None, now=now)


def test_a_cancelled_lot_takes_no_corrections(lot, now):
    services.cancel_lot(actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, reason="", now=now)

    with pytest.raises(WrongState):
        correct(lot, "spraying", now, days_ago=25)


def test_nothing_is_written_when_the_transaction_fails(lot, now):
    with pytest.raises(RuntimeError), transaction():
        correct(lot, "spraying", now, days_ago=25)
        raise RuntimeError
    db.session.expire_all()

    assert folded(lot, "spraying").remarks == ()
    assert vietnam_day(entry_of(lot, "spraying").happened_at) == vietnam_day(now - timedelta(days=30))


def test_a_household_corrects_under_the_name_of_the_entry_also_in_the_next_year(app, now):
    lot = grow_lot(make_product(make_seller(kind="household")), now=now, release=False)
    later = now + timedelta(days=60)
    correct(lot, "spraying", later, happened_at=now - timedelta(days=31))
    first, *_rest, last = provenance.lot_entries(lot.code)

    assert (last.body["t"], last.body["who"]) == ("chonongsan/correct/1", first.body["who"])
    assert folded(lot, "spraying").remarks[0].counts


def inspector(now, area=None):
    person = make_person()
    accounts.grant_role(actor=make_operator(), person=person, role="inspector", area=area, now=now)
    return person


def test_an_inspector_corrects_under_a_granted_name_until_the_role_ends(app, now):
    lot, person = grow_lot(now=now), inspector(now)
    correct(lot, "spraying", now, days_ago=29, actor=person, seller_id=None)
    [remark] = folded(lot, "spraying").remarks

    assert (remark.by, remark.counts) == ("inspector", True)
    assert provenance.lot_entries(lot.code)[-1].body["who"].startswith("alias:")
    accounts.revoke_role(actor=make_operator(), person=person, role="inspector", now=now)
    with pytest.raises(Forbidden):
        correct(lot, "spraying", now, days_ago=28, actor=person, seller_id=None)
    assert folded(lot, "spraying").remarks == (remark,)
    assert provenance.check().sound


def test_what_an_inspector_corrected_last_year_still_counts_under_the_next_name(app, now):
    lot, person = grow_lot(now=now), inspector(now)
    correct(lot, "spraying", now, days_ago=28, actor=person, seller_id=None)
    later = now + timedelta(days=60)  # another year
    correct(lot, "spraying", later, days_ago=87, actor=person, seller_id=None)
    remarks = folded(lot, "spraying").corrections
    assert [(remark.by, remark.counts) for remark in remarks] == [("inspector", True)] * 2
    assert len({entry.body["who"] for entry in provenance.lot_entries(lot.code) if entry.body["t"].endswith("correct/1")}) == 2


def test_an_inspector_of_another_area_corrects_and_doubts_nothing(app, now):
    lot, person = grow_lot(now=now), inspector(now, area="soc-trang")

    with pytest.raises(Forbidden):
        correct(lot, "spraying", now, days_ago=29, actor=person, seller_id=None)
    with pytest.raises(Forbidden):
        services.dispute_entry(
            actor=person, lot_id=lot.id, entry_id=entry_of(lot, "spraying").id, reason="not_seen", now=now)


@pytest.mark.parametrize(("maker", "by"), [(lambda now: make_officer(), "operator"), (inspector, "inspector")])
def test_officers_and_inspectors_doubt_an_entry_and_the_seller_answers(app, now, maker, by):
    lot, person = grow_lot(now=now), maker(now)
    entry = entry_of(lot, "spraying")
    for _ in range(2):
        services.dispute_entry(actor=person, lot_id=lot.id, entry_id=entry.id, reason="wrong_day", now=now)
    row = queries.diary_entry(lot_id=lot.id, entry_id=entry.id)

    assert [(remark.by, remark.reason) for remark in folded(lot, "spraying").disputes] == [(by, "wrong_day")]
    assert folded(lot, "spraying").fields == folded(lot, "spraying").versions[0]
    assert row.doubt.by == by
    correct(lot, "spraying", now, days_ago=29)
    assert queries.diary_entry(lot_id=lot.id, entry_id=entry.id).doubt is None


def test_a_draft_a_sellers_own_entry_and_an_unknown_reason_are_not_doubted(lot, now):
    entry = entry_of(lot, "spraying")

    for actor, reason, error in (
        (make_officer(), "nope", BadAmendment), (make_officer(), "not_seen", WrongState),
        (owner_of(lot.seller_id), "not_seen", Forbidden),
    ):  # fmt: skip
        with pytest.raises(error):
            services.dispute_entry(actor=actor, lot_id=lot.id, entry_id=entry.id, reason=reason, now=now)
    with pytest.raises(NotFound):
        services.dispute_entry(actor=make_officer(), lot_id=10**9, entry_id=entry.id, reason="not_seen", now=now)
    assert folded(lot, "spraying").remarks == ()


def test_a_spraying_whose_words_were_withheld_still_delays_the_harvest(app, now):
    lot = grow_lot(now=now)
    services.forget_details(event_id=entry_of(lot, "spraying").event_id)

    assert isinstance(correct(lot, "harvesting", now, days_ago=20).stopped, HarvestedTooEarly)


@pytest.mark.parametrize("officer", [False, True])
def test_a_recall_is_also_an_entry_of_its_own_that_counts(app, now, officer):
    lot = grow_lot(now=now)
    services.recall_lot(
        actor=make_officer() if officer else owner_of(lot.seller_id), lot_id=lot.id, reason_code="residue",
        reason="Vượt dư lượng", now=now)
    event, recall = (entry.body for entry in provenance.lot_entries(lot.code)[-2:])

    assert event["ev"]["disposition"] == "recalled"
    assert (recall["t"], recall["ev"]) == ("chonongsan/recall/1", {"reason": "residue"})
    assert recall["who"] == ("org:market" if officer else event["who"])
