"""Somebody with the database changes our rows: the page goes on saying what the log says."""

import json

import pytest
from sqlalchemy import text

from marketplace import provenance
from marketplace.database import db, transaction, utcnow
from marketplace.lots import services
from tests.factories.accounts import make_officer
from tests.factories.catalogue import make_product
from tests.factories.lots import grow_lot, owner_of, write
from tests.factories.sellers import make_seller
from tests.statements import counted

OUTSIDE = "(ngoài sổ)"


@pytest.fixture
def lot(app):
    lot = grow_lot(now=utcnow())
    provenance.publish_checkpoint(now=utcnow())
    return lot


def forge(statement, **values):
    with transaction() as session:
        assert session.execute(text(statement), values).rowcount


def seen(browser, lot) -> tuple[str, list[str], list[str]]:
    """The verdict, the lot's facts and the steps as a person reads them."""
    page = browser.open(f"/t/{lot.code}")
    words = [" ".join(tag.get_text(" ").split()) for tag in page.select("dl.facts[data-log] > div")]
    return page.select_one(".verdict").get_text(), words, [" ".join(tag.get_text(" ").split()) for tag in page.select(".timeline__step")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE lot SET harvested_on = '2026-11-21', packed_on = '2026-11-21' WHERE id = :lot",
        "UPDATE lot SET best_before = '2031-01-01' WHERE id = :lot",
        "UPDATE lot SET quantity = 999000000 WHERE id = :lot",
        "UPDATE lot SET number = 'L990101-9' WHERE id = :lot",
        "UPDATE diary_entry SET kind = 'irrigating' WHERE lot_id = :lot AND kind = 'spraying'",
        "UPDATE diary_entry SET happened_at = '2026-01-01 00:00:00+00', recorded_at = '2026-01-01 00:00:00+00' WHERE lot_id = :lot",
        "DELETE FROM diary_entry WHERE lot_id = :lot AND kind = 'spraying'",
    ],
)
def test_forged_rows_change_nothing_the_log_says(browser, lot, statement):
    before = seen(browser, lot)
    forge(statement, lot=lot.id)
    after = seen(browser, lot)

    assert after == before
    assert OUTSIDE not in " ".join(after[1])


def test_a_forged_area_code_is_not_shown_and_its_confirmation_neither(browser, lot):
    before = next(line for line in seen(browser, lot)[1] if line.startswith("Mã vùng trồng"))
    forge("UPDATE growing_area SET code = 'VN-CTOR-9999', code_state = 'confirmed'")

    assert before.startswith(next(line for line in seen(browser, lot)[1] if line.startswith("Mã vùng trồng")))


def recalled(lot):
    services.recall_lot(actor=make_officer(), lot_id=lot.id, reason_code="residue", reason="Mẫu thử vượt dư lượng", now=utcnow())


@pytest.mark.parametrize("state", ["released", "closed", "draft", "blocked"])
def test_a_recall_that_only_the_log_remembers_is_shown(browser, lot, state):
    recalled(lot)
    forge("UPDATE lot SET state = :state, state_reason = NULL WHERE id = :lot", state=state, lot=lot.id)

    verdict, _facts, steps = seen(browser, lot)

    assert "đã bị thu hồi" in verdict and "Dư lượng thuốc vượt mức cho phép" in verdict
    assert "Do Sở Công Thương Cần Thơ ghi" in steps[-1]


def test_a_released_lot_called_a_draft_stays_public_with_all_a_phone_needs(browser, lot):
    forge("UPDATE lot SET state = 'draft' WHERE id = :lot", lot=lot.id)

    assert "Hồ sơ đã niêm phong" in seen(browser, lot)[0]
    assert [browser.client.get(f"/t/{lot.code}/{name}").status_code for name in ("bundle.json", "events.jsonld")] == [200, 200]


def test_a_block_hidden_in_our_row_is_shown(browser, lot):
    services.block_lot(actor=owner_of(lot.seller_id), lot_id=lot.id, reason_code="packaging", reason="Nhãn in sai", now=utcnow())
    forge("UPDATE lot SET state = 'released', state_reason = NULL WHERE id = :lot", lot=lot.id)

    assert "đang tạm ngừng bán" in seen(browser, lot)[0]


def test_a_lot_reopened_by_the_services_is_green_again(browser, lot):
    actor = owner_of(lot.seller_id)
    services.block_lot(actor=actor, lot_id=lot.id, reason_code="packaging", reason="Nhãn in sai", now=utcnow())
    services.unblock_lot(actor=actor, lot_id=lot.id, now=utcnow())

    assert "Hồ sơ đã niêm phong" in seen(browser, lot)[0]


