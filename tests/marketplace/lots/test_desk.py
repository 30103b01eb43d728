"""The seller's pages: what a member does on them, what a stranger cannot, and what happens to rubbish."""

import pytest

from marketplace.database import db, utcnow
from marketplace.lots import labels, services
from marketplace.lots.models import DiaryEntry, GrowingArea, Lot
from tests.factories.accounts import make_person, sign_in
from tests.factories.catalogue import make_product
from tests.factories.lots import grow_lot, make_growing_area, make_lot, owner_of
from tests.factories.places import any_place
from tests.factories.sellers import make_member, make_seller

LONG, NUL, ODD = "x" * 100_000, "a\x00b", "🥭\u202e\ud7ff"


@pytest.fixture
def product(app):
    return make_product()


@pytest.fixture
def desk(browser, product):
    """A browser signed in as the product's seller."""
    sign_in(browser.client, owner_of(product.seller_id))
    return browser


def post_form(form):
    return f'form[method=post][action$="{form}"]'


def test_area_is_kept_in_square_metres_of_the_unit_chosen(desk, product):
    desk.open("/kenh-ban/vung-trong/them")
    desk.submit({"name": "Vườn sau nhà", "crop": "Xoài", "area": "2,5", "unit": "cong_tam_lon", "place": any_place().id,
                 "code": "vn-ctor-0012"})
    [area] = db.session.query(GrowingArea).filter_by(seller_id=product.seller_id).all()

    assert (area.square_metres, area.code, area.code_state) == (3240, "VN-CTOR-0012", "looks_right")
    assert "Vườn sau nhà" in desk.open("/kenh-ban/vung-trong").get_text()


def test_area_is_changed_and_taken_out_of_use(desk, product):
    area = make_growing_area(product.seller)
    desk.open(f"/kenh-ban/vung-trong/{area.id}")
    desk.submit({"name": "Tên khác"})
    desk.open("/kenh-ban/vung-trong")
    desk.submit(form=f'form[action="/kenh-ban/vung-trong/{area.id}/bo"]')
    row = db.session.get(GrowingArea, area.id, populate_existing=True)

    assert (row.name, row.square_metres, row.retired_at is not None) == ("Tên khác", 10_000, True)
    desk.open(f"/kenh-ban/vung-trong/{area.id}", expect=404)


def test_lot_goes_from_product_over_diary_to_sale_on_the_pages(desk, product):
    desk.open(f"/kenh-ban/lo-hang/tao?san-pham={product.id}")
    lot_path = desk.submit({"quantity": "50"}) and desk.response.location
    lot_id = int(lot_path.rsplit("/", 1)[1])
    desk.open(f"/so-nong-ho/{lot_id}/thu-hoach")
    desk.submit({"quantity": "50"})
    desk.open(lot_path)
    desk.submit(form=post_form("phat-hanh"))
    page = desk.open(lot_path)

    assert "Đã phát hành lô" in desk.text()
    assert page.select_one('img[src$="/qr.svg"]')
    assert db.session.get(Lot, lot_id, populate_existing=True).state == "released"


def test_refused_release_says_why_on_the_lots_page(desk, product):
    lot = services.create_lot(
        actor=owner_of(product.seller_id), seller_id=product.seller_id, product_id=product.id, quantity=10, now=utcnow())
    desk.open(f"/kenh-ban/lo-hang/{lot.id}")
    desk.submit(form=post_form("phat-hanh"))
    desk.open(f"/kenh-ban/lo-hang/{lot.id}")

    assert "Sổ chưa ghi việc thu hoạch" in desk.text()


@pytest.mark.parametrize("slug", labels.KIND_SLUGS)
def test_diary_form_dates_today_and_carries_its_key(desk, product, slug):
    lot = make_lot(product, state="draft")
    page = desk.open(f"/so-nong-ho/{lot.id}/{slug}")

    assert page.select_one("input[name=happened_on]")["value"]
    assert len(page.select_one("input[name=client_key]")["value"]) == 32


