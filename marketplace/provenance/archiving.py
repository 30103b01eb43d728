"""What outsiders take away: the whole log as one file, written at night, and the programs that check it."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, wraps
from pathlib import Path

import structlog
from flask import Response

import traceability
from marketplace.database import db, one_moment
from marketplace.extensions import limiter
from marketplace.provenance.auditing import last_night
from marketplace.provenance.outsiders import for_outsiders
from marketplace.provenance.site import DOWNLOADS, TEXTS, the_log, the_site
from traceability.errors import LogStateError
from traceability.log.archive import write_archive
from traceability.web import Download

log = structlog.get_logger()

LIBRARY = Path(traceability.__file__).parent
TOOLS = {
    "tlog_verify.py": LIBRARY / "standalone" / "verifier" / "tlog_verify.py",
    "tlog_witness.py": LIBRARY / "standalone" / "witness" / "tlog_witness.py",
    "log.md": LIBRARY.parent / "docs" / "log.md",
}
TAKEN = "12 per hour"
"""How often one address may take the archive, which is as large as the log."""


@dataclass(frozen=True)
class Archive:
    """When the archive of the whole log was written, and its size in bytes."""

    at: datetime
    size: int


@dataclass(frozen=True)
class Tool:
    """A program or text for whoever checks the log: its name under `tools/`, and the SHA-256 of its bytes in hex."""

    name: str
    sha256: str


def archive_at_night(*, now: datetime) -> int:
    """Write the archive when two o'clock in the night has passed since the last one, or there is none; returns how many
    entries are in it. A job. Raises OSError when the disk refuses: the archive of the night before stays."""
    place, log_ = archive_place(), the_log()
    kept = archived()
    if kept and kept.at >= last_night(now):
        return 0
    try:
        with one_moment() as connection:
            texts = {name: found for name, content in TEXTS.items() if (found := content()) is not None}
            withheld = log_.storage.withheld(connection)
            size = write_archive(log_, connection, place, texts, for_outsiders) if log_.started(connection) else 0
    except LogStateError as error:  # a minute later there is a checkpoint, or the other one is done
        log.info("archive-waits", code=error.code)
        return 0
    if size:
        os.utime(place, (now.timestamp(), now.timestamp()))
    if withheld != log_.storage.withheld(db.session.connection()):
        drop_archive()
        size = 0
    db.session.rollback()
    return size


def drop_archive() -> None:
    """Take the archive away: an entry in it was withheld. The job writes another within a minute."""
    archive_place().unlink(missing_ok=True)


def archived() -> Archive | None:
    """The archive there is."""
    try:
        found = archive_place().stat()
    except FileNotFoundError:
        return None
    return Archive(datetime.fromtimestamp(found.st_mtime, UTC), found.st_size)


def archive_place() -> Path:
    """Where the archive lies; a web server in front may serve it from there."""
    return the_site().settings.data_dir / "archive" / "so-cai.tar"


def tools() -> list[Tool]:
    """The programs and the specification as they are served, those that are installed."""
    found = [(name, path, path.stat()) for name, path in TOOLS.items() if path.is_file()]
    return [Tool(name, _digest(path, status.st_mtime_ns)) for name, path, status in found]


@lru_cache(maxsize=16)
def _digest(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _rarely(view: Callable[..., Response]) -> Callable[..., Response]:
    @wraps(view)
    def served(**arguments: str) -> Response:
        with limiter.limit(TAKEN):
            return view(**arguments)

    return served


DOWNLOADS["archive.tar"] = Download(archive_place, "application/x-tar", _rarely)
for _name, _path in TOOLS.items():
    _kind = "text/markdown" if _name.endswith(".md") else "text/x-python"
    DOWNLOADS[f"tools/{_name}"] = Download(lambda path=_path: path, f"{_kind}; charset=utf-8")  # type: ignore[misc]
