"""The steps of a trace page as the timeline component draws them, and its papers as of harvest and today."""

from datetime import date, timedelta

from marketplace.database import vietnam_day
from marketplace.i18n import format_count, format_date, format_moment
from marketplace.i18n import gettext as _
from marketplace.lots import labels, wording
from marketplace.lots.queries import TracePage, TraceStep
from marketplace.sellers import labels as seller_labels
from marketplace.sellers.queries import CertificateRow

LATE = timedelta(days=7)
"""Entries made later than this after the work are marked: memory is not a diary."""
LEAF_SHOWN = 12
TONES = {"checked": "valid", "declared": "declared", "expired": "expired", "revoked": "revoked", "not_yet": "declared"}


def timeline(page: TracePage) -> list[dict]:
    """Arguments of the `timeline` macro, in order of time."""
    return [_item(page, step) for step in page.steps]


def certificates(page: TracePage) -> list[dict]:
    """Arguments of the `certificate` macro; the state is today's, harvest day's is said beside it when it differs."""
    return [_certificate(row, page.head.harvested_on) for row in page.certificates]


def _item(page: TracePage, step: TraceStep) -> dict:
    facts = []
    if step.details is not None:
        facts = wording.sealed_facts(step.kind, step.details, unit_label=page.head.unit_label)
    if step.number is not None:
        place = _("dòng %(number)s, dấu %(leaf)s", number=format_count(step.number), leaf=step.leaf[:LEAF_SHOWN])
        facts.append((_("Trong sổ"), place))
    day = vietnam_day(step.happened_at)
    return {
        "title": str(labels.KINDS.get(step.kind, step.kind)),
        "when": format_date(day),
        "iso": day.isoformat(),
        "facts": facts,
        "text": _remark(step),
        "checked_by": _checker(step),
    }


def _checker(step: TraceStep) -> str | None:
    if step.checked_by:
        return f"{step.checked_by}, {format_date(step.checked_at)}"
    if step.details is not None and step.details.get("by") == "officer":
        return _("Sở Công Thương Cần Thơ")
    return None


def _remark(step: TraceStep) -> str | None:
    if step.seq is None:
        return _("Đang chờ niêm phong vào sổ.")
    if step.details is None:
        return _("Dòng này trong sổ không khớp với biên nhận đã cấp.")
    if step.recorded_at - step.happened_at > LATE:
        return _("Ghi muộn, vào lúc %(moment)s.", moment=format_moment(step.recorded_at))
    return None


def _certificate(row: CertificateRow, harvested_on: date | None) -> dict:
    label = str(seller_labels.CERTIFICATE_STATES[row.state])
    if harvested_on is not None and row.state in {"expired", "checked", "declared"}:
        covered = row.valid_from <= harvested_on <= row.valid_to
        if row.state == "expired" and covered:
            label = _("Nay đã hết hạn, lúc thu hoạch còn hiệu lực")
        elif row.state != "expired" and not covered:
            label = _("Lúc thu hoạch chưa có hiệu lực")
    name = str(seller_labels.CERTIFICATES.get(row.kind, row.kind))
    if row.kind == "ocop" and row.stars:
        name = _("OCOP %(stars)s sao", stars=row.stars)
    return {
        "name": name, "number": row.number, "issuer": row.issuer, "valid_from": format_date(row.valid_from),
        "valid_to": format_date(row.valid_to), "state": TONES[row.state], "state_label": label, "scope": row.scope,
        "checked_by": row.checked_by if row.checked_at else None,
    }
