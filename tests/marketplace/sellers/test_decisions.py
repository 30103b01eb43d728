"""Papers and decisions: who may, in which state, with which reason; history and messages in the same transaction."""

import pytest

from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.mail import OutboxMessage
from marketplace.sellers import services
from marketplace.sellers.models import Seller, SellerDecision, SellerDocument
from marketplace.sellers.services.access import OtherArea, OwnSeller, ReasonMissing, StateChanged
from marketplace.sellers.services.decisions import DocumentsNotAccepted
from marketplace.sellers.services.documents import DocumentReviewed
from marketplace.sellers.services.registration import DocumentsMissing
from tests.factories.accounts import make_officer, make_person
from tests.factories.places import any_place
from tests.factories.sellers import make_document, make_member, make_seller

pytestmark = pytest.mark.usefixtures("app")


def waiting(**columns) -> Seller:
    """A submitted cooperative whose two required papers are accepted."""
    seller = make_seller(state="submitted", **columns)
    for kind in ("business_registration", "food_safety"):
        make_document(seller, kind=kind, state="accepted")
    return seller


def test_an_officer_approves_and_the_seller_is_told(now):
    seller, officer = waiting(email="htx@example.vn"), make_officer()

    services.approve(actor=officer, seller_id=seller.id, now=now)

    again = db.session.get(Seller, seller.id)
    assert (again.state, again.approved_at, again.decided_by_id) == ("approved", now, officer.id)
    line = db.session.query(SellerDecision).one()
    assert (line.before, line.after, line.actor_id, line.at) == ("submitted", "approved", officer.id, now)
    message = db.session.query(OutboxMessage).one()
    assert (message.channel, message.recipient) == ("email", "htx@example.vn")


def test_a_seller_without_mail_is_told_by_text_message(now):
    seller = waiting(phone="+84912345678")

    services.refuse(actor=make_officer(), seller_id=seller.id, reason="Ảnh mờ", now=now)

    message = db.session.query(OutboxMessage).one()
    assert (message.channel, message.recipient) == ("sms", "+84912345678")
    assert "Ảnh mờ" in message.body


@pytest.mark.parametrize("state", ["pending", "refused"])
def test_approval_is_refused_while_a_required_paper_is_not_accepted(now, state):
    seller = make_seller(state="submitted")
    make_document(seller, kind="business_registration", state="accepted")
    make_document(seller, kind="food_safety", state=state)

    with pytest.raises(DocumentsNotAccepted):
        services.approve(actor=make_officer(), seller_id=seller.id, now=now)

    assert db.session.get(Seller, seller.id).state == "submitted"
    assert db.session.query(OutboxMessage).count() == 0


def test_an_officer_of_another_area_may_not_decide(now):
    seller, elsewhere = waiting(place=any_place()), make_officer(area="soc-trang")

    for verb in (
        lambda: services.approve(actor=elsewhere, seller_id=seller.id, now=now),
        lambda: services.refuse(actor=elsewhere, seller_id=seller.id, reason="x", now=now),
        lambda: services.close(actor=elsewhere, seller_id=seller.id, reason="x", now=now),
    ):
        with pytest.raises(OtherArea):
            verb()

    assert db.session.get(Seller, seller.id).state == "submitted"


def test_an_officer_of_the_own_area_may(now):
    seller = waiting(place=any_place())

    services.approve(actor=make_officer(area="can-tho"), seller_id=seller.id, now=now)

    assert db.session.get(Seller, seller.id).state == "approved"


def test_somebody_who_is_no_officer_may_not(now):
    seller = waiting()

    with pytest.raises(OtherArea):
        services.approve(actor=make_person(), seller_id=seller.id, now=now)


def test_an_officer_may_not_decide_about_the_own_shop(now):
    seller, officer = waiting(), make_officer()
    make_member(seller, role="packer", person=officer)

    with pytest.raises(OwnSeller):
        services.approve(actor=officer, seller_id=seller.id, now=now)


def test_the_second_officer_is_told_that_the_first_decided(now):
    seller = waiting()
    services.refuse(actor=make_officer(), seller_id=seller.id, reason="Thiếu trang 2", now=now)

    with pytest.raises(StateChanged):
        services.approve(actor=make_officer(), seller_id=seller.id, now=now)

    assert db.session.query(SellerDecision).count() == 1


