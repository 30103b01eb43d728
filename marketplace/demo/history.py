"""The first half of 2022 as recorded facts: declared sales, visits and outreach that add up to the published figures."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path

from sqlalchemy import insert

from marketplace.database import VIETNAM, transaction
from marketplace.demo.random_market import days, generator, spread
from marketplace.money import line_total, split
from marketplace.statistics import services as statistics
from marketplace.statistics.models import OutreachRecord

FIRST, LAST = date(2022, 1, 1), date(2022, 6, 30)
OPENED = date(2021, 10, 1)
CHANNELS = (
    ("postmart",) * 9
    + ("voso",) * 8
    + ("zalo",) * 3
    + ("facebook",) * 3
    + ("shopee",) * 2
    + ("lazada", "tiki", "direct")
)
METHODS = ("cod",) * 8 + ("transfer",) * 3 + ("cash", "unknown")


@lru_cache(maxsize=1)
def published() -> dict:
    """The city's published figures for mid-2022, copied from its report."""
    return json.loads((Path(__file__).parent / "data" / "report_figures_2022.json").read_text("utf-8"))


@dataclass(frozen=True)
class Sold:
    """What a declared sale can be of: a product with its seller as both stood in 2022."""

    product_id: int
    seller_id: int
    seller_kind: str
    place_id: int
    category_id: int
    ocop: bool
    measure: str
    grams_per_piece: int
    price: int
    since: date


def declare_sales(*, products: Sequence[Sold], already: int, already_dong: int, recorded_by_id: int) -> None:
    """Declared off-platform sales that bring the half-year to the published number and value.

    `already` and `already_dong` are the orders delivered on the platform itself in that time.
    """
    figures = published()["first_half_2022"]
    number, value = figures["transactions"] - already, figures["transaction_value_dong"] - already_dong
    chance = generator("declared")
    span = days(FIRST, LAST)
    draws = []
    for _ in range(number):
        day = chance.choice(span)
        product = chance.choice([p for p in products if p.since <= day] or list(products))
        draws.append((day, product, _quantity(product, chance)))
    draws.sort(key=lambda draw: (draw[0], draw[1].product_id))
    amounts = split(value, [line_total(price=p.price, quantity=q, measure=p.measure) for _, p, q in draws])
    facts = [
        _fact(f"KB22-{n:05d}", day, product, amount, chance, recorded_by_id)
        for n, ((day, product, _), amount) in enumerate(zip(draws, amounts, strict=True), start=1)
    ]
    statistics.record_many(facts)


def _quantity(product: Sold, chance) -> int:
    """Around the report's 634,000 đ a sale: kilograms by the crate, packs by the carton."""
    dong = chance.choice((150_000, 250_000, 400_000, 600_000, 900_000, 1_600_000))
    if product.measure == "mass":
        return max(1_000, round(dong * 1000 / product.price / 500) * 500)
    return max(1, round(dong / product.price))


def _fact(source: str, day: date, product: Sold, dong: int, chance, recorded_by_id: int) -> dict:
    pieces = 0 if product.measure == "mass" else max(1, dong // product.price)
    grams = dong * 1000 // product.price if product.measure == "mass" else pieces * product.grams_per_piece
    return {
        "source": source,
        "source_line": 1,
        "day": day,
        "at": datetime.combine(day, time(10), VIETNAM).astimezone(UTC),
        "seller_id": product.seller_id,
        "seller_kind": product.seller_kind,
        "place_id": product.place_id,
        "category_id": product.category_id,
        "product_id": product.product_id,
        "ocop": product.ocop,
        "channel": chance.choice(CHANNELS),
        "method": chance.choice(METHODS),
        "transactions": 1,
        "grams": grams,
        "pieces": pieces,
        "dong": dong,
        "declared": True,
        "recorded_by_id": recorded_by_id,
    }


def count_visits(today: date) -> None:
    """Visits from the opening to mid-2022 as published, and those of the last weeks."""
    recent = days(date.fromordinal(today.toordinal() - 20), today)
    counts = {
        (day, "visit"): count
        for day, count in spread(published()["portal_mid_2022"]["visits"], days(OPENED, LAST), "visits").items()
    }
    counts |= {(day, "visit"): count for day, count in spread(140 * len(recent), recent, "visits-now").items()}
    statistics.add_visits(counts=counts)


def record_outreach(*, places: Sequence[int], recorded_by_id: int) -> None:
    """Sessions of training and support by unit and week, adding up to the published households and products.

    Written in one statement: the service records one session at a time, as an officer does.
    """
    figures = published()["first_half_2022"]
    weeks = [day for day in days(FIRST, LAST) if day.weekday() == 3]
    chance = generator("outreach")
    sessions = sorted((chance.choice(weeks), chance.choice(places)) for _ in range(180))
    weights = [chance.randint(20, 90) for _ in sessions]
    trained, supported = (
        split(figures["households_trained"], weights),
        split(figures["households_supported_onto_platforms"], weights),
    )
    products = split(figures["products_on_platforms"], weights)
    rows = []
    for number, (day, place_id) in enumerate(sessions):
        shared = {
            "day": day,
            "place_id": place_id,
            "channel": chance.choice(("postmart", "voso")),
            "note": "",
            "source": f"Danh sách hỗ trợ đợt {number + 1}, 6 tháng đầu năm 2022",
            "recorded_by_id": recorded_by_id,
        }
        rows.append({**shared, "kind": "trained", "households": trained[number], "products": 0})
        rows.append({**shared, "kind": "supported", "households": supported[number], "products": products[number]})
    with transaction() as session:
        session.execute(insert(OutreachRecord), rows)
