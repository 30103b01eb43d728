"""Overwriting what a database keeps of deleted rows, so that what was erased leaves its files too."""

from collections.abc import Sequence

from marketplace.database import db, on_postgresql
from traceability.errors import TraceabilityError
from traceability.storage.rewriting import rewrite

OF_THE_LOG = ("tlog_opening", "tlog_body", "tlog_pending")
OF_THE_SITE = ("diary_entry", "diary_change", "log_alias")
"""Our own rows that held words of a withheld entry, or the tie of a household to its name in the log."""


class NotSwept(TraceabilityError):
    """Rows are deleted, but their bytes are still in the files; the message says where and what is left to do."""

    def __init__(self, message: str) -> None:
        super().__init__("not-swept", message)


def sweep(*also: str, file: bool = False) -> None:
    """Overwrite deleted openings, and deleted rows of the tables `also`, in the database's files.

    PostgreSQL: the tables are written anew, locked meanwhile. SQLite: deleted rows are overwritten as they go
    (secure_delete), so only the write-ahead log is emptied, and with `file` the whole file written anew. Not inside
    transaction(). Raises NotSwept; every table that can be swept is swept before.
    """
    db.session().rollback()
    if on_postgresql():
        _sweep_tables(("tlog_opening", *also))
    else:
        _sweep_file(file)


def sweep_all() -> None:
    """`sweep` for everything that is ever erased or withheld."""
    sweep(*OF_THE_LOG[1:], *OF_THE_SITE, file=True)


def _sweep_file(whole: bool) -> None:
    driver = db.engine.raw_connection()
    try:
        if whole:
            driver.driver_connection.execute("VACUUM")
        [busy, *_] = driver.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        driver.close()
    if busy:
        raise NotSwept("deleted, but a reader held the write-ahead log, which still has the bytes. Run `flask log sweep` again")


def _sweep_tables(tables: Sequence[str]) -> None:
    left = {}
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in tables:
            why = rewrite(connection, table, "tlog_sweep" if table in OF_THE_LOG else "site_sweep")
            if why:
                left[table] = why
    if left:
        raise NotSwept(
            f"deleted, but the bytes are still in the files of {'; '.join(f'{table} ({why})' for table, why in left.items())}."
            " Run `flask log roles --apply` as superuser if the right is missing, end what holds the table, then run"
            " `flask log sweep` until it says that nothing is left"
        )
