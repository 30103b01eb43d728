"""The log against ceilings of the same run: durable inserts, clients that queue, single-row reads, bare hashing.

Clients and the sequencer are processes of their own, as in a city. PostgreSQL commits durably here.
"""

import multiprocessing
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, make_url, select, text

from tests.engines import postgres_url
from tests.traceability.conftest import ORIGIN, sqlite_engine
from traceability.log import Audit, Log
from traceability.log.reader import TreeReader
from traceability.log.rehash import rehash
from traceability.log.sequencer import append
from traceability.merkle import Edge, leaf_hash
from traceability.signer import Keeper, KeyFile, StateFile
from traceability.signer.server import begin
from traceability.storage import guards, tables
from traceability.storage.base import NewEntry
from traceability.storage.sql import SqlStorage

ROUNDS, SECONDS, TREE, AUDITED = 400, 8.0, 1_000_000, 20_000
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
SEALED, WAITING = "sealed meanwhile (postgresql)", "none pending 2 s after the load (postgresql)"
QUEUED = "queued by 8 clients (postgresql)"
DETAIL = {f"cns:detail{number}": "phun thuốc trừ sâu sinh học" for number in range(8)}
"""Makes an entry some 620 bytes long."""


def run(rounds: int = ROUNDS, seconds: float = SECONDS, tree: int = TREE, audited: int = AUDITED) -> list[dict]:
    """Rows {name, value, unit, base, ratio, mark}."""
    rows = [_inline(rounds), *_audits(audited), _proof(tree, rounds)]
    server = postgres_url()
    if server:
        return [*rows, *_kept_up(server, seconds), _more_clients(server, seconds)]
    return [*rows, *({"name": name, "missing": "no PostgreSQL"} for name in (SEALED, WAITING, QUEUED))]


def _row(name: str, value: float, unit: str, base: str, ratio: float, mark: float) -> dict:
    return {"name": name, "value": value, "unit": unit, "base": base, "ratio": ratio, "mark": mark}


def _event() -> dict:
    return {"eventID": uuid.uuid4().urn, "eventTime": "2026-01-31T02:00:00.000Z", "type": "ObjectEvent", **DETAIL}


def _submit(log: Log, connection, lot: str, *, at_once: bool = False) -> None:
    log.submit(connection, event=_event(), lots=[lot], who="seller:htx-thoi-an", recorded_at=NOW, at_once=at_once)


def _begun(engine: Engine, folder: Path) -> Log:
    state, keys = StateFile(folder / "state"), KeyFile(folder / "keys")
    begin(ORIGIN, state, keys)
    log = Log(ORIGIN, SqlStorage(), Keeper(state, keys))
    with engine.begin() as connection:
        guards.create(connection)
        log.incept(connection, entry_id="urn:uuid:genesis", who="org:market", policy=b"", now=NOW)
    return log


def _median(*works: Callable[[], None], rounds: int) -> list[float]:
    """Median seconds of each, taken in turns."""
    taken: list[list[float]] = [[] for _ in works]
    for number in range(rounds + 20):
        for work, times in zip(works, taken, strict=True):
            began = time.perf_counter()
            work()
            if number >= 20:
                times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in taken]


def _inline(rounds: int) -> dict:
    """One client on SQLite: an entry sealed in its transaction, against one row written durably."""
    with tempfile.TemporaryDirectory() as folder:
        engine = sqlite_engine(Path(folder) / "log.db")
        log = _begun(engine, Path(folder))
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT UNIQUE, bytes BLOB)"))

        def plain() -> None:
            with engine.begin() as connection:
                row = {"name": uuid.uuid4().urn, "bytes": b"x" * 620}
                connection.execute(text("INSERT INTO plain (name, bytes) VALUES (:name, :bytes)"), row)

        def sealed() -> None:
            with engine.begin() as connection:
                _submit(log, connection, "LOT1", at_once=True)

        bare, ours = _median(plain, sealed, rounds=rounds)
        engine.dispose()
    return _row("an entry sealed inline (sqlite)", 1 / ours, "1/s", f"durable insert, {1 / bare:.0f}/s", bare / ours, 0.75)


def _audits(entries: int) -> list[dict]:
    """The quick audit (every byte hashed again up to the signed root) and the full one (profile, links and rights
    besides), against SHA-256 over the same bytes read from the same rows."""
    with tempfile.TemporaryDirectory() as folder:
        engine = sqlite_engine(Path(folder) / "log.db")
        log = _begun(engine, Path(folder))
        with engine.begin() as connection:
            for number in range(entries):
                _submit(log, connection, f"LOT{number % 500}")
            while log.sequence(connection).sealed:
                pass
            hashed = partial(_hashed, connection)
            bare, quick = _fastest(hashed, lambda: _sound(rehash(log.storage, connection)))
            began = time.perf_counter()
            _sound(log.check(connection))
            full = time.perf_counter() - began
        engine.dispose()
    base = f"reading and hashing, {entries / bare:.0f}/s"
    return [
        _row("quick audit, every byte hashed (sqlite)", entries / quick, "1/s", base, bare / quick, 0.5),
        _row("full audit (sqlite)", entries / full, "1/s", base, bare / full, 0.5),
    ]


def _hashed(connection: Connection) -> None:
    for data in list(connection.execute(select(tables.body.c.bytes).order_by(tables.body.c.seq)).scalars()):
        sha256(data).digest()


