"""The nightly full check: once a night, counts by kind that go on, a finding that is not overlooked."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from marketplace import provenance
from marketplace.database import db, transaction
from marketplace.provenance.auditing import LogAudit, last_audit
from traceability.canonical.types import EVENT, GENESIS

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)  # in Can Tho; the night's hour is 19:00 UTC
KEEPERS = {"sqlite": "DROP TRIGGER tlog_body_no_update", "postgresql": "ALTER TABLE tlog_body DISABLE TRIGGER tlog_body_no_rows"}


def write(count: int) -> None:
    with transaction():
        for _ in range(count):
            provenance.record(kind="irrigating", event={"at": NOON}, lots=[provenance.new_code()], who="seller:a", now=NOON)


def runs() -> int:
    return db.session.scalar(select(func.count()).select_from(LogAudit))


@pytest.mark.parametrize(
    ("later", "again"),
    [(timedelta(minutes=1), False), (timedelta(hours=13, minutes=59), False), (timedelta(hours=14), True), (timedelta(hours=40), True)],
)
def test_once_a_night(app, later, again):
    assert provenance.audit_at_night(now=NOON) == 1

    provenance.audit_at_night(now=NOON + later)

    assert runs() == 1 + again


def test_counts_by_kind_go_on_where_they_ended(app):
    write(3)
    provenance.audit_at_night(now=NOON)
    first = last_audit()
    write(20)
    provenance.audit_at_night(now=NOON + timedelta(days=1))

    found = last_audit()
    assert (first.kinds, first.size, first.sound) == ({GENESIS: 1, EVENT: 3}, 4, True)
    assert (found.kinds, found.size, found.withheld) == ({GENESIS: 1, EVENT: 23}, 24, 0)


def test_a_changed_entry_is_found_and_said(app):
    """By somebody who first takes down the guard rails: nothing else can change a row."""
    write(5)
    connection = db.session.connection()
    if db.engine.dialect.name == "sqlite":
        connection.connection.driver_connection.set_authorizer(None)
    connection.execute(text(KEEPERS[db.engine.dialect.name]))
    connection.execute(text("UPDATE tlog_body SET bytes = (SELECT bytes FROM tlog_body WHERE seq = 2) WHERE seq = 3"))
    provenance.audit_at_night(now=NOON)
    found = last_audit()
    db.session.rollback()

    assert not found.sound
    assert found.finding.startswith("index 3: ")
