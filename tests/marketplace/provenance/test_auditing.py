"""The nightly full check: once a night, counts by kind that go on, a finding that is not overlooked."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import event, func, select

from marketplace import provenance
from marketplace.database import db, transaction
from marketplace.provenance.auditing import LogAudit, last_audit
from traceability.canonical.types import EVENT, GENESIS

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)  # in Can Tho; the night's hour is 19:00 UTC
CHANGE = "UPDATE tlog_body SET bytes = (SELECT bytes FROM tlog_body WHERE seq = 2) WHERE seq = 3"


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


def tamper(app) -> None:
    """What somebody with the database's own rights can do, the guard rails taken down first."""
    url = db.engine.url
    if db.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(url.database)) as connection:
            connection.execute("DROP TRIGGER tlog_body_no_update")
            connection.execute(CHANGE)
            connection.commit()
    else:
        with psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
            connection.execute("ALTER TABLE tlog_body DISABLE TRIGGER tlog_body_no_rows")
            connection.execute(CHANGE)
            connection.execute("ALTER TABLE tlog_body ENABLE ALWAYS TRIGGER tlog_body_no_rows")


def test_a_changed_entry_is_found_and_said(app):
    write(5)
    tamper(app)

    provenance.audit_at_night(now=NOON)

    assert not last_audit().sound
    assert last_audit().finding.startswith("index 3: ")


def test_what_is_written_and_signed_meanwhile_is_no_finding(app):
    """The check reads for long on a large log; sealing and signing go on beside it."""
    write(40)
    provenance.publish_checkpoint(now=NOON)
    meanwhile = iter([True])

    def go_on(connection, cursor, statement, *rest):
        if "tlog_lotlink" in statement and "count(" not in statement and next(meanwhile, False):
            thread = threading.Thread(target=_another_process, args=(app,))
            thread.start()
            thread.join()

    event.listen(db.engine, "before_cursor_execute", go_on)
    try:
        report = provenance.check()
    finally:
        event.remove(db.engine, "before_cursor_execute", go_on)

    assert report.sound, report.text
    assert next(meanwhile, None) is None
    assert report.size < provenance.latest_checkpoint().size


def _another_process(app) -> None:
    with app.app_context():
        write(30)
        provenance.publish_checkpoint(now=NOON)
        db.session.remove()
