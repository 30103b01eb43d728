"""What the tests of the log share: published vectors, both engines, a started log, a literal slow tree."""

import json
import sqlite3
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, make_url, text

from traceability.checkpoint import Signer, parse_signer
from traceability.log import Log
from traceability.signer import Keeper, KeyFile, StateFile
from traceability.storage import guards
from traceability.storage.memory import MemoryStorage
from traceability.storage.sql import SqlStorage

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "vectors"
ORIGIN = "trace.test.example/log/1"
# made-up keys: the bytes 00 01 … 1f and 20 21 … 3f
SECRET = "PRIVATE+KEY+trace.test.example/log/1+5182a76d+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
SECOND = "PRIVATE+KEY+trace.test.example/log/1+149ca454+BCAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/"
NOW = datetime(2026, 1, 31, 3, 4, 5, 678_000, tzinfo=UTC)


@pytest.fixture
def published() -> Callable[[str], object]:
    """Reads a published vector file; the folder stands beside the repository and may be absent."""

    def read(name: str) -> object:
        path = PUBLISHED / name
        if not path.exists():
            pytest.skip("the published vectors (../shared/vectors) are not beside this checkout")
        return json.loads(path.read_text(encoding="utf-8"))

    return read


@pytest.fixture
def published_folder() -> Path:
    if not PUBLISHED.exists():
        pytest.skip("the published vectors (../shared/vectors) are not beside this checkout")
    return PUBLISHED


@pytest.fixture
def slow_root() -> Callable[[list[bytes]], bytes]:
    """RFC 6962 §2.1 word for word, over leaf hashes: the judge of the fast tree."""

    def root(leaves: list[bytes]) -> bytes:
        if not leaves:
            return sha256(b"").digest()
        if len(leaves) == 1:
            return leaves[0]
        k = 1
        while k * 2 < len(leaves):
            k *= 2
        return sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()

    return root


@pytest.fixture
def key() -> Signer:
    """The plain key of the test's log."""
    return parse_signer(SECRET)


@pytest.fixture
def signer(tmp_path: Path) -> Keeper:
    """A fresh signer with both keys, whose clock stands still."""
    keys = KeyFile(tmp_path / "keys")
    keys.write([parse_signer(SECRET), parse_signer(SECOND)])
    keeper = Keeper(StateFile(tmp_path / "state"), keys, clock=lambda: NOW)
    keeper.incept(ORIGIN)
    return keeper


@pytest.fixture
def make_event() -> Callable[..., dict]:
    """An EPCIS record as it stands in an entry."""

    def make(number: int | None = None, **more: object) -> dict:
        name = uuid.UUID(int=number).urn if number is not None else uuid.uuid4().urn
        record = {
            "type": "ObjectEvent",
            "eventID": name,
            "eventTime": "2026-01-31T02:00:00.000Z",
            "eventTimeZoneOffset": "+07:00",
            "action": "OBSERVE",
            "bizStep": "cns:bs-irrigating",
        }
        return record | more

    return make


@pytest.fixture
def memory_log(signer: Keeper) -> Log:
    """A started log in memory; its connection is None."""
    log = Log(ORIGIN, MemoryStorage(), signer)
    log.incept(None, entry_id="urn:uuid:genesis", who="org:market", policy=b"policy", now=NOW)
    return log


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path):
    """An engine with the log's tables and guards, as the application would connect."""
    if request.param == "sqlite":
        made = sqlite_engine(tmp_path / "log.db")
        with made.begin() as connection:
            guards.create(connection)
        yield made
        made.dispose()
        return
    if request.config._postgres is None:
        pytest.skip("PostgreSQL does not answer")
    url = make_url(request.config._postgres).set(drivername="postgresql+psycopg")
    schema = f"tlog_{uuid.uuid4().hex}"
    owner = create_engine(url)
    with owner.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    made = create_engine(url, connect_args={"options": f"-csearch_path={schema}"}, pool_size=20)
    with made.begin() as connection:
        guards.create(connection)
    yield made
    made.dispose()
    with owner.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    owner.dispose()


def sqlite_engine(path: Path) -> Engine:
    made = create_engine(f"sqlite:///{path}")

    @event.listens_for(made, "connect")
    def configure(connection, _record):
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=20000"):
            connection.execute(f"PRAGMA {pragma}")
        guards.install_sqlite_guard(connection)

    @event.listens_for(made, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made


@pytest.fixture
def open_sqlite() -> Callable[[Path], Engine]:
    return sqlite_engine


@pytest.fixture
def log(engine: Engine, signer: Keeper) -> Log:
    """A started log on the engine of this test."""
    made = Log(ORIGIN, SqlStorage(), signer)
    with engine.begin() as connection:
        made.incept(connection, entry_id="urn:uuid:genesis", who="org:market", policy=b"policy", now=NOW)
    return made


@pytest.fixture
def fill(engine: Engine, log: Log, make_event) -> Callable[[int], list]:
    """Submits and seals entries on three lots, in one transaction; returns the receipts."""

    def run(count: int, start: int = 1000) -> list:
        receipts = []
        with engine.begin() as connection:
            for number in range(start, start + count):
                receipts.append(
                    log.submit(
                        connection,
                        event=make_event(number),
                        lots=[f"LOT{number % 3}"],
                        who="org:coop",
                        recorded_at=NOW,
                    )
                )
            while log.sequence(connection).sealed:
                pass
        return receipts

    return run


@pytest.fixture
def sealed(engine, log, fill):
    """262 entries (one full tile, six beyond it), a checkpoint of 258 and one of 262."""
    fill(257)
    log.checkpoint(engine.begin, NOW)
    fill(4, start=5000)
    log.checkpoint(engine.begin, NOW)
    return log


@pytest.fixture
def tamper(engine):
    """Runs statements on the log's tables with every guard removed, as a superuser could."""

    def run(*statements):
        if engine.dialect.name == "sqlite":
            bare = sqlite3.connect(engine.url.database)
            for (name,) in bare.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                bare.execute(f"DROP TRIGGER {name}")
            for statement, values in statements:
                bare.execute(statement, values)
            bare.commit()
            bare.close()
            return
        with engine.begin() as connection:
            for table in (*guards.WRITTEN_ONCE, guards.HEAD, guards.REDACTION):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            for statement, values in statements:
                connection.execute(text(statement), values)

    return run


@pytest.fixture
def rows(engine, sealed):
    with engine.begin() as connection:
        return sealed.storage.sealed(connection, 0, 262)
