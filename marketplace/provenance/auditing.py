"""The nightly full check of the log: its outcome and how many entries of each kind there are, kept for the page."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog
from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import VIETNAM, Base, Id, Prose, db, transaction
from marketplace.provenance.reading import check
from marketplace.provenance.site import the_log
from traceability.canonical.profile import parse
from traceability.canonical.types import REDACT

log = structlog.get_logger()

AT_NIGHT = time(2, 0, tzinfo=VIETNAM)
_CHUNK = 512


class LogAudit(Base):
    """One full check: every stored byte hashed again. `kinds`: type of entry → how many up to `size`."""

    __tablename__ = "log_audit"

    id: Mapped[Id]
    at: Mapped[datetime]
    sound: Mapped[bool]
    size: Mapped[int] = mapped_column(BigInteger)
    detail: Mapped[Prose]
    kinds: Mapped[dict]


@dataclass(frozen=True)
class LastAudit:
    """The last full check for the page; `finding` is its first line when the log was not sound."""

    at: datetime
    sound: bool
    size: int
    finding: str
    kinds: dict[str, int]

    @property
    def withheld(self) -> int:
        return self.kinds.get(REDACT, 0)


def last_audit() -> LastAudit | None:
    """What the last full check found; None before the first. One statement."""
    row = _last()
    if row is None:
        return None
    return LastAudit(row.at, row.sound, row.size, "" if row.sound else row.detail.partition("\n")[2].partition("\n")[0], row.kinds)


def audit_at_night(*, now: datetime) -> int:
    """Check the whole log when two o'clock in the night has passed since the last time, or it was never done; returns
    how many entries were read. A job."""
    last = _last()
    if not the_log().started(db.session.connection()) or (last and last.at >= last_night(now)):
        return 0
    report = check()
    size = the_log().size(db.session.connection())
    kinds = _kinds(last if last and last.size <= size else None, size)
    db.session.rollback()
    if not report.sound:
        log.critical("log-not-sound", detail=report.text[:2000])
    with transaction() as session:
        session.add(LogAudit(at=now, sound=report.sound, size=size, detail=report.text[:2000], kinds=kinds))
    return report.size


def _last() -> LogAudit | None:
    return db.session.scalar(select(LogAudit).order_by(LogAudit.id.desc()).limit(1))


def last_night(now: datetime) -> datetime:
    """The last time it was two o'clock in the night."""
    here = now.astimezone(VIETNAM)
    tonight = datetime.combine(here.date(), AT_NIGHT)
    return tonight if here >= tonight else tonight - timedelta(days=1)


def _kinds(counted: LogAudit | None, size: int) -> dict[str, int]:
    """Entries by type, from what was counted before on: sealed entries never change."""
    found, start = (dict(counted.kinds), counted.size) if counted else ({}, 0)
    storage, connection = the_log().storage, db.session.connection()
    for at in range(start, size, _CHUNK):
        for row in storage.sealed(connection, at, min(at + _CHUNK, size)):
            kind = "withheld" if row.data is None else parse(row.data)["t"]
            found[kind] = found.get(kind, 0) + 1
    return found
