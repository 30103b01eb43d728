"""The state of the log for its public page, in a few statements whose number and size do not grow with the log."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Connection

from marketplace.database import db
from marketplace.provenance.archiving import Archive, Tool, archived, tools
from marketplace.provenance.auditing import LastAudit, last_audit
from marketplace.provenance.halting import FROZEN
from marketplace.provenance.reading import Checkpoint, latest_checkpoint
from marketplace.provenance.site import the_log, the_site
from marketplace.provenance.witnesses import WitnessRow, witnesses
from traceability.canonical.entry import read_entry
from traceability.checkpoint import ED25519, Note, parse_note
from traceability.errors import PolicyError, TraceabilityError

log = structlog.get_logger()


@dataclass(frozen=True)
class Former:
    """The log before this one, and up to how many entries it is good."""

    origin: str
    size: int


@dataclass(frozen=True)
class LogStatus:
    """`size`: sealed entries; `keys`: verifier keys; `witnesses` is None when the policy cannot be read; `waiting_since`:
    when the oldest entry in the queue was recorded; `mirrors`: addresses of copies; `path`: where it is served; `frozen`: for good, after a
    compromise; `archive`: the whole log as one file; `tools`: the programs that check it."""

    size: int
    checkpoint: Checkpoint | None
    keys: tuple[str, ...]
    witnesses: list[WitnessRow] | None
    waiting_since: datetime | None
    audit: LastAudit | None
    mirrors: tuple[str, ...]
    has_key_history: bool
    path: str
    frozen: bool
    previous: Former | None
    archive: Archive | None
    tools: list[Tool]

    @property
    def forks(self) -> list[WitnessRow]:
        """Witnesses that signed a history which ours does not extend."""
        return [row for row in self.witnesses or () if row.differs]


def log_status() -> LogStatus:
    """What is known of the log now. Reads only."""
    settings, connection, mark = the_site().settings, db.session.connection(), the_site().halted()
    try:
        named = witnesses()
    except (OSError, PolicyError) as error:
        log.critical("log-policy-unreadable", detail=str(error))
        named = None
    return LogStatus(
        size=the_log().size(connection),
        checkpoint=latest_checkpoint(),
        keys=tuple(str(key) for key in the_log().verifiers(connection)),
        witnesses=named,
        waiting_since=_waiting_since(),
        audit=last_audit(),
        mirrors=settings.log_mirrors,
        has_key_history=settings.key_history_path.exists(),
        path=settings.log_path,
        frozen=mark is not None and mark.code == FROZEN,
        previous=_former(connection),
        archive=archived(),
        tools=tools(),
    )


def anchor_text() -> str | None:
    """What a newspaper prints: the three lines of the latest checkpoint and the log's own Ed25519 signature, as a
    complete note. None before the first checkpoint."""
    latest = latest_checkpoint()
    if latest is None:
        return None
    note = parse_note(latest.note.encode())
    keys = [key for key in the_log().verifiers(db.session.connection()) if key.type == ED25519]
    own = [line for line in note.signatures if any((line.name, line.key_id) == (key.name, key.id) for key in keys)]
    return str(Note(note.text, tuple(own)))


def _former(connection: Connection) -> Former | None:
    found = the_log().previous(connection)
    return found and Former(found.origin, found.size)


def _waiting_since() -> datetime | None:
    rows = the_log().storage.pending(db.session.connection(), 1)
    try:
        return read_entry(rows[0].data).recorded_at if rows else None
    except TraceabilityError:  # the queue was tampered with: the sequencer tells of it
        return None
