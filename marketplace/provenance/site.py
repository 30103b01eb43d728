"""The app's log: its origin, store and signing key, its guards, its public addresses, its beginning."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import Connection, Engine, event

from marketplace.config import Settings
from marketplace.database import db, transaction
from traceability.checkpoint import Signer, generate_signer, parse_signer
from traceability.errors import LogStateError
from traceability.identifiers import new_event_id
from traceability.log import Log
from traceability.storage.guards import install_sqlite_guard
from traceability.storage.sql import SqlStorage
from traceability.web import create_blueprint

POLICY = (
    "Sổ ghi chỉ thêm, không sửa, không xóa. Đính chính là bản ghi mới. "
    "Không ghi tên, số điện thoại hay dữ liệu cá nhân vào sổ."
)
"""What the log promises at its start; its hash stands in the first entry. Never edit: it would be another promise."""


OPERATOR = "org:market"
"""Who begins the log, gives and takes rights in it, and speaks in it for the department."""


class Site:
    """The log of one app and where its signing key lies."""

    def __init__(self, origin: str, key_path: Path) -> None:
        self.key_path = key_path
        key = parse_signer(key_path.read_text(encoding="ascii")) if key_path.exists() else None
        self.log = Log(origin, SqlStorage(), key)

    def keep(self, signer: Signer) -> None:
        """Write the key, readable by this user only and never over another, and sign with it from now on."""
        descriptor = os.open(self.key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(signer.secret() + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.log = Log(self.log.origin, self.log.storage, signer)


def bind(app: Flask, settings: Settings) -> None:
    """Give the app its log: guards on every SQLite connection, the signing key if this process has it, the public
    addresses under /log/1/."""
    with app.app_context():
        _guard_connections(db.engine)
    app.extensions["log"] = Site(settings.log_origin, settings.log_key_path)
    app.register_blueprint(create_blueprint(the_log, _reading))


def incept(*, now: datetime) -> None:
    """Begin the log: make the signing key where there is none, write and seal the first entry. Raises LogStateError
    when the log was begun before; a log whose key is lost is never begun anew."""
    site = the_site()
    with transaction() as session:
        made = site.log.signer is None
        if made and site.log.started(session.connection()):
            raise LogStateError("key-missing", f"the log was begun, but there is no key at {site.key_path}")
        signed = Log(site.log.origin, site.log.storage, generate_signer(site.log.origin)) if made else site.log
        signed.incept(
            session.connection(), entry_id=new_event_id(), who=OPERATOR, policy=POLICY.encode(), now=now
        )
        if made:
            site.keep(signed.signer)


def started() -> bool:
    """Has the log been begun?"""
    return the_log().started(db.session.connection())


def the_site() -> Site:
    """The log of the running app with the place of its key."""
    site: Site = current_app.extensions["log"]
    return site


def the_log() -> Log:
    """The log of the running app."""
    return the_site().log


def _guard_connections(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: install_sqlite_guard(connection))


@contextmanager
def _reading() -> Iterator[Connection]:
    yield db.session.connection()
