"""Diary details as label and value pairs a person reads, from our own rows and from sealed entries alike."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from marketplace.database import vietnam_day
from marketplace.i18n import format_date, format_quantity
from marketplace.i18n import gettext as _
from marketplace.lots import labels

Fact = tuple[str, str]

_FROM_LOG = {
    "product": "material", "activeIngredient": "ingredient", "phiDays": "interval_days", "phiSource": "interval_source",
    "doseUnit": "dose_unit", "waterLitres": "water_litres", "bestBefore": "best_before",
}
_UNITS = {"KGM": "kg", "GRM": "g", "LTR": "l", "MLT": "ml", "H87": "piece"}
_SHOWN = (
    "material", "ingredient", "registration", "dose", "water_litres", "target", "interval_days", "method", "source", "work",
    "grade", "packaging", "loss", "best_before",
)


def sealed_facts(kind: str, details: Mapping[str, Any], *, unit_label: str) -> list[Fact]:
    """Facts of a sealed entry (`TraceStep.details`); unknown fields are left to the full record."""
    read = {_FROM_LOG.get(key, key): value for key, value in details.items()}
    facts = _amount(kind, details, unit_label)
    facts += [fact for field in _SHOWN if (fact := _fact(kind, field, read, unit_label))]
    if "earliestHarvest" in details:
        facts.append((_("Sớm nhất được thu hoạch"), _day(details["earliestHarvest"])))
    if kind in {"blocked", "recall"}:
        facts.append((_("Lý do"), str(labels.LOG_REASONS.get(details.get("reason"), labels.REASONS["other"]))))
    return facts


def diary_facts(kind: str, details: Mapping[str, Any], *, measure: str, unit_label: str) -> list[Fact]:
    """Facts of our own row."""
    facts = []
    if "quantity" in details:
        name = labels.field_label(kind, "quantity") if kind in {"harvesting", "packing"} else _("Số lượng")
        facts.append((str(name), format_quantity(details["quantity"], measure, unit_label)))
    if "amount" in details:
        unit = str(labels.WORDS[details["unit"]])
        facts.append((str(labels.field_label(kind, "amount")), f"{_decimal(details['amount'])} {unit}"))
    read = dict(details)
    if "loss" in read:
        read["loss"] = format_quantity(read["loss"], measure, unit_label)
    return facts + [fact for field in _SHOWN if (fact := _fact(kind, field, read, unit_label))]


def differences(old: list[Fact], new: list[Fact]) -> list[tuple[str, str | None, str | None]]:
    """Label, old and new value of the facts that differ; None where one side does not have it."""
    before, after = dict(old), dict(new)
    labels_ = list(dict.fromkeys([*before, *after]))
    return [(label, before.get(label), after.get(label)) for label in labels_ if before.get(label) != after.get(label)]


def change_facts(kind: str, change: Any, *, measure: str, unit_label: str) -> list[tuple[str, str | None, str | None]]:
    """What one correction (`queries.ChangeRow`) changed, the day of the work first."""
    if change.after_at is None:
        return []
    sides = [
        [(_("Ngày làm"), format_date(vietnam_day(at))), *diary_facts(kind, details, measure=measure, unit_label=unit_label)]
        for at, details in ((change.before_at, change.before), (change.after_at, change.after))
    ]
    return differences(*sides)


def personal_facts(values: Iterable[Fact]) -> list[Fact]:
    """Facts of personal values (name, value)."""
    return [(str(labels.PERSONAL[name]), value) for name, value in values]


def _amount(kind: str, details: Mapping[str, Any], unit_label: str) -> list[Fact]:
    if "amount" not in details:
        return []
    goods = kind in {"harvesting", "packing", "released", "shipping"}  # seedlings and fry are not counted in the product's unit
    own = kind in {"harvesting", "packing", "sowing", "stocking", "fertilising", "feeding"}
    name = labels.field_label(kind, "quantity" if kind in {"harvesting", "packing"} else "amount") if own else _("Số lượng")
    return [(str(name), measured(details["amount"], details["amountUnit"], unit_label if goods else ""))]


def _fact(kind: str, field: str, details: Mapping[str, Any], unit_label: str) -> Fact | None:
    value = details.get(field)
    if value is None:
        return None
    label = str(labels.field_label(kind, field))
    if field == "dose":
        return label, f"{_decimal(value)} {labels.WORDS.get(details.get('dose_unit'), '')}".strip()
    if field == "interval_days":
        source = labels.WORDS.get(details.get("interval_source"))
        return label, _("%(days)s ngày", days=value) + (f" ({str(source).lower()})" if source else "")
    if field == "best_before":
        return label, _day(value)
    if field == "water_litres":
        return label, _decimal(value)
    if field == "loss" and details.get("lossUnit"):
        return label, measured(value, details["lossUnit"], unit_label)
    return label, str(labels.WORDS.get(value, value))


def measured(amount: str, unit: str, unit_label: str) -> str:
    """A quantity of the log (UN/ECE unit) in words; `unit_label` names what is counted by pieces."""
    word = unit_label if unit == "H87" and unit_label else str(labels.WORDS.get(_UNITS.get(unit, ""), unit))
    return f"{_decimal(amount)}\N{NO-BREAK SPACE}{word}"


def _decimal(text: Any) -> str:
    whole, _dot, rest = str(text).partition(".")
    grouped = f"{int(whole):,}".replace(",", ".") if whole.isdecimal() else whole
    return f"{grouped},{rest}" if rest else grouped


def _day(text: Any) -> str:
    try:
        return format_date(date.fromisoformat(str(text)))
    except ValueError:
        return str(text)
