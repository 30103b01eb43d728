"""Registering on the pages, from the first look to the submitted registration."""

import io

from marketplace.accounts.models import Consent
from marketplace.database import db
from marketplace.sellers.models import Seller, SellerDecision, SellerDocument, SellerMember
from tests.factories.accounts import make_person, sign_in
from tests.factories.places import any_place
from tests.factories.sellers import make_document, make_member, make_seller, tax_code
from tests.marketplace.sellers.conftest import PDF, picture

FILLED = {"name": "Vườn chôm chôm Năm Bé", "phone": "0912 345 678", "address_line": "Ấp Nhơn Lộc 1A", "consent": "y"}


def test_the_first_page_is_open_to_everybody_and_names_the_papers_of_each_kind(browser):
    browser.open("/dang-ky-ban-hang")

    assert "Căn cước công dân của chủ hộ" in browser.text()
    assert "Giấy chứng nhận đăng ký hợp tác xã" in browser.text()
    assert len(browser.page.select('a[href*="loai="]')) == 6


def test_somebody_not_signed_in_is_sent_to_sign_in_and_back(client):
    response = client.get("/dang-ky-ban-hang/ho-so?loai=household")

    assert response.status_code == 302
    assert response.location.startswith("/dang-nhap?next=/dang-ky-ban-hang/ho-so")


def test_a_household_registers_hands_in_a_photo_and_submits(browser, owner):
    browser.open("/dang-ky-ban-hang/ho-so?loai=household")
    browser.submit({**FILLED, "place": any_place().id}, form="form[action='/dang-ky-ban-hang/ho-so']", follow=True)
    browser.submit(
        {"kind": "identity", "file": (io.BytesIO(picture()), "can-cuoc.jpg")}, form="form[enctype]", follow=True
    )
    browser.submit(form="form[action='/kenh-ban/gui-duyet']", follow=True)

    seller = db.session.query(Seller).one()
    assert (seller.state, seller.kind, seller.phone) == ("submitted", "household", "+84912345678")
    assert db.session.query(SellerMember).one().role == "owner"
    assert db.session.query(Consent).filter_by(purpose="seller-profile", person_id=owner.id).count() == 1
    assert db.session.query(SellerDecision).one().after == "submitted"
    assert "Hồ sơ đang chờ Sở Công Thương" in browser.text()


def test_without_the_required_paper_nothing_is_submitted(browser, draft):
    browser.open("/kenh-ban/giay-to")
    response = browser.client.post("/kenh-ban/gui-duyet", data={"csrf_token": _token(browser)})

    browser.open(response.location)
    assert "còn thiếu giấy tờ cần có" in browser.text()
    assert db.session.get(Seller, draft.id).state == "draft"


def test_the_kind_that_does_not_exist_leads_back_to_the_choice(browser, owner):
    browser.open("/dang-ky-ban-hang/ho-so?loai=bank", expect=302)

    assert browser.response.location.endswith("/dang-ky-ban-hang")


def test_registration_without_consent_says_why_and_keeps_nothing(browser, owner):
    browser.open("/dang-ky-ban-hang/ho-so?loai=household")
    browser.submit(
        {**FILLED, "place": any_place().id, "consent": ""} | {"consent": "false"},
        form="form[action='/dang-ky-ban-hang/ho-so']", expect=422,
    )

    assert "bạn cần đồng ý" in browser.text()
    assert db.session.query(Seller).count() == 0


def test_a_tax_code_somebody_has_is_refused_with_a_way_out(browser, owner):
    make_seller(tax_code=tax_code(900))
    browser.open("/dang-ky-ban-hang/ho-so?loai=company")
    browser.submit(
        {**FILLED, "place": any_place().id, "tax_code": tax_code(900)}, form="form[action='/dang-ky-ban-hang/ho-so']",
        expect=422,
    )

    assert "Mã số thuế này đã có gian hàng đăng ký" in browser.page.select_one("#tax_code-error").get_text()
    assert db.session.query(Seller).count() == 1


def test_after_a_refusal_the_seller_corrects_and_submits_again(browser, owner):
    seller = make_seller(owner=owner, state="refused", kind="household", decision_reason="Ảnh căn cước mờ")
    make_document(seller, kind="identity", state="refused", reason="mờ")
    browser.open("/kenh-ban")
    assert "Ảnh căn cước mờ" in browser.text()

    browser.open("/kenh-ban/ho-so")
    browser.submit({"name": "Vườn Tư Hiền"}, form="form.form", follow=True)
    browser.open("/kenh-ban/giay-to")
    browser.submit({"kind": "identity", "file": (io.BytesIO(PDF), "cc.pdf")}, form="form[enctype]", follow=True)
    browser.submit(form="form[action='/kenh-ban/gui-duyet']", follow=True)

    again = db.session.get(Seller, seller.id)
    assert (again.state, again.name, again.search_key) == ("submitted", "Vườn Tư Hiền", "vuon tu hien")