def test_a_release_the_log_does_not_know_is_not_green(browser, app):
    lot = grow_lot(now=utcnow(), release=False)
    forge("UPDATE lot SET state = 'released' WHERE id = :lot", lot=lot.id)

    assert "đã niêm phong" not in seen(browser, lot)[0]


def test_a_lot_put_under_another_organisations_name_is_red(browser, lot):
    other = make_seller(name="HTX Khác")
    forge("UPDATE lot SET seller_id = :seller WHERE id = :lot", seller=other.id, lot=lot.id)

    assert "không khớp với sổ" in seen(browser, lot)[0]


def test_what_only_our_rows_say_is_marked_as_outside_the_log(browser, app):
    lot = grow_lot(now=utcnow(), in_date=False, area=False)
    forge("UPDATE lot SET best_before = '2031-01-01' WHERE id = :lot", lot=lot.id)

    facts = seen(browser, lot)[1]

    marked = [line for line in facts if OUTSIDE in line]
    assert [line.partition(",")[0] for line in marked] == ["Nơi trồng", f"Hạn dùng 01/01/2031 {OUTSIDE}"]


def test_another_commune_in_our_row_does_not_move_the_field(browser, lot):
    before = [line for line in seen(browser, lot)[1] if line.startswith("Nơi trồng")]
    forge("UPDATE growing_area SET place_id = (SELECT max(id) FROM place_unit)")

    assert [line for line in seen(browser, lot)[1] if line.startswith("Nơi trồng")] == before


def test_best_before_and_start_typed_on_the_lot_go_into_the_log_with_the_release(app):
    now = utcnow()
    lot = grow_lot(now=now, release=False)
    actor, day = owner_of(lot.seller_id), lot.best_before
    services.update_lot(
        actor=actor, seller_id=lot.seller_id, lot_id=lot.id, growing_area_id=lot.growing_area_id, started_on=lot.created_at.date(),
        quantity=lot.quantity, best_before=day, now=now)
    services.release_lot(actor=actor, seller_id=lot.seller_id, lot_id=lot.id, now=now)
    told = provenance.lot_entries(lot.code)[-1].body["ev"]

    assert (told["cns:bestBefore"], told["cns:startedOn"]) == (day.isoformat(), lot.created_at.date().isoformat())


def test_a_use_by_corrected_in_the_diary_is_the_lots(browser, app):
    now = utcnow()
    lot = grow_lot(now=now, release=False, in_date=False)
    entry = write(lot, "packing", {"quantity": 1000, "best_before": "2031-05-01"}, days_ago=0, now=now)
    services.release_lot(actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, now=now)
    assert "Hạn dùng 01/05/2031" in seen(browser, lot)[1]
    services.correct_entry(
        actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, entry_id=entry.id, happened_at=entry.happened_at,
        details={"quantity": 1000, "best_before": "2031-03-01"}, reason="other", seen=0, client_key=None, now=now)

    assert "Hạn dùng 01/03/2031" in seen(browser, lot)[1]


def test_the_page_declares_to_the_phone_what_it_shows(browser, lot):
    page = browser.open(f"/t/{lot.code}")
    steps = [json.loads(tag["data-log"]) for tag in page.select(".timeline__step")]
    whole = json.loads(page.select_one("dl.facts")["data-log"])

    assert [step["told"][0]["activity"] for step in steps] == ["fertilising", "spraying", "harvesting", "packing", "released"]
    assert steps[2]["told"][0]["amount"] == "100"
    assert (whole["verdict"], whole["last"], whole["lot"]["amount"], whole["lot"]["state"]) == ("good", steps[-1]["seq"], "100", "released")


def test_both_times_are_shown_where_they_lie_more_than_a_day_apart(browser, lot):
    steps = seen(browser, lot)[2]

    noted = ["ghi vào sổ ngày" in step for step in steps]
    assert noted == [True, True, True, False, False]
    assert "Ghi muộn 30 ngày sau khi làm." in steps[1] and "Ghi muộn" not in steps[2]


def test_a_household_is_told_by_its_alias_and_stays_green(browser, app):
    lot = grow_lot(make_product(make_seller(kind="household")), now=utcnow())

    assert "Hồ sơ đã niêm phong" in seen(browser, lot)[0]


def test_forging_costs_one_statement_more_at_most(client, lot):
    path = f"/t/{lot.code}"
    forge("UPDATE growing_area SET place_id = (SELECT max(id) FROM place_unit)")
    db.session.remove()
    with counted() as statements:
        client.get(path)

    assert len(statements) == 6
