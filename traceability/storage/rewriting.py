"""Writing a PostgreSQL table anew, so that the bytes of deleted rows leave its files; and knowing when they did not."""

import re
import time
from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

WAIT = 30
"""Seconds for which transactions older than the deletion, and then the table, are waited for."""

_STILL_READ = "deleted rows that an open transaction may still read"
_OLDEST = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::numeric")
_OWNED = text("SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = CAST(:name AS regclass)")


PAUSES = (0.2, 0.5, 1.0)
"""Seconds: so often and after so long it is tried again, for a statement that ran beside the deletion."""


def rewrite(connection: Connection, table: str, sweeper: str | None = None) -> str | None:
    """Write the table anew; returns why its deleted rows are still in its files, None when they are gone.

    `connection` commits by itself. Who does not own the table asks the function `sweeper` (see `roles`): VACUUM only
    warns then, and skips it.
    """
    _outlast_writers(connection)
    why = _rewrite(connection, table, sweeper)
    for pause in PAUSES:
        if why is None or not why.endswith(_STILL_READ):
            break
        time.sleep(pause)
        why = _rewrite(connection, table, sweeper)
    return why


def _outlast_writers(connection: Connection) -> None:
    """Wait for every transaction of the server that began to write before now: a table written anew keeps the rows that
    were deleted after the oldest of them began, even one in another database."""
    now = connection.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::numeric"))
    until = time.monotonic() + WAIT
    while connection.scalar(_OLDEST) < now and time.monotonic() < until:
        time.sleep(0.05)


def _rewrite(connection: Connection, table: str, sweeper: str | None) -> str | None:
    told: list[str] = []

    def hear(notice: Any) -> None:  # it is empty once the statement is over
        told.extend(_trouble(notice))

    driver = cast(Any, connection.connection.driver_connection)
    driver.add_notice_handler(hear)
    try:
        connection.execute(text(f"SET lock_timeout = '{WAIT}s'"))
        if sweeper and not connection.scalar(_OWNED, {"name": table}):
            connection.execute(text(f"SELECT {sweeper}(:name)"), {"name": table})
        else:
            connection.execute(text(f"VACUUM (FULL, VERBOSE) {table}"))
        connection.execute(text("RESET lock_timeout"))
    except DBAPIError as error:
        return str(error.orig).strip().partition("\n")[0]
    finally:
        driver.remove_notice_handler(hear)
    return told[0] if told else None


def _trouble(notice: Any) -> Iterator[str]:
    """A warning; or that deleted rows were copied, since a transaction may still read them: how many is the first
    number in the report's detail, in whatever language."""
    if notice.severity_nonlocalized == "WARNING":
        yield notice.message_primary
    number = re.match(r"\D*(\d+)", notice.message_detail or "")
    if number and int(number[1]):
        yield f"{number[1]} {_STILL_READ}"
