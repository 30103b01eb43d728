"""The one verb that belongs to the desk itself: answering a problem report."""

from datetime import datetime

from sqlalchemy import update

from marketplace import mail
from marketplace.accounts.models import Person
from marketplace.database import transaction
from marketplace.errors import N_, Conflict, DomainError, Forbidden, NotFound
from marketplace.lots.models import ProblemReport
from marketplace.officers import queries
from marketplace.sellers.policies import officer_areas
from marketplace.web.forms import parse_phone

MAX_ANSWER = 2000


class ReportStateUnknown(DomainError):
    """Not something a report can become."""

    code = "report-state-unknown"
    message = N_("Mời bạn chọn cách xử lý.")
    field = "state"


class AnswerMissing(DomainError):
    """Who reported a problem is owed a sentence when it is closed."""

    code = "answer-missing"
    message = N_("Mời bạn viết câu trả lời cho người phản ánh.")
    field = "answer"


class ReportClosed(Conflict):
    """Somebody else has answered it."""

    code = "report-closed"
    message = N_("Phản ánh này đã được trả lời. Mời bạn tải lại trang.")


def answer_report(*, actor: Person, report_id: int, state: str, answer: str, now: datetime) -> None:
    """Take a report up (in_progress) or close it (done, refused) with an answer, sent to the contact when one was left.

    Raises ReportStateUnknown, AnswerMissing, Forbidden (no officer), NotFound (also outside the officer's area),
    ReportClosed.
    """
    if state not in {"in_progress", "done", "refused"}:
        raise ReportStateUnknown
    answer = answer.strip()[:MAX_ANSWER]
    if state != "in_progress" and not answer:
        raise AnswerMissing
    if not actor.has_role("officer"):
        raise Forbidden
    with transaction() as session:
        row = queries.report(report_id, areas=officer_areas(actor))
        if row is None:
            raise NotFound
        values = {"state": state}
        if state != "in_progress":
            values |= {"answer": answer, "answered_at": now, "answered_by_id": actor.id}
        changed = session.execute(
            update(ProblemReport)
            .where(ProblemReport.id == report_id, ProblemReport.state.in_(("new", "in_progress")))
            .values(**values)
        )
        if changed.rowcount != 1:
            raise ReportClosed
        if state != "in_progress":
            _tell_reporter(row.contact, code=row.code, answer=answer, report_id=report_id, now=now)


def _tell_reporter(contact: str, *, code: str, answer: str, report_id: int, now: datetime) -> None:
    phone = parse_phone(contact)
    if phone is None and "@" not in contact:
        return
    mail.queue(
        channel="sms" if phone else "email",
        recipient=phone or contact,
        subject=f"Trả lời phản ánh về mã {code}",
        body=f"Sở Công Thương trả lời phản ánh của bạn về mã {code}: {answer}",
        reference=f"report:{report_id}",
        now=now,
    )
