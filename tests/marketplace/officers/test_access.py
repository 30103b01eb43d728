"""Who may enter the desk: role, second factor, area; every address of it."""

from datetime import UTC, datetime

import pytest

from marketplace.catalogue.models import Product
from marketplace.database import db, transaction
from marketplace.lots.models import ProblemReport
from marketplace.sellers.models import Certificate, Seller, SellerDocument
from tests.factories.accounts import make_officer, make_person, sign_in
from tests.factories.catalogue import make_product
from tests.factories.lots import make_lot
from tests.factories.places import any_place
from tests.factories.sellers import make_certificate, make_document, make_seller

PAGES = ["/quan-ly", "/quan-ly/nha-cung-cap", "/quan-ly/chung-nhan", "/quan-ly/san-pham/duyet", "/quan-ly/phan-anh"]
ONE = [
    ("get", "/quan-ly/nha-cung-cap/{seller}"),
    ("get", "/quan-ly/nha-cung-cap/{seller}/giay-to/{document}/tep"),
    ("post", "/quan-ly/nha-cung-cap/{seller}/giay-to/{document}"),
    ("post", "/quan-ly/nha-cung-cap/{seller}/quyet-dinh"),
    ("get", "/quan-ly/nha-cung-cap/{seller}/chung-nhan/{certificate}/tep"),
    ("post", "/quan-ly/nha-cung-cap/{seller}/chung-nhan/{certificate}"),
    ("get", "/quan-ly/san-pham/{product}"),
    ("post", "/quan-ly/san-pham/{product}/quyet-dinh"),
    ("get", "/quan-ly/phan-anh/{report}"),
    ("post", "/quan-ly/phan-anh/{report}"),
    ("get", "/quan-ly/phan-anh/{report}/bang-chung"),
]
ACTIONS = ("approve", "refuse", "accept", "check", "revoke", "list", "reject")


@pytest.fixture
def things(app):
    """One of everything in the old city of Can Tho, all waiting."""
    seller = make_seller(state="submitted", place=any_place())
    lot = make_lot(make_product(make_seller(place=any_place())))
    with transaction() as session:
        report = ProblemReport(
            code=lot.code,
            lot_id=lot.id,
            kind="quality",
            text="Hỏng",
            evidence="{}",
            created_at=datetime(2026, 11, 20, tzinfo=UTC),
        )
        session.add(report)
    return {
        "seller": seller.id,
        "document": make_document(seller).id,
        "certificate": make_certificate(seller, file_key="a/b.pdf").id,
        "product": make_product(seller, state="submitted").id,
        "report": report.id,
    }


def states() -> list:
    db.session.expire_all()
    return [
        db.session.query(Seller.state).order_by(Seller.id).all(),
        db.session.query(SellerDocument.state).all(),
        db.session.query(Certificate.checked_at, Certificate.revoked_at).all(),
        db.session.query(Product.state).order_by(Product.id).all(),
        db.session.query(ProblemReport.state).all(),
    ]


def attempt(browser, method: str, address: str, things: dict, **form):
    """Try the address, with every action for a POST; returns the statuses met."""
    path = address.format(**things)
    if method == "get":
        return [browser.client.get(path)]
    browser.open("/tai-khoan")
    token = browser.page.select_one("input[name=csrf_token]")["value"]
    data = {"csrf_token": token, "reason": "x", "state": "done", "answer": "x", "version": "1", **form}
    return [browser.client.post(path, data={**data, "action": action}) for action in ACTIONS]


@pytest.mark.parametrize(("method", "address"), [*(("get", page) for page in PAGES), *ONE])
def test_somebody_without_the_role_is_refused(browser, things, method, address):
    sign_in(browser.client, make_person())
    before = states()

    assert {r.status_code for r in attempt(browser, method, address, things)} == {403}
    assert states() == before


@pytest.mark.parametrize(("method", "address"), [*(("get", page) for page in PAGES), *ONE])
def test_an_officer_without_the_second_factor_is_sent_to_give_it(browser, things, method, address):
    sign_in(browser.client, make_officer(), second_factor=False)
    before = states()
    path = address.format(**things)

    response = browser.client.get(path) if method == "get" else browser.client.post(path, data={"action": "approve"})

    # A POST without a token is already stopped by the CSRF guard; neither way leads in.
    assert response.status_code == (302 if method == "get" else 400)
    if method == "get":
        assert response.location.startswith("/dang-nhap/ma-xac-thuc")
    assert states() == before


@pytest.mark.parametrize(("method", "address"), ONE)
def test_an_officer_of_another_area_is_refused(browser, things, method, address):
    sign_in(browser.client, make_officer(area="soc-trang"))
    before = states()

    expected = {404} if "phan-anh" in address else {403}
    assert {r.status_code for r in attempt(browser, method, address, things)} == expected
    assert states() == before


def test_the_piles_of_another_area_are_not_shown(browser, things):
    sign_in(browser.client, make_officer(area="soc-trang"))
    names = [name for (name,) in db.session.query(Seller.name)]

    for page in PAGES:
        browser.open(page)
        assert not any(name in browser.text() for name in names), page


@pytest.mark.parametrize("area", ["can-tho", None])
def test_an_officer_of_the_area_or_of_the_whole_city_sees_it(browser, things, area):
    sign_in(browser.client, make_officer(area=area))

    for method, address in ONE:
        if method == "get" and not address.endswith("/tep"):
            browser.open(address.format(**things))


@pytest.mark.parametrize("number", ["0", "999999999999", "99999999999999999999999999", "-1", "abc", "%00"])
@pytest.mark.parametrize(("method", "address"), ONE)
def test_an_invented_number_is_not_found(browser, method, address, number):
    sign_in(browser.client, make_officer())
    things = dict.fromkeys(("seller", "document", "certificate", "product", "report"), number)

    assert {r.status_code for r in attempt(browser, method, address, things)} == {404}
