"""A buyer's phone checks a lot against the log by itself, remembers it, and raises the alarm when it does not fit."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from marketplace import provenance
from marketplace.database import db, utcnow
from marketplace.lots import services
from marketplace.lots.models import Lot
from tests.factories.accounts import make_officer
from tests.factories.lots import grow_lot
from tests.journeys.steps import fits, press
from tests.journeys.test_axe import violations
from traceability.checkpoint import generate_signer

VERIFIER = Path(__file__).parents[2] / "traceability" / "standalone" / "verifier" / "tlog_verify.py"
GOOD = "Điện thoại của bạn đã tự kiểm tra:"
ALARM = "Điện thoại thấy sổ không khớp"
NOT_CHECKED = "Điện thoại này chưa tự kiểm tra được sổ."
WITHOUT_ED25519 = """
const native = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (form, key, way, ...rest) => (way.name ?? way) === "Ed25519"
  ? Promise.reject(new DOMException("Algorithm: Unrecognized name", "NotSupportedError")) : native(form, key, way, ...rest);
"""


@pytest.fixture
def code(site):
    with site.app.app_context():
        lot = grow_lot(now=utcnow())
        provenance.publish_checkpoint(now=utcnow())
        code = lot.code
        db.session.remove()
    return code


def more(site):
    """Something else is written into the log and signed."""
    with site.app.app_context():
        grow_lot(now=utcnow())
        provenance.publish_checkpoint(now=utcnow())
        db.session.remove()


def scan(phone, code):
    phone.goto(f"/t/{code}")
    return phone.locator("[data-module=self-check]")


def tampered(phone, change):
    """The bundle as `change` makes it of the true one."""

    def answer(route):
        bundle = route.fetch().json()
        change(bundle)
        route.fulfill(json=bundle)

    phone.route("**/bundle.json*", answer)


def saved(phone) -> dict:
    """The evidence file the person downloads."""
    with phone.expect_download() as download:
        press(phone, "Lưu bằng chứng")
    assert re.fullmatch(r"bang-chung-so-\d{4}-\d\d-\d\d\.json", download.value.suggested_filename)
    return json.loads(Path(download.value.path()).read_text("utf-8"))


def judged(phone, evidence: dict, folder: Path) -> int:
    """The exit code of the stand-alone program for that file, under the log's published policy."""
    (folder / "evidence.json").write_text(json.dumps(evidence), "utf-8")
    (folder / "policy").write_text(phone.request.get("/log/1/policy").text(), "utf-8")
    command = [sys.executable, VERIFIER, "evidence", folder / "evidence.json", "--policy", folder / "policy"]
    return subprocess.run(command, capture_output=True, check=False).returncode


def remembered(phone) -> dict:
    return json.loads(phone.evaluate("Object.entries(localStorage).find(([name]) => name.startsWith('log '))[1]"))


def test_first_and_second_visit_are_told_calmly(phone, site, code):
    check = scan(phone, code)
    expect(check).to_contain_text(GOOD)
    expect(check).to_contain_text("Ngày, số liệu và tình trạng từng việc trên trang này khớp với sổ.")
    expect(check).to_contain_text(re.compile(r"Theo sổ chợ tự ký, lô không thiếu dòng nào đến \d\d:\d\d \d\d/\d\d/\d{4}\."))
    expect(check).to_contain_text("Chưa có bên ngoài cùng ký lần chốt này.")
    expect(check).not_to_contain_text("Đầy đủ")
    expect(check).not_to_contain_text("Từ lần xem lúc")
    assert fits(phone)
    first = remembered(phone)

    more(site)
    check = scan(phone, code)

    expect(check).to_contain_text(re.compile(r"Từ lần xem lúc \d\d:\d\d \d\d/\d\d/\d{4} đến nay, không dòng nào của sổ bị sửa hay rút\."))
    assert remembered(phone)["size"] > first["size"]
    assert remembered(phone)["keys"] == first["keys"]


def test_phone_without_signatures_of_its_own_uses_the_library(phones, code):
    loaded = {}
    for name, script in (("own", ""), ("library", WITHOUT_ED25519)):
        phone = phones()
        phone.add_init_script(script)
        asked = loaded.setdefault(name, [])
        phone.on("request", lambda request, asked=asked: asked.append(request.url))
        expect(scan(phone, code)).to_contain_text(GOOD)

    assert not any("noble" in url for url in loaded["own"])
    assert any("noble" in url for url in loaded["library"])


