"""The phone compares what the page shows with what the log says, by its own reading of the entries."""

import json
from datetime import timedelta

import pytest

from marketplace import provenance
from marketplace.database import transaction, utcnow
from marketplace.lots import services
from marketplace.lots.models import Lot
from tests.factories.accounts import make_officer
from tests.factories.catalogue import make_product
from tests.factories.lots import grow_lot, owner_of, write
from tests.factories.sellers import make_seller
from tests.marketplace.shop.test_trace_bundle import pins
from tests.marketplace.shop.test_trace_corrections import by_a_stranger, corrected, disputed, entry_of, voided
from tests.node import run_node
from tests.phone.conftest import SCRIPT


@pytest.fixture
def lot(app):
    return grow_lot(now=utcnow())


def shown(browser, lot) -> dict:
    """What the page declares, as static/js/log/told.js reads it."""
    page = browser.open(f"/t/{lot.code}")
    steps = [json.loads(tag["data-log"]) for tag in page.select("li[data-log]")]
    return json.loads(page.select_one("dl[data-log]")["data-log"]) | {"steps": steps}


def compared(browser, lot, *pages) -> list[dict]:
    bundle = browser.client.get(f"/t/{lot.code}/bundle.json").json
    calls = [["page", {"page": page, "bundle": bundle, "lot": lot.code, "pins": pins(browser.client)}] for page in pages]
    return [answer["value"] for answer in run_node(SCRIPT, calls)]


def recalled(lot):
    services.recall_lot(actor=make_officer(), lot_id=lot.id, reason_code="residue", reason="Vượt dư lượng", now=utcnow())


def blocked(lot):
    services.block_lot(actor=owner_of(lot.seller_id), lot_id=lot.id, reason_code="quality", reason="Hàng dập", now=utcnow())


def reopened(lot):
    blocked(lot)
    services.unblock_lot(actor=owner_of(lot.seller_id), lot_id=lot.id, now=utcnow())


def withheld(lot):
    provenance.redact(seq=step_number(lot, "fertilising"), reason="phone_number", now=utcnow())


def step_number(lot, kind):
    leaf = entry_of(lot, kind).leaf
    return next(entry.seq for entry in provenance.lot_entries(lot.code) if entry.leaf_hex == leaf)


def much_corrected(lot):
    corrected(lot, dose="0.6")
    disputed(lot)
    corrected(lot, seen=2, dose="0.7")
    voided(lot)


@pytest.mark.parametrize("change", [None, corrected, much_corrected, voided, disputed, by_a_stranger, recalled, blocked, reopened])
def test_phone_and_page_read_the_same_out_of_every_history(browser, lot, change):
    if change:
        change(lot)
    provenance.publish_checkpoint(now=utcnow())

    assert compared(browser, lot, shown(browser, lot)) == [{"same": True}]


def test_phone_and_page_agree_on_fish_by_the_piece_of_a_household(browser, app):
    now = utcnow()
    product = make_product(make_seller(kind="household"), measure="piece", unit_label="con")
    lot = grow_lot(product, now=now, release=False, in_date=False, area=False, quantity=500)
    write(lot, "stocking", {"material": "Cá tra", "amount": "600", "unit": "piece"}, days_ago=90, now=now)
    write(lot, "packing", {"quantity": 500, "best_before": "2031-05-01", "loss": 3}, days_ago=0, now=now)
    services.release_lot(actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, now=now)
    write(lot, "packing", {"quantity": 100, "best_before": "2031-06-01"}, days_ago=0, now=now)
    provenance.publish_checkpoint(now=now)
    page = shown(browser, lot)

    assert (page["lot"]["best_before"], page["lot"]["amount"], page["lot"]["unit"]) == ("2031-05-01", "500", "H87")
    assert compared(browser, lot, page) == [{"same": True}]


def changed(page, change) -> dict:
    copy = json.loads(json.dumps(page))
    change(copy)
    return copy


def told(page, kind) -> dict:
    return next(step for step in page["steps"] if step["told"][-1]["activity"] == kind)


