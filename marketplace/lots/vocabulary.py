"""The field diary's kinds and the structured fields of each: what may go into the public log, and nothing else.

Texts are names of goods and pests in at most 80 characters; whatever looks like a person's name, a phone number, an
e-mail or an address is refused (lots.revealing), because a log entry can never be taken back (reference log.md §2.6).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.errors import N_, DomainError
from marketplace.lots.revealing import reveals

BEFORE_HARVEST = (
    "land_preparation", "sowing", "stocking", "fertilising", "feeding", "spraying", "treatment", "irrigating", "scouting",
)
KINDS = (*BEFORE_HARVEST, "harvesting", "packing")
WITH_INTERVAL = ("spraying", "treatment")
"""Kinds that open a waiting time before harvest: pesticides (PHI) and animal drugs (withdrawal)."""

UNITS = {"kg": "KGM", "g": "GRM", "l": "LTR", "ml": "MLT", "piece": "H87"}
"""Our unit words and their UN/ECE Rec 20 codes."""
DOSE_UNITS = ("ml_per_l", "g_per_l", "ml_per_1000m2", "g_per_1000m2", "l_per_ha", "kg_per_ha", "g_per_m3", "g_per_kg_feed")
INTERVAL_SOURCES = ("label", "officer", "list", "unknown")

_REGISTRATION = re.compile(r"[0-9A-Za-zĐđ][0-9A-Za-zĐđ ./\-]{1,39}")


class BadDetail(DomainError):
    """A diary field is missing or not readable; `field` names it."""

    code = "bad-detail"
    message = N_("Ô này còn thiếu hoặc chưa đúng.")


class PersonalDetail(BadDetail):
    """A text that would put personal data into a log nobody can erase."""

    code = "personal-detail"
    message = N_("Nội dung này hiện công khai và không xóa được. Mời bạn bỏ tên người, số điện thoại, địa chỉ, đường dẫn.")


@dataclass(frozen=True)
class Name:
    """Name of a product, substance, variety or pest."""

    required: bool = False

    def read(self, value: Any, field: str) -> str:
        text = " ".join(str(value).split())
        if not 1 <= len(text) <= 80:
            raise BadDetail(field=field)
        if reveals(text):
            raise PersonalDetail(field=field)
        return text


@dataclass(frozen=True)
class Word:
    """One of our own words."""

    options: tuple[str, ...]
    required: bool = False

    def read(self, value: Any, field: str) -> str:
        if value not in self.options:
            raise BadDetail(field=field)
        return value


@dataclass(frozen=True)
class Code:
    """A registration number as printed on a label."""

    required: bool = False

    def read(self, value: Any, field: str) -> str:
        text = str(value).strip()
        if reveals(text, digits=False):
            raise PersonalDetail(field=field)
        if not _REGISTRATION.fullmatch(text):
            raise BadDetail(field=field)
        return text


@dataclass(frozen=True)
class Number:
    """A positive decimal with at most three places, kept as text: no float ever holds a measure."""

    required: bool = False
    largest: int = 10_000_000

    def read(self, value: Any, field: str) -> str:
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            raise BadDetail(field=field) from None
        if not number.is_finite() or not 0 < number <= self.largest or number != number.quantize(Decimal("0.001")):
            raise BadDetail(field=field)
        return f"{number.normalize():f}"


@dataclass(frozen=True)
class Count:
    """A whole number from `least` to `largest`."""

    required: bool = False
    least: int = 0
    largest: int = 10**12

    def read(self, value: Any, field: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.largest:
            raise BadDetail(field=field)
        return value


@dataclass(frozen=True)
class Day:
    """A calendar day, kept as ISO text."""

    required: bool = False

    def read(self, value: Any, field: str) -> str:
        try:
            return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()
        except (TypeError, ValueError):
            raise BadDetail(field=field) from None


Field = Name | Word | Code | Number | Count | Day

_MATERIAL: dict[str, Field] = {
    "material": Name(required=True), "amount": Number(required=True), "unit": Word(tuple(UNITS), required=True),
}
_CHEMICAL: dict[str, Field] = {
    "material": Name(required=True), "ingredient": Name(required=True), "registration": Code(),
    "dose": Number(required=True), "dose_unit": Word(DOSE_UNITS, required=True), "water_litres": Number(),
    "target": Name(required=True), "interval_days": Count(largest=365),
    "interval_source": Word(INTERVAL_SOURCES, required=True),
}
FIELDS: dict[str, dict[str, Field]] = {
    "land_preparation": {"method": Word(("ploughing", "raised_beds", "liming", "pond_drying", "clearing"), required=True)},
    "sowing": {**_MATERIAL, "method": Word(("direct", "transplanting", "grafted", "cutting"))},
    "stocking": dict(_MATERIAL),
    "fertilising": {**_MATERIAL, "method": Word(("root", "leaf", "drip"))},
    "feeding": dict(_MATERIAL),
    "spraying": dict(_CHEMICAL),
    "treatment": dict(_CHEMICAL),
    "irrigating": {
        "source": Word(("river", "canal", "well", "rain", "tap"), required=True),
        "method": Word(("flood", "sprinkler", "drip", "hand", "awd")),
    },
    "scouting": {"work": Word(("check", "pruning", "bagging", "weeding", "thinning", "flowering"), required=True)},
    "harvesting": {
        "quantity": Count(required=True, least=1), "grade": Word(("first", "second", "mixed")),
    },
    "packing": {
        "quantity": Count(required=True, least=1), "loss": Count(), "best_before": Day(),
        "packaging": Word(("bag", "box", "crate", "vacuum", "net", "bundle")),
    },
}
"""Field by field what a diary entry of each kind holds. `quantity` and `loss` are grams or pieces of the product."""


def read_details(kind: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """The entry's details in their one spelling, empty ones left out. Raises BadDetail, PersonalDetail.

    An interval may be missing only where its source is `unknown`: a missing waiting time is a block, never 0.
    """
    if kind not in FIELDS:
        raise BadDetail(field="kind")
    fields = FIELDS[kind]
    unknown = sorted(set(details) - set(fields))
    if unknown:
        raise BadDetail(field=unknown[0])
    read = {}
    for name, spec in fields.items():
        value = details.get(name)
        if value is None or value == "":
            if spec.required:
                raise BadDetail(field=name)
            continue
        read[name] = spec.read(value, name)
    if kind in WITH_INTERVAL and ("interval_days" in read) == (read["interval_source"] == "unknown"):
        raise BadDetail(field="interval_days")
    return read
