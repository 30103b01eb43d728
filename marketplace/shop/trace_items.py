"""A trace page as its templates draw it: the lot's facts, its steps, its papers as of harvest and today.

Each step and the lot carry what they say as JSON too (`log`): the phone compares it with the log it has checked by itself
(static/js/log/told.js). Both come from the same values, so a page cannot say one thing and declare another.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, timedelta
from typing import Any

from marketplace.database import vietnam_day
from marketplace.i18n import format_count, format_date, format_moment, format_quantity
from marketplace.i18n import gettext as _
from marketplace.lots import labels, wording
from marketplace.lots.queries import TracePage, TraceStep
from marketplace.lots.sealed import ORGANISATION
from marketplace.provenance import Remark
from marketplace.sellers import labels as seller_labels
from marketplace.sellers.queries import CertificateRow

SOON, LATE = timedelta(days=1), timedelta(days=7)
"""Beyond the first both times are shown, beyond the second the entry is called late: memory is not a diary."""
LEAF_SHOWN = 12
TONES = {"checked": "valid", "declared": "declared", "expired": "expired", "revoked": "revoked", "not_yet": "declared"}


def lot_rows(page: TracePage) -> list[tuple[str, str, bool]]:
    """Label, value, and whether the value is in the log."""
    head, facts = page.head, page.facts
    place = page.place or head.area_commune or head.seller_commune
    rows = [(_("Nơi trồng, nuôi"), _("%(commune)s, thành phố Cần Thơ", commune=place), page.place is not None)]
    for name, label, ours in (
        ("started", _("Xuống giống"), head.started_on), ("harvested", _("Thu hoạch"), head.harvested_on),
        ("packed", _("Đóng gói"), head.packed_on), ("best_before", _("Hạn dùng"), head.best_before),
    ):
        told = facts.day(name)
        if told or ours:
            rows.append((label, format_date(told or ours), told is not None))
        elif name == "best_before":
            rows.append((label, _("không ghi, hàng tươi dùng sớm"), True))
    return [*rows, (_("Cả lô"), *_quantity(page)), (_("Số lô"), facts.number or head.number, bool(facts.number))]


def lot_log(page: TracePage, verdict: str) -> str:
    """What the page says of the lot as a whole, its verdict and up to which line it has read, for the phone."""
    told = page.facts.told() | ({"who": f"{ORGANISATION}{page.head.seller_slug}"} if page.facts.who else {})
    return _json({"last": page.last, "verdict": verdict, "lot": told})


def reason(page: TracePage) -> str:
    """Why the lot is off sale: the log's word, then our own sentence if it is about the same state."""
    prose = (page.head.state_reason or "") if page.head.state == page.state else ""
    told = page.facts.reason
    if not told or (prose and told == "other"):
        return prose
    word = str(labels.LOG_REASONS.get(told, labels.LOG_REASONS["other"]))
    return f"{word}. {prose}" if prose else word


def timeline(page: TracePage) -> list[dict]:
    """Arguments of the `timeline` macro, in order of time."""
    return [_item(page, step) for step in page.steps]


def certificates(page: TracePage) -> list[dict]:
    """Arguments of the `certificate` macro; the state is today's, harvest day's is said beside it when it differs."""
    return [_certificate(row, page.harvested_on) for row in page.certificates]


def _quantity(page: TracePage) -> tuple[str, bool]:
    head, facts = page.head, page.facts
    told = facts.quantity(head.measure)
    if told is None and facts.amount:
        return wording.measured(facts.amount, facts.unit, head.unit_label), True
    return format_quantity(head.quantity if told is None else told, head.measure, head.unit_label), told is not None


def _item(page: TracePage, step: TraceStep) -> dict:
    facts: list[tuple] = _facts(page, step)
    if not step.void:
        facts += [(label, value, []) for label, value in wording.personal_facts(step.personal)]
    facts += [(_("Thông tin riêng"), str(labels.ERASED.get(ground, labels.ERASED["other"])), []) for ground in step.erased]
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
        "noted": _noted(step),
        "facts": facts,
        "text": _remark(step),
        "void": step.void is not None,
        "corrections": _corrections(step),
        "doubts": [_doubt(step, remark) for remark in step.disputes],
        "source": _source(step),
        "log": _log(step),
    }


def _log(step: TraceStep) -> str | None:
    """What the step says, each version of it, for the phone; None while it waits."""
    if step.seq is None:
        return None
    if not step.versions:
        return _json({"seq": step.seq, "withheld": True})
    told = [{"day": vietnam_day(one.happened_at).isoformat(), **one.details} for one in step.versions]
    recorded = f"{step.recorded_at.astimezone(UTC):%Y-%m-%dT%H:%M}"
    return _json({"seq": step.seq, "rec": recorded, "void": step.void is not None, "doubts": len(step.disputes), "told": told})


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


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


def _source(step: TraceStep) -> str | None:
    """Who wrote it, if not the producer."""
    by_officer = step.details is not None and step.details.get("by") == "officer"
    return _("Do Sở Công Thương Cần Thơ ghi") if by_officer else None


def _noted(step: TraceStep) -> str | None:
    """The day it was written down, where that is not about when it was done."""
    if abs(step.recorded_at - step.happened_at) <= SOON:
        return None
    return _("ghi vào sổ ngày %(day)s", day=format_date(vietnam_day(step.recorded_at)))


def _remark(step: TraceStep) -> str | None:
    if step.seq is None:
        return _("Đang chờ niêm phong vào sổ.")
    if step.withheld:
        return _("Nội dung dòng này đã được rút lại vì lộ thông tin riêng. Dấu của dòng vẫn còn trong sổ; tên việc và ngày là chợ chép lại.")
    if step.details is None:
        return _("Dòng này trong sổ không khớp với biên nhận đã cấp.")
    late = step.recorded_at - step.happened_at
    if late > LATE:
        return _("Ghi muộn %(days)s ngày sau khi làm.", days=late.days)
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