CHANGES = {
    "a day": lambda page: told(page, "harvesting")["told"][0].update(day="2026-01-01"),
    "a quantity": lambda page: told(page, "harvesting")["told"][0].update(amount="99"),
    "a substance": lambda page: told(page, "spraying")["told"][-1].update(product="Nước lã"),
    "a fact left out": lambda page: told(page, "spraying")["told"][-1].pop("phiDays"),
    "a fact too many": lambda page: told(page, "packing")["told"][0].update(grade="first"),
    "the work": lambda page: told(page, "spraying")["told"][-1].update(activity="irrigating"),
    "the old value not shown": lambda page: told(page, "spraying")["told"].pop(0),
    "the old value shown as what counts": lambda page: told(page, "spraying")["told"].pop(),
    "when it was written": lambda page: told(page, "spraying").update(rec="2026-01-01T00:00"),
    "a void step as valid": lambda page: told(page, "fertilising").update(void=False),
    "a valid step as void": lambda page: told(page, "packing").update(void=True),
    "a doubt hidden": lambda page: told(page, "spraying").update(doubts=0),
    "a step left out": lambda page: page["steps"].pop(0),
    "a step as withheld": lambda page: page["steps"].__setitem__(0, {"seq": page["steps"][0]["seq"], "withheld": True}),
    "the lot's harvest": lambda page: page["lot"].update(harvested="2026-01-01"),
    "the lot's use-by": lambda page: page["lot"].update(best_before="2031-01-01"),
    "the lot's quantity": lambda page: page["lot"].update(amount="1"),
    "the lot's state": lambda page: page["lot"].update(state="released"),
    "the seller": lambda page: page["lot"].update(who="seller:khac"),
    "a block hidden": lambda page: page.update(verdict="good"),
}


@pytest.fixture
def story(browser, lot) -> dict:
    """A page with everything on it that can be lied about."""
    much_corrected(lot)
    blocked(lot)
    provenance.publish_checkpoint(now=utcnow())
    return shown(browser, lot)


def test_every_lie_of_the_page_is_noticed(browser, lot, story):
    found = compared(browser, lot, story, *(changed(story, change) for change in CHANGES.values()))

    assert found.pop(0) == {"same": True}
    assert [name for name, answer in zip(CHANGES, found, strict=True) if answer.get("fault", {}).get("code") != "page-differs"] == []


def test_hidden_recall_is_noticed_even_when_the_page_stops_reading_before_it(browser, lot):
    provenance.publish_checkpoint(now=utcnow())
    before = shown(browser, lot)
    recalled(lot)
    provenance.publish_checkpoint(now=utcnow())
    page = shown(browser, lot)
    hiding = changed(page, lambda one: one.update(verdict="good"))

    assert page["verdict"] == "recalled"
    assert [answer["fault"]["code"] for answer in compared(browser, lot, before, hiding)] == ["recall-hidden"] * 2


def test_lines_no_checkpoint_covers_are_not_compared_and_no_alarm(browser, lot):
    provenance.publish_checkpoint(now=utcnow())
    corrected(lot)

    assert compared(browser, lot, shown(browser, lot)) == [{"same": False}]


def test_newer_lines_than_the_page_has_read_are_no_alarm(browser, lot):
    provenance.publish_checkpoint(now=utcnow())
    page = shown(browser, lot)
    much_corrected(lot)
    provenance.publish_checkpoint(now=utcnow() + timedelta(seconds=1))

    assert compared(browser, lot, page) == [{"same": True}]


def test_a_withheld_line_is_no_alarm(browser, lot):
    withheld(lot)
    provenance.publish_checkpoint(now=utcnow())
    page = shown(browser, lot)

    assert [step for step in page["steps"] if step.get("withheld")] == [{"seq": step_number_of_withheld(page), "withheld": True}]
    assert compared(browser, lot, page) == [{"same": True}]


def step_number_of_withheld(page) -> int:
    return next(step["seq"] for step in page["steps"] if "told" not in step)


def test_rows_changed_behind_the_log_leave_page_and_phone_in_agreement(browser, lot):
    recalled(lot)
    provenance.publish_checkpoint(now=utcnow())
    with transaction() as session:
        row = session.get(Lot, lot.id)
        row.state, row.best_before, row.quantity = "released", None, 1
    page = shown(browser, lot)

    assert page["verdict"] == "recalled"
    assert compared(browser, lot, page) == [{"same": True}]
