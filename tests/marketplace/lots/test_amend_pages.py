"""Correcting on the pages: what the form shows, what comes of it, and whose entries it never touches."""

import pytest

from marketplace.accounts import services as accounts
from marketplace.database import db, utcnow
from marketplace.lots.models import DiaryChange, DiaryEntry, Lot
from tests.factories.accounts import make_officer, make_operator, make_person, sign_in
from tests.factories.lots import grow_lot, owner_of
from tests.factories.sellers import make_member
from tests.journeys.steps import day


@pytest.fixture
def lot(app):
    return grow_lot(now=utcnow())


@pytest.fixture
def desk(browser, lot):
    """A browser signed in as the lot's seller."""
    sign_in(browser.client, owner_of(lot.seller_id))
    return browser


def path(lot, kind="spraying", verb="sua"):
    entry = db.session.query(DiaryEntry.id).filter_by(lot_id=lot.id, kind=kind).scalar()
    return f"/so-nong-ho/{lot.id}/viec/{entry}/{verb}"


def inspector():
    person = make_person()
    accounts.grant_role(actor=make_operator(), person=person, role="inspector", now=utcnow())
    return person


def test_the_form_shows_what_counts_and_the_diary_shows_old_and_new(desk, lot):
    page = desk.open(path(lot))
    assert (page.select_one("#happened_on")["value"], page.select_one("#dose")["value"]) == (day(30), "0,5")
    assert page.select_one("[name=interval_source][checked]")["value"] == "label"

    desk.submit({"happened_on": day(28), "dose": "0,6", "reason": "wrong_day"})
    card = desk.open(f"/so-nong-ho/{lot.id}").select_one("del").find_parent("li")
    words = " ".join(card.get_text().split())

    assert "Người mua thấy cả số cũ và số mới" in desk.text()
    assert "người sản xuất ghi. Lý do: nhầm ngày." in words
    assert "0,5 ml / lít nước sửa thành 0,6 ml / lít nước" in words
    assert desk.open(path(lot)).select_one("#dose")["value"] == "0,6"


def test_an_entry_written_by_mistake_is_struck_through_and_offers_nothing_more(desk, lot):
    desk.open(path(lot, "fertilising", "bo"))
    desk.submit({"reason": "wrong_lot"})
    page = desk.open(f"/so-nong-ho/{lot.id}")
    card = next(tag for tag in page.select("li.panel") if "Bón phân" in tag.get_text())

    assert card.select("a") == []
    assert "Đã bỏ" in card.get_text() and card.select_one("del").get_text() == "Bón phân"
    assert desk.client.get(path(lot, "fertilising", "bo")).location == f"/so-nong-ho/{lot.id}"


def test_a_correction_that_stops_the_sale_says_so_and_why(desk, lot):
    desk.open(path(lot))
    desk.submit({"happened_on": day(10), "reason": "wrong_day"})
    text = desk.open(f"/kenh-ban/lo-hang/{lot.id}").get_text()

    assert "Lô này tạm ngừng bán" in text and "Confidor 200SL" in text
    assert db.session.get(Lot, lot.id, populate_existing=True).state == "blocked"


@pytest.mark.parametrize("verb", ["sua", "bo"])
def test_a_form_without_a_reason_a_change_or_from_yesterday_gets_a_sentence(desk, lot, verb):
    values = {"happened_on": day(28)} if verb == "sua" else {}
    desk.open(path(lot, verb=verb))
    desk.submit(values, expect=422)
    desk.open(path(lot, verb=verb))
    stale = desk.submit(values | {"reason": "other", "seen": "7"}, expect=422)

    assert "vừa được sửa ở nơi khác" in stale.get_text()
    if verb == "sua":
        desk.open(path(lot))
        assert "Chưa có gì thay đổi" in desk.submit({"reason": "other"}, expect=422).get_text()
    assert db.session.query(DiaryChange).count() == 0


def test_one_press_sent_three_times_is_one_correction(desk, lot):
    page = desk.open(path(lot, verb="bo"))
    data = {tag["name"]: tag.get("value", "") for tag in page.select("main input[type=hidden]")} | {"reason": "other"}
    sent = [desk.client.post(path(lot, verb="bo"), data=data).status_code for _ in range(3)]

    assert sent == [302, 302, 302]
    assert db.session.query(DiaryChange).count() == 1


