"""Placing an order against the raw order-like transaction (three inserts and a conditional stock UPDATE), same run.

Both engines; one client. The base is the driver itself on tables of the same shape in the same database, with foreign
keys and indexes on (reference performance.md sections 4 and 9). Placing does more: it re-reads prices, stock, papers and
limits, freezes lines, writes holds, log, messages and payments, and answers a repeated press.
"""

import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert

from marketplace.database import db, transaction
from marketplace.orders import services
from marketplace.orders.models import Basket, BasketLine
from tests.engines import PostgresDatabase, SqliteDatabase, postgres_url
from tests.factories.orders import details_for, stocked_product

ROUNDS, WARM_UP = 150, 20
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MARKS = {"sqlite": 0.12, "postgresql": 0.35}
RAW_TABLES = (
    "CREATE TABLE raw_product (id INTEGER PRIMARY KEY, on_hand INTEGER NOT NULL, held INTEGER NOT NULL CHECK (held <= on_hand))",
    "CREATE TABLE raw_purchase (id {serial}, code TEXT NOT NULL UNIQUE, total INTEGER NOT NULL)",
    "CREATE TABLE raw_order (id {serial}, purchase_id INTEGER NOT NULL REFERENCES raw_purchase(id), state TEXT NOT NULL)",
    "CREATE TABLE raw_line (id {serial}, order_id INTEGER NOT NULL REFERENCES raw_order(id),"
    " product_id INTEGER NOT NULL REFERENCES raw_product(id), quantity INTEGER NOT NULL)",
    "CREATE INDEX raw_order_state ON raw_order (state, id)",
    "CREATE INDEX raw_line_product ON raw_line (product_id)",
    "INSERT INTO raw_product VALUES (1, 1000000000, 0)",
)


def run() -> list[dict]:
    """Rows {name, value, unit, base, ratio, mark}: value in orders a second, ratio to the raw four statements."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        rows += _measured(SqliteDatabase(_made(folder, "sqlite")))
        if postgres_url():
            rows += _measured(PostgresDatabase(_made(folder, "postgresql"), postgres_url()))
        else:
            rows.append({"name": "orders (postgresql)", "missing": "no PostgreSQL"})
    return rows


def _made(folder: str, name: str) -> Path:
    """A data folder of its own for each engine: it holds the signer's memory."""
    place = Path(folder, name)
    place.mkdir()
    return place


def _measured(database) -> list[dict]:
    database.reset()
    try:
        with database.app.app_context():
            raw, placing = _per_second(_raw(database.name), _placing())
            db.session.remove()
    finally:
        database.close()
    name = f"place an order of one line ({database.name})"
    base = f"raw four statements, {raw:.0f}/s"
    return [{"name": name, "value": placing, "unit": "1/s", "base": base, "ratio": placing / raw, "mark": MARKS[database.name]}]


def _raw(engine: str) -> Callable[[], None]:
    """The driver's own statements in one transaction."""
    connection = db.engine.raw_connection()
    cursor = connection.cursor()
    mark = "?" if engine == "sqlite" else "%s"
    serial = "INTEGER PRIMARY KEY" if engine == "sqlite" else "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    for statement in RAW_TABLES:
        cursor.execute(statement.format(serial=serial))
    connection.commit()
    purchase = f"INSERT INTO raw_purchase (code, total) VALUES ({mark}, 70000) RETURNING id"
    order = f"INSERT INTO raw_order (purchase_id, state) VALUES ({mark}, 'PENDING') RETURNING id"
    line = f"INSERT INTO raw_line (order_id, product_id, quantity) VALUES ({mark}, 1, 1000)"
    stock = "UPDATE raw_product SET held = held + 1 WHERE id = 1 AND on_hand - held >= 1"

    def once() -> None:
        if engine == "sqlite":
            cursor.execute("BEGIN IMMEDIATE")
        purchase_id = cursor.execute(purchase, (secrets.token_hex(8),)).fetchone()[0]
        order_id = cursor.execute(order, (purchase_id,)).fetchone()[0]
        cursor.execute(line, (order_id,))
        cursor.execute(stock)
        if engine == "sqlite":
            cursor.execute("COMMIT")
        else:
            connection.commit()

    return once


def _placing() -> Callable[[], None]:
    """The real verb; baskets are filled beforehand, so that only the placing itself is timed."""
    product = stocked_product(quantity=10**9)
    tokens = [secrets.token_urlsafe(16) for _ in range(ROUNDS + WARM_UP)]
    with transaction() as session:
        for number, token in enumerate(tokens, start=1):
            session.execute(insert(Basket), {"id": number, "token": token, "created_at": NOW, "updated_at": NOW})
            session.execute(
                insert(BasketLine), {"basket_id": number, "product_id": product.id, "quantity": 1_000, "seen_price": 45_000}
            )
    seal = details_for(tokens[0], now=NOW).seal
    wishes = [(token, details_for(None, now=NOW, phone=f"+8491{n:07d}", seal=seal)) for n, token in enumerate(tokens)]
    waiting = iter(wishes)

    def once() -> None:
        token, details = next(waiting)
        services.place_order(
            buyer=None, basket_token=token, details=details, method="cod", client_key=secrets.token_urlsafe(24), now=NOW
        )

    return once


def _per_second(*works: Callable[[], None]) -> list[float]:
    """Median rate of each, taken in turns, so that whatever else the machine does weighs on all alike."""
    taken: list[list[float]] = [[] for _ in works]
    for number in range(WARM_UP + ROUNDS):
        for work, times in zip(works, taken, strict=True):
            began = time.perf_counter()
            work()
            if number >= WARM_UP:
                times.append(time.perf_counter() - began)
    return [1 / statistics.median(times) for times in taken]
