"""Taking the log up again after a restore, from its static export, when no witness knows better."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from marketplace.database import transaction
from marketplace.provenance.halting import RESTORED, release
from marketplace.provenance.personal import the_keys, used_keys
from marketplace.provenance.privacy import erase_due
from marketplace.provenance.site import OPERATOR, the_log, the_site
from marketplace.provenance.sweeping import sweep
from marketplace.provenance.witnesses import ask_witnesses, held_notes, witnesses
from traceability.checkpoint import Note, parse_checkpoint
from traceability.errors import LogStateError
from traceability.log.completeness import rebuild
from traceability.log.erasure import erase_lost, erase_openings, reapply
from traceability.log.resuming import Resumed
from traceability.log.resuming import resume as bring_back

LOST = "lost"
"""The ground in the log where nobody wanted the value gone."""


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
        done = replace(done, lost=_say_lost(done, now))
        release(site.settings.data_dir)
    return done


def forget_lost_keys(*, now: datetime) -> int:
    """After entries were read back, and while nobody records: destroy the keys whose openings were lost or are erased
    again, and overwrite those openings; returns how many keys. Raises NotSwept."""
    orphans = the_keys().read().keys() - used_keys()
    if orphans:
        the_keys().mark(LOST, key_ids=orphans)
    erase_due(now=now)
    sweep()
    return len(orphans)


def give_up_unopened(*, now: datetime) -> int:
    """Log as lost, and delete, the values whose keys are gone; returns how many. Only when no copy of the keys is left:
    nothing brings them back. Raises LogStateError while the log is read-only, NotSwept."""
    gone = used_keys() - the_keys().read().keys()
    if not gone:
        return 0
    with transaction() as session:
        connection = session.connection()
        if not the_site().fit(connection):
            raise LogStateError("read-only", "run `flask log resume` first")
        number = erase_openings(
            the_log().storage, connection, origin=the_log().origin, who=OPERATOR, ground=LOST, now=now, key_ids=sorted(gone)
        )
    sweep()
    return number


def _say_lost(done: Resumed, now: datetime) -> int:
    """The log says of values written after the backup that they are lost. Of a database that was restored every entry is
    looked at: a run before this one may have been cut short after it had read the entries back."""
    mark = the_site().halted()
    start = 0 if mark and mark.code == RESTORED else done.before
    with transaction() as session:
        return erase_lost(
            the_log().storage, session.connection(), origin=the_log().origin, who=OPERATOR, ground=LOST, now=now, start=start
        )


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