def test_spraying_typed_with_a_comma_is_written_once_however_often_it_is_sent(desk, product):
    lot = make_lot(product, state="draft")
    values = {"material": "Confidor 200SL", "ingredient": "Imidacloprid", "dose": "0,5", "dose_unit": "ml_per_l",
              "target": "Rầy", "interval_days": "14", "interval_source": "label"}
    path = f"/so-nong-ho/{lot.id}/phun-thuoc"
    hidden = {tag["name"]: tag["value"] for tag in desk.open(path).select("main input[type=hidden], main input[type=date]")}
    sent = [desk.client.post(path, data=hidden | values).status_code for _ in range(3)]
    [entry] = db.session.query(DiaryEntry).filter_by(lot_id=lot.id).all()

    assert sent == [302, 302, 302]
    assert (entry.details["dose"], entry.details["interval_days"]) == ("0.5", 14)


def test_missing_interval_gets_a_sentence_at_its_field(desk, product):
    lot = make_lot(product, state="draft")
    desk.open(f"/so-nong-ho/{lot.id}/phun-thuoc")
    page = desk.submit({"material": "A", "ingredient": "B", "dose": "1", "dose_unit": "ml_per_l", "target": "C",
                        "interval_source": "label"}, expect=422)

    assert page.select_one("#interval_days-error")
    assert db.session.query(DiaryEntry).count() == 0


@pytest.mark.parametrize("state", ["draft", "released", "blocked", "recalled", "closed", "cancelled"])
def test_lot_page_opens_in_every_state(desk, product, state):
    lot = make_lot(product, state=state, state_reason="Vì sao")

    assert str(labels.STATES[state]) in desk.open(f"/kenh-ban/lo-hang/{lot.id}").get_text()
    desk.open(f"/so-nong-ho/{lot.id}")
    desk.open("/kenh-ban/lo-hang")
    desk.open("/so-nong-ho")


@pytest.mark.parametrize(("paper", "count"), [("a4", 24), ("60x40", 1), ("nonsense", 24)])
def test_labels_carry_symbol_code_lot_harvest_and_host(desk, product, paper, count):
    lot = make_lot(product)
    page = desk.open(f"/kenh-ban/lo-hang/{lot.id}/nhan?kho={paper}")
    found = page.select(".label")

    assert len(found) == count
    assert found[0].select_one("img")["src"] == f"/t/{lot.code}/qr.svg"
    for words in (lot.number, f"{lot.code[:5]}-{lot.code[5:10]}-{lot.code[10:]}", "10/11/2026", "chonongsan.test"):
        assert words in found[0].get_text()


STEPS = {
    "phat-hanh": {}, "tam-ngung": {"reason_code": "quality", "reason": "Thử phá hàng"}, "mo-lai": {}, "ket-thuc": {}, "huy": {},
    "thu-hoi": {"reason_code": "quality", "reason": "Thử phá hàng"},
}


def token(browser):
    browser.open("/kenh-ban/vung-trong/them")
    return browser.page.select_one("input[name=csrf_token]")["value"]


@pytest.mark.parametrize("step", STEPS)
def test_step_on_another_sellers_lot_is_not_found_and_changes_nothing(desk, product, step):
    theirs = {"phat-hanh": "draft", "huy": "draft", "mo-lai": "blocked"}.get(step, "released")
    lot = grow_lot(now=utcnow(), release=False) if theirs == "draft" else make_lot(state=theirs)
    answer = desk.client.post(f"/kenh-ban/lo-hang/{lot.id}/{step}", data={**STEPS[step], "csrf_token": token(desk)})

    assert answer.status_code == 404
    assert db.session.get(Lot, lot.id, populate_existing=True).state == theirs


