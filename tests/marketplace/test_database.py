"""How writers on SQLite queue."""

import fcntl
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from marketplace.database import db, transaction


def test_a_writer_waits_at_the_file_lock_and_not_inside_sqlite(sqlite_database):
    sqlite_database.reset()
    app, told = sqlite_database.app, []

    def write():
        with app.app_context():
            with transaction() as session:
                session.execute(db.text("UPDATE person SET full_name = full_name"))
            told.append("written")
            db.session.remove()

    with Path(sqlite_database.file).with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(timeout=0.3)
        with closing(sqlite3.connect(sqlite_database.file, timeout=0, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # nobody has the database's own lock
            other.execute("ROLLBACK")
        told.append("released")
    writer.join()
    assert told == ["released", "written"]


def test_the_lock_is_given_back_after_a_failure_and_before_what_follows_a_commit(sqlite_database):
    sqlite_database.reset()
    with sqlite_database.app.app_context():
        for fails in (True, False):
            try:
                with transaction() as session:
                    session.execute(db.text("UPDATE person SET full_name = full_name"))
                    session.info["after_commit"].append(lambda: free(sqlite_database.file))
                    if fails:
                        raise LookupError
            except LookupError:
                free(sqlite_database.file)
        db.session.remove()


def free(file: Path) -> None:
    with file.with_suffix(".lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
