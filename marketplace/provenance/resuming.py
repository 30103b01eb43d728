"""Taking the log up again after a restore, from its static export, when no witness knows better."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from marketplace.database import transaction
from marketplace.provenance.halting import release
from marketplace.provenance.site import the_log, the_site
from marketplace.provenance.witnesses import ask_witnesses, held_notes, witnesses
from traceability.checkpoint import Note, parse_checkpoint
from traceability.errors import LogStateError
from traceability.log.completeness import rebuild
from traceability.log.erasure import reapply
from traceability.log.resuming import Resumed
from traceability.log.resuming import resume as bring_back


def resume(*, folder: Path | None, now: datetime) -> Resumed:
    """Compare database, signer, export (`folder`, or the one kept by LOG_EXPORT_DIR) and the notes witnesses hold, and
    read back what is missing; then the log may go on, unless the export ends too early or a witness, asked to sign,
    differs. Raises SignerError, OSError, PolicyError, and LogStateError: as `traceability.log.resuming`, having changed
    nothing, and `frozen`, `behind-witness`, `differs-from-witness`, `witness-differs`."""
    site = the_site()
    site.refuse_when_frozen()
    kept = Path(site.settings.log_export_dir) if site.settings.log_export_dir else None
    source = folder or (kept if kept and (kept / "checkpoint").exists() else None)
    signed, held = site.log.signer.state(), held_notes()
    with transaction() as session:
        connection = session.connection()
        done = bring_back(site.log, connection, _reader(source) if source else None, signed, now)
        if done.size > done.before:
            reapply(site.log.storage, connection, done.before)
            rebuild(site.log.storage, connection)
        _compare(connection, done, held)
    if done.level:
        ask_witnesses(now=now, at_once=True)
        differing = [row.name for row in witnesses() if row.differs]
        if differing:
            raise LogStateError("witness-differs", f"the log stays read-only: {', '.join(differing)} signed another history")
        release(site.settings.data_dir)
    return done


def _compare(connection: Connection, done: Resumed, held: list[tuple[str, Note]]) -> None:
    for name, note in held:
        point = parse_checkpoint(note.text)
        if point.size > done.size:
            if done.level:
                raise LogStateError("behind-witness", f"{name} holds {point.size} entries, here are {done.size}: give a newer export")
        elif the_log().tree(connection).root(point.size) != point.root:
            raise LogStateError("differs-from-witness", f"the first {point.size} entries are not those that {name} signed")


def _reader(folder: Path):
    def read(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    return read
