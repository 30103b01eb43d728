"""What the demo's sellers grow and make: read from data/, assigned to sellers by trade, the same at every load."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from marketplace.demo.history import published
from marketplace.demo.random_market import generator

DATA = Path(__file__).parent / "data"
OCOP = ("Nhãn Ido Thới An", "Ca cao nguyên chất Nhơn Ái", "Bánh tét lá cẩm", "Rượu mận Trường Thành")
"""The four listed products with an OCOP recognition, as many as the report counts."""
GRADES = ("loại 1", "loại 2", "đóng thùng", "xuất khẩu", "sơ chế", "bán sỉ")


@dataclass(frozen=True)
class SellerSeed:
    """One of the 43 sellers."""

    kind: str
    name: str
    ward: str
    trade: str  # slug of a top category


@dataclass(frozen=True)
class ProductSeed:
    """One product of one seller; `listed` says whether it is on sale or only carries trace codes."""

    name: str
    category: str
    subject: str
    price: int
    unit: str
    grams: int | None
    season: tuple[int, int]
    listed: bool

    @property
    def measure(self) -> str:
        return "mass" if self.unit == "kg" else "piece"


@lru_cache(maxsize=1)
def sellers() -> tuple[SellerSeed, ...]:
    """All sellers in the order in which they joined."""
    with (DATA / "sellers.csv").open(encoding="utf-8", newline="") as file:
        rows = [SellerSeed(**row) for row in csv.DictReader(file)]
    generator("joining").shuffle(rows)
    return tuple(rows)


def _catalogue() -> list[dict]:
    with (DATA / "products.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _seed(row: dict, *, listed: bool, grade: str = "") -> ProductSeed:
    return ProductSeed(
        name=f"{row['name']} {grade}".strip(),
        category=row["category"],
        subject=row["subject"],
        price=int(row["price"]),
        unit=row["unit"],
        grams=int(row["grams"]) if row["grams"] else None,
        season=(int(row["from"]), int(row["to"])),
        listed=listed,
    )


def assign(tops: dict[str, str]) -> list[tuple[SellerSeed, ProductSeed]]:
    """Give every product a seller of its trade: as many listed as published, the rest with trace codes only.

    `tops` maps a category slug to its top category's slug. Deterministic.
    """
    chance = generator("assignment")
    rows = _catalogue()
    chance.shuffle(rows)
    rows.sort(key=lambda row: row["name"] not in OCOP)  # the OCOP products are listed in any case
    number = published()["portal_mid_2022"]["products"]
    traced = published()["traceability_mid_2022"]["products_with_qr"]
    seeds = [_seed(row, listed=True) for row in rows[:number]]
    again = [*rows[number:], *rows]
    seeds += [
        _seed(again[n % len(again)], listed=False, grade=GRADES[n % len(GRADES)] if n >= len(rows) - number else "")
        for n in range(traced - number)
    ]
    by_trade: dict[str, list[SellerSeed]] = {}
    for seller in sellers():
        by_trade.setdefault(seller.trade, []).append(seller)
    turns: dict[str, int] = {}
    pairs = []
    for seed in seeds:
        top = tops[seed.category]
        able = by_trade.get(top) or [seller for seller in sellers() if seller.kind == "service_centre"]
        turns[top] = turns.get(top, -1) + 1
        pairs.append((able[turns[top] % len(able)], seed))
    return pairs
