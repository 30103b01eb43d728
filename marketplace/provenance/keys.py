"""The life of the log's keys: promised, added, retired, listed, and their history signed by the offline root key."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from marketplace.database import db, transaction
from marketplace.provenance.sealing import seal_at_commit
from marketplace.provenance.site import OPERATOR, Site, the_log, the_site
from traceability.canonical.entry import read_entry
from traceability.canonical.keys import Term, history_text, keys_at
from traceability.canonical.types import KEY
from traceability.checkpoint import (
    Note,
    VerifierKey,
    generate_signer,
    parse_note,
    parse_signer,
    parse_verifier_key,
    verify_note,
)
from traceability.errors import LogStateError, NoteError
from traceability.log.keys import key_entries, next_key_id

OVERLAP = timedelta(days=90)
"""How long an old and a new key sign side by side."""


@dataclass(frozen=True)
class KeyRow:
    """A key the log promises or has promised, and what the signer says to it."""

    key: str
    start: int
    stop: int | None
    signs: bool

    def __str__(self) -> str:
        stop = "-" if self.stop is None else self.stop
        return f"{self.start} {stop} {self.key}{'' if self.signs or self.stop is not None else '  (no longer at the signer)'}"


def promise_keys(*, now: datetime) -> list[str]:
    """Promise, by an entry each, every key at the signer that the log has never promised; returns those keys. One that
    was retired stays so."""
    site = the_site()
    with transaction() as session:
        connection = session.connection()
        size = site.log.size(connection)
        new = _never_promised(site, connection)
        for key in new:
            _write(connection, {"add": key, "from": size}, now)
        seal_at_commit(session)
    return new


def add_keys(*, now: datetime) -> list[str]:
    """Begin a rotation: on a site of one machine make a new pair; then promise what the signer holds and the log never
    had. Returns the keys promised. Raises LogStateError on a log that is frozen."""
    site = the_site()
    site.refuse_when_frozen()
    if site.near and not _never_promised(site, db.session.connection()):
        site.near.key_file.add_pair(site.log.origin)
    return promise_keys(now=now)


def retire_key(*, key_id: str, now: datetime, early: bool = False) -> str:
    """End a key's term at the present size, by an entry; returns the key. Raises LogStateError for an unknown key, the
    last one of its kind, within 90 days after its successor was added unless `early` (a compromise), and on a log that
    is frozen."""
    site = the_site()
    site.refuse_when_frozen()
    with transaction() as session:
        connection = session.connection()
        size = site.log.size(connection)
        present = [parse_verifier_key(key) for key in keys_at(site.log.terms(connection), size)]
        found = next((key for key in present if key.id.hex() == key_id), None)
        if found is None:
            raise LogStateError("no-such-key", f"the log promises no key {key_id} now")
        others = [key for key in present if key.type == found.type and key != found]
        if not others:
            raise LogStateError("last-key", "no other key of this kind is promised: add a new pair first")
        if not early and _youngest(others, site, connection) > now - OVERLAP:
            raise LogStateError("overlap", "old and new keys sign side by side for 90 days; --early ends that")
        _write(connection, {"retire": str(found), "to": size}, now)
        seal_at_commit(session)
    return str(found)


def key_rows() -> list[KeyRow]:
    """Every key the log has promised, and whether the signer still has it."""
    held = {str(key) for key in the_log().signer.verifiers()}
    return [KeyRow(term.key, term.start, term.stop, term.key in held) for term in _terms()]


def key_history_text() -> str:
    """The text that the root key signs."""
    return history_text(the_log().origin, _terms())


def make_root(path: Path) -> str:
    """Make the offline root key in a new file only its owner can read; returns the verifier key for the inception.
    Raises FileExistsError."""
    root = generate_signer(f"{the_log().origin}/root")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(root.secret() + "\n")
    return str(root.verifier)


def sign_history(path: Path) -> str:
    """Sign the key history with the root key in the file and publish it; returns the note. Raises LogStateError when
    the genesis entry promises another root key or none, NoteError when the file holds no key."""
    root, text = parse_signer(path.read_text(encoding="ascii")), key_history_text()
    return publish_history(str(Note(text, (root.sign(text),))))


def publish_history(note: str) -> str:
    """Publish a key history that was signed elsewhere. Raises LogStateError unless the promised root key has signed
    what the log says now."""
    promised = promised_root()
    if promised is None:
        raise LogStateError("no-root", "the first entry of this log promises no root key")
    try:
        parsed = parse_note(note.encode())
        verify_note(parsed, [promised])
    except NoteError as error:
        raise LogStateError("other-root", f"not signed by the promised root key: {error.message}") from error
    if parsed.text != key_history_text():
        raise LogStateError("other-history", "this is not the key history of the log as it stands")
    target = the_site().settings.key_history_path
    aside = target.with_name(f"{target.name}.new")
    aside.write_text(note, encoding="utf-8")
    aside.replace(target)
    return note


def promised_root() -> VerifierKey | None:
    """The offline key that the first entry promises."""
    [genesis] = the_log().storage.sealed(db.session.connection(), 0, 1)
    root = read_entry(genesis.data).event.get("root")
    return parse_verifier_key(root) if root else None


def _never_promised(site: Site, connection: Connection) -> list[str]:
    """The keys at the signer that have no term and never had one."""
    known = {term.key for term in site.log.terms(connection)}
    return [key for key in map(str, site.log.signer.verifiers()) if key not in known]


def _write(connection: Connection, event: dict[str, str | int], now: datetime) -> None:
    log = the_log()
    log.submit_entry(
        connection, type=KEY, event=event, who=OPERATOR, recorded_at=now,
        entry_id=next_key_id(log.storage, connection),
    )  # fmt: skip


def _terms() -> list[Term]:
    return the_log().terms(db.session.connection())


def _youngest(keys: list[VerifierKey], site: Site, connection: Connection) -> datetime:
    """When the newest of these keys was added; genesis keys are as old as the log."""
    names = {str(key) for key in keys}
    added = [entry.recorded_at for _, entry in key_entries(site.log.storage, connection) if entry.event.get("add") in names]
    return max(added, default=datetime.min.replace(tzinfo=UTC))
