"""The app's log: its origin, store and signer, its guards, its public addresses."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import structlog
from flask import Flask, current_app
from sqlalchemy import Connection, Engine, event

from marketplace.config import Settings
from marketplace.database import db, transaction
from marketplace.provenance.halting import FROZEN, RESTORED, Halt, halt, halted, release
from traceability.checkpoint import SignatureLine, VerifierKey
from traceability.errors import LogStateError, SignerError
from traceability.log import Log, NoteSigner
from traceability.log.checkpoints import Choose
from traceability.policy import plain_policy
from traceability.signer import Client, Keeper, KeyFile, StateFile
from traceability.storage.guards import install_sqlite_guard
from traceability.storage.sql import SqlStorage
from traceability.web import Download, create_blueprint

log = structlog.get_logger()

PROMISE = (
    "# Sổ ghi chỉ thêm, không sửa, không xóa. Đính chính là bản ghi mới.\n"
    "# Không ghi tên, số điện thoại hay dữ liệu cá nhân vào sổ.\n"
)
"""What the log promises at its start, at the head of its first policy, whose hash stands in the first entry."""


OPERATOR = "org:market"
"""Who begins the log, gives and takes rights in it, and speaks in it for the department."""


class NearSigner:
    """The signer under DATA_DIR/signer of a site on one machine: the process at its socket when one runs, else this
    process. Both keep to the same state and its lock, so it does not matter who answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state_file, self.key_file = StateFile(folder / "state"), KeyFile(folder / "keys")
        self.keeper = Keeper(self.state_file, self.key_file)
        self._client = Client(folder / "socket")

    def sign(self, text: str, *, old_size: int, proof: Sequence[bytes]) -> list[SignatureLine]:
        return self._who().sign(text, old_size=old_size, proof=proof)

    def state(self) -> tuple[int, bytes] | None:
        return self._who().state()

    def verifiers(self) -> list[VerifierKey]:
        return self._who().verifiers()

    def _who(self) -> NoteSigner:
        return self._client if self._client.answers() else self.keeper


class Loop(Protocol):
    """The sealing loop of this process, as far as a committing transaction needs it."""

    def wake(self) -> None:
        """Look at the queue now."""


class Site:
    """The log of one app, and what this process knows of its standing."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.near = None if settings.signer_socket else NearSigner(settings.signer_dir)
        signer: NoteSigner = self.near or Client(Path(settings.signer_socket))
        self.log = Log(settings.log_origin, SqlStorage(), signer)
        self.inline = settings.log_sequencing == "inline"
        self.alarmed: set[str] = set()
        self.loop: Loop | None = None
        self._level_at: int | None = None
        self.trouble: str | None = None

    def fit(self, connection: Connection) -> bool:
        """May entries be sealed? True once the store was found to hold all that is signed, and looked at again when it
        shrinks (a restored database), while nobody has halted the log. When not, one critical line says why and the log
        is read-only."""
        mark = self.halted()
        if mark:
            self.stop(LogStateError(mark.code, mark.detail))
            return False
        head = self.log.size(connection)
        if self._level_at is None or head < self._level_at:
            try:
                self.log.check_standing(connection)
            except (LogStateError, SignerError) as error:
                self.stop(error)
                return False
        self._level_at, self.trouble = head, None
        return True

    def stop(self, error: LogStateError | SignerError) -> None:
        """Seal nothing until the standing was found good again."""
        if self.trouble != error.code:
            remedy = "docs/log.md §4" if error.code == FROZEN else "flask log resume"
            log.critical("log-read-only", code=error.code, detail=error.message, remedy=remedy)
        self._level_at, self.trouble = None, error.code

    def halt(self, code: str, detail: str) -> None:
        """Seal nothing in any process until a person takes the mark away (`halting`)."""
        halt(self.settings.data_dir, code, detail)
        self.stop(LogStateError(code, detail))

    def halted(self) -> Halt | None:
        """The mark that somebody left, if any."""
        return halted(self.settings.data_dir)

    def refuse_when_frozen(self) -> None:
        """Raises LogStateError `frozen`: nothing more is written into a log that was frozen."""
        mark = self.halted()
        if mark and mark.code == FROZEN:
            raise LogStateError(FROZEN, f"this log is frozen, {mark.detail}; the next one begins as docs/log.md §4 says")


def bind(app: Flask, settings: Settings, choose: Choose | None = None) -> None:
    """Give the app its log: guards on every SQLite connection, the signer, its public addresses. `choose` gives the
    checkpoint that files of proof carry."""
    with app.app_context():
        _guard_connections(db.engine)
    app.extensions["log"] = Site(settings)
    app.register_blueprint(create_blueprint(the_log, _reading, settings.log_path, TEXTS, DOWNLOADS, choose))


def first_policy(keys: Iterable[VerifierKey]) -> str:
    """The policy of a log that no witness has joined yet: the promise, the log's own keys, no quorum."""
    return PROMISE + plain_policy(keys)


def started() -> bool:
    """Has the log been begun?"""
    return the_log().started(db.session.connection())


def signer_command(settings: Settings) -> list[str]:
    """The command that runs the signer under DATA_DIR as a process of its own, ending with its parent."""
    folder = settings.signer_dir
    files = ("--socket", str(folder / "socket"), "--state", str(folder / "state"), "--keys", str(folder / "keys"))
    return [sys.executable, "-m", "traceability", "signer", *files, "--with-parent"]


def trouble() -> str | None:
    """Why nothing is sealed, asked from store and signer now; None when all is well or the log has not begun."""
    log, connection = the_log(), db.session.connection()
    if not log.started(connection):
        return None
    try:
        log.check_standing(connection)
    except (LogStateError, SignerError) as error:
        return f"{error.code}: {error.message}"
    mark = the_site().halted()
    return f"{mark.code}: {mark.detail}" if mark else None


def mark_restored(settings: Settings, made_at: str) -> bool:
    """A backup comes into this site's place: its log is read-only until `log resume`. False when it was before."""
    if halted(settings.data_dir):
        return False
    halt(settings.data_dir, RESTORED, f"the database comes from the backup of {made_at}: run `flask log resume`")
    return True


def unmark(settings: Settings) -> None:
    """No backup came into this site's place after all."""
    release(settings.data_dir)


def read_only() -> str | None:
    """In one word why this process seals nothing; None when it may, or leaves sealing to a worker."""
    site, connection = the_site(), db.session.connection()
    if not site.log.started(connection) or site.fit(connection):
        return None
    return None if site.trouble == "unreachable" and not site.inline else site.trouble


def the_site() -> Site:
    """The log of the running app with its signer."""
    site: Site = current_app.extensions["log"]
    return site


def the_log() -> Log:
    """The log of the running app."""
    return the_site().log


def key_history() -> str | None:
    """The key history as the offline root key signed it; None before the first."""
    path = the_site().settings.key_history_path
    return path.read_text(encoding="utf-8") if path.exists() else None


TEXTS: dict[str, Callable[[], str | None]] = {"key-history": key_history}
"""Further public files of the log, served beside its checkpoint and written into the export."""

DOWNLOADS: dict[str, Download] = {}
"""Files to take away, served beside its checkpoint too."""


@contextmanager
def writing() -> Iterator[Connection]:
    """A connection in `transaction()`."""
    with transaction() as session:
        yield session.connection()


def _guard_connections(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: install_sqlite_guard(connection))


@contextmanager
def _reading() -> Iterator[Connection]:
    yield db.session.connection()
