"""The seller's people: invitations by link, roles, and the owner that must remain."""

import threading
from datetime import timedelta

import pytest

from marketplace.database import db
from marketplace.errors import Forbidden, NotFound
from marketplace.mail import OutboxMessage
from marketplace.sellers import queries, services
from marketplace.sellers.models import SellerInvitation, SellerMember
from marketplace.sellers.services.members import InvitationSpent, LastOwner, RoleUnknown, TooManyMembers
from tests.factories.accounts import make_person, sign_in
from tests.factories.sellers import make_member, make_seller

BASE = "https://chonongsan.test/kenh-ban/loi-moi/"


@pytest.fixture
def boss(app):
    return make_person()


@pytest.fixture
def shop(boss):
    return make_seller(owner=boss)


def invite(boss, shop, now, role="diary", login="+84912345678"):
    return services.invite(actor=boss, seller_id=shop.id, login=login, role=role, link_base=BASE, now=now)


def roles(shop):
    return {m.person_id: m.role for m in db.session.query(SellerMember).filter_by(seller_id=shop.id)}


def test_the_invited_person_joins_with_the_link_that_was_sent(boss, shop, now):
    invited, guest = invite(boss, shop, now), make_person()

    assert BASE + invited.token in db.session.query(OutboxMessage).one().body
    services.accept_invitation(actor=guest, token=invited.token, now=now + timedelta(days=13))

    assert roles(shop)[guest.id] == "diary"


def test_the_secret_of_a_link_is_not_stored(boss, shop, now):
    invited = invite(boss, shop, now)

    assert invited.token not in db.session.query(SellerInvitation.token_hash).scalar()


def test_a_link_works_once(boss, shop, now):
    invited = invite(boss, shop, now)
    services.accept_invitation(actor=make_person(), token=invited.token, now=now)

    with pytest.raises(InvitationSpent):
        services.accept_invitation(actor=make_person(), token=invited.token, now=now)

    assert len(roles(shop)) == 2


@pytest.mark.parametrize("token", ["", "x" * 5000, "không có", "\ud800"])
def test_an_invented_link_is_worth_nothing(boss, shop, now, token):
    with pytest.raises(InvitationSpent):
        services.accept_invitation(actor=make_person(), token=token, now=now)


def test_a_link_ends_after_fourteen_days(boss, shop, now):
    invited = invite(boss, shop, now)

    with pytest.raises(InvitationSpent):
        services.accept_invitation(actor=make_person(), token=invited.token, now=now + timedelta(days=14))


def test_a_withdrawn_link_is_worth_nothing(boss, shop, now):
    invited = invite(boss, shop, now)
    services.withdraw_invitation(actor=boss, seller_id=shop.id, invitation_id=invited.invitation_id, now=now)

    with pytest.raises(InvitationSpent):
        services.accept_invitation(actor=make_person(), token=invited.token, now=now)
    assert queries.invitations(seller_id=shop.id, now=now) == []


def test_an_invitation_does_not_lower_the_role_somebody_has(boss, shop, now):
    invited = invite(boss, shop, now, role="packer")

    services.accept_invitation(actor=boss, token=invited.token, now=now)

    assert roles(shop) == {boss.id: "owner"}


@pytest.mark.parametrize("role", ["owner", "", "officer"])
def test_nobody_is_invited_as_owner_or_as_something_unknown(boss, shop, now, role):
    with pytest.raises(RoleUnknown):
        invite(boss, shop, now, role=role)


def test_only_the_owner_invites(shop, now):
    with pytest.raises(Forbidden):
        invite(make_member(shop, role="manager"), shop, now)
    with pytest.raises(NotFound):
        invite(make_person(), shop, now)


def test_open_invitations_count_towards_the_limit(boss, shop, now, monkeypatch):
    monkeypatch.setattr("marketplace.sellers.policies.MAX_MEMBERS", 2)
    invite(boss, shop, now)

    with pytest.raises(TooManyMembers):
        invite(boss, shop, now)


def test_the_last_owner_can_neither_leave_nor_step_down(boss, shop):
    make_member(shop, role="manager")

    with pytest.raises(LastOwner):
        services.remove_member(actor=boss, seller_id=shop.id, person_id=boss.id)
    with pytest.raises(LastOwner):
        services.change_role(actor=boss, seller_id=shop.id, person_id=boss.id, role="manager")

    assert roles(shop)[boss.id] == "owner"


def test_an_owner_may_leave_when_another_remains(boss, shop):
    heir = make_member(shop, role="manager")
    services.change_role(actor=boss, seller_id=shop.id, person_id=heir.id, role="owner")

    services.remove_member(actor=boss, seller_id=shop.id, person_id=boss.id)

    assert roles(shop) == {heir.id: "owner"}


def test_two_owners_who_remove_each_other_at_once_leave_one(app, boss, shop):
    other = make_member(shop, role="owner")
    start, refused = threading.Barrier(2), []

    def leave(actor_id: int) -> None:
        with app.app_context():
            person = db.session.get(type(boss), actor_id)
            start.wait()
            try:
                services.remove_member(actor=person, seller_id=shop.id, person_id=actor_id)
            except LastOwner:
                refused.append(actor_id)
            db.session.remove()

    threads = [threading.Thread(target=leave, args=(person_id,)) for person_id in (boss.id, other.id)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    db.session.rollback()
    assert len(refused) == 1
    assert list(roles(shop).values()) == ["owner"]


def test_anybody_may_leave_but_only_the_owner_takes_others_out(shop):
    packer, diary = make_member(shop), make_member(shop, role="diary")

    with pytest.raises(Forbidden):
        services.remove_member(actor=packer, seller_id=shop.id, person_id=diary.id)
    services.remove_member(actor=packer, seller_id=shop.id, person_id=packer.id)

    assert packer.id not in roles(shop)
    assert diary.id in roles(shop)


def test_the_page_invites_shows_the_link_once_and_the_guest_accepts(browser, seller, owner):
    browser.open("/kenh-ban/thanh-vien")
    browser.submit({"login": "0987 654 321", "role": "packer"}, form="form.form[novalidate]", expect=200)
    link = browser.page.select_one("code").get_text()
    assert link.startswith(BASE)
    assert link not in browser.open("/kenh-ban/thanh-vien").get_text()

    guest = make_person()
    sign_in(browser.client, guest)
    browser.open(link.removeprefix("https://chonongsan.test"))
    assert seller.name in browser.text()
    browser.submit(follow=True)

    assert roles(seller)[guest.id] == "packer"


@pytest.mark.parametrize("login", ["", "123", "a@b", "không phải số", "9" * 5000, "x\x00y"])
def test_an_unusable_address_is_refused_at_the_field(browser, seller, login):
    browser.open("/kenh-ban/thanh-vien")
    browser.submit({"login": login, "role": "packer"}, form="form.form[novalidate]", expect=422)

    assert browser.page.select_one("#login-error")
    assert db.session.query(SellerInvitation).count() == 0


def test_changing_a_role_on_the_page(browser, seller):
    person = make_member(seller, role="packer")
    browser.open("/kenh-ban/thanh-vien")

    browser.submit(
        {f"p{person.id}-role": "manager"}, form=f"form[action='/kenh-ban/thanh-vien/{person.id}/vai-tro']", follow=True
    )

    assert roles(seller)[person.id] == "manager"
