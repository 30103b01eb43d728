"""Counts the SQL statements a block sends."""

from contextlib import contextmanager

from sqlalchemy import event

from marketplace.database import db


@contextmanager
def counted():
    """Yields a list that receives each statement (BEGIN, COMMIT, PRAGMA and savepoints left out)."""
    seen: list[str] = []
    engine = db.engine

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)
