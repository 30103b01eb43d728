"""Search over 100,000 products against a single-row read by primary key, both engines, in the same run."""

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert, select, text

from marketplace.catalogue.keys import keys_of, slug_of
from marketplace.catalogue.models import Category, Product
from marketplace.database import db, transaction
from marketplace.search.criteria import Criteria
from marketplace.search.queries import search_products
from tests.engines import PostgresDatabase, SqliteDatabase, postgres_url
from tests.factories.sellers import make_seller

PRODUCTS = 100_000
ROUNDS = 30
DAY = date(2026, 11, 22)
GOODS = (
    "Xoài",
    "Bưởi",
    "Cam",
    "Khóm",
    "Dừa",
    "Dưa hấu",
    "Sầu riêng",
    "Mít",
    "Nhãn",
    "Chôm chôm",
    "Gạo",
    "Nếp",
    "Đậu xanh",
    "Bắp",
    "Cá lóc",
    "Tôm",
    "Mắm",
    "Trứng vịt",
    "Thịt heo",
    "Rau muống",
    "Cải xanh",
    "Cà chua",
    "Ổi",
    "Mận",
    "Vú sữa",
    "Trà",
    "Mật ong",
)
KINDS = (
    "cát",
    "sành",
    "ruột đỏ",
    "da xanh",
    "xiêm",
    "sáp",
    "Năm Roi",
    "lứt",
    "thơm",
    "hữu cơ",
    "đồng",
    "ta",
    "lai",
    "mật",
    "keo",
)
PLACES = ("Hòa Lộc", "Phong Điền", "Cái Răng", "Ô Môn", "Thốt Nốt", "Cờ Đỏ", "Kế Sách", "Phụng Hiệp", "Long Mỹ", "Châu Thành")
QUERIES = {
    "one word, thousands of hits": "gạo",
    "two words": "sầu riêng",
    "three words": "dua xiem phong",
    "unfinished word": "đậu xa",
    "rare": "vú sữa keo long",
    "absent": "măng tây",
}


def run() -> list[dict]:
    """Median times in milliseconds; `base` is the primary-key read on the same engine, `ratio` value / base."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        engines = [SqliteDatabase]
        server = postgres_url()
        if server:
            engines.append(lambda place: PostgresDatabase(place, server))
        for number, make in enumerate(engines):
            place = Path(folder, str(number))
            place.mkdir()
            database = make(place)
            try:
                database.reset()
                with database.app.app_context():
                    results += _measure(database.name)
                    db.session.remove()
            finally:
                database.close()
    return results if server else [*results, {"name": "search (postgresql)", "missing": "no PostgreSQL"}]


def _measure(engine: str) -> list[dict]:
    _fill()
    first, last = db.session.execute(text("SELECT min(id), max(id) FROM product")).one()
    by_key = select(Product.name).where(Product.id == text(":id"))
    base = _median(lambda: db.session.execute(by_key, {"id": random.randint(first, last)}).all())
    rows = []
    for label, query in QUERIES.items():
        criteria = Criteria(text=query)
        value = _median(lambda criteria=criteria: search_products(criteria, day=DAY))
        rows.append({"name": f"search {label}: {query} ({engine})", "value": value, "unit": "ms"})
    browse = _median(lambda: search_products(Criteria(), day=DAY))
    rows.append({"name": f"catalogue without query ({engine})", "value": browse, "unit": "ms"})
    return [row | {"base": f"one row by its key, {base:.2g} ms", "ratio": row["value"] / base} for row in rows]


def _fill() -> None:
    """PRODUCTS listed products of 40 sellers with names as growers write them."""
    chosen = random.Random(7)
    sellers = [make_seller(name=f"Hợp tác xã {place} {n}").id for n in range(4) for place in PLACES]
    shelves = list(db.session.scalars(select(Category.id).where(Category.parent_id.is_not(None))))
    began = datetime(2026, 1, 1, tzinfo=UTC)
    rows = []
    for number in range(PRODUCTS):
        name = f"{chosen.choice(GOODS)} {chosen.choice(KINDS)} {chosen.choice(PLACES)} {number % 997}"
        keys = keys_of(name=name)
        rows.append(
            {
                "seller_id": chosen.choice(sellers),
                "category_id": chosen.choice(shelves),
                "name": name,
                "slug": slug_of(name),
                "name_key": keys.name,
                "marked_key": keys.marked,
                "search_key": keys.search,
                "description": "",
                "variety": "",
                "state": "listed",
                "measure": "mass",
                "unit_label": "kg",
                "price": chosen.randrange(5, 300) * 1000,
                "step": 500,
                "minimum": 1000,
                "perishable": True,
                "produced_by_seller": True,
                "created_at": began,
                "updated_at": began,
                "listed_at": began + timedelta(minutes=number),
                "version": 1,
            }
        )
    with transaction() as session:
        session.execute(insert(Product), rows)
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def _median(work: Callable[[], object]) -> float:
    for _ in range(8):
        work()
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    for row in run():
        print(f"{row['name']:<55} {row['value']:8.2f} {row['unit']}  {row['ratio']:6.1f} x {row['base']:.2f}")
