"""Another seller's ids in every address and form of the seller's side: 404 or 403, and nothing changes."""

from datetime import date

import pytest
from sqlalchemy import inspect, select

from marketplace.database import db
from marketplace.errors import Forbidden, NotFound
from marketplace.sellers import services
from marketplace.sellers.models import Certificate, Seller, SellerDocument, SellerInvitation, SellerMember
from marketplace.web.uploads import Paper
from tests.factories.accounts import make_officer, make_person, sign_in
from tests.factories.sellers import make_certificate, make_document, make_member, make_seller

PAPER = Paper(content=b"%PDF-%%EOF", media_type="application/pdf", sha256="0" * 64)
DETAILS = services.CertificateDetails(
    kind="vietgap", number="X", issuer="Y", scope="Z", valid_from=date(2026, 1, 1), valid_to=date(2027, 1, 1)
)


@pytest.fixture
def victim(app, now):
    """Somebody else's draft with one of everything."""
    boss = make_person()
    shop = make_seller(owner=boss, state="draft", kind="household", phone="+84912345678")
    packer = make_member(shop)
    invited = services.invite(actor=boss, seller_id=shop.id, login="a@b.vn", role="diary", link_base="x/", now=now)
    return {
        "seller": shop.id,
        "document": make_document(shop, kind="identity").id,
        "certificate": make_certificate(shop).id,
        "person": packer.id,
        "invitation": invited.invitation_id,
    }


def everything() -> dict:
    """All rows of the slice, to compare before and after."""
    db.session.expire_all()
    return {
        model.__tablename__: sorted(str(tuple(row)) for row in db.session.execute(select(*inspect(model).columns)))
        for model in (Seller, SellerMember, SellerDocument, SellerInvitation, Certificate)
    }


ADDRESSES = [
    ("get", "/kenh-ban/giay-to/{document}/tep"),
    ("post", "/kenh-ban/giay-to/{document}/bo"),
    ("get", "/kenh-ban/chung-nhan/{certificate}/tep"),
    ("get", "/kenh-ban/chung-nhan/{certificate}/sua"),
    ("post", "/kenh-ban/chung-nhan/{certificate}/sua"),
    ("post", "/kenh-ban/thanh-vien/{person}/bo"),
    ("post", "/kenh-ban/thanh-vien/{person}/vai-tro"),
    ("post", "/kenh-ban/thanh-vien/loi-moi/{invitation}/huy"),
    ("post", "/kenh-ban/doi"),
]
FORM = {
    "kind": "vietgap",
    "number": "X",
    "issuer": "Y",
    "scope": "Z",
    "valid_from": "2026-01-01",
    "valid_to": "2027-01-01",
}


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_the_address_of_another_sellers_thing_does_not_exist(browser, seller, victim, method, address):
    browser.open("/kenh-ban/thanh-vien")
    token = browser.page.select_one("input[name=csrf_token]")["value"]
    form = {"csrf_token": token, "seller_id": victim["seller"], f"p{victim['person']}-role": "owner", **FORM}
    before = everything()

    path = address.format(**victim)
    response = browser.client.get(path) if method == "get" else browser.client.post(path, data=form)

    assert response.status_code in {403, 404}
    assert everything() == before


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
@pytest.mark.parametrize("number", ["0", "999999999999", "-1", "abc", "1e3", "%00"])
def test_an_invented_number_is_not_found_either(browser, seller, method, address, number):
    browser.open("/kenh-ban/thanh-vien")
    token = browser.page.select_one("input[name=csrf_token]")["value"]
    path = address.format(**dict.fromkeys(("document", "certificate", "person", "invitation"), number))

    response = (
        browser.client.get(path)
        if method == "get"
        else browser.client.post(path, data={"csrf_token": token, "seller_id": number, **FORM})
    )

    assert response.status_code in {302, 404}
    assert response.status_code == 404 or response.location == "/kenh-ban/thanh-vien"


