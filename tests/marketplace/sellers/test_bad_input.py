"""Whatever is typed into the registration, profile and paper forms: a sentence at the field, no change, no crash."""

import io

import pytest

from marketplace.database import db
from marketplace.sellers.models import Seller, SellerDocument
from tests.factories.places import any_place, old_place
from tests.factories.sellers import make_seller
from tests.marketplace.sellers.conftest import PDF, picture

FORM = "form[action='/dang-ky-ban-hang/ho-so']"
GOOD = {"name": "Vườn Năm Bé", "phone": "0912345678", "address_line": "Ấp 1", "consent": "y"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "ab"),
        ("name", "x" * 100_000),
        ("name", "\x00\x01"),
        ("name", "!!! ???"),
        ("phone", ""),
        ("phone", "123"),
        ("phone", "01690000000"),
        ("phone", "9" * 10_000),
        ("phone", "không có"),
        ("email", "a@"),
        ("email", "x" * 5000 + "@a.vn"),
        ("email", "a@b@c"),
        ("address_line", ""),
        ("address_line", "x" * 1000),
        ("about", "x" * 10_000),
        ("tax_code", "123"),
        ("tax_code", "0102641428"),
        ("tax_code", "x" * 1000),
        ("tax_code", "0000000000000"),
        ("place", ""),
        ("place", "0"),
        ("place", "99999999999999999999999"),
        ("place", "-1"),
        ("place", "abc"),
        ("place", "1;--"),
    ],
)
def test_a_bad_value_is_named_and_nothing_is_kept(browser, owner, field, value):
    browser.open("/dang-ky-ban-hang/ho-so?loai=household")
    browser.submit({**GOOD, "place": any_place().id, field: value}, form=FORM, expect=422)

    error = browser.page.select_one(f"#{field}-error")
    assert error and error.get_text(strip=True)
    assert db.session.query(Seller).count() == 0


@pytest.mark.parametrize("name", [b"\xed\xa0\x80\xed\xa0\x81", b"\xff\xfe\xfd\xfc", b"\xc0\x80\xc0\x80\xc0\x80"])
def test_bytes_that_are_no_text_are_refused_at_the_field(browser, owner, name):
    browser.open("/dang-ky-ban-hang/ho-so?loai=household")
    token = browser.page.select_one("input[name=csrf_token]")["value"]
    values = {**GOOD, "csrf_token": token, "kind": "household", "place": str(any_place().id)}
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
        for k, v in values.items()
        if k != "name"
    ]
    parts += [b'--cut\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + name + b"\r\n--cut--\r\n"]

    response = browser.client.post(
        "/dang-ky-ban-hang/ho-so", data=b"".join(parts), content_type="multipart/form-data; boundary=cut"
    )

    assert response.status_code == 422
    assert 'id="name-error"' in response.text
    assert db.session.query(Seller).count() == 0


def test_a_commune_that_was_dissolved_is_not_an_address_today(browser, owner):
    browser.open("/dang-ky-ban-hang/ho-so?loai=household")
    browser.submit({**GOOD, "place": old_place().id}, form=FORM, expect=422)

    assert browser.page.select_one("#place-error")


def test_a_name_in_capitals_and_script_is_kept_as_text_only(browser, owner):
    browser.open("/dang-ky-ban-hang/ho-so?loai=household")
    browser.submit({**GOOD, "place": any_place().id, "name": "<script>alert(1)</script>"}, form=FORM, follow=True)
    page = browser.open("/kenh-ban")

    assert "<script>alert(1)</script>" in page.h1.get_text()
    assert db.session.query(Seller.slug).scalar() == "script-alert-1-script"


def test_two_sellers_of_one_name_get_two_addresses(browser, owner):
    make_seller(slug="vuon-nam-be")
    browser.open("/dang-ky-ban-hang/ho-so?loai=household")
    browser.submit({**GOOD, "place": any_place().id}, form=FORM, follow=True)

    slugs = sorted(slug for (slug,) in db.session.query(Seller.slug))
    assert slugs[0] == "vuon-nam-be"
    assert slugs[1].startswith("vuon-nam-be-")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.pdf"),
        (b"MZ\x90", "a.pdf"),
        (b"<svg onload=x>", "a.jpg"),
        (b"%PDF-1.4 cut off", "a.pdf"),
        (picture()[:300], "a.jpg"),
        (b"%PDF-" + b"0" * (15 * 1024 * 1024 + 1), "lon.pdf"),
    ],
    ids=["empty", "program", "svg", "cut-pdf", "cut-jpeg", "too-large"],
)
def test_a_file_that_cannot_be_a_paper_is_refused_at_the_field(browser, draft, content, name, app):
    browser.open("/kenh-ban/giay-to")
    browser.submit({"kind": "identity", "file": (io.BytesIO(content), name)}, form="form[enctype]", expect=422)

    assert browser.page.select_one("#file-error").get_text(strip=True)
    assert db.session.query(SellerDocument).count() == 0


