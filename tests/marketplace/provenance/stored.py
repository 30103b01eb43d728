"""Every byte a database has on disk, for tests that look for what was erased."""

import subprocess
from pathlib import Path

import psycopg
from sqlalchemy import URL

WAL_PAGE, WAL_SEGMENT = 8192, 16 * 1024 * 1024


def files_below(*folders: Path) -> bytes:
    """All files, but the templates of the tests' own engines."""
    found = (path for folder in folders for path in folder.rglob("*"))
    return b"".join(path.read_bytes() for path in found if path.is_file() and "template" not in path.name)


def postgres_files(url: URL) -> bytes:
    """The files of every table and index of the site with their TOAST, and a dump. As superuser."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        paths = connection.execute(
            "WITH own AS (SELECT oid FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace"
            " AND relname ~ 'tlog|diary|alias|lot|seller'),"
            " toast AS (SELECT reltoastrelid AS oid FROM pg_class JOIN own USING (oid) WHERE reltoastrelid > 0)"
            " SELECT pg_relation_filepath(oid) FROM own UNION SELECT pg_relation_filepath(oid) FROM toast"
        ).fetchall()
        stored = [connection.execute("SELECT pg_read_binary_file(%s)", path).fetchone()[0] for path in paths]
    dump = subprocess.run(["pg_dump", plain(url)], capture_output=True, check=True).stdout
    return b"".join(stored) + dump


def wal_position(url: URL) -> int:
    """How far the write-ahead log has been written, in bytes since its beginning."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        return connection.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").fetchone()[0]


def wal_since(url: URL, start: int) -> bytes:
    """What the server wrote into its write-ahead log since `start`, as far as it is not aged out; page headers left out so
    that no record is cut."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("SELECT pg_logical_emit_message(true, 'test', 'flushed up to here')")
        end = connection.execute("SELECT (pg_current_wal_flush_lsn() - '0/0')::bigint").fetchone()[0]
        pages = []
        for page in range(start // WAL_PAGE * WAL_PAGE, end, WAL_PAGE):
            name = connection.execute("SELECT pg_walfile_name('0/0'::pg_lsn + %s::numeric)", [page + 1]).fetchone()[0]
            offset = page % WAL_SEGMENT
            [data] = connection.execute(
                "SELECT pg_read_binary_file('pg_wal/' || %s, %s, %s, true)", [name, offset, WAL_PAGE]
            ).fetchone()
            pages.append((data or b"")[24 if offset else 40 :])
    return b"".join(pages)


def plain(url: URL) -> str:
    return url.set(drivername="postgresql", username="postgres", query={}).render_as_string(hide_password=False)
