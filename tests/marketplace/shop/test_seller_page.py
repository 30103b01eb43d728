"""The public page of a seller: what it shows, what it keeps to itself."""

from datetime import date, timedelta

import pytest

from marketplace.database import utcnow, vietnam_day
from tests.factories.catalogue import make_product
from tests.factories.places import any_place
from tests.factories.sellers import make_certificate, make_seller
from tests.statements import counted


def test_it_names_kind_commune_certificates_in_force_and_goods(browser, app):
    today = vietnam_day(utcnow())
    seller = make_seller(name="HTX Chôm chôm", place=any_place(), phone="+842923811811")
    make_certificate(seller, number="CON-HAN", valid_from=today - timedelta(30), valid_to=today + timedelta(300))
    make_certificate(seller, number="HET-HAN", valid_from=date(2020, 1, 1), valid_to=today - timedelta(1))
    make_product(seller, name="Chôm chôm nhãn", price=31_000)
    make_product(seller, name="Chưa duyệt", state="submitted")

    browser.open(f"/nha-cung-cap/{seller.slug}")

    for words in ("HTX Chôm chôm", "Hợp tác xã", "Phường Cái Khế", "CON-HAN", "Chôm chôm nhãn", "31.000", "0292"):
        assert words in browser.text()
    assert "HET-HAN" not in browser.text()
    assert "Chưa duyệt" not in browser.text()


@pytest.mark.parametrize(
    ("kind", "chose", "shown"),
    [
        ("household", False, False),
        ("household", True, True),
        ("cooperative_group", False, False),
        ("company", False, True),
    ],
)
def test_the_phone_of_a_household_is_shown_only_when_it_chose_so(browser, app, kind, chose, shown):
    seller = make_seller(kind=kind, show_phone=chose, phone="+84912000111")

    browser.open(f"/nha-cung-cap/{seller.slug}")

    assert ("0912000111" in browser.response.text) is shown


def test_a_household_is_shown_by_commune_not_by_house(browser, app):
    seller = make_seller(kind="household", address_line="12 hẻm 5", phone="+84912000111")

    browser.open(f"/nha-cung-cap/{seller.slug}")

    assert "12 hẻm 5" not in browser.response.text
    assert (seller.tax_code or "-") not in browser.response.text


@pytest.mark.parametrize("state", ["draft", "submitted", "refused"])
def test_a_seller_that_was_never_approved_has_no_page(client, app, state):
    seller = make_seller(state=state)

    assert client.get(f"/nha-cung-cap/{seller.slug}").status_code == 404


@pytest.mark.parametrize(("state", "words"), [("suspended", "tạm ngừng bán"), ("closed", "đã đóng")])
def test_a_seller_that_stopped_says_so_and_offers_nothing(browser, app, state, words):
    seller = make_seller(state=state, approved_at=utcnow(), phone="+842923811811")
    make_product(seller, name="Cam sành")

    browser.open(f"/nha-cung-cap/{seller.slug}")

    assert words in browser.text()
    assert "Cam sành" not in browser.text()
    assert "tel:" not in browser.response.text


@pytest.mark.parametrize("slug", ["khong-co", "x" * 3000, "%00", "%ff", "..%2f"])
def test_an_unknown_name_is_not_found(client, slug):
    assert client.get(f"/nha-cung-cap/{slug}").status_code == 404


def test_the_page_asks_the_database_the_same_number_of_times_for_one_product_and_for_thirty(client, app):
    few, many = make_seller(), make_seller()
    make_product(few, photos=1, certificates=(make_certificate(few, checked_at=utcnow()),))
    for _ in range(30):
        make_product(many, photos=1, certificates=(make_certificate(many, checked_at=utcnow()),))
    client.get(f"/nha-cung-cap/{few.slug}")

    with counted() as for_few:
        client.get(f"/nha-cung-cap/{few.slug}")
    with counted() as for_many:
        client.get(f"/nha-cung-cap/{many.slug}")

    assert len(for_few) == len(for_many) <= 8
