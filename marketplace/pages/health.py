"""Whether this process can serve: the database answers and keeps what it answers, the log can be read, there is room on
the disk."""

import os
import shutil

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from marketplace import provenance
from marketplace.config import Settings
from marketplace.database import db, not_durable

log = structlog.get_logger()
LEAST_DISK = 200 * 1024 * 1024
"""Bytes: a day of photos and log."""


def checks(settings: Settings) -> dict[str, str]:
    """`ok` or a short reason for each of database, log and disk; details go to the log, not to strangers."""
    return {"database": _database(), "log": _log_head(), "disk": _disk(settings)}


def _database() -> str:
    try:
        db.session.execute(text("SELECT count(*) FROM category WHERE id = 1"))
        trouble = not_durable()
    except SQLAlchemyError as error:
        db.session.rollback()
        log.error("readyz-database", error=str(error)[:300])
        return "no answer"
    return f"not durable: {trouble}" if trouble else "ok"


def _log_head() -> str:
    try:
        if provenance.started():
            provenance.latest_checkpoint()
            reason = provenance.read_only()
            if reason:
                return f"read-only: {reason}"
    except Exception as error:  # whatever the log throws, the answer is the same: not ready
        db.session.rollback()
        log.error("readyz-log", error=str(error)[:300])
        return "unreadable"
    return "ok"


def _disk(settings: Settings) -> str:
    try:
        free = shutil.disk_usage(settings.data_dir).free
    except OSError:
        return "unreadable"
    if free < LEAST_DISK:
        return "nearly full"
    return "ok" if os.access(settings.data_dir, os.W_OK) else "not writable"