@pytest.mark.parametrize("path", ["", "/sua", "/nhan"])
@pytest.mark.parametrize("lot_id", ["theirs", "999999", "99999999999999999999999", "-1", "abc"])
def test_page_of_another_sellers_or_no_lot_is_not_found(desk, product, path, lot_id):
    lot = make_lot()

    assert desk.client.get(f"/kenh-ban/lo-hang/{lot.id if lot_id == 'theirs' else lot_id}{path}").status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_other_sellers_diary_area_and_product_are_not_found(desk, product, method):
    lot, area, strange = make_lot(state="draft"), make_growing_area(make_seller()), make_product()
    paths = [f"/so-nong-ho/{lot.id}/tuoi-nuoc", f"/kenh-ban/lo-hang/{lot.id}/sua", f"/kenh-ban/vung-trong/{area.id}",
             f"/kenh-ban/lo-hang/tao?san-pham={strange.id}"]
    paths += [f"/so-nong-ho/{lot.id}"] if method == "get" else [f"/kenh-ban/vung-trong/{area.id}/bo"]
    data = {"csrf_token": token(desk), "happened_on": "2026-11-20", "source": "canal", "name": "Của tôi", "quantity": "1"}

    for path in paths:
        answer = getattr(desk.client, method)(path, **({"data": data} if method == "post" else {}))
        assert answer.status_code == 404, path
    assert db.session.query(DiaryEntry).filter_by(lot_id=lot.id).count() == 0
    assert db.session.get(GrowingArea, area.id, populate_existing=True).name != "Của tôi"


def test_area_of_another_seller_cannot_be_put_on_a_lot(desk, product):
    area = make_growing_area(make_seller())
    desk.open(f"/kenh-ban/lo-hang/tao?san-pham={product.id}")
    desk.submit({"growing_area": str(area.id), "quantity": "1"}, expect=422)

    assert db.session.query(Lot).filter_by(seller_id=product.seller_id).count() == 0


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [("diary", "/kenh-ban/lo-hang/tao", 403), ("diary", "/kenh-ban/vung-trong/them", 403), ("packer", "/so-nong-ho", 403),
     ("diary", "/so-nong-ho", 200), ("packer", "/kenh-ban/lo-hang", 200), (None, "/kenh-ban/lo-hang", 302)])
def test_roles_open_their_own_pages_only(client, product, role, path, status):
    sign_in(client, make_member(product.seller, role=role) if role else make_person())

    assert client.get(path).status_code == status


@pytest.mark.parametrize("path", ["/kenh-ban/lo-hang", "/kenh-ban/vung-trong", "/so-nong-ho", "/kenh-ban/lo-hang/1/nhan"])
def test_visitor_is_sent_to_sign_in(client, app, path):
    assert client.get(path).location.startswith("/dang-nhap")


@pytest.mark.parametrize("rubbish", [LONG, NUL, ODD, "-5", "1e400", "<b>", "9" * 40, ""])
def test_rubbish_in_any_field_of_any_form_is_a_sentence_and_changes_nothing(desk, product, rubbish):
    lot = make_lot(product, state="draft")
    forms = ["/kenh-ban/vung-trong/them", f"/kenh-ban/lo-hang/{lot.id}/sua", f"/so-nong-ho/{lot.id}/phun-thuoc",
             f"/so-nong-ho/{lot.id}/thu-hoach", f"/so-nong-ho/{lot.id}/dong-goi", f"/so-nong-ho/{lot.id}/bon-phan"]
    for path in forms:
        page = desk.open(path)
        names = {tag["name"] for tag in page.select("main [name]")} - {"csrf_token"}
        answer = desk.client.post(path, data=dict.fromkeys(names, rubbish) | {
            "csrf_token": page.select_one("main input[name=csrf_token]")["value"]})
        blank_is_fine = rubbish == "" and path.endswith("/sua")
        assert answer.status_code == (302 if blank_is_fine else 422), path

    assert db.session.query(DiaryEntry).count() == 0
    assert db.session.query(GrowingArea).count() == 0


@pytest.mark.parametrize("query", ["trang-thai=nope", "trang=-1", "trang=99999999", "trang=abc", "trang-thai=%00"])
def test_strange_list_addresses_show_the_list(desk, product, query):
    desk.open(f"/kenh-ban/lo-hang?{query}")
