"""A log of a million real entries, checked by all three programs: `python -m tests.bench.scale [ENTRIES] [LEAVES]`.

For a night or a large machine, so no part of `make bench`. The entries are small and go through the append path that the
sequencer uses; a tenth of them come after the first map. Each check is a process of its own, whose peak of memory is told
(mark: below 100 MB for the two verifiers). LEAVES: so many more without bodies, for proofs alone. Exit 1 when a check fails.
"""

import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from tests.bench.wide_log import WideStorage
from tests.traceability.conftest import ORIGIN, SECOND, SECRET, sqlite_engine
from traceability.canonical.entry import NO_PREVIOUS, Entry, Link, write_entry
from traceability.canonical.types import EVENT
from traceability.checkpoint import parse_signer
from traceability.log import Log
from traceability.log.completeness import append_map
from traceability.log.export import export
from traceability.log.reader import TreeReader
from traceability.log.rehash import rehash
from traceability.log.sequencer import append
from traceability.merkle import leaf_hash, verify_consistency, verify_inclusion
from traceability.signer import Keeper, KeyFile, StateFile
from traceability.storage import guards
from traceability.storage.base import NewEntry
from traceability.storage.sql import SqlStorage

ENTRIES, PER_LOT, BATCH, PROOFS = 1_000_000, 8, 4096, 500
MOST = 100
"""Megabytes a verifier may use."""
OPERATOR = "org:market"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LAUNCHER = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""
"""Small itself: the kernel counts for a child the memory of who started it."""
ROOT = Path(__file__).resolve().parents[2]
VERIFIER = ROOT / "traceability" / "standalone" / "verifier" / "tlog_verify.py"


def main(arguments: list[str]) -> int:
    """Build, check, tell; the exit code."""
    if arguments[:1] in (["quick"], ["full"]):
        return _audit(arguments[0], Path(arguments[1]))
    entries, leaves = (int(arguments[at]) if len(arguments) > at else default for at, default in ((0, ENTRIES), (1, 0)))
    with tempfile.TemporaryDirectory() as folder:
        good = _real(Path(folder), entries)
    if leaves:
        _tell(f"{PROOFS} proofs of inclusion and of consistency at {leaves:,} leaves", PROOFS, _proofs(leaves))
    return 0 if good else 1


def _real(folder: Path, entries: int) -> bool:
    log, engine = _open(folder)
    began = time.monotonic()
    with engine.begin() as connection:
        guards.create(connection)
        log.incept(connection, entry_id="urn:uuid:genesis", who=OPERATOR, policy=b"", now=NOW)
    _grow(log, engine, entries)
    log.checkpoint(engine.begin, NOW)
    _tell("sealed in batches, two maps, signed", entries, time.monotonic() - began)
    began = time.monotonic()
    with engine.begin() as connection:
        export(log, connection, folder / "export")
    _tell("exported", entries, time.monotonic() - began)
    engine.dispose()
    ours, theirs = (sum(path.stat().st_size for path in place) / 1e6 for place in (folder.glob("log.db*"), _files(folder / "export")))
    print(f"   database {ours:.0f} MB, export {theirs:.0f} MB in {sum(1 for _ in _files(folder / 'export'))} files", flush=True)
    this = [sys.executable, "-m", "tests.bench.scale"]
    checks = {
        "quick audit": ([*this, "quick", folder], None),
        "full audit": ([*this, "full", folder], None),
        "tlog_verify.py export": ([sys.executable, VERIFIER, "export", folder / "export"], MOST),
        "python -m traceability verify": ([sys.executable, "-m", "traceability", "verify", folder / "export"], MOST),
    }
    passed = [_checked(name, entries, command, most) for name, (command, most) in checks.items()]
    return all(passed)


def _open(folder: Path):
    keys = KeyFile(folder / "keys")
    keeper = Keeper(StateFile(folder / "state"), keys)
    if not keys.path.exists():
        keys.write([parse_signer(SECRET), parse_signer(SECOND)])
        keeper.incept(ORIGIN)
    return Log(ORIGIN, SqlStorage(), keeper), sqlite_engine(folder / "log.db")


def _grow(log: Log, engine, entries: int) -> None:
    made, first = _entries(random.Random(entries)), entries - entries // 10
    for start in range(0, entries, BATCH):
        with engine.begin() as connection:
            edge = log.storage.lock_head(connection, wait=True)
            append(log.storage, connection, edge, [next(made) for _ in range(min(BATCH, entries - start))])
            if start <= first < start + BATCH or start + BATCH >= entries:
                append_map(log.storage, connection, origin=ORIGIN, who=OPERATOR, now=NOW)


def _entries(rng: random.Random) -> Iterator[NewEntry]:
    """Events of lots with `PER_LOT` entries each, a thousand lots at a time, in no order."""
    tails: dict[str, tuple[int, bytes]] = {}
    lots = 0
    while True:
        while len(tails) < 1000:
            tails[f"LOT{lots:08d}"] = (0, NO_PREVIOUS)
            lots += 1
        lot = rng.choice([*tails]) if rng.random() < 0.01 else next(iter(tails))
        n, previous = tails.pop(lot)
        name = uuid.UUID(int=rng.getrandbits(128)).urn
        event = {"eventID": name, "eventTime": "2026-01-31T02:00:00.000Z"}
        data = write_entry(Entry(EVENT, ORIGIN, name, NOW, f"alias:{rng.randrange(500)}", event, (Link(lot, n, previous),)))
        leaf = leaf_hash(data)
        if n + 1 < PER_LOT:
            tails[lot] = (n + 1, leaf)
        yield NewEntry(name, (Link(lot, n, previous),), data, leaf)


def _audit(kind: str, folder: Path) -> int:
    log, engine = _open(folder)
    with engine.begin() as connection:
        found = rehash(log.storage, connection) if kind == "quick" else log.check(connection)
    print(f"{found.size} entries, sound: {found.sound} {found.problems[:3] or ''}")
    return 0 if found.sound else 1


def _checked(name: str, entries: int, command: list, most: int | None) -> bool:
    """Run it and tell its time and its peak of memory."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", LAUNCHER, *map(str, command)], cwd=ROOT, capture_output=True, text=True)
    *said, kilobytes = done.stdout.splitlines()
    megabytes = int(kilobytes) / 1024
    mark = f" (mark {most})" if most else ""
    _tell(name, entries, time.monotonic() - began, f", {megabytes:.0f} MB{mark}, exit {done.returncode}: {said[0][:60] if said else done.stderr}")
    return done.returncode == 0 and (most is None or megabytes < most)


def _proofs(leaves: int) -> float:
    """Seconds to make and check them; AssertionError or ProofError when one does not hold."""
    tree = TreeReader(WideStorage([sha256(b"%d" % number).digest() for number in range(leaves)], {}, []), None)
    rng, root = random.Random(leaves), tree.root(leaves)
    began = time.monotonic()
    for _ in range(PROOFS):
        index, first = rng.randrange(leaves), rng.randrange(1, leaves)
        leaf = sha256(b"%d" % index).digest()
        verify_inclusion(leaf, index, leaves, tree.inclusion(index, leaves), root)
        verify_consistency(first, leaves, tree.root(first), root, tree.consistency(first, leaves))
    return time.monotonic() - began


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _tell(name: str, count: int, seconds: float, more: str = "") -> None:
    print(f"   {name:<70} {seconds:>8.1f} s {count / max(seconds, 1e-9):>10,.0f}/s{more}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
