"""The unit lists that ship with the product, read into rows for the migration that loads them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib import resources

from marketplace.folding import fold, sort_key

BEFORE_COUNTING = date(1900, 1, 1)
"""valid_from of every former unit: its true beginning is not in the sources (data/README.md)."""
LAST_OLD_DAY = date(2025, 6, 30)
MERGER = date(2025, 7, 1)
"""Day the districts ended and the three provinces became one city (Resolution 202/2025/QH15)."""
FORMER_AREAS = {"92": "can-tho", "93": "hau-giang", "94": "soc-trang"}


@dataclass(frozen=True)
class UnitRow:
    """One `place_unit` row without its id."""

    code: str
    valid_from: date
    valid_to: date | None
    name: str
    kind: str
    district: str | None
    province: str
    former_area: str

    @property
    def search_key(self) -> str:
        return fold(" ".join(part for part in (self.name, self.district, self.province) if part))


@dataclass(frozen=True)
class SuccessionRow:
    """Codes before and after, and `whole` or `split`."""

    predecessor_code: str
    successor_code: str
    kind: str


def units() -> list[UnitRow]:
    """The 103 present and 263 former units, present ones first, each group in Vietnamese order."""
    present = [
        UnitRow(
            row["ward_code"],
            MERGER,
            None,
            row["ward"],
            row["ward_type"],
            None,
            row["province"],
            FORMER_AREAS[row["former_province_code"]],
        )
        for row in _rows("units_cantho_from_2025-07-01.csv")
    ]
    former = [
        UnitRow(
            row["ward_code"],
            BEFORE_COUNTING,
            LAST_OLD_DAY,
            row["ward"],
            row["ward_type"],
            row["district"],
            row["province"],
            FORMER_AREAS[row["province_code"]],
        )
        for row in _rows("units_legacy_until_2025-06-30.csv")
    ]
    return [*sorted(present, key=_order), *sorted(former, key=_order)]


def successions() -> list[SuccessionRow]:
    """Which present unit, or units where it was split, took over each former one."""
    codes = {fold(row["ward"]): row["ward_code"] for row in _rows("units_cantho_from_2025-07-01.csv")}
    whole = [
        SuccessionRow(row["old_ward_code"], codes[fold(row["new_ward"])], "whole")
        for row in _rows("ward_mapping_legacy_to_2025.csv")
    ]
    by_hand = [
        SuccessionRow(row["old_ward_code"], codes[fold(candidate.partition(" ")[2])], kind)
        for row in _rows("wards_to_resolve_by_hand.csv")
        for candidate, kind in _resolved(row)
    ]
    return whole + by_hand


def _resolved(row: dict[str, str]) -> list[tuple[str, str]]:
    """`31268 Xã …` candidates that truly hold for one row of the list to resolve by hand."""
    if row["expected_by_former_province"]:
        return [(row["expected_by_former_province"], "whole")]
    return [(candidate, "split") for candidate in row["candidates"].split("|")]


def _order(unit: UnitRow) -> tuple[str, str, str]:
    return unit.former_area, sort_key(unit.district or ""), sort_key(unit.name)


def _rows(filename: str) -> Iterator[dict[str, str]]:
    text = resources.files("marketplace.places").joinpath("data", filename).read_text("utf-8-sig")
    yield from csv.DictReader(text.splitlines())