def test_a_paper_can_be_taken_back_before_submitting_and_its_file_goes_too(browser, draft, app):
    browser.open("/kenh-ban/giay-to")
    browser.submit({"kind": "identity", "file": (io.BytesIO(PDF), "cc.pdf")}, form="form[enctype]", follow=True)
    papers = app.extensions["settings"].data_dir / "papers"
    kept_id, key = db.session.query(SellerDocument.id, SellerDocument.file_key).one()
    assert (papers / key).read_bytes() == PDF

    browser.submit(form=f"form[action='/kenh-ban/giay-to/{kept_id}/bo']", follow=True)

    assert db.session.query(SellerDocument).count() == 0
    assert not (papers / key).exists()


def test_the_owner_opens_the_own_paper_inline_in_a_sandbox(browser, draft):
    browser.open("/kenh-ban/giay-to")
    browser.submit({"kind": "identity", "file": (io.BytesIO(PDF), "cc.pdf")}, form="form[enctype]", follow=True)
    document = db.session.query(SellerDocument).one()

    response = browser.client.get(f"/kenh-ban/giay-to/{document.id}/tep")

    assert (response.status_code, response.mimetype, response.data) == (200, "application/pdf", PDF)
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["Content-Disposition"].startswith("inline")
    assert response.headers["Cache-Control"] == "private, no-store"


def test_a_person_of_two_sellers_chooses_for_which_one_to_act(browser, owner):
    first, second = make_seller(owner=owner, name="Vườn Một"), make_seller(owner=owner, name="Vườn Hai")
    browser.open("/kenh-ban")
    assert first.name in browser.page.h1.get_text()

    browser.submit({"seller_id": second.id}, form="form[action='/kenh-ban/doi']", follow=True)

    assert second.name in browser.page.h1.get_text()


def test_somebody_without_a_seller_is_led_to_registration(browser, owner):
    browser.open("/kenh-ban", expect=302)

    assert browser.response.location == "/dang-ky-ban-hang"


def test_the_desk_opens_for_every_role_with_only_what_the_role_may_do(browser, seller):
    for role, hidden in (("packer", "/kenh-ban/san-pham"), ("diary", "/kenh-ban/don-hang")):
        sign_in(browser.client, make_member(seller, role=role))
        page = browser.open("/kenh-ban")
        assert not page.select(f'a[href="{hidden}"]')
        assert browser.client.get("/kenh-ban/ho-so").status_code == 403


def test_three_open_registrations_are_enough_for_one_person(browser, owner):
    for _ in range(3):
        make_seller(owner=owner, state="draft")
    browser.open("/dang-ky-ban-hang/ho-so?loai=household")

    browser.submit({**FILLED, "place": any_place().id}, form="form[action='/dang-ky-ban-hang/ho-so']", expect=422)

    assert "nhiều hồ sơ chưa xong" in browser.text()
    assert db.session.query(Seller).count() == 3


def _token(browser) -> str:
    return browser.page.select_one("input[name=csrf_token]")["value"]


def test_a_closed_seller_can_be_read_but_takes_no_papers(browser, owner):
    make_seller(owner=owner, state="closed", decision_reason="Ngừng hoạt động", kind="household")
    browser.open("/kenh-ban")
    assert "Ngừng hoạt động" in browser.text()

    browser.open("/kenh-ban/thanh-vien")
    token = _token(browser)
    response = browser.client.post(
        "/kenh-ban/giay-to", data={"csrf_token": token, "kind": "identity", "file": (io.BytesIO(PDF), "cc.pdf")}
    )

    assert response.status_code == 422
    assert "Gian hàng đã đóng" in response.text
    assert db.session.query(SellerDocument).count() == 0


def test_a_forged_choice_in_the_session_does_not_open_another_sellers_desk(browser, seller):
    sign_in(browser.client, make_person())
    with browser.client.session_transaction() as cookie:
        cookie["seller_id"] = seller.id

    browser.open("/kenh-ban", expect=302)

    assert browser.response.location == "/dang-ky-ban-hang"
