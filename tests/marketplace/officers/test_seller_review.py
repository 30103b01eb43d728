"""The desk's review of sellers on the pages, from the pile to the decision."""

import re

import pytest

from marketplace.database import db
from marketplace.mail import OutboxMessage
from marketplace.sellers.models import Certificate, Seller, SellerDocument
from marketplace.web import uploads
from tests.factories.accounts import make_person, sign_in
from tests.factories.catalogue import make_product
from tests.factories.sellers import make_certificate, make_document, make_seller

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def waiting(app):
    """A submitted household with a pending paper whose file exists."""
    seller = make_seller(state="submitted", kind="household", name="Vườn Năm Bé", email="nam@example.vn")
    paper = uploads.Paper(content=PDF, media_type="application/pdf", sha256="0" * 64)
    key = uploads.new_key(paper)
    uploads.storage().save(key, PDF)
    make_document(seller, kind="identity", file_key=key)
    return seller


def test_the_desk_counts_what_waits_and_names_the_oldest(browser, officer, waiting):
    make_product(make_seller(), state="submitted")
    make_certificate(waiting)

    browser.open("/quan-ly")

    assert "Vườn Năm Bé" in browser.text()
    for label in ("Nhà cung cấp chờ duyệt", "Sản phẩm chờ duyệt", "Chứng nhận chờ kiểm tra"):
        assert re.search(rf"{label}\D*1\b", browser.text()), label


def test_an_officer_reads_the_paper_accepts_it_and_approves(browser, officer, waiting):
    browser.open(f"/quan-ly/nha-cung-cap/{waiting.id}")
    assert "Duyệt cho bán" not in browser.text()
    link = browser.page.select_one("article a[href$='/tep']")["href"]
    opened = browser.client.get(link)
    assert (opened.data, opened.mimetype) == (PDF, "application/pdf")
    assert "sandbox" in opened.headers["Content-Security-Policy"]
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.client.get(f"{link}?tai-ve=1").headers["Content-Disposition"].startswith("attachment")

    browser.submit(form="article form", follow=True)
    browser.submit(form="form:has(input[value=approve])", follow=True)

    again = db.session.get(Seller, waiting.id)
    assert (again.state, again.decided_by_id) == ("approved", officer.id)
    assert db.session.query(SellerDocument).one().reviewed_by_id == officer.id
    assert "Trần Thị Duyệt" in browser.text()
    assert db.session.query(OutboxMessage).one().recipient == "nam@example.vn"


def test_a_refusal_without_a_reason_is_asked_for_it_where_it_belongs(browser, officer, waiting):
    browser.open(f"/quan-ly/nha-cung-cap/{waiting.id}")
    browser.submit({"reason": "  "}, form="form:has(input[value=refuse]):has(#quyet-dinh-refuse)", expect=422)

    assert "Mời bạn ghi lý do" in browser.page.select_one("#quyet-dinh-refuse-error").get_text()
    assert browser.page.select_one("details[open] #quyet-dinh-refuse")
    assert db.session.get(Seller, waiting.id).state == "submitted"


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        ("submitted", "refuse", "refused"),
        ("approved", "suspend", "suspended"),
        ("suspended", "reinstate", "approved"),
        ("approved", "close", "closed"),
    ],
)
def test_each_decision_button_does_what_it_says(browser, officer, state, action, after):
    seller = make_seller(state=state, decision_reason="trước đó")
    browser.open(f"/quan-ly/nha-cung-cap/{seller.id}")

    browser.submit({"reason": "Theo biên bản 12"}, form=f"form:has(#quyet-dinh-{action})", follow=True)

    assert db.session.get(Seller, seller.id).state == after
    assert "Theo biên bản 12" in browser.text()


def test_a_late_second_decision_is_explained_and_changes_nothing(browser, officer, waiting):
    browser.open(f"/quan-ly/nha-cung-cap/{waiting.id}")
    db.session.get(Seller, waiting.id).state = "refused"
    db.session.commit()

    browser.submit({"reason": "x"}, form="form:has(#quyet-dinh-refuse)", expect=409)

    assert "vừa được người khác xử lý" in browser.text()


def test_approving_with_an_unread_paper_is_explained(browser, officer, waiting):
    browser.open(f"/quan-ly/nha-cung-cap/{waiting.id}")
    token = browser.page.select_one("input[name=csrf_token]")["value"]

    response = browser.client.post(
        f"/quan-ly/nha-cung-cap/{waiting.id}/quyet-dinh", data={"csrf_token": token, "action": "approve"}
    )

    assert response.status_code == 422
    assert "còn giấy tờ cần có chưa được nhận" in response.text


