"""The file a phone saved when the log did not fit: sent with a report, read by officers, never run by anything."""

import io
import json

import pytest

from marketplace import provenance
from marketplace.database import db, utcnow
from marketplace.lots.models import ProblemReport
from marketplace.lots.services import MAX_EVIDENCE
from tests.factories.accounts import make_officer, sign_in
from tests.factories.lots import grow_lot

FILE = json.dumps({"format": "chonongsan/evidence/1", "notes": ["a\nb"], "proof": [], "why": "fork: sổ khác"}, ensure_ascii=False, indent=1)
TEXT = "Điện thoại báo đỏ khi quét mã này"


@pytest.fixture
def path(app):
    lot = grow_lot(now=utcnow())
    return f"/t/{lot.code}/phan-anh"


def send(browser, path, content: bytes | None, name="bang-chung-so-2026-11-22.json"):
    page = browser.open(path)
    data = {tag["name"]: tag["value"] for tag in page.select("main input[type=hidden]")} | {"kind": "other", "text": TEXT}
    if content is not None:
        data["evidence"] = (io.BytesIO(content), name)
    return browser.client.post(path, data=data, content_type="multipart/form-data")


def kept() -> list:
    db.session.rollback()
    return [row.evidence for row in db.session.query(ProblemReport)]


def test_the_file_is_kept_as_it_came_and_an_officer_downloads_it(browser, path):
    assert send(browser, path, FILE.encode()).status_code == 200
    assert kept() == [FILE]
    [number] = db.session.query(ProblemReport.id).one()
    sign_in(browser.client, make_officer())
    page = browser.open(f"/quan-ly/phan-anh/{number}")
    answer = browser.client.get(page.select_one('a[href$="/bang-chung"]')["href"])

    assert answer.text == FILE
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="bang-chung-{number}.json"'
    assert "sandbox" in answer.headers["Content-Security-Policy"] and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_report_without_a_file_goes_as_before_and_offers_none(browser, path):
    assert send(browser, path, None).status_code == 200
    assert kept() == [None]
    [number] = db.session.query(ProblemReport.id).one()
    sign_in(browser.client, make_officer())

    assert browser.open(f"/quan-ly/phan-anh/{number}").select('a[href$="/bang-chung"]') == []
    browser.open(f"/quan-ly/phan-anh/{number}/bang-chung", expect=404)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b'{"format": "chonongsan/bundle/1"}', b"<html><script>alert(1)</script></html>", b"\xff\xfe{}",
        b"\x89PNG\r\n\x1a\n", b"[" * 150_000, b'{"format": "chonongsan/evidence/1", "a": "\x00"}',
        json.dumps({"format": "chonongsan/evidence/1", "why": "x" * MAX_EVIDENCE}).encode(),
    ],
)
def test_anything_else_is_refused_in_a_sentence_and_keeps_nothing(browser, path, content):
    answer = send(browser, path, content)

    assert answer.status_code == 422
    assert "Chỉ nhận tệp bằng chứng mà trang truy xuất đã lưu" in answer.text and TEXT in answer.text
    assert kept() == []


def test_a_file_of_the_largest_size_is_taken(browser, path):
    frame = '{"format":"chonongsan/evidence/1","why":"%s"}'
    content = (frame % ("x" * (MAX_EVIDENCE - len(frame) + 2))).encode()

    assert len(content) == MAX_EVIDENCE and send(browser, path, content).status_code == 200
    assert len(kept()[0]) == MAX_EVIDENCE


def test_the_file_belongs_to_officers_of_the_area_only(browser, path):
    send(browser, path, FILE.encode())
    [number] = db.session.query(ProblemReport.id).one()
    address = f"/quan-ly/phan-anh/{number}/bang-chung"
    assert browser.client.get(address).status_code in {302, 401, 403}
    sign_in(browser.client, make_officer(area="hau_giang"))

    assert browser.client.get(address).status_code == 404


def test_code_nobody_knows_can_be_reported_with_a_file_too(browser, app):
    assert send(browser, f"/t/{provenance.new_code()}/phan-anh", FILE.encode()).status_code == 200
    assert kept() == [FILE]
