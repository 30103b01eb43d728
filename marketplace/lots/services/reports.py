"""What a consumer reports from a trace page; kept for an officer to answer."""

from datetime import datetime

from marketplace.database import transaction
from marketplace.errors import N_, DomainError
from marketplace.lots.models import ProblemReport
from marketplace.lots.queries import lot_of_code

KINDS = ("not_matching", "quality", "copied_code", "other")


class BadReport(DomainError):
    """Too short to act on, or too long to read; `field` says which."""

    code = "bad-report"
    message = N_("Mời bạn viết rõ hơn một chút, từ 10 đến 2.000 chữ cái.")
    field = "text"


def report_problem(*, code: str, kind: str, text: str, contact: str, now: datetime) -> ProblemReport:
    """Keep a report about a code, known or not. Raises BadReport."""
    if kind not in KINDS:
        raise BadReport(field="kind")
    if not 10 <= len(text.strip()) <= 2_000:
        raise BadReport
    if len(contact) > 120:
        raise BadReport(field="contact")
    with transaction() as session:
        lot = lot_of_code(code)
        report = ProblemReport(
            code=code[:64], lot_id=lot[0] if lot else None, kind=kind, text=text.strip(), contact=contact.strip(),
            state="new", created_at=now,
        )
        session.add(report)
    return report
