"""Reviewing listings on the desk: listed, rejected with a reason, taken down; nothing older than what was read."""

import pytest

from marketplace.catalogue.models import Product
from marketplace.database import db
from tests.factories.catalogue import make_product
from tests.factories.sellers import make_certificate, make_seller


@pytest.fixture
def listing(app):
    """A submitted product of an approved seller, with one photo and one certificate."""
    seller = make_seller(name="HTX Vú sữa Phong Điền")
    certificate = make_certificate(seller, number="VG-77")
    return make_product(
        seller, state="submitted", name="Vú sữa lò rèn", photos=1, certificates=(certificate,), price=52_000
    )


def test_the_officer_sees_what_will_be_shown_and_lists_it(browser, officer, listing):
    browser.open("/quan-ly/san-pham/duyet")
    browser.open(browser.page.select_one("tbody a")["href"])
    for words in ("Vú sữa lò rèn", "52.000", "VG-77", "HTX Vú sữa Phong Điền"):
        assert words in browser.text()
    assert len(browser.page.select("main .cards img")) == 1

    browser.submit(form="form:has(input[value=list])", follow=True)

    again = db.session.get(Product, listing.id)
    assert (again.state, again.decided_by_id) == ("listed", officer.id)
    assert "Không còn sản phẩm nào chờ duyệt" in browser.text()


def test_a_rejection_needs_its_reason_and_keeps_what_was_typed(browser, officer, listing):
    browser.open(f"/quan-ly/san-pham/{listing.id}")
    browser.submit({"reason": " "}, form="form:has(input[value=reject])", expect=422)
    assert "Mời bạn ghi lý do" in browser.page.select_one("#ly-do-error").get_text()

    browser.submit({"reason": "Ảnh không phải vú sữa"}, form="form:has(input[value=reject])", follow=True)

    again = db.session.get(Product, listing.id)
    assert (again.state, again.decision_reason) == ("rejected", "Ảnh không phải vú sữa")


def test_a_listed_product_can_be_taken_down_at_once(browser, officer):
    product = make_product(state="listed")
    browser.open(f"/quan-ly/san-pham/{product.id}")

    browser.submit({"reason": "Theo yêu cầu của Chi cục"}, form="form:has(input[value=take-down])", follow=True)

    assert db.session.get(Product, product.id).state == "rejected"


def test_a_listing_changed_since_it_was_read_is_not_listed(browser, officer, listing):
    browser.open(f"/quan-ly/san-pham/{listing.id}")
    listing = db.session.get(Product, listing.id)
    listing.name, listing.version = "Tên khác hẳn", listing.version + 1
    db.session.commit()

    browser.submit(form="form:has(input[value=list])", expect=409)

    assert db.session.get(Product, listing.id).state == "submitted"


def test_a_second_decision_is_explained(browser, officer, listing):
    browser.open(f"/quan-ly/san-pham/{listing.id}")
    again = db.session.get(Product, listing.id)
    again.state = "rejected"
    db.session.commit()

    response = browser.submit(form="form:has(input[value=list])", expect=409)

    assert response.select_one("main [role=alert]")


@pytest.mark.parametrize("form", [{"action": "x"}, {"version": "abc"}, {"version": "-1"}, {"reason": "x" * 50_000}])
def test_a_nonsense_form_changes_nothing(browser, officer, listing, form):
    browser.open(f"/quan-ly/san-pham/{listing.id}")

    browser.submit(form, form="form:has(input[value=list])", expect=422)

    assert db.session.get(Product, listing.id).state == "submitted"


def test_a_draft_is_not_shown_to_officers(browser, officer):
    draft = make_product(state="draft")

    assert browser.client.get(f"/quan-ly/san-pham/{draft.id}").status_code == 404
