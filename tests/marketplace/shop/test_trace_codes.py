"""Symbols, the search by code, and the report form."""

import io
import re

import pytest
import qrcode
import zxingcpp
from PIL import Image
from pyzbar.pyzbar import decode

from marketplace import provenance
from marketplace.database import db
from marketplace.lots import qr
from marketplace.lots.models import ProblemReport
from tests.factories.lots import make_lot
from tests.statements import counted

PRINTED = "https://CHONONGSAN.TEST/T/"


@pytest.fixture
def lot(app):
    return make_lot()


def reports():
    return db.session.query(ProblemReport).all()


@pytest.mark.parametrize("dpi", [203, 300, 600])
def test_printed_symbol_is_read_alike_by_two_decoders_and_leads_to_the_page(client, lot, dpi):
    answer = client.get(f"/t/{lot.code}/qr.png?dpi={dpi}")
    image = Image.open(io.BytesIO(answer.data)).convert("L")
    [first], [second] = zxingcpp.read_barcodes(image), decode(image)

    assert first.text == second.data.decode() == PRINTED + lot.code
    assert first.ec_level == "Q"
    path = first.text.removeprefix("https://CHONONGSAN.TEST")
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("dpi", qr.PRINTERS)
def test_symbol_prints_two_centimetres_wide_or_more_with_a_quiet_zone_of_four(lot, dpi):
    image = Image.open(io.BytesIO(qr.png("https://chonongsan.test", lot.code, dpi))).convert("L")
    modules = len(qr.matrix("https://chonongsan.test", lot.code))
    dots = image.width // (modules + 8)
    dark = [x for x in range(image.width) if image.getpixel((x, 4 * dots)) == 0]

    assert dots * modules * 25.4 / dpi >= 20
    assert dark[0] == 4 * dots
    assert image.width == dots * (modules + 8)
    assert round(image.info["dpi"][0] if "dpi" in image.info else dpi) == dpi


def test_drawing_and_picture_have_the_same_modules(lot):
    rows = qr.matrix("https://chonongsan.test", lot.code)
    drawing = qr.svg("https://chonongsan.test", lot.code).decode()
    area = sum(int(length) for length in re.findall(r"h(\d+)v1", drawing))

    assert area == sum(sum(row) for row in rows)
    assert f'viewBox="0 0 {len(rows) + 8} {len(rows) + 8}"' in drawing
    assert len(drawing) < 6_000


def test_two_segments_are_no_larger_than_all_upper_case(lot):
    whole = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, border=0)
    whole.add_data("HTTPS://CHONONGSAN.CANTHO.GOV.VN/T/" + lot.code)
    whole.make()

    assert len(qr.matrix("https://chonongsan.cantho.gov.vn", lot.code)) <= len(whole.get_matrix())


def test_host_that_does_not_fit_the_small_alphabet_still_reads():
    data = qr.png("https://cho_nong_san.test", "K7MQ2XW9TB4RDC", 300)

    assert decode(Image.open(io.BytesIO(data)).convert("L"))[0].data == b"https://CHO_NONG_SAN.TEST/T/K7MQ2XW9TB4RDC"


@pytest.mark.parametrize("kind", ["qr.svg", "qr.png"])
def test_symbols_are_kept_for_ever_and_cost_one_statement(client, lot, kind):
    with counted() as seen:
        answer = client.get(f"/t/{lot.code}/{kind}")

    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert len(seen) == 1


@pytest.mark.parametrize("path", ["/t/{unknown}/qr.svg", "/t/nonsense/qr.svg", "/t/{lower}/qr.png", "/t/{unknown}/qr.png"])
def test_no_symbol_is_drawn_for_a_code_nobody_has(client, lot, path):
    asked = path.format(unknown=provenance.new_code(), lower=lot.code.lower())

    assert client.get(asked).status_code == 404


@pytest.mark.parametrize("dpi", ["0", "-1", "9999999", "abc", ""])
def test_picture_comes_in_the_sizes_of_known_printers_only(client, lot, dpi):
    assert client.get(f"/t/{lot.code}/qr.png?dpi={dpi}").status_code == 400


@pytest.mark.parametrize("spell", [str, str.lower, provenance.grouped_code, lambda c: f"https://CHONONGSAN.TEST/T/{c}"])
def test_typed_code_leads_to_its_page(client, lot, spell):
    answer = client.get("/truy-xuat", query_string={"ma": spell(lot.code)})

    assert (answer.status_code, answer.location) == (302, f"/t/{lot.code}")


@pytest.mark.parametrize("typed", ["abc", "K7MQ2XW9TB4RDD", "K7MQ\x002XW9", "x" * 5000, "🥭🥭", "../../etc"])
def test_text_that_is_no_code_gets_a_sentence_at_the_field(browser, app, typed):
    page = browser.open("/truy-xuat", expect=422, query_string={"ma": typed})

    assert "Mã có 14 chữ và số" in page.select_one(".field__error, .error-summary").get_text()


@pytest.mark.parametrize("query", ["", "?ma=", "?ma=%00", "?ma=%20%20"])
def test_search_page_opens_empty(browser, app, query):
    page = browser.open(f"/truy-xuat{query}")

    assert not page.select(".field__error")


def test_ledger_says_what_is_proved_and_what_not(browser, app):
    browser.open("/so-cai")

    assert "Không chứng minh được gì" in browser.text()
    assert "Chưa có đơn vị nào" in browser.text()


def test_report_reaches_the_department(browser, lot):
    browser.open(f"/t/{lot.code}/phan-anh")
    browser.submit({"kind": "copied_code", "text": "Tem dán trên hàng nhập khẩu", "contact": "0912 345 678"}, expect=200)

    [report] = reports()
    assert (report.code, report.lot_id, report.kind, report.state) == (lot.code, lot.id, "copied_code", "new")
    assert "Sở đã nhận tin" in browser.text()


def test_code_nobody_knows_can_be_reported_too(browser, app):
    code = provenance.new_code()
    browser.open(f"/t/{code}/phan-anh")
    browser.submit({"kind": "other", "text": "Tem này quét không ra gì cả"}, expect=200)

    assert "Sở đã nhận tin" in browser.text()


@pytest.mark.parametrize(
    ("values", "field"),
    [({}, "kind"), ({"kind": "other", "text": ""}, "text"), ({"kind": "other", "text": "ngắn"}, "text"),
     ({"kind": "other", "text": "x" * 2001}, "text"), ({"kind": "nope", "text": "Tem này quét không ra"}, "kind"),
     ({"kind": "other", "text": "Tem này quét không ra", "contact": "9" * 200}, "contact")],
)
def test_bad_report_gets_a_sentence_at_its_field_and_keeps_nothing(browser, lot, values, field):
    browser.open(f"/t/{lot.code}/phan-anh")
    page = browser.submit(values, expect=422)

    assert page.select_one(f'[id="{field}-error"]')
    assert not reports()


def test_report_without_token_is_refused(client, lot):
    answer = client.post(f"/t/{lot.code}/phan-anh", data={"kind": "other", "text": "Tem này quét không ra"})

    assert answer.status_code == 400
    assert not reports()
