"""The beginning of the log, done once, and the step of an older site to a signer that remembers."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from marketplace.database import transaction
from marketplace.provenance.keys import promise_keys
from marketplace.provenance.site import OPERATOR, NearSigner, first_policy, the_site
from traceability.checkpoint import COSIGNATURE_V1, generate_signer, parse_note, parse_signer, parse_verifier_key
from traceability.errors import LogStateError
from traceability.identifiers import new_event_id
from traceability.log import Log
from traceability.merkle import EMPTY_ROOT
from traceability.signer.server import begin


def incept(*, now: datetime, root: str | None = None, previous: bytes | None = None) -> None:
    """Begin the log, once: make keys and signer state where the signer is this process's and has neither, write and
    seal the first entry. `root`: verifier key of the offline root key; `previous`: the last good checkpoint note of the
    log before, after a compromise. Raises LogStateError when the log was begun before, the signer has signed for it (a
    lost database is restored), or `previous` is of the same log; NoteError for a malformed root key or note."""
    site = the_site()
    promised_root = parse_verifier_key(root) if root else None
    former = parse_note(previous) if previous else None
    with transaction() as session:
        connection = session.connection()
        if site.log.started(connection):
            raise LogStateError("already-started", "this log was begun before; inception is done once")
        if site.near and not site.near.key_file.path.exists():
            begin(site.log.origin, site.near.state_file, site.near.key_file)
        policy = first_policy(site.log.signer.verifiers()).encode()
        site.log.incept(
            connection, entry_id=new_event_id(), who=OPERATOR, policy=policy, now=now, root=promised_root, previous=former
        )


def adopt_old_key(*, now: datetime) -> bool:
    """Give a log that was begun before there was a signer its signer: the old key and a second one, and the last
    checkpoint as what was signed. The old key file is removed at the end, so this happens once; False when there is
    nothing to adopt."""
    site, old = the_site(), the_site().settings.log_key_path
    if site.near is None or not old.exists():
        return False
    if not site.near.state_file.path.exists():
        with transaction() as session:
            _take_over(site.log, session.connection(), site.near, old)
    promise_keys(now=now)
    old.unlink()
    return True


def _take_over(log: Log, connection: Connection, near: NearSigner, old: Path) -> None:
    """Every checkpoint stored may have been signed: the last one is what the signer begins with."""
    plain = parse_signer(old.read_text(encoding="ascii"))
    near.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    near.key_file.write([plain, generate_signer(log.origin, COSIGNATURE_V1)])
    size, root = log.storage.last_checkpoint(connection) or (0, EMPTY_ROOT)
    near.keeper.incept(log.origin, size=size, root=root)