@pytest.mark.parametrize(
    ("state", "verb", "after"),
    [
        ("submitted", services.refuse, "refused"),
        ("approved", services.suspend, "suspended"),
        ("suspended", services.reinstate, "approved"),
        ("approved", services.close, "closed"),
        ("suspended", services.close, "closed"),
        ("draft", services.close, "closed"),
    ],
)
def test_each_decision_leads_from_its_state_to_the_next(now, state, verb, after):
    seller = make_seller(state=state)

    verb(actor=make_officer(), seller_id=seller.id, reason="Theo biên bản", now=now)

    assert db.session.get(Seller, seller.id).state == after


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        ("draft", services.refuse),
        ("approved", services.refuse),
        ("submitted", services.suspend),
        ("approved", services.reinstate),
        ("closed", services.reinstate),
        ("closed", services.close),
    ],
)
def test_a_decision_from_any_other_state_is_refused(now, state, verb):
    seller = make_seller(state=state)

    with pytest.raises(StateChanged):
        verb(actor=make_officer(), seller_id=seller.id, reason="Theo biên bản", now=now)

    assert db.session.get(Seller, seller.id).state == state


@pytest.mark.parametrize("verb", [services.refuse, services.suspend, services.reinstate, services.close])
def test_a_decision_against_a_seller_needs_a_reason(now, verb):
    seller = make_seller(state="approved")

    with pytest.raises(ReasonMissing):
        verb(actor=make_officer(), seller_id=seller.id, reason=" \n ", now=now)


def test_reinstating_keeps_the_day_of_the_first_approval(now):
    seller = make_seller(state="suspended")
    first = seller.approved_at

    services.reinstate(actor=make_officer(), seller_id=seller.id, reason="Đã khắc phục", now=now)

    assert db.session.get(Seller, seller.id).approved_at == first


def test_each_paper_is_reviewed_on_its_own_by_a_named_officer(now):
    seller, officer = make_seller(state="submitted"), make_officer()
    good, bad = make_document(seller), make_document(seller, kind="food_safety")

    services.review_document(actor=officer, seller_id=seller.id, document_id=good.id, accepted=True, reason="", now=now)
    services.review_document(
        actor=officer, seller_id=seller.id, document_id=bad.id, accepted=False, reason="Hết hạn", now=now
    )

    states = {d.kind: (d.state, d.reason, d.reviewed_by_id) for d in db.session.query(SellerDocument)}
    assert states == {
        "business_registration": ("accepted", None, officer.id),
        "food_safety": ("refused", "Hết hạn", officer.id),
    }
    assert "Hết hạn" in db.session.query(OutboxMessage).one().body


def test_a_paper_is_reviewed_once_and_can_be_reopened_while_undecided(now):
    seller, officer = make_seller(state="submitted"), make_officer()
    paper = make_document(seller)
    named = {"actor": officer, "seller_id": seller.id, "document_id": paper.id}
    services.review_document(accepted=False, reason="Mờ", now=now, **named)

    with pytest.raises(DocumentReviewed):
        services.review_document(accepted=True, reason="", now=now, **named)
    services.reopen_document(**named)
    services.review_document(accepted=True, reason="", now=now, **named)

    assert db.session.get(SellerDocument, paper.id).state == "accepted"


def test_a_paper_of_another_seller_cannot_be_reviewed_through_ones_own_address(now):
    mine, other = make_seller(state="submitted"), make_seller(state="submitted")
    paper = make_document(other)

    with pytest.raises(NotFound):
        services.review_document(
            actor=make_officer(), seller_id=mine.id, document_id=paper.id, accepted=True, reason="", now=now
        )

    assert db.session.get(SellerDocument, paper.id).state == "pending"


def test_a_refused_paper_does_not_count_as_handed_in(now):
    person = make_person()
    seller = make_seller(state="draft", kind="household", owner=person)
    make_document(seller, kind="identity", state="refused")

    with pytest.raises(DocumentsMissing):
        services.submit(actor=person, seller_id=seller.id, now=now)


def test_changing_the_name_of_an_approved_seller_sends_it_back_to_review(now):
    person = make_person()
    seller = make_seller(owner=person, name="HTX Cũ")
    make_document(seller, state="accepted")
    make_document(seller, kind="food_safety", state="accepted")

    services.change_identity(
        actor=person, seller_id=seller.id, kind=seller.kind, name="HTX Mới", tax_code_text=seller.tax_code, now=now
    )

    again = db.session.get(Seller, seller.id)
    assert (again.state, again.name) == ("draft", "HTX Mới")
    assert {d.kind: d.state for d in db.session.query(SellerDocument)} == {
        "business_registration": "pending",
        "food_safety": "accepted",
    }
    assert "HTX Cũ" in db.session.query(SellerDecision).one().reason