@pytest.mark.parametrize(
    "address", [a for m, a in ADDRESSES if m == "post"] + ["/kenh-ban/gui-duyet", "/kenh-ban/giay-to"]
)
def test_a_form_without_the_session_token_changes_nothing(browser, seller, victim, address):
    before = everything()

    assert browser.client.post(address.format(**victim), data=FORM).status_code == 400
    assert everything() == before


VERBS = {
    "update_registration": lambda who, on, now: services.update_registration(
        actor=who,
        seller_id=on["seller"],
        details=services.Details("household", "Tên", None, "+84912345678", "x", 1),
        now=now,
    ),
    "submit": lambda who, on, now: services.submit(actor=who, seller_id=on["seller"], now=now),
    "add_document": lambda who, on, now: services.add_document(
        actor=who, seller_id=on["seller"], kind="identity", paper=PAPER, now=now
    ),
    "withdraw_document": lambda who, on, now: services.withdraw_document(
        actor=who, seller_id=on["seller"], document_id=on["document"]
    ),
    "update_profile": lambda who, on, now: services.update_profile(
        actor=who, seller_id=on["seller"], contact=services.Contact("+84912345678", None, False, "x", 1, "")
    ),
    "change_identity": lambda who, on, now: services.change_identity(
        actor=who, seller_id=on["seller"], kind="household", name="Tên mới", tax_code_text="", now=now
    ),
    "add_certificate": lambda who, on, now: services.add_certificate(
        actor=who, seller_id=on["seller"], details=DETAILS, paper=None, now=now
    ),
    "update_certificate": lambda who, on, now: services.update_certificate(
        actor=who, seller_id=on["seller"], certificate_id=on["certificate"], details=DETAILS, paper=None, now=now
    ),
    "invite": lambda who, on, now: services.invite(
        actor=who, seller_id=on["seller"], login="c@d.vn", role="diary", link_base="x/", now=now
    ),
    "withdraw_invitation": lambda who, on, now: services.withdraw_invitation(
        actor=who, seller_id=on["seller"], invitation_id=on["invitation"], now=now
    ),
    "change_role": lambda who, on, now: services.change_role(
        actor=who, seller_id=on["seller"], person_id=on["person"], role="owner"
    ),
    "remove_member": lambda who, on, now: services.remove_member(
        actor=who, seller_id=on["seller"], person_id=on["person"]
    ),
}


@pytest.mark.parametrize("verb", VERBS)
def test_the_service_itself_knows_only_members(victim, now, verb):
    stranger = make_seller() and make_person()
    before = everything()

    for person in (stranger, make_officer()):
        with pytest.raises(NotFound):
            VERBS[verb](person, victim, now)

    assert everything() == before


@pytest.mark.parametrize("verb", VERBS)
def test_a_packer_may_do_none_of_it(victim, now, verb):
    packer = make_member(db.session.get(Seller, victim["seller"]), role="packer")
    before = everything()

    with pytest.raises(Forbidden):
        VERBS[verb](packer, victim, now)

    assert everything() == before


@pytest.mark.parametrize(
    "page",
    [
        "/kenh-ban/giay-to",
        "/kenh-ban/chung-nhan",
        "/kenh-ban/chung-nhan/moi",
        "/kenh-ban/ho-so",
        "/kenh-ban/thanh-vien",
    ],
)
def test_pages_of_the_desk_are_closed_to_packers_and_to_strangers(browser, seller, page):
    sign_in(browser.client, make_member(seller, role="packer"))
    assert browser.client.get(page).status_code == 403

    sign_in(browser.client, make_person())
    assert browser.client.get(page).location == "/dang-ky-ban-hang"


def test_a_member_who_was_taken_out_is_out_at_the_next_click(browser, seller, owner):
    packer = make_member(seller)
    sign_in(browser.client, packer)
    browser.open("/kenh-ban")

    services.remove_member(actor=owner, seller_id=seller.id, person_id=packer.id)

    assert browser.client.get("/kenh-ban").location == "/dang-ky-ban-hang"