def test_page_without_script_says_simply_that_nothing_was_checked(phones, code):
    phone = phones(script=False)
    check = scan(phone, code)

    expect(check).to_contain_text(NOT_CHECKED)
    expect(check.get_by_role("link", name="Cách tự kiểm tra").first).to_have_attribute("href", "/so-cai")


@pytest.mark.parametrize("missing", ["**/bundle.json*", "**/log/1/keys", "**/js/log/*.js"])
def test_lost_network_is_no_alarm(chromium, site, code, missing):
    context = chromium.new_context(base_url=site.url, locale="vi-VN")
    phone = context.new_page()
    phone.route(missing, lambda route: route.abort())

    check = scan(phone, code)

    expect(check).to_contain_text(NOT_CHECKED)
    phone.wait_for_load_state("networkidle")
    expect(check).to_contain_text(NOT_CHECKED)
    expect(phone.locator(".verdict--good")).to_have_count(1)
    context.close()


def test_weak_network_on_the_second_visit_keeps_the_first_one_in_memory(chromium, site, code):
    context = chromium.new_context(base_url=site.url, locale="vi-VN")
    phone = context.new_page()
    expect(scan(phone, code)).to_contain_text(GOOD)
    first = remembered(phone)
    more(site)
    phone.route("**/proof/consistency*", lambda route: route.abort())

    expect(scan(phone, code)).to_contain_text("Chưa so được với lần xem trước vì mạng yếu.")
    assert remembered(phone) == first
    context.close()


HOTEL = "<html>Wi-Fi khách sạn</html>"


@pytest.mark.parametrize(
    "address, words",
    [
        ("bundle.json", HOTEL), ("bundle.json", '{"format": "chonongsan/bundle/9"}'), ("bundle.json", '{"format":'),
        ("log/1/keys", HOTEL), ("log/1/policy", HOTEL),
    ],
)
def test_answer_of_somebody_in_between_is_no_alarm(phone, code, address, words):
    phone.route(f"**/{address}*", lambda route: route.fulfill(body=words))

    check = scan(phone, code)
    expect(check).to_have_attribute("data-state", "none")  # before its check the page has the same words
    expect(check).to_contain_text(NOT_CHECKED)


def test_changed_entry_turns_the_page_red_and_gives_evidence(phone, code, tmp_path):
    def change(bundle):
        bundle["entries"][0]["data"] = bundle["entries"][0]["data"].replace("KGM", "TNE", 1).replace("cns:", "cnx:", 1)

    tampered(phone, change)
    check = scan(phone, code)

    expect(check).to_contain_text(ALARM)
    expect(phone.locator(".verdict").first).to_contain_text(ALARM)
    expect(phone.locator(".verdict--good")).to_have_count(0)
    expect(check.get_by_role("link", name="Báo cho Sở")).to_have_attribute("href", f"/t/{code}/phan-anh")
    assert fits(phone)
    evidence = saved(phone)
    assert evidence["format"] == "chonongsan/evidence/1"
    assert evidence["why"].startswith("bad-proof")
    assert evidence["bundle"]["lot"] == code
    assert evidence["notes"] == [evidence["bundle"]["checkpoint"]]
    assert judged(phone, evidence, tmp_path) == 1


def test_line_on_the_page_that_is_not_in_the_log_is_noticed(phone, code, tmp_path):
    def answer(route):
        page = route.fetch()
        route.fulfill(response=page, body=re.sub(r'data-shown="(\d+):[0-9a-f]{12}', r'data-shown="\1:0123456789ab', page.text()))

    phone.route(f"**/t/{code}", answer)
    check = scan(phone, code)

    expect(check).to_contain_text("Trang này cho xem một dòng không có trong sổ.")
    evidence = saved(phone)
    assert evidence["why"].startswith("not-in-the-log")
    assert judged(phone, evidence, tmp_path) == 0, "what was downloaded fits; the page's own words are signed by nobody"


