"""The page behind a scanned code, in every state, for every way to spell the code."""

from datetime import date, timedelta

import pytest

from marketplace import provenance
from marketplace.database import db, transaction, utcnow
from marketplace.lots import services
from marketplace.lots.models import DiaryEntry, Lot
from marketplace.sellers.models import Seller
from tests.factories.accounts import make_officer
from tests.factories.catalogue import make_product
from tests.factories.lots import grow_lot, make_lot, owner_of, write
from tests.factories.sellers import make_certificate, make_seller


def tone(page):
    return next(name for name in page.select_one(".verdict")["class"] if name.startswith("verdict--")).removeprefix("verdict--")


def setting(lot, **columns):
    with transaction() as session:
        row = session.get(Lot, lot.id)
        for name, value in columns.items():
            setattr(row, name, value)


@pytest.fixture
def lot(app):
    return grow_lot(now=utcnow())


def test_released_lot_is_told_from_field_to_shop(browser, lot):
    provenance.publish_checkpoint(now=utcnow())
    page = browser.open(f"/t/{lot.code}")
    text = browser.text()

    assert tone(page) == "good"
    assert "Hồ sơ đã niêm phong, hàng còn trong hạn" in text
    assert lot.product.name in text and lot.number in text and provenance.grouped_code(lot.code) in text
    assert "Phường Cái Khế" in text and "VN-CTOR-" in text
    titles = [tag.get_text() for tag in page.select(".timeline__title")]
    assert titles == ["Bón phân", "Phun thuốc", "Thu hoạch", "Đóng gói", "Phát hành lô, bắt đầu bán"]
    assert "Confidor 200SL" in text and "14 ngày" in text and "100 kg" in text
    assert [tag.get_text() for tag in page.select(".timeline__source")] == ["Do người sản xuất khai"] * 5
    assert "rồi, lần chốt trên có mọi dòng của lô" in text
    assert "Mã có thể bị sao chép" in text


def test_seedlings_are_counted_as_written_not_in_the_products_unit(browser, app):
    lot = grow_lot(now=utcnow(), release=False)
    write(lot, "sowing", {"material": "Xoài cát", "amount": "40", "unit": "piece"}, days_ago=90, now=utcnow())
    services.release_lot(actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, now=utcnow())
    browser.open(f"/t/{lot.code}")

    assert "40\u00a0con, cây, trái" in browser.page.get_text()


def test_page_never_calls_goods_genuine(browser, lot):
    browser.open(f"/t/{lot.code}")

    assert not [word for word in ("chính hãng", "hàng thật", "xác thực hàng") if word in browser.text().lower()]


def test_unknown_code_gets_a_warning_with_help_not_a_bare_error(browser, app):
    page = browser.open(f"/t/{provenance.new_code()}", expect=404)

    assert tone(page) == "bad"
    assert "không cấp mã này" in browser.text()
    assert page.select_one('a[href$="/phan-anh"]')


@pytest.mark.parametrize("typed", ["ABC", "%00", "K7MQ2XW9TB4RDD", "<script>alert(1)</script>", "a" * 300, "%ff%fe", "🥭"])
def test_text_that_is_no_code_is_unknown_and_shown_harmlessly(browser, app, typed):
    browser.open(f"/t/{typed}", expect=404)

    assert "<script>alert" not in browser.response.text


def test_lot_that_is_not_released_shows_nothing_of_its_diary(browser, app):
    lot = grow_lot(now=utcnow(), release=False)
    page = browser.open(f"/t/{lot.code}")

    assert tone(page) == "none"
    assert "chưa được phát hành" in browser.text()
    assert "Confidor" not in browser.response.text


def test_lot_past_its_date_warns(browser, app):
    lot = grow_lot(now=utcnow() - timedelta(days=63))  # on sale for sixty days
    page = browser.open(f"/t/{lot.code}")

    assert tone(page) == "warn"
    assert "quá hạn dùng" in browser.text()
    assert "Mua sản phẩm này" not in browser.text()


def test_lot_is_in_date_on_the_vietnamese_day_printed_on_the_pack(browser, app):
    lot = grow_lot(now=utcnow(), in_date=False)
    setting(lot, best_before=(utcnow() + timedelta(hours=7)).date())

    assert tone(browser.open(f"/t/{lot.code}")) == "good"


def test_blocked_lot_says_why(browser, lot):
    services.block_lot(
        actor=owner_of(lot.seller_id), lot_id=lot.id, reason_code="packaging", reason="Nhãn in sai hạn dùng", now=utcnow())
    page = browser.open(f"/t/{lot.code}")

    assert tone(page) == "warn"
    assert "đang tạm ngừng bán" in browser.text() and "Nhãn in sai hạn dùng" in browser.text()


def test_recalled_lot_tells_people_what_to_do(browser, lot):
    services.recall_lot(
        actor=make_officer(), lot_id=lot.id, reason_code="residue", reason="Mẫu thử vượt dư lượng", now=utcnow())
    page = browser.open(f"/t/{lot.code}")

    assert tone(page) == "bad"
    assert "Mẫu thử vượt dư lượng" in browser.text() and "mang trả nơi bán" in browser.text()
    recall = page.select(".timeline__step")[-1].get_text()
    assert "Sở Công Thương" in recall and "Dư lượng thuốc vượt mức cho phép" in recall