@pytest.mark.parametrize("verb", ["sua", "bo"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_entries_of_others_and_of_no_lot_are_not_found(desk, lot, verb, method):
    other = grow_lot(now=utcnow())
    page = desk.open(path(lot, verb=verb))
    data = {"csrf_token": page.select_one("main input[name=csrf_token]")["value"], "reason": "other", "seen": "0", "happened_on": day(9)}
    own = db.session.query(DiaryEntry.id).filter_by(lot_id=lot.id, kind="spraying").scalar()
    for address in (
        path(other, verb=verb), f"/so-nong-ho/{other.id}/viec/{own}/{verb}", path(lot, "released", verb),
        f"/so-nong-ho/{lot.id}/viec/999999/{verb}", f"/so-nong-ho/{lot.id}/viec/-1/{verb}",
        f"/so-nong-ho/{lot.id}/viec/{'9' * 18}/{verb}",
    ):
        answer = getattr(desk.client, method)(address, **({"data": data} if method == "post" else {}))
        assert answer.status_code == 404, address
    assert db.session.query(DiaryChange).count() == 0


def test_a_packer_amends_nothing(client, lot):
    sign_in(client, make_member(lot.product.seller, role="packer"))

    assert client.get(path(lot)).status_code == 403


@pytest.mark.parametrize("rubbish", ["x" * 100_000, "a\x00b", "🥭\u202e", "-5", "1e400", "<b>", "9" * 40, ""])
def test_rubbish_in_any_field_is_a_sentence_and_changes_nothing(desk, lot, rubbish):
    for address in (path(lot), path(lot, verb="bo"), path(lot, "harvesting"), path(lot, "packing")):
        page = desk.open(address)
        names = {tag["name"] for tag in page.select("main [name]")} - {"csrf_token"}
        answer = desk.client.post(address, data=dict.fromkeys(names, rubbish) | {
            "csrf_token": page.select_one("main input[name=csrf_token]")["value"]})
        assert answer.status_code == 422, address
    assert db.session.query(DiaryChange).count() == 0


@pytest.mark.parametrize("maker", [make_officer, inspector])
def test_a_doubt_is_written_on_the_desk_and_read_by_the_seller(browser, lot, maker):
    sign_in(browser.client, maker())
    browser.open(f"/quan-ly/lo-hang/{lot.code}")
    entry = db.session.query(DiaryEntry.id).filter_by(lot_id=lot.id, kind="harvesting").scalar()
    browser.submit({"reason": "wrong_quantity"}, form=f"#viec-{entry} form")
    assert "Số lượng chưa đúng" in browser.open(f"/quan-ly/lo-hang/{lot.code}").get_text()

    sign_in(browser.client, owner_of(lot.seller_id))
    text = browser.open(f"/so-nong-ho/{lot.id}").get_text()
    assert "cho rằng việc này chưa đúng" in text and "Số lượng chưa đúng" in text


def test_the_desk_finds_public_lots_by_their_code_only(browser, lot):
    sign_in(browser.client, make_officer())
    draft = grow_lot(now=utcnow(), release=False)

    assert browser.client.get(f"/quan-ly/lo-hang?ma={lot.code.lower()}").location == f"/quan-ly/lo-hang/{lot.code}"
    for typed in (draft.code, "ABC", "x" * 500, "%00"):
        browser.open(f"/quan-ly/lo-hang?ma={typed}", expect=422)
    browser.open(f"/quan-ly/lo-hang/{draft.code}", expect=404)


def test_a_doubt_needs_a_reason_an_entry_and_an_area(browser, lot):
    sign_in(browser.client, make_officer(area="soc-trang"))
    browser.open(f"/quan-ly/lo-hang/{lot.code}", expect=403)
    sign_in(browser.client, make_officer())
    page = browser.open(f"/quan-ly/lo-hang/{lot.code}")
    token = {"csrf_token": page.select_one("main input[name=csrf_token]")["value"]}
    for data, status in (
        ({"entry": "1", "reason": ""}, 422), ({"entry": "1", "reason": "nope"}, 422), ({"entry": "x", "reason": "other"}, 404),
        ({"entry": "9" * 18, "reason": "other"}, 404), ({"reason": "other"}, 404),
    ):
        assert browser.client.post(f"/quan-ly/lo-hang/{lot.code}", data=data | token).status_code == status, data
    assert db.session.query(DiaryChange).count() == 0


def at_the_desk(lot, kind, verb):
    entry = db.session.query(DiaryEntry.id).filter_by(lot_id=lot.id, kind=kind).scalar()
    return f"/quan-ly/lo-hang/{lot.code}/viec/{entry}/{verb}"


def test_an_inspector_corrects_and_takes_back_at_the_desk_and_the_page_says_who(browser, lot):
    sign_in(browser.client, inspector())
    page = browser.open(f"/quan-ly/lo-hang/{lot.code}")
    assert page.select_one(f"a[href='{at_the_desk(lot, 'spraying', 'sua')}']")

    browser.open(at_the_desk(lot, "spraying", "sua"))
    browser.submit({"dose": "0,6", "reason": "wrong_quantity"})
    browser.open(at_the_desk(lot, "fertilising", "bo"))
    browser.submit({"reason": "wrong_lot"})
    text = " ".join(browser.open(f"/quan-ly/lo-hang/{lot.code}").get_text().split())

    assert "0,5 ml / lít nước sửa thành 0,6 ml / lít nước" in text and "cán bộ kiểm tra ghi." in text
    assert db.session.query(DiaryEntry).filter(DiaryEntry.voided_at.is_not(None)).one().kind == "fertilising"
    assert "cán bộ kiểm tra" in browser.open(f"/t/{lot.code}").get_text()


def test_the_desk_corrects_nothing_for_officers_for_other_areas_and_of_what_is_not_there(browser, lot):
    draft = grow_lot(now=utcnow(), release=False)
    elsewhere = make_person()
    accounts.grant_role(actor=make_operator(), person=elsewhere, role="inspector", area="soc-trang", now=utcnow())
    for person, status in ((make_officer(), 403), (elsewhere, 403)):
        sign_in(browser.client, person)
        for verb in ("sua", "bo"):
            browser.open(at_the_desk(lot, "spraying", verb), expect=status)
    sign_in(browser.client, inspector())
    for address in (at_the_desk(draft, "spraying", "sua"), f"/quan-ly/lo-hang/{lot.code}/viec/999999/bo",
                    at_the_desk(lot, "spraying", "sua").replace(lot.code, "X" * 40), at_the_desk(lot, "release", "sua")):
        browser.open(address, expect=404)
    assert db.session.query(DiaryChange).count() == 0