def _sound(audit: Audit) -> None:
    if not audit.sound:
        raise RuntimeError("the log is not sound")


def _fastest(*works: Callable[[], None], rounds: int = 7) -> list[float]:
    """The shortest seconds of each, taken in turns: single runs this long differ by half with what else the machine does."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            began = time.perf_counter()
            work()
            times.append(time.perf_counter() - began)
    return [min(times) for times in taken]


def _proof(size: int, rounds: int) -> dict:
    """A cold inclusion proof in a tree of `size`, against twenty reads of one row by its key."""
    with tempfile.TemporaryDirectory() as folder:
        engine, storage = sqlite_engine(Path(folder) / "log.db"), SqlStorage()
        with engine.begin() as connection:
            tables.metadata.create_all(connection)  # without guards: only to grow quickly
            storage.start(connection)
            edge = Edge()
            for start in range(0, size, 4096):
                batch = [_numbered(number) for number in range(start, min(size, start + 4096))]
                edge = append(storage, connection, edge, batch)
        indexes = iter(range(7, 10**9, 7919))
        one = select(tables.entry.c.leaf).where(tables.entry.c.seq == text(":seq"))
        with engine.begin() as connection:

            def proof() -> None:
                TreeReader(storage, connection).inclusion(next(indexes) % size, size)

            def reads() -> None:
                first = next(indexes)
                for number in range(20):
                    connection.execute(one, {"seq": (first + number * 104_729) % size}).scalar()

            ours, bare = _median(proof, reads, rounds=rounds)
        engine.dispose()
    return _row(f"inclusion proof at {size}", ours * 1000, "ms", f"20 single-row reads, {bare * 1000:.2f} ms", ours / bare, 5)


def _numbered(number: int) -> NewEntry:
    data = b"%d" % number
    return NewEntry(f"urn:x:{number}", (), data, leaf_hash(data))


@contextmanager
def _schema(server: str):
    url = make_url(server).set(drivername="postgresql+psycopg")
    name, owner = f"tlog_{uuid.uuid4().hex}", create_engine(url)
    with owner.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    with tempfile.TemporaryDirectory() as folder:
        engine = _engine(server, name)
        _begun(engine, Path(folder))
        engine.dispose()
        yield name
    with owner.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    owner.dispose()


def _engine(server: str, schema: str) -> Engine:
    url = make_url(server).set(drivername="postgresql+psycopg")
    return create_engine(url, connect_args={"options": f"-csearch_path={schema}"})


def _client(server: str, schema: str, number: int, seconds: float, ready, results) -> None:
    """Queues on lots of its own until the time is over; gives back how many."""
    engine, log, done = _engine(server, schema), Log(ORIGIN, SqlStorage()), 0
    with engine.connect():
        ready.wait()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with engine.begin() as connection:
            _submit(log, connection, f"LOT{number}-{done % 50}")
        done += 1
    engine.dispose()
    results.put(done)


def _sequencer(server: str, schema: str, ready, stop) -> None:
    """The worker's loop without a site: drains what waits, looks again after a fifth of a second."""
    engine, log = _engine(server, schema), Log(ORIGIN, SqlStorage())
    with engine.connect():
        ready.wait()
    while not stop.is_set():
        with engine.begin() as connection:
            sealed = log.sequence(connection, wait=False).sealed
        if sealed < 512:
            stop.wait(0.2)
    engine.dispose()


def _load(server: str, schema: str, clients: int, seconds: float, *, drained: bool) -> tuple[int, int, int]:
    """Entries queued by the clients, sealed when they ended, and still waiting two seconds later."""
    context = multiprocessing.get_context("spawn")
    ready, results, stop = context.Barrier(clients + drained + 1), context.Queue(), context.Event()
    workers = [context.Process(target=_client, args=(server, schema, n, seconds, ready, results)) for n in range(clients)]
    drain = [context.Process(target=_sequencer, args=(server, schema, ready, stop))] if drained else []
    for process in (*workers, *drain):
        process.start()
    ready.wait()
    queued = sum(results.get() for _ in workers)
    engine, log = _engine(server, schema), Log(ORIGIN, SqlStorage())
    with engine.begin() as connection:
        sealed = log.size(connection) - 1
    time.sleep(2)
    with engine.begin() as connection:
        waiting = connection.scalar(text("SELECT count(*) FROM tlog_pending"))
    stop.set()
    for process in (*workers, *drain):
        process.join()
    engine.dispose()
    return queued, sealed, waiting


def _kept_up(server: str, seconds: float) -> list[dict]:
    with _schema(server) as schema:
        queued, sealed, waiting = _load(server, schema, 4, seconds, drained=True)
    base = f"queued by 4 clients, {queued / seconds:.0f}/s"
    return [
        _row(SEALED, sealed / seconds, "1/s", base, sealed / queued, 0.9),
        _row(WAITING, waiting, "rows", "all queued", waiting / queued, 0),
    ]


def _more_clients(server: str, seconds: float) -> dict:
    with _schema(server) as schema:
        one, _, _ = _load(server, schema, 1, seconds, drained=False)
        eight, _, _ = _load(server, schema, 8, seconds, drained=False)
    return _row(QUEUED, eight / seconds, "1/s", f"queued by 1, {one / seconds:.0f}/s", eight / one, 1.5)
