"""What a consumer reports from a trace page; kept for an officer to answer."""

import json
from datetime import datetime

from marketplace.database import transaction
from marketplace.errors import N_, DomainError
from marketplace.lots.models import ProblemReport
from marketplace.lots.queries import lot_of_code

MAX_EVIDENCE = 200 * 1024
"""Bytes; the file of a phone is some tens of kB."""
EVIDENCE = "chonongsan/evidence/1"
KINDS = ("not_matching", "quality", "copied_code", "other")


class BadReport(DomainError):
    """Too short to act on, or too long to read; `field` says which."""

    code = "bad-report"
    message = N_("Mời bạn viết rõ hơn một chút, từ 10 đến 2.000 chữ cái.")
    field = "text"


class BadEvidence(DomainError):
    """Too large, or not the file that a phone saves (docs/log.md §9)."""

    code = "bad-evidence"
    message = N_("Chỉ nhận tệp bằng chứng mà trang truy xuất đã lưu, tối đa 200 kB. Mời bạn chọn lại, hoặc gửi không kèm tệp.")
    field = "evidence"


def read_evidence(content: bytes) -> str:
    """The file's text, exactly as it came. Raises BadEvidence."""
    try:
        text = content.decode() if len(content) <= MAX_EVIDENCE else ""
        told = json.loads(text)
    except (ValueError, RecursionError):
        raise BadEvidence from None
    if not isinstance(told, dict) or told.get("format") != EVIDENCE:
        raise BadEvidence
    return text


def report_problem(
    *, code: str, kind: str, text: str, contact: str, now: datetime, evidence: bytes | None = None
) -> ProblemReport:
    """Keep a report about a code, known or not, with the file a phone saved. Raises BadReport, BadEvidence."""
    if kind not in KINDS:
        raise BadReport(field="kind")
    if not 10 <= len(text.strip()) <= 2_000:
        raise BadReport
    if len(contact) > 120:
        raise BadReport(field="contact")
    kept = None if evidence is None else read_evidence(evidence)
    with transaction() as session:
        lot = lot_of_code(code)
        report = ProblemReport(
            code=code[:64], lot_id=lot[0] if lot else None, kind=kind, text=text.strip(), contact=contact.strip(),
            evidence=kept, state="new", created_at=now,
        )
        session.add(report)
    return report
