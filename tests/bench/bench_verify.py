"""The two checks of an export as entries a second, against bare SHA-256 of the same entries read from the same files.

The mark is that of reference log.md §2.11 (half of the bare hashing) and holds for hashing alone. A whole check also parses
every entry, spells it again, follows every lot, looks for every id and recomputes the maps, in Python; it stays far below.
"""

import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from tests.bench.bench_log import NOW, _begun, _submit
from tests.traceability.conftest import sqlite_engine
from traceability.exported import Folder
from traceability.log.completeness import append_map
from traceability.log.export import export
from traceability.standalone.verifier import tlog_verify
from traceability.verify import verify_export

ENTRIES, LOTS, ROUNDS = 20_000, 500, 3


def run(entries: int = ENTRIES) -> list[dict]:
    """Rows {name, value, unit, base, ratio, mark}: value in entries a second."""
    with tempfile.TemporaryDirectory() as folder:
        place = _exported(Path(folder), entries)
        bare = _best(lambda: _bare(place))
        checks = {
            "tlog_verify.py, hashing part": (lambda: _hashing(place), 0.5),
            "tlog_verify.py export, every rule": (lambda: tlog_verify.ExportCheck(tlog_verify.Folder(place), None, [], None).run(), None),
            "python -m traceability verify, every rule": (lambda: _ours(place), None),
        }
        rows = []
        for name, (check, mark) in checks.items():
            taken = _best(check)
            base = f"bare SHA-256, {entries / bare:.0f}/s"
            rows.append({"name": name, "value": entries / taken, "unit": "1/s", "base": base, "ratio": bare / taken, "mark": mark})
    return rows


def _exported(folder: Path, entries: int) -> Path:
    engine = sqlite_engine(folder / "log.db")
    log = _begun(engine, folder)
    with engine.begin() as connection:
        for number in range(entries):
            _submit(log, connection, f"LOT{number % LOTS}")
        while log.sequence(connection).sealed:
            pass
        append_map(log.storage, connection, origin=log.origin, who="org:market", now=NOW)
    log.checkpoint(engine.begin, NOW)
    with engine.begin() as connection:
        export(log, connection, folder / "export")
    engine.dispose()
    return folder / "export"


def _bare(place: Path) -> None:
    """Every entry out of its bundle and hashed, and no more."""
    for path in (place / "tile" / "entries").rglob("*"):
        data, at = (path.read_bytes(), 0) if path.is_file() else (b"", 0)
        while at < len(data):
            stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
            sha256(data[at + 2 : stop]).digest()
            at = stop


def _hashing(place: Path) -> None:
    """Every leaf against its entry, every tile, the signed root."""
    check = tlog_verify.ExportCheck(tlog_verify.Folder(place), None, [], None)
    check.open()
    check.tiles = tlog_verify.Tiles(check.source, check.checkpoint.size)
    tree = tlog_verify.TreeCheck(check.tiles, set())
    if tree.edge.root() != check.checkpoint.root or sum(1 for _ in check.records()) != check.checkpoint.size:
        raise RuntimeError("the export is not sound")


def _ours(place: Path) -> None:
    if verify_export(Folder(place)).outcome:
        raise RuntimeError("the export is not sound")


def _best(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)