def test_cancelled_lot_says_its_code_is_dead(browser, app):
    lot = grow_lot(now=utcnow(), release=False)
    services.cancel_lot(actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id, reason="", now=utcnow())

    assert tone(browser.open(f"/t/{lot.code}")) == "bad"
    assert "Mã này đã hủy" in browser.text()


def test_lot_of_a_suspended_seller_warns(browser, lot):
    with transaction() as session:
        session.get(Seller, lot.seller_id).state = "suspended"

    assert tone(browser.open(f"/t/{lot.code}")) == "warn"


def test_closed_lot_is_told_as_sold_out(browser, lot):
    services.close_lot(actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id)

    assert "đã bán xong" in browser.open(f"/t/{lot.code}").get_text()


def test_receipt_that_differs_from_the_sealed_entry_turns_the_page_red(browser, lot):
    with transaction() as session:
        session.query(DiaryEntry).filter_by(lot_id=lot.id, kind="spraying").one().leaf = "0" * 64
    page = browser.open(f"/t/{lot.code}")

    assert tone(page) == "bad"
    assert "không khớp với biên nhận" in browser.text()


def test_what_is_shown_comes_from_the_sealed_bytes_not_from_our_copy(browser, lot):
    with transaction() as session:
        entry = session.query(DiaryEntry).filter_by(lot_id=lot.id, kind="spraying").one()
        entry.details = {**entry.details, "material": "Thuốc khác", "interval_days": 1}
    browser.open(f"/t/{lot.code}")

    assert "Confidor 200SL" in browser.text() and "Thuốc khác" not in browser.text()


def test_lot_made_without_entries_is_never_green(browser, app):
    lot = make_lot(best_before=date(2099, 1, 1))

    assert tone(browser.open(f"/t/{lot.code}")) == "none"


def test_certificates_show_their_state_today_and_at_harvest(browser, app):
    seller = make_seller()
    ended = make_certificate(seller, number="VG-1", valid_from=date(2020, 1, 1), valid_to=utcnow().date() - timedelta(days=2))
    young = make_certificate(seller, kind="ocop", number="OC-2", valid_from=utcnow().date(), valid_to=date(2099, 1, 1))
    product = make_product(seller, certificates=(ended, young))
    lot = grow_lot(product, now=utcnow() - timedelta(days=3), in_date=False)
    browser.open(f"/t/{lot.code}")

    assert "Nay đã hết hạn, lúc thu hoạch còn hiệu lực" in browser.text()
    assert "Lúc thu hoạch chưa có hiệu lực" in browser.text()
    assert "OCOP 4 sao" in browser.text()
    assert browser.text().count("chưa ai kiểm tra") == 2


def test_household_keeps_its_area_code_and_gets_an_alias_in_the_log(browser, app):
    seller = make_seller(kind="household", name="Hộ Nguyễn Văn Mít")
    lot = grow_lot(make_product(seller), now=utcnow(), in_date=False)
    browser.open(f"/t/{lot.code}")
    bodies = [str(entry.body) for entry in provenance.lot_entries(lot.code)]

    assert "VN-CTOR-" not in browser.text()
    assert all("'who': 'alias:" in body for body in bodies)
    assert not [body for body in bodies if seller.slug in body or "VN-CTOR" in body or "Mít" in body]


@pytest.mark.parametrize("spell", [str.lower, provenance.grouped_code, lambda code: f" {code[:7]} {code[7:]}".replace("0", "O")])
def test_any_spelling_leads_to_the_one_address(client, lot, spell):
    answer = client.get(f"/t/{spell(lot.code)}")

    assert answer.status_code == 301
    assert answer.location == f"/t/{lot.code}"


def test_address_as_the_symbol_spells_it_is_served_at_once(client, lot):
    assert client.get(f"/T/{lot.code}").status_code == 200


def test_preview_tags_are_absolute(browser, lot):
    page = browser.open(f"/t/{lot.code}")
    tags = {tag["property"]: tag["content"] for tag in page.select("meta[property^='og:']")}

    assert tags["og:url"] == f"https://chonongsan.test/t/{lot.code}"
    assert tags["og:image"].startswith("https://chonongsan.test/")
    assert lot.product.name in tags["og:title"] and "Thu hoạch ngày" in tags["og:description"]


def test_english_reader_gets_the_page_in_english_without_mixing_the_kept_pages(client, lot):
    first = client.get(f"/t/{lot.code}").text
    english = client.get(f"/t/{lot.code}?lang=en").text
    again = client.get(f"/t/{lot.code}?lang=vi").text

    assert '<html lang="vi">' in first and '<html lang="en">' in english and again == first


def test_events_are_published_as_epcis(client, lot):
    answer = client.get(f"/t/{lot.code}/events.jsonld")
    document = answer.get_json(force=True)

    assert answer.mimetype == "application/ld+json"
    assert document["type"] == "EPCISDocument"
    assert len(document["epcisBody"]["eventList"]) == 5


def test_draft_publishes_no_events(client, app):
    lot = grow_lot(now=utcnow(), release=False)

    assert client.get(f"/t/{lot.code}/events.jsonld").status_code == 404
    db.session.rollback()
