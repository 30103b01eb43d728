"""Corrections as the consumer reads them, and as a program reads them."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest

from marketplace import provenance
from marketplace.database import db, transaction, utcnow
from marketplace.i18n import format_date
from marketplace.lots import services
from marketplace.lots.models import DiaryEntry
from tests.factories.accounts import make_officer, make_person
from tests.factories.lots import grow_lot, owner_of
from tests.statements import counted
from traceability.canonical.entry import Reference
from traceability.canonical.types import CORRECT

BUDGET = 14 * 1024
CSS = Path(__file__).parents[3] / "static" / "css" / "trace.css"


@pytest.fixture
def lot(app):
    return grow_lot(now=utcnow())


def entry_of(lot, kind):
    return db.session.query(DiaryEntry).filter_by(lot_id=lot.id, kind=kind).populate_existing().one()


def corrected(lot, kind="spraying", *, days_ago=29, seen=0, actor=None, **details):
    entry = entry_of(lot, kind)
    kept = {name: value for name, value in entry.details.items() if name != "earliest_harvest"}
    services.correct_entry(
        actor=actor or owner_of(lot.seller_id), seller_id=None if actor else lot.seller_id, lot_id=lot.id, entry_id=entry.id,
        happened_at=utcnow() - timedelta(days=days_ago), details=kept | details, reason="wrong_day", seen=seen, client_key=None,
        now=utcnow())


def voided(lot, kind="fertilising"):
    services.void_entry(
        actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, entry_id=entry_of(lot, kind).id,
        reason="wrong_lot", seen=0, client_key=None, now=utcnow())


def disputed(lot, kind="spraying"):
    services.dispute_entry(
        actor=make_officer(), lot_id=lot.id, entry_id=entry_of(lot, kind).id, reason="not_seen", now=utcnow())


def by_a_stranger(lot, kind="spraying"):
    """A correction that does not count, as only somebody beside the pages could write it."""
    log, session = provenance.site.the_log(), db.session()
    with transaction():
        found = log.find(session.connection(), entry_of(lot, kind).event_id)
        log.submit_entry(
            session.connection(), type=CORRECT, event={"fields": {"/cns:phiDays": 1}, "reason": "other"}, who="seller:z",
            recorded_at=utcnow(), lots=[lot.code], references=[Reference(found.leaf, "corrects", found.seq)])
        provenance.seal_at_commit(session)


def step(page, title):
    return next(tag for tag in page.select(".timeline__step") if title in tag.select_one(".timeline__title").get_text())


def day(ago):
    return format_date((utcnow() + timedelta(hours=7) - timedelta(days=ago)).date())


def test_a_corrected_day_shows_the_old_one_struck_through_with_when_who_and_why(browser, lot):
    corrected(lot, dose="0.6")
    spraying = step(browser.open(f"/t/{lot.code}"), "Phun thuốc")

    assert [tag.get_text() for tag in spraying.select("time del")] == [day(30)]
    assert spraying.select_one("time ins").get_text() == day(29)
    assert "0,5 ml / lít nước sửa thành 0,6 ml / lít nước" in spraying.get_text()
    words = " ".join(tag.get_text() for tag in spraying.select(".timeline__correction"))
    assert "Ghi lần đầu lúc" in words and "người sản xuất tự sửa. Lý do: nhầm ngày." in words
    assert "Hồ sơ đã niêm phong" in browser.text()


def test_every_value_in_between_stays_in_sight(browser, lot):
    corrected(lot, dose="0.6")
    corrected(lot, seen=1, dose="0.7")
    spraying = step(browser.open(f"/t/{lot.code}"), "Phun thuốc")

    assert "0,5 ml / lít nước 0,6 ml / lít nước sửa thành 0,7 ml / lít nước" in spraying.get_text()
    assert [tag.get_text() for tag in spraying.select("time del")] == [day(30)]
    assert len(spraying.select(".timeline__correction")) == 3


def test_a_voided_event_is_struck_through_in_words_too_and_comes_last(browser, lot):
    voided(lot)
    last = browser.open(f"/t/{lot.code}").select(".timeline__step")[-1]

    assert last.select_one(".timeline__title del").get_text() == "Bón phân"
    assert "đã bỏ, không tính" in last.get_text() and "Lý do: nhầm lô. Việc này không tính." in last.get_text()
    assert [bool(value.select_one("del")) for value in last.select("dd")] == [True, True, True, False]  # its place in the log stands


def test_a_doubt_is_told_in_words_and_changes_no_value(browser, lot):
    disputed(lot)
    spraying = step(browser.open(f"/t/{lot.code}"), "Phun thuốc")

    assert "Sở Công Thương cho rằng việc này chưa đúng" in spraying.get_text()
    assert "xem tại chỗ không thấy việc này" in spraying.get_text()
    assert spraying.select("del") == []
    corrected(lot, seen=1)
    assert "Sau đó việc này đã được sửa lại." in step(browser.open(f"/t/{lot.code}"), "Phun thuốc").get_text()


def test_an_inspectors_correction_names_the_inspector_not_the_seller(browser, lot):
    person = make_person(roles=("inspector",))
    corrected(lot, actor=person)

    assert "do cán bộ kiểm tra sửa" in step(browser.open(f"/t/{lot.code}"), "Phun thuốc").get_text()


def test_a_correction_that_does_not_count_is_in_the_data_but_not_on_the_page(browser, lot):
    by_a_stranger(lot)
    page = browser.open(f"/t/{lot.code}")

    assert page.select("del") == [] and "14 ngày" in browser.text()
    [event] = [found for found in events(browser.client, lot) if "cns:notCounting" in found]
    [remark] = event["cns:notCounting"]
    assert (remark["cns:by"], remark["cns:fields"]) == ("other", [{"cns:path": "/cns:phiDays", "cns:value": 1}])
    assert event["cns:phiDays"] == 14


def events(client, lot):
    return client.get(f"/t/{lot.code}/events.jsonld").json["epcisBody"]["eventList"]


def test_an_epcis_reader_finds_the_wrong_event_declared_and_the_right_one_beside_it(client, lot):
    corrected(lot, dose="0.6")
    corrected(lot, seen=1, dose="0.7")
    first, second, third = [event for event in events(client, lot) if event["bizStep"] == "cns:bs-spraying"]

    for wrong, right in ((first, second), (second, third)):
        assert wrong["errorDeclaration"]["reason"] == "incorrect_data"
        assert wrong["errorDeclaration"]["correctiveEventIDs"] == [right["eventID"]]
        assert wrong["errorDeclaration"]["declarationTime"].endswith("Z")
    assert (first["cns:dose"], third["cns:dose"]) == ("0.5", "0.7")
    assert first["eventID"] == entry_of(lot, "spraying").event_id
    assert "errorDeclaration" not in third
    assert len({event["eventID"] for event in (first, second, third)}) == 3


def test_a_voided_event_is_declared_not_to_have_happened(client, lot):
    voided(lot)
    [event] = [event for event in events(client, lot) if event["bizStep"] == "cns:bs-fertilising"]

    assert event["errorDeclaration"]["reason"] == "did_not_occur"
    assert "correctiveEventIDs" not in event["errorDeclaration"]


def test_only_events_are_published_as_events_and_a_doubt_stands_beside_its_event(client, lot):
    before = len(events(client, lot))
    disputed(lot)
    services.recall_lot(
        actor=make_officer(), lot_id=lot.id, reason_code="residue", reason="Vượt dư lượng", now=utcnow())
    found = events(client, lot)

    assert len(found) == before + 1
    assert [event["cns:disputed"][0]["cns:reason"] for event in found if "cns:disputed" in event] == ["not_seen"]
    assert all("eventTime" in event for event in found)


@pytest.mark.parametrize("change", [corrected, voided, disputed, by_a_stranger])
def test_a_later_entry_makes_a_new_page_at_the_next_scan(client, lot, change):
    first = client.get(f"/t/{lot.code}")
    for _ in range(2):
        client.get(f"/t/{lot.code}")
    change(lot)
    second = client.get(f"/t/{lot.code}", headers={"If-None-Match": first.headers["ETag"]})

    assert second.status_code == 200
    assert second.headers["ETag"] != first.headers["ETag"]


def test_a_corrected_page_is_covered_only_when_a_checkpoint_reaches_its_last_line(browser, lot):
    provenance.publish_checkpoint(now=utcnow())
    corrected(lot)
    browser.open(f"/t/{lot.code}")
    assert "chưa hết, các dòng mới sẽ vào lần chốt tới" in browser.text()

    provenance.publish_checkpoint(now=utcnow())
    browser.open(f"/t/{lot.code}")
    assert "rồi, lần chốt trên có mọi dòng của lô" in browser.text()


def test_a_much_corrected_page_keeps_its_statements_and_its_weight(client, lot):
    person = make_person(roles=("inspector",))
    for kind, ago in (("spraying", 29), ("harvesting", 3)):
        corrected(lot, kind, days_ago=ago)
        corrected(lot, kind, days_ago=ago, seen=1, actor=person, **({"dose": "0.7"} if kind == "spraying" else {"quantity": 100_001}))
        disputed(lot, kind)
    voided(lot)
    path = f"/t/{lot.code}"
    with counted() as seen:
        answer = client.get(path, headers={"Accept-Encoding": "gzip"})

    assert len(seen) <= 8
    assert len(answer.data) + len(gzip.compress(CSS.read_bytes())) <= BUDGET