@pytest.mark.parametrize(
    "was, lie, words",
    [
        ("&#34;amount&#34;:&#34;100&#34;", "&#34;amount&#34;:&#34;900&#34;", "Trang này nói khác sổ."),
        ("&#34;void&#34;:false", "&#34;void&#34;:true", "Chỗ khác ở dòng"),
    ],
)
def test_page_that_says_something_else_than_the_log_is_noticed(phone, code, was, lie, words):
    def answer(route):
        page = route.fetch()
        assert was in page.text()
        route.fulfill(response=page, body=page.text().replace(was, lie, 1))

    phone.route(f"**/t/{code}", answer)
    check = scan(phone, code)

    expect(check).to_contain_text(ALARM)
    expect(check).to_contain_text(words)
    expect(phone.locator(".verdict--good")).to_have_count(0)
    assert saved(phone)["why"].startswith("page-differs")


def test_recall_that_the_page_hides_turns_it_red(phone, site, code):
    with site.app.app_context():
        lot = db.session.query(Lot).filter_by(code=code).one()
        services.recall_lot(actor=make_officer(), lot_id=lot.id, reason_code="residue", reason="Vượt dư lượng", now=utcnow())
        provenance.publish_checkpoint(now=utcnow())
        db.session.remove()

    def answer(route):
        page = route.fetch()
        route.fulfill(response=page, body=page.text().replace("&#34;verdict&#34;:&#34;recalled&#34;", "&#34;verdict&#34;:&#34;good&#34;"))

    phone.route(f"**/t/{code}", answer)
    check = scan(phone, code)

    expect(check).to_contain_text("Trong sổ, lô này đã bị thu hồi mà trang này không nói.")
    assert saved(phone)["why"].startswith("recall-hidden")


def test_axe_finds_nothing_on_a_checked_page_and_on_the_alarm(phones, code):
    calm, alarmed = phones(), phones()
    expect(scan(calm, code)).to_contain_text(GOOD)
    tampered(alarmed, lambda bundle: bundle["entries"].pop())
    expect(scan(alarmed, code)).to_contain_text(ALARM)

    assert [*violations(calm, "checked"), *violations(alarmed, "alarm")] == []


def test_fork_on_the_second_visit_turns_the_page_red_and_keeps_both_notes(phone, site, code):
    expect(scan(phone, code)).to_contain_text(GOOD)
    before = remembered(phone)
    forged = before | {"root": base64.b64encode(bytes(32)).decode()}
    phone.evaluate("([name, value]) => localStorage.setItem(name, value)", [f"log {before_origin(before)}", json.dumps(forged)])
    more(site)

    check = scan(phone, code)

    expect(check).to_contain_text(ALARM)
    expect(check).to_contain_text("không nối tiếp sổ mà điện thoại này đã thấy")
    evidence = saved(phone)
    assert evidence["notes"][0] == before["note"] and evidence["notes"][1] != before["note"]
    assert evidence["proof"] and evidence["why"].startswith("fork")
    assert remembered(phone)["root"] == forged["root"]


def before_origin(before: dict) -> str:
    return before["note"].split("\n")[0]


def test_log_that_was_set_back_is_noticed(chromium, site, code):
    context = chromium.new_context(base_url=site.url, locale="vi-VN")
    phone = context.new_page()
    expect(scan(phone, code)).to_contain_text(GOOD)
    before = remembered(phone)
    longer = before | {"size": before["size"] + 5, "root": base64.b64encode(bytes(32)).decode()}
    phone.evaluate("([name, value]) => localStorage.setItem(name, value)", [f"log {before_origin(before)}", json.dumps(longer)])

    check = scan(phone, code)
    expect(check).to_contain_text(ALARM)
    expect(check).to_contain_text(re.compile(r"Sổ bị lùi lại: lúc \d\d:\d\d \d\d/\d\d/\d{4} điện thoại này đã thấy sổ dài hơn"))
    expect(check).not_to_contain_text("dòng cũ đã bị sửa")
    assert saved(phone)["why"].startswith("set-back")
    context.close()


def test_key_nobody_remembers_is_not_trusted(phone, code):
    expect(scan(phone, code)).to_contain_text(GOOD)
    before = remembered(phone)
    stranger = str(generate_signer(before_origin(before)).verifier)
    phone.evaluate(
        "([name, value]) => localStorage.setItem(name, value)", [f"log {before_origin(before)}", json.dumps(before | {"keys": [stranger]})]
    )

    expect(scan(phone, code)).to_contain_text("Điện thoại chưa kết luận được")
    assert remembered(phone)["keys"] == [stranger]