@pytest.mark.parametrize("action", ["", "delete", "approve;", "__class__", "x" * 9000])
def test_an_invented_button_is_refused(browser, officer, waiting, action):
    browser.open(f"/quan-ly/nha-cung-cap/{waiting.id}")
    token = browser.page.select_one("input[name=csrf_token]")["value"]
    document = db.session.query(SellerDocument.id).scalar()

    for path in (
        f"/quan-ly/nha-cung-cap/{waiting.id}/quyet-dinh",
        f"/quan-ly/nha-cung-cap/{waiting.id}/giay-to/{document}",
    ):
        response = browser.client.post(path, data={"csrf_token": token, "action": action, "reason": "x"})
        assert response.status_code == 422

    assert db.session.get(Seller, waiting.id).state == "submitted"


def test_the_papers_of_a_draft_are_nobodys_business(browser, officer):
    draft = make_seller(state="draft", kind="household")
    paper = make_document(draft, kind="identity")

    browser.open(f"/quan-ly/nha-cung-cap/{draft.id}")

    assert not browser.page.select("article")
    assert browser.client.get(f"/quan-ly/nha-cung-cap/{draft.id}/giay-to/{paper.id}/tep").status_code == 404


def test_a_paper_is_not_found_under_another_sellers_number(browser, officer, waiting):
    other, document = make_seller(state="submitted"), db.session.query(SellerDocument.id).scalar()
    browser.open(f"/quan-ly/nha-cung-cap/{other.id}")
    token = browser.page.select_one("input[name=csrf_token]")["value"]
    path = f"/quan-ly/nha-cung-cap/{other.id}/giay-to/{document}"

    assert browser.client.get(f"{path}/tep").status_code == 404
    assert browser.client.post(path, data={"csrf_token": token, "action": "accept"}).status_code == 404
    assert db.session.get(SellerDocument, document).state == "pending"


def test_the_list_filters_by_state_kind_and_words_and_puts_waiting_ones_on_top(browser, officer, waiting):
    company = make_seller(kind="company", name="Công ty Gạo Sông Hậu", state="approved")

    rows = browser.open("/quan-ly/nha-cung-cap").select("tbody tr td:first-child")
    assert [row.get_text(strip=True) for row in rows] == ["Vườn Năm Bé", company.name]
    for query, expected in (
        ("tinh-trang=approved", company.name),
        ("loai=household", "Vườn Năm Bé"),
        ("q=gao song hau", company.name),
        (f"q={company.tax_code}", company.name),
        ("tinh-trang=submitted&q=năm bé", "Vườn Năm Bé"),
    ):
        rows = browser.open(f"/quan-ly/nha-cung-cap?{query}").select("tbody tr td:first-child")
        assert [row.get_text(strip=True) for row in rows] == [expected], query


@pytest.mark.parametrize(
    "query", ["tinh-trang=x&loai=y", "trang=-1", "trang=999999999999", "q=%00%ff", "q=" + "x" * 4000, "q=%25_"]
)
def test_a_nonsense_filter_still_answers(browser, officer, query):
    browser.open(f"/quan-ly/nha-cung-cap?{query}")


def test_a_shared_phone_number_or_name_is_pointed_out(browser, officer, waiting):
    make_seller(name="Nhà khác", phone=waiting.phone)
    make_seller(name="VƯỜN NĂM BÉ", phone="+84912000111")

    browser.open(f"/quan-ly/nha-cung-cap/{waiting.id}")

    assert "Trùng số điện thoại" in browser.text()
    assert "Trùng tên" in browser.text()


def test_a_certificate_is_checked_from_the_pile_and_revoked_with_a_reason(browser, officer):
    seller = make_seller()
    good, bad = make_certificate(seller, number="TỐT-1"), make_certificate(seller, number="XẤU-2")
    browser.open("/quan-ly/chung-nhan")
    browser.submit(form=f"#chung-nhan-{good.id} form", follow=True)
    browser.submit({"reason": ""}, form=f"form:has(#thu-hoi-{bad.id})", expect=422)
    assert browser.page.select_one(f"#thu-hoi-{bad.id}-error")

    browser.submit({"reason": "Số không có thật"}, form=f"form:has(#thu-hoi-{bad.id})", follow=True)

    states = {c.number: (c.checked_by_id, c.revoked_reason) for c in db.session.query(Certificate)}
    assert states == {"TỐT-1": (officer.id, None), "XẤU-2": (None, "Số không có thật")}
    assert "Không có chứng nhận nào chờ" in browser.text()


def test_an_inspector_sees_certificates_and_lots_and_nothing_else(browser):
    certificate = make_certificate(make_seller())
    sign_in(browser.client, make_person(roles=("inspector",)))

    page = browser.open("/quan-ly/chung-nhan")
    assert [a["href"] for a in page.select(".desk__list a")] == ["/quan-ly/chung-nhan", "/quan-ly/lo-hang"]
    browser.submit(form=f"#chung-nhan-{certificate.id} form", follow=True)

    assert db.session.query(Certificate.checked_at).scalar() is not None
    assert browser.client.get("/quan-ly/nha-cung-cap").status_code == 403
