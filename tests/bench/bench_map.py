"""The completeness map at a million lots: built whole, extended by 1,000 changed lots, one proof made and verified.

The ceiling is what must be hashed anyway: every record once for the build, 1,000 buckets and their paths for the change.
Set BENCH_LOTS to a smaller number for a smoke run.
"""

import os
import tempfile
import time
from hashlib import sha256
from pathlib import Path

from sqlalchemy import create_engine, event, insert, text

from traceability.log.completeness import _build, _extend, map_proof
from traceability.lotmap import LotMap, record_of, verify_map
from traceability.storage import tables
from traceability.storage.sql import SqlStorage

LOTS = int(os.environ.get("BENCH_LOTS", "1000000"))
CHANGED = 1_000
_CHUNK = 50_000


def run() -> list[dict]:
    """Rows for the report."""
    leaf = sha256(b"leaf").digest()
    records = [record_of(f"LOT{number}", 1, leaf) for number in range(LOTS)]
    hashing = _timed(lambda: [sha256(item).digest() for item in records])
    rows = [_row(f"sha-256 of {LOTS} records", hashing, "s", "itself", hashing)]
    found = LotMap()
    whole = {f"LOT{number}": (1, leaf) for number in range(LOTS)}
    height = max(0, (LOTS - 1) // 16).bit_length()
    built = _timed(lambda: found.update(whole, height))
    rows.append(_row("map in memory, built", built, "s", "plain hashing", hashing))
    some = {f"LOT{number * (LOTS // CHANGED)}": (2, leaf) for number in range(CHANGED)}
    changing = _timed(lambda: found.update(some, height))
    paths = _timed(lambda: [sha256(leaf * 2).digest() for _ in range(CHANGED * (16 + height))])
    rows.append(_row(f"map in memory, {CHANGED} lots changed", changing * 1000, "ms", "their paths hashed", paths * 1000))
    return rows + _stored(leaf, hashing)


def _stored(leaf: bytes, hashing: float) -> list[dict]:
    storage = SqlStorage()
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'map.db'}")
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA journal_mode=WAL"))
        with engine.begin() as connection:
            tables.metadata.create_all(connection)
            _fill(connection, range(LOTS), 0, leaf)
            made: list = []
            building = _timed(lambda: made.append(_build(storage, connection, LOTS, None)))
            first = made[0]
            writing = _timed(
                lambda: storage.write_map(connection, first.state, first.buckets, first.groups, whole=True)
            )
            _fill(connection, range(0, LOTS, max(1, LOTS // CHANGED)), 1, leaf, start=LOTS)
            state = first.state
            after = connection.execute(text("SELECT max(seq) + 1 FROM tlog_entry")).scalar_one()

            def extend() -> None:
                grown = _extend(storage, connection, after, state)
                storage.write_map(connection, grown.state, grown.buckets, grown.groups, whole=False)

            changing = _timed(extend)
            proving = _timed(lambda: [map_proof(storage, connection, f"LOT{number}") for number in range(100)]) / 100
            proof = map_proof(storage, connection, "LOT7")
        engine.dispose()
    path = [proof.siblings[at : at + 32] for at in range(0, len(proof.siblings), 32)]
    checking = _timed(
        lambda: verify_map("LOT7", height=proof.height, root=proof.root, bucket=proof.bucket, siblings=path)
    )
    return [
        _row("map in SQLite, read and hashed", building, "s", "plain hashing", hashing),
        _row("map in SQLite, rows written", writing, "s", "plain hashing", hashing),
        _row(f"map in SQLite, {CHANGED} lots changed", changing * 1000, "ms", "one build", (building + writing) * 1000),
        _row("proof of a lot made", proving * 1000, "ms", "proof verified", checking * 1000),
        _row("proof of a lot, bytes", len(proof.bucket) + len(proof.siblings), "B", "20 hashes", 640),
    ]


def _fill(connection, lots: range, n: int, leaf: bytes, start: int = 0) -> None:
    for at in range(0, len(lots), _CHUNK):
        some = list(enumerate(lots[at : at + _CHUNK], start + at))
        connection.execute(insert(tables.entry), [{"seq": seq, "id": f"e{seq}", "leaf": leaf} for seq, _ in some])
        connection.execute(insert(tables.lotlink), [{"lot": f"LOT{lot}", "n": n, "seq": seq} for seq, lot in some])


def _timed(work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _row(name: str, value: float, unit: str, base: str, ceiling: float) -> dict:
    return {"name": name, "value": value, "unit": unit, "base": base, "ratio": value / ceiling if ceiling else 0, "mark": ""}
