"""PostgreSQL roles for real: what the web role and the sequencer role may and may not do to the log's tables."""

import uuid

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.traceability.conftest import NOW
from traceability.storage.roles import role_statements
from traceability.storage.tables import metadata

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

SEALED = ("tlog_entry", "tlog_body", "tlog_lotlink", "tlog_tile", "tlog_checkpoint", "tlog_note")


@pytest.fixture
def acting_as(engine, log, fill):
    """Opens a transaction as one of the roles; the log has entries, a checkpoint and something that waits."""
    fill(260)
    log.checkpoint(engine.begin, NOW)
    prefix = f"t{uuid.uuid4().hex[:10]}"
    with engine.begin() as connection:
        schema = connection.scalar(text("SELECT current_schema()"))
        for statement in [*role_statements(prefix, engine.url.database, metadata.tables, schema)] * 2:
            connection.execute(text(statement))
    roles = {}

    def begin(role):
        if role not in roles:
            url = engine.url.set(username=f"{prefix}_{role}")
            roles[role] = create_engine(url, connect_args={"options": f"-csearch_path={schema}"})
        return roles[role].begin()

    yield begin
    for made in roles.values():
        made.dispose()
    with engine.begin() as connection:
        connection.execute(text(f"REASSIGN OWNED BY {prefix}_owner TO CURRENT_USER"))
        for name in ("web", "sequencer", "owner"):
            connection.execute(text(f"DROP OWNED BY {prefix}_{name}"))
            connection.execute(text(f"DROP ROLE {prefix}_{name}"))


def refused(begin, role, statement):
    with pytest.raises(DBAPIError) as refusal, begin(role) as connection:
        connection.execute(text(statement))
    return refusal.value.orig.sqlstate


DENIED = "42501"
MEDDLING = [
    *(f"UPDATE {table} SET {'seq = seq' if table in ('tlog_entry', 'tlog_body', 'tlog_lotlink') else 'size = size'}"
      for table in ("tlog_entry", "tlog_body", "tlog_lotlink", "tlog_checkpoint", "tlog_note")),
    "UPDATE tlog_tile SET root = root",
    *(f"DELETE FROM {table}" for table in SEALED),
    *(f"TRUNCATE {table} CASCADE" for table in SEALED),
    *(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in SEALED),
    *(f"DROP TABLE {table} CASCADE" for table in SEALED),
    "DROP TRIGGER tlog_entry_no_rows ON tlog_entry",
    "SET session_replication_role = replica",
    "UPDATE tlog_pending SET bytes = bytes",
    "DELETE FROM tlog_head",
]  # fmt: skip


@pytest.mark.parametrize("role", ["web", "sequencer"])
def test_nobody_meddles_with_what_is_sealed(acting_as, role):
    assert {statement: refused(acting_as, role, statement) for statement in MEDDLING} == dict.fromkeys(MEDDLING, DENIED)


def test_the_web_role_seals_nothing_and_moves_no_head(acting_as):
    inserts = [f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1" for table in SEALED]
    inserts += ["UPDATE tlog_head SET size = size", "DELETE FROM tlog_pending", "DELETE FROM tlog_pendinglot"]
    inserts += ["UPDATE tlog_opening SET box = box", "DELETE FROM tlog_opening"]  # erasing is the worker's
    assert {statement: refused(acting_as, "web", statement) for statement in inserts} == dict.fromkeys(inserts, DENIED)


def test_the_web_role_writes_openings_beside_what_it_records(acting_as):
    with acting_as("web") as connection:
        connection.execute(text("INSERT INTO tlog_opening VALUES ('e', '/p', 'k', '2030-01-01', false, '\\x00')"))
        assert connection.scalar(text("SELECT count(*) FROM tlog_opening")) == 1


def test_the_web_role_queues_and_reads_and_the_sequencer_seals_and_publishes(acting_as, engine, log, make_event):
    with acting_as("web") as connection:
        receipt = log.submit(connection, event=make_event(5000), lots=["NEW"], who="org:coop", recorded_at=NOW)
        assert [record.leaf for record in log.lot(connection, "NEW")] == [receipt.leaf]
        assert log.latest_checkpoint(connection).checkpoint.size == 261
    with acting_as("sequencer") as connection:
        assert log.sequence(connection, wait=False).sealed == 1
    assert log.checkpoint(lambda: acting_as("sequencer"), NOW).checkpoint.size == 262
    with acting_as("web") as connection:
        assert log.find(connection, receipt.id).seq == 261
        assert log.check(connection).sound


def test_only_the_sequencer_withholds_a_body_and_only_an_announced_one(acting_as):
    assert refused(acting_as, "web", "SELECT tlog_withhold(7)") == DENIED
    with acting_as("sequencer") as connection:
        connection.execute(text("SELECT tlog_withhold(7)"))
        assert connection.scalar(text("SELECT count(*) FROM tlog_body WHERE seq = 7")) == 1


def test_the_owner_cannot_sign_in(acting_as):
    with pytest.raises(DBAPIError), acting_as("owner"):
        pass
