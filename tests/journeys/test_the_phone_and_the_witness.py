"""A running witness outside signs the log now and then; what a buyer's phone says meanwhile, and when the witness falls silent."""

import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from marketplace import provenance
from marketplace.database import db, transaction, utcnow
from tests.factories.lots import grow_lot
from tests.journeys.steps import fits
from tests.journeys.test_axe import violations
from tests.traceability.standalone.witness_process import prepare, running
from traceability.checkpoint import ED25519

GOOD = "Điện thoại của bạn đã tự kiểm tra:"
NAME = "Đại học Cần Thơ"
MOMENT = r"\d\d:\d\d \d\d/\d\d/\d{4}"


@contextmanager
def at_the_market(site):
    """Something is done at the site, outside any request."""
    with site.app.app_context():
        yield
        db.session.remove()


@pytest.fixture
def code(site):
    with at_the_market(site):
        lot = grow_lot(now=utcnow())
        provenance.publish_checkpoint(now=utcnow())
        return lot.code


@pytest.fixture
def witness(site, tmp_path):
    """The university's witness is running and the policy demands it."""
    log = site.app.extensions["log"]
    before = log.settings
    with site.app.app_context():
        keys = log.log.verifiers(db.session.connection())
        db.session.remove()
    [key] = [key for key in keys if key.type == ED25519]
    prepare(tmp_path / "witness", key)
    with running(tmp_path / "witness") as found:
        named = f"witness {NAME.replace(' ', '_')} {found.key} http://127.0.0.1:{found.port}"
        (tmp_path / "policy").write_text(f"log {key}\n{named}\nquorum {NAME.replace(' ', '_')}\n", "utf-8")
        log.settings = replace(before, log_policy=tmp_path / "policy")
        yield found
        log.settings = before


def sign(site) -> None:
    with at_the_market(site):
        assert provenance.ask_witnesses(now=utcnow(), at_once=True) == 1


def later_entries(site, code) -> None:
    """The lot gets a line more, other lots too, and a checkpoint the witness has not seen."""
    with at_the_market(site):
        event = provenance.lot_entries(code)[0]
        with transaction():
            provenance.dispute(event_id=event.event_id, reason="not_so", who="alias:buyer", now=utcnow())
        grow_lot(now=utcnow())
        provenance.publish_checkpoint(now=utcnow())


def scan(phone, code):
    phone.goto(f"/t/{code}")
    return phone.locator("[data-module=self-check]")


def remembered(phone) -> int:
    [size] = phone.evaluate("Object.entries(localStorage).filter(([name]) => name.startsWith('log ')).map(([, value]) => JSON.parse(value).size)")
    return size


def test_entries_after_the_cosignature_wait_and_the_phone_goes_on_saying_good(phone, site, code, witness):
    sign(site)
    check = scan(phone, code)
    expect(check).to_contain_text(GOOD)
    expect(check).to_contain_text(re.compile(rf"Bên ngoài cùng ký: {NAME}, {MOMENT} \((vừa xong|\d+ phút trước)\)\."))
    expect(check).to_contain_text(re.compile(rf"Đầy đủ đến {MOMENT}\."))
    expect(check).not_to_contain_text("Chưa có bên ngoài")
    size = remembered(phone)

    later_entries(site, code)
    check = scan(phone, code)
    expect(check).to_contain_text(GOOD)
    expect(check).to_contain_text("Có 1 dòng mới đang chờ đơn vị ngoài cùng ký.")
    expect(phone.locator("main")).to_contain_text("Dòng mới của lô đang chờ đơn vị ngoài cùng ký.")
    assert remembered(phone) == size
    assert fits(phone) and violations(phone, "cosigned") == []

    sign(site)
    expect(scan(phone, code)).not_to_contain_text("đang chờ đơn vị ngoài")
    expect(phone.locator("[data-state=good]")).to_have_count(1)
    assert remembered(phone) > size


def test_phone_that_saw_more_before_the_policy_is_not_rolled_back(phone, site, code, witness):
    sign(site)
    later_entries(site, code)
    log = site.app.extensions["log"]
    policy, log.settings = log.settings, replace(log.settings, log_policy=None)
    expect(scan(phone, code)).to_contain_text("Chưa có bên ngoài cùng ký lần chốt này.")
    size = remembered(phone)
    log.settings = policy

    check = scan(phone, code)
    expect(check).to_contain_text(GOOD)
    expect(check).to_contain_text(NAME)
    expect(check).to_contain_text("Từ lần xem lúc")
    assert remembered(phone) == size


def test_before_the_witness_ever_signed_the_phone_says_what_is_missing(phone, site, code, witness):
    check = scan(phone, code)

    expect(check).to_contain_text("Lần chốt sổ này chưa đủ chữ ký bên ngoài mà quy tắc của sổ đòi.")
    expect(phone.locator("main")).to_contain_text("Chưa lần chốt nào đủ chữ ký bên ngoài như quy tắc của sổ đòi.")
    expect(phone.locator(".verdict--bad")).to_have_count(0)


@pytest.mark.parametrize(
    ("silent", "age", "words"),
    [
        (timedelta(hours=5), "fresh", "5 giờ trước"),
        (timedelta(hours=30), "late", "Chữ ký mới nhất đã cũ hơn một ngày (30 giờ trước)."),
        (timedelta(days=9), "stale", "Chữ ký mới nhất đã cũ hơn 7 ngày (9 ngày trước)."),
    ],
)
def test_witness_that_falls_silent_is_told_in_words_and_colour(phone, site, code, witness, silent, age, words):
    sign(site)
    phone.clock.set_fixed_time(utcnow() + silent)

    check = scan(phone, code)
    expect(check).to_contain_text(GOOD)
    expect(check).to_contain_text(words)
    expect(check.locator(".check__late, .check__stale")).to_have_count(int(age != "fresh"))
    panel = phone.locator("[data-age]").last
    expect(panel).to_have_attribute("data-age", age)
    expect(panel).to_contain_text("giờ trước" if age != "stale" else "9 ngày trước")
    assert fits(phone) and violations(phone, age) == []


def test_old_checkpoint_is_told_where_no_witness_is_named(phone, code):
    phone.clock.set_fixed_time(utcnow() + timedelta(days=9))

    expect(scan(phone, code)).to_contain_text("Chữ ký mới nhất đã cũ hơn 7 ngày (9 ngày trước).")
