"""Backup and restore of one site: the database as of one moment, uploads and papers. No key is in it: neither the log's
nor those of personal values.

A restored database may be older than the checkpoint people already hold, so it is left marked: the log is read-only
until `flask log resume` has compared it with signer, export and witnesses.
"""

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from marketplace import provenance
from marketplace.config import Settings

FOLDERS = ("uploads", "papers")
_NO_ROLES = ("--no-owner", "--no-acl")
"""Another machine has other roles; `flask log roles --apply` gives the tables to them again."""


class BackupFailed(RuntimeError):
    """Nothing usable was written or read; the message says what to do."""


def save(settings: Settings, target: Path, now: datetime) -> dict:
    """Write a backup into the new folder `target`; returns its manifest. Raises BackupFailed."""
    if target.exists() and any(target.iterdir()):
        raise BackupFailed(f"{target} is not empty: a backup is never written over another")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    kind = _save_database(settings.database_url, target)
    for name in FOLDERS:
        source = settings.data_dir / name
        if source.is_dir():
            shutil.copytree(source, target / name)
    manifest = {
        "made_at": now.isoformat(),
        "database": kind,
        "log_origin": settings.log_origin,
        "release": settings.release,
    }
    # Written last: a folder without it is a backup that was interrupted.
    (target / "manifest.json").write_text(json.dumps(manifest, indent=1), "utf-8")
    return manifest


def load(settings: Settings, source: Path) -> dict:
    """Put a backup in place of an EMPTY site and mark its log read-only; returns its manifest. Raises BackupFailed."""
    try:
        manifest = json.loads((source / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BackupFailed(f"{source} holds no complete backup") from error
    if manifest["log_origin"] != settings.log_origin:
        raise BackupFailed(
            f"this backup belongs to the log {manifest['log_origin']}, the site is {settings.log_origin}"
        )
    taken = [name for name in FOLDERS if (settings.data_dir / name).exists()]
    if taken:
        raise BackupFailed(f"{settings.data_dir} already has {', '.join(taken)}: restore into an empty site")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    marked = provenance.mark_restored(settings, manifest["made_at"])  # first: a restore cut short seals nothing either
    try:
        _load_database(settings.database_url, source, manifest["database"])
    except BackupFailed:
        if marked:
            provenance.unmark(settings)
        raise
    for name in FOLDERS:
        if (source / name).is_dir():
            shutil.copytree(source / name, settings.data_dir / name)
    return manifest


def _save_database(url: str, target: Path) -> str:
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        # SQLite's own backup copies one consistent moment while the site runs.
        with closing(sqlite3.connect(parts.database)) as live, closing(sqlite3.connect(target / "market.db")) as copy:
            live.backup(copy)
        return "sqlite"
    _run(["pg_dump", "--format=custom", *_NO_ROLES, f"--file={target / 'market.dump'}", _plain(parts)])
    return "postgresql"


def _load_database(url: str, source: Path, kind: str) -> None:
    parts = make_url(url)
    if parts.get_backend_name() != kind:
        raise BackupFailed(f"this backup is of {kind}, DATABASE_URL names {parts.get_backend_name()}")
    if kind == "sqlite":
        place = Path(parts.database)
        if place.exists() and place.stat().st_size:
            raise BackupFailed(f"{place} already exists: restore into an empty site")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / "market.db", place)
        place.chmod(0o640)
        return
    _run(
        [
            "pg_restore",
            "--exit-on-error",
            "--single-transaction",
            *_NO_ROLES,
            f"--dbname={_plain(parts)}",
            str(source / "market.dump"),
        ]
    )


def _plain(parts) -> str:
    return parts.set(drivername="postgresql").render_as_string(hide_password=False)


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed programs
    except FileNotFoundError as error:
        raise BackupFailed(f"{command[0]} is not installed") from error
    if done.returncode:
        raise BackupFailed(done.stderr.strip()[-500:])
