"""The steps of a trace page as the timeline component draws them, and its papers as of harvest and today."""

from datetime import date, timedelta

from marketplace.database import vietnam_day
from marketplace.i18n import format_count, format_date, format_moment
from marketplace.i18n import gettext as _
from marketplace.lots import labels, wording
from marketplace.lots.queries import TracePage, TraceStep
from marketplace.provenance import Remark
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
    facts: list[tuple] = _facts(page, step)
    if not step.void:
        facts += [(label, value, []) for label, value in wording.personal_facts(step.personal)]
    if step.erased:
        facts.append((_("Thông tin riêng"), _("đã xóa, dấu vẫn còn trong sổ")))
    if step.number is not None:
        place = _("dòng %(number)s, dấu %(leaf)s", number=format_count(step.number), leaf=step.leaf[:LEAF_SHOWN])
        facts.append((_("Trong sổ"), place))
    day = vietnam_day(step.happened_at)
    days = _changes([format_date(vietnam_day(version.happened_at)) for version in step.versions])
    return {
        "title": str(labels.KINDS.get(step.kind, step.kind)),
        "when": format_date(day),
        "was": days[:-1],
        "iso": day.isoformat(),
        "facts": facts,
        "text": _remark(step),
        "void": step.void is not None,
        "corrections": _corrections(step),
        "doubts": [_doubt(step, remark) for remark in step.disputes],
        "checked_by": _checker(step),
    }


def _facts(page: TracePage, step: TraceStep) -> list[tuple]:
    """Label, value that counts, values it replaced; a fact that one version lacks is said not to be written."""
    told = [dict(wording.sealed_facts(step.kind, one.details, unit_label=page.head.unit_label)) for one in step.versions]
    names = dict.fromkeys(label for version in told for label in version)
    said = [(label, _changes([version.get(label) or _("không ghi") for version in told])) for label in names]
    return [(label, values[-1], values[:-1]) for label, values in said]


def _changes(values: list[str]) -> list[str]:
    """Without what only repeats the value before."""
    return [value for number, value in enumerate(values) if not number or value != values[number - 1]]


def _corrections(step: TraceStep) -> list[str]:
    """One sentence for each correction and for the void: when, who, why."""
    remarks = [*step.corrections, *([step.void] if step.void else [])]
    said = [_correction(remark) for remark in remarks]
    return [_("Ghi lần đầu lúc %(moment)s.", moment=format_moment(step.recorded_at)), *said] if said else []


def _correction(remark: Remark) -> str:
    told = {"moment": format_moment(remark.at), "who": labels.WRITERS[remark.by], "why": _reason(labels.AMEND_REASONS, remark)}
    if remark.kind == "void":
        return _("Đã bỏ lúc %(moment)s, do %(who)s bỏ. Lý do: %(why)s. Việc này không tính.", **told)
    if remark.by == "producer":
        return _("Đã sửa lúc %(moment)s, %(who)s tự sửa. Lý do: %(why)s.", **told)
    return _("Đã sửa lúc %(moment)s, do %(who)s sửa. Lý do: %(why)s.", **told)


def _doubt(step: TraceStep, remark: Remark) -> str:
    told = _(
        "%(who)s cho rằng việc này chưa đúng, ghi lúc %(moment)s. Lý do: %(why)s.",
        who=labels.DOUBTERS.get(remark.by, labels.DOUBTERS["other"]), moment=format_moment(remark.at),
        why=_reason(labels.DOUBTS, remark),
    )
    answered = any(later.at > remark.at for later in step.corrections)
    return told + " " + _("Sau đó việc này đã được sửa lại.") if answered else told


def _reason(words: dict, remark: Remark) -> str:
    text = str(words.get(remark.reason, words["other"]))
    return text[:1].lower() + text[1:]


def _checker(step: TraceStep) -> str | None:
    if step.checked_by:
        return f"{step.checked_by}, {format_date(step.checked_at)}"
    if step.details is not None and step.details.get("by") == "officer":
        return _("Sở Công Thương Cần Thơ")
    return None


def _remark(step: TraceStep) -> str | None:
    if step.seq is None:
        return _("Đang chờ niêm phong vào sổ.")
    if step.withheld:
        return _("Nội dung dòng này đã được rút lại vì lộ thông tin riêng. Dấu của dòng vẫn còn trong sổ.")
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
