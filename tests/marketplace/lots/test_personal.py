"""Who worked and the note: kept by the seller's people, shown by consent, erased for good; withheld words of an entry."""

import pytest
from sqlalchemy import text

from marketplace import provenance
from marketplace.database import db
from marketplace.lots import queries, services
from marketplace.lots.models import DiaryEntry
from marketplace.lots.personal import subject_of
from marketplace.lots.vocabulary import BadDetail
from tests.factories.accounts import sign_in
from tests.factories.catalogue import make_product
from tests.factories.lots import SPRAY, make_growing_area, owner_of, write

NOTE, WORKER = "Trời mưa, lá còn ướt", "Út Tư"


@pytest.fixture
def lot(app, now):
    product = make_product()
    return services.create_lot(
        actor=owner_of(product.seller_id), seller_id=product.seller_id, product_id=product.id,
        growing_area_id=make_growing_area(product.seller).id, now=now,
    )  # fmt: skip


@pytest.fixture
def note(lot, now):
    def run(publish=False, **personal):
        return services.record_diary(
            actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, kind="irrigating", happened_at=now,
            details={"source": "rain"}, client_key=None, now=now, personal=personal, publish=publish,
        )  # fmt: skip

    return run


def shown(lot, now):
    [step] = queries.trace_page(lot.code, day=now.date()).steps
    return dict(step.personal), step.erased


def test_they_are_in_no_row_of_ours_and_the_sellers_people_read_them(lot, note, now):
    entry = note(note=f"  {NOTE} ", worker=WORKER)
    assert dict(queries.lot_personal(lot.id)[entry.id]) == {"note": NOTE, "worker": WORKER}
    assert shown(lot, now) == ({}, ())
    assert entry.details == {"source": "rain"}
    assert NOTE not in str(provenance.lot_entries(lot.code))


def test_the_trace_page_shows_what_was_agreed_to_be_public_until_it_is_erased(lot, note, now):
    note(publish=True, note=NOTE, worker=WORKER)
    before = queries.trace_head(lot.code).version
    assert shown(lot, now) == ({"note": NOTE, "worker": WORKER}, ())
    assert provenance.erase(subject=subject_of(lot.seller_id, worker="út tư"), ground="request", now=now) == 1
    assert shown(lot, now) == ({"note": NOTE}, ("request",))
    assert queries.trace_head(lot.code).version != before
    assert provenance.erase(subject=subject_of(lot.seller_id), ground="request", now=now) == 1
    assert shown(lot, now) == ({}, ("request",))
    assert provenance.check().sound


@pytest.mark.parametrize("personal", [{"note": "x" * 301}, {"worker": "y" * 81}, {"note": "a\x07b"}])
def test_what_does_not_fit_is_refused_at_its_field(lot, note, personal):
    with pytest.raises(BadDetail) as refusal:
        note(**personal)
    assert refusal.value.field == next(iter(personal))
    assert db.session.scalar(text("SELECT count(*) FROM tlog_opening")) == 0


def test_nothing_is_kept_of_empty_fields(lot, note):
    note(note="  ", worker="")
    assert db.session.scalar(text("SELECT count(*) FROM tlog_opening")) == 0
    assert "c" not in provenance.lot_entries(lot.code)[0].body


def test_the_words_of_a_withheld_entry_leave_our_rows_too_and_its_measures_stay(lot, now, app):
    entry = write(lot, "spraying", SPRAY | {"target": "Rầy, hỏi Tuấn"}, days_ago=1, now=now)
    [logged] = provenance.lot_entries(lot.code)
    runner = app.test_cli_runner()
    result = runner.invoke(args=["log", "redact", str(logged.seq), "--reason", "name"])
    assert (result.exit_code, "1 rows of ours" in result.output) == (0, True), result.output
    db.session.expire_all()
    kept = db.session.get(DiaryEntry, entry.id).details
    assert (kept["interval_days"], "target" in kept, "material" in kept) == (14, False, False)
    [step] = queries.trace_page(lot.code, day=now.date()).steps
    assert (step.withheld, step.versions) == (True, ())
    assert provenance.check().sound
    assert runner.invoke(args=["log", "redact", "0", "--reason", "name"]).exit_code == 1
    assert runner.invoke(args=["log", "redact", "1", "--reason", "Số điện thoại"]).exit_code == 1


def test_the_command_erases_a_worker_by_name(lot, note, app):
    note(worker=WORKER)
    runner = app.test_cli_runner()
    result = runner.invoke(args=["log", "erase", "--seller", str(lot.seller_id), "--worker", WORKER])
    assert result.output == "1 values erased\n"
    assert runner.invoke(args=["log", "erase"]).exit_code == 2
    assert runner.invoke(args=["log", "erase", "--subject", "x", "--ground", "Xin"]).exit_code == 1


@pytest.mark.parametrize("agreed", [False, True])
def test_on_the_pages_nothing_is_ticked_beforehand_and_only_the_tick_makes_it_public(lot, browser, agreed):
    sign_in(browser.client, owner_of(lot.seller_id))
    page = browser.open(f"/so-nong-ho/{lot.id}/tuoi-nuoc")
    assert not page.select_one("input[name=publish]").has_attr("checked")
    browser.submit({"source": "rain", "note": NOTE, "worker": WORKER} | ({"publish": "y"} if agreed else {}))
    assert NOTE in browser.open(f"/so-nong-ho/{lot.id}").get_text()
    db.session.execute(text("UPDATE lot SET state = 'released' WHERE id = :lot"), {"lot": lot.id})
    db.session.commit()
    told = browser.open(f"/t/{lot.code}").get_text()
    assert (NOTE in told, WORKER in told) == (agreed, agreed)


@pytest.mark.parametrize("value", ["x" * 400, "\u202eabc"])
def test_rubbish_in_the_note_is_refused_on_the_page(lot, browser, value):
    sign_in(browser.client, owner_of(lot.seller_id))
    browser.open(f"/so-nong-ho/{lot.id}/tuoi-nuoc")
    browser.submit({"source": "rain", "note": value}, expect=422)
    assert db.session.scalar(text("SELECT count(*) FROM tlog_opening")) == 0
