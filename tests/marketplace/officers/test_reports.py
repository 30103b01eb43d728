"""Problem reports on the desk: listed, taken up, answered once, the reporter told."""

from datetime import UTC, datetime

import pytest

from marketplace.database import db, transaction
from marketplace.errors import Forbidden, NotFound
from marketplace.lots.models import ProblemReport
from marketplace.mail import OutboxMessage
from marketplace.officers import services
from marketplace.officers.services import AnswerMissing, ReportClosed, ReportStateUnknown
from tests.factories.accounts import make_officer, make_person
from tests.factories.catalogue import make_product
from tests.factories.lots import make_lot
from tests.factories.places import any_place
from tests.factories.sellers import make_seller


def make_report(*, lot=None, **columns) -> ProblemReport:
    values = {
        "code": lot.code if lot else "KHONG-CO-MA",
        "lot_id": lot.id if lot else None,
        "kind": "quality",
        "text": "Trái bị dập",
        "contact": "0912 345 678",
        "created_at": datetime(2026, 11, 20, tzinfo=UTC),
    } | columns
    with transaction() as session:
        report = ProblemReport(**values)
        session.add(report)
    return report


@pytest.fixture
def lot(app):
    """A lot grown in the old city of Can Tho."""
    return make_lot(make_product(make_seller(place=any_place())))


def test_an_officer_answers_and_the_reporter_gets_the_words(browser, officer, lot):
    report = make_report(lot=lot)
    browser.open("/quan-ly/phan-anh")
    assert lot.code in browser.text()

    browser.open(f"/quan-ly/phan-anh/{report.id}")
    browser.submit({"state": "done", "answer": "Đã kiểm tra và thu hồi lô."}, form="form.form", follow=True)

    again = db.session.get(ProblemReport, report.id)
    assert (again.state, again.answered_by_id, again.answer) == ("done", officer.id, "Đã kiểm tra và thu hồi lô.")
    message = db.session.query(OutboxMessage).one()
    assert (message.channel, message.recipient) == ("sms", "+84912345678")
    assert "Đã kiểm tra và thu hồi lô." in browser.open(f"/quan-ly/phan-anh/{report.id}").get_text()


@pytest.mark.parametrize(("contact", "channel"), [("an@example.vn", "email"), ("", None), ("nhà sát chợ", None)])
def test_the_answer_goes_where_the_contact_leads(app, now, contact, channel):
    report = make_report(contact=contact)

    services.answer_report(actor=make_officer(), report_id=report.id, state="refused", answer="Không có lỗi", now=now)

    assert [m.channel for m in db.session.query(OutboxMessage)] == ([channel] if channel else [])


def test_taking_a_report_up_needs_no_answer_and_tells_nobody(app, now):
    report = make_report()

    services.answer_report(actor=make_officer(), report_id=report.id, state="in_progress", answer="", now=now)

    assert db.session.get(ProblemReport, report.id).state == "in_progress"
    assert db.session.query(OutboxMessage).count() == 0


def test_a_report_is_closed_once(app, now):
    report = make_report()
    services.answer_report(actor=make_officer(), report_id=report.id, state="done", answer="Xong", now=now)

    with pytest.raises(ReportClosed):
        services.answer_report(actor=make_officer(), report_id=report.id, state="refused", answer="Khác", now=now)

    assert db.session.get(ProblemReport, report.id).answer == "Xong"
    assert db.session.query(OutboxMessage).count() == 1


@pytest.mark.parametrize(
    ("state", "answer", "error"),
    [("done", "  ", AnswerMissing), ("refused", "", AnswerMissing), ("new", "x", ReportStateUnknown)],
)
def test_a_half_answer_is_refused(app, now, state, answer, error):
    report = make_report()

    with pytest.raises(error):
        services.answer_report(actor=make_officer(), report_id=report.id, state=state, answer=answer, now=now)

    assert db.session.get(ProblemReport, report.id).state == "new"


def test_only_an_officer_of_the_area_answers(lot, now):
    report = make_report(lot=lot)

    for actor, error in ((make_person(), Forbidden), (make_officer(area="soc-trang"), NotFound)):
        with pytest.raises(error):
            services.answer_report(actor=actor, report_id=report.id, state="done", answer="x", now=now)


def test_a_report_on_an_unknown_code_belongs_to_every_officer(app, now):
    report = make_report()

    services.answer_report(actor=make_officer(area="soc-trang"), report_id=report.id, state="done", answer="x", now=now)

    assert db.session.get(ProblemReport, report.id).state == "done"


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"state": "done", "answer": ""}, "answer"),
        ({"answer": "x"}, "state"),
        ({"state": "burn", "answer": "x"}, "state"),
        ({"state": "done", "answer": "x" * 100_000}, "answer"),
    ],
)
def test_a_bad_answer_is_named_at_its_field(browser, officer, form, field):
    report = make_report()
    browser.open(f"/quan-ly/phan-anh/{report.id}")

    browser.submit(form, form="form.form", expect=422)

    assert browser.page.select_one(f"#{field}-error")
    assert db.session.get(ProblemReport, report.id).state == "new"


def test_what_a_reporter_wrote_is_shown_as_text(browser, officer):
    make_report(code='"><script>x</script>', text="<img src=x onerror=alert(1)>")

    browser.open("/quan-ly/phan-anh")
    browser.open(browser.page.select_one("tbody a")["href"])

    assert not browser.page.select("main img, main script")
    assert "<img src=x onerror=alert(1)>" in browser.text()


def test_open_reports_come_first_and_the_state_filters(browser, officer):
    make_report(code="XONG-1", state="done", answer="x", created_at=datetime(2026, 11, 1, tzinfo=UTC))
    make_report(code="MOI-2")

    def codes(path):
        return [a.get_text().split(" ")[0] for a in browser.open(path).select("tbody td:first-child a")]

    assert codes("/quan-ly/phan-anh") == ["MOI-2", "XONG-1"]
    assert codes("/quan-ly/phan-anh?tinh-trang=done") == ["XONG-1"]
