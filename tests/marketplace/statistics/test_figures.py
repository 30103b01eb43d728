"""Figures are of the asked period, as of its last day, in today's units; the page, its CSV and the public page agree."""

import csv
import io
from datetime import UTC, date, datetime

import pytest

from marketplace.database import transaction
from marketplace.sellers.models import SellerDecision
from marketplace.statistics import services
from marketplace.statistics.queries import figures
from marketplace.statistics.queries.period import Period, read
from marketplace.statistics.services import SaleLine
from tests.factories.accounts import make_officer, make_person, sign_in
from tests.factories.catalogue import make_product
from tests.factories.places import old_place

JUNE = Period(date(2026, 6, 1), date(2026, 6, 30))


def sell(product, *, at, dong=100_000, place_id=None, source="CT1"):
    services.record_sale(
        source=source,
        at=at,
        seller_id=product.seller_id,
        seller_kind=product.seller.kind,
        place_id=place_id or product.seller.place_id,
        method="cod",
        lines=[SaleLine(product.category_id, product.id, False, 2_500, 0, dong)],
    )


def decide(seller, after, at):
    with transaction() as session:
        session.add(
            SellerDecision(
                seller_id=seller.id, before="submitted", after=after, actor_id=make_officer().id, reason="", at=at
            )
        )


def test_period_counts_vietnamese_days_at_both_ends(app):
    product = make_product()
    sell(product, at=datetime(2026, 5, 31, 16, 59, tzinfo=UTC), source="before")
    sell(product, at=datetime(2026, 5, 31, 17, 0, tzinfo=UTC), source="first")
    sell(product, at=datetime(2026, 6, 30, 16, 59, tzinfo=UTC), source="last")
    sell(product, at=datetime(2026, 6, 30, 17, 0, tzinfo=UTC), source="after")

    found = figures.overview(JUNE).figures
    assert (found["transactions"], found["value"]) == (2, 200_000)


def test_sellers_are_counted_by_their_last_decision_within_the_period(app):
    product = make_product()
    before = figures.overview(JUNE).sellers_by_kind[product.seller.kind]
    decide(product.seller, "approved", datetime(2026, 6, 10, tzinfo=UTC))
    during = figures.overview(JUNE).sellers_by_kind[product.seller.kind]
    decide(product.seller, "suspended", datetime(2026, 7, 2, tzinfo=UTC))
    still = figures.overview(JUNE).sellers_by_kind[product.seller.kind]
    july = figures.overview(Period(date(2026, 7, 1), date(2026, 7, 31))).sellers_by_kind[product.seller.kind]

    assert (during - before, still - before, july - before) == (1, 1, 0)


def test_months_without_sales_are_rows_of_zero(app):
    sell(make_product(), at=datetime(2026, 4, 10, tzinfo=UTC))

    rows = figures.sales_by("month", Period(date(2026, 3, 1), date(2026, 5, 31)))

    assert [(row.label, row.dong) for row in rows] == [("2026-03", 0), ("2026-04", 100_000), ("2026-05", 0)]


def test_sale_in_an_old_ward_is_reported_under_the_unit_of_today(app):
    product = make_product()
    old = old_place("Phường An Hòa", "Thành phố Cần Thơ")
    sell(product, at=datetime(2022, 3, 1, tzinfo=UTC), place_id=old.id)
    year = Period(date(2022, 1, 1), date(2022, 12, 31))

    assert [row.label for row in figures.sales_by("place", year)] == ["Phường Cái Khế"]
    assert [row.label for row in figures.sales_by("area", year)] == ["can-tho"]


def test_split_ward_does_not_double_its_sales(app):
    product = make_product()
    old = old_place("Phường Bùi Hữu Nghĩa", "Thành phố Cần Thơ")
    sell(product, at=datetime(2022, 3, 1, tzinfo=UTC), place_id=old.id)

    assert [row.dong for row in figures.sales_by("place", Period(date(2022, 1, 1), date(2022, 12, 31)))] == [100_000]


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("khong-co", None, None),
        (None, date(2026, 5, 1), date(2026, 4, 1)),
        (None, date(1800, 1, 1), date(2026, 1, 1)),
        (None, None, date(2026, 1, 1)),
    ],
)
def test_impossible_period_falls_back_to_this_year(key, first, last):
    assert read(key=key, first=first, last=last, today=date(2026, 11, 22)) == Period(
        date(2026, 1, 1), date(2026, 11, 22)
    )


def test_every_dimension_sums_to_the_same_value(app):
    sell(make_product(), at=datetime(2026, 6, 3, tzinfo=UTC), source="a", dong=70_000)
    sell(make_product(), at=datetime(2026, 6, 9, tzinfo=UTC), source="b", dong=30_000)

    sums = {dimension: sum(row.dong for row in figures.sales_by(dimension, JUNE)) for dimension in figures.DIMENSIONS}

    assert set(sums.values()) == {100_000}


def test_page_and_csv_print_the_same_figures(app, client, browser):
    sell(make_product(), at=datetime(2026, 6, 3, tzinfo=UTC), dong=70_000)
    sign_in(client, make_officer())
    query = "ky=&tu=2026-06-01&den=2026-06-30&theo=area"

    browser.open(f"/quan-ly/so-lieu?{query}")
    rows = list(
        csv.reader(io.StringIO(client.get(f"/quan-ly/so-lieu.csv?{query}").text.removeprefix("\N{BYTE ORDER MARK}")))
    )

    assert "70.000" in browser.text()
    assert ["Giá trị giao dịch", "70000", "đồng"] in rows
    assert rows[-1][1:3] == ["1", "70000"]


@pytest.mark.parametrize(
    "query", ["ky=%00", "tu=abc&den=99/99/9999", "theo=drop", "ky=6-thang-dau-2022&theo=place", "tu=" + "9" * 5000]
)
def test_odd_addresses_still_answer_with_a_page(app, client, browser, query):
    sign_in(client, make_officer())

    browser.open(f"/quan-ly/so-lieu?{query}")
    browser.open(f"/thong-ke?{query}")


def test_figures_desk_is_for_officers_with_their_second_factor(app, client):
    assert client.get("/quan-ly/so-lieu").status_code == 302
    sign_in(client, make_person())
    assert client.get("/quan-ly/so-lieu").status_code == 403
    sign_in(client, make_officer(), second_factor=False)
    assert client.get("/quan-ly/so-lieu.csv").status_code == 302


def test_outreach_form_names_the_field_that_is_wrong(app, client, browser):
    sign_in(client, make_officer())
    browser.open("/quan-ly/so-lieu/ho-tro")

    browser.submit({"day": "2026-06-01", "households": "nhiều", "source": ""}, form="main form", expect=422)

    assert browser.page.select_one("#households").get("aria-invalid") == "true"
    assert figures.overview(JUNE).figures["households_trained"] == 0