@pytest.mark.parametrize("kind", ["", "passport", "x" * 10_000, "identity\x00"])
def test_a_kind_of_paper_that_is_not_asked_for_is_refused(browser, draft, kind):
    browser.open("/kenh-ban/giay-to")
    browser.submit({"kind": kind, "file": (io.BytesIO(PDF), "a.pdf")}, form="form[enctype]", expect=422)

    assert browser.page.select_one("#kind-error")
    assert db.session.query(SellerDocument).count() == 0


def test_a_text_where_the_file_belongs_is_refused(browser, draft):
    browser.open("/kenh-ban/giay-to")
    browser.submit({"kind": "identity", "file": "not a file"}, form="form[enctype]", expect=422)

    assert browser.page.select_one("#file-error")


def test_the_folder_of_papers_has_an_end(browser, draft, monkeypatch):
    monkeypatch.setattr("marketplace.sellers.policies.MAX_DOCUMENTS", 1)
    for expected in (302, 422):
        browser.open("/kenh-ban/giay-to")
        browser.submit({"kind": "identity", "file": (io.BytesIO(PDF), "a.pdf")}, form="form[enctype]", expect=expected)

    assert "nộp quá nhiều giấy tờ" in browser.text()
    assert db.session.query(SellerDocument).count() == 1


@pytest.mark.parametrize(("field", "value"), [("phone", "1"), ("email", "x"), ("address_line", ""), ("place", "abc")])
def test_the_profile_of_an_approved_seller_refuses_the_same(browser, seller, field, value):
    browser.open("/kenh-ban/ho-so")
    browser.submit({field: value}, form="form.form", expect=422)

    assert browser.page.select_one(f"#{field}-error")


def test_the_profile_changes_contact_but_neither_name_nor_tax_code(browser, seller):
    browser.open("/kenh-ban/ho-so")
    browser.submit(
        {
            "phone": "0987654321",
            "about": "Trồng cam từ 1990",
            "name": "Tên khác",
            "tax_code": "0102641429",
            "kind": "company",
        },
        form="form.form",
        follow=True,
    )

    again = db.session.get(Seller, seller.id)
    assert (again.phone, again.about, again.state) == ("+84987654321", "Trồng cam từ 1990", "approved")
    assert (again.name, again.kind) == (seller.name, "cooperative")


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("tax_code", "1"), ("tax_code", ""), ("kind", "bank"), ("understood", "false")]
)
def test_a_bad_change_of_identity_leaves_the_seller_on_sale(browser, seller, field, value):
    browser.open("/kenh-ban/ho-so/doi-ten")
    browser.submit({"understood": "y", "name": "HTX Mới", field: value}, form="form.form", expect=422)

    assert db.session.get(Seller, seller.id).state == "approved"


def test_a_change_of_identity_that_changes_nothing_does_not_stop_the_sale(browser, seller):
    browser.open("/kenh-ban/ho-so/doi-ten")
    browser.submit({"understood": "y"}, form="form.form", expect=422)

    assert "chưa thay đổi gì" in browser.text()
    assert db.session.get(Seller, seller.id).state == "approved"
