"""Taking the log up again after a restore, from its static export."""

from datetime import datetime
from pathlib import Path

from marketplace.database import transaction
from marketplace.provenance.site import the_site
from traceability.log.completeness import rebuild
from traceability.log.erasure import reapply
from traceability.log.resuming import Resumed
from traceability.log.resuming import resume as bring_back


def resume(*, folder: Path | None, now: datetime) -> Resumed:
    """Compare database, signer and export (`folder`, or the one kept by LOG_EXPORT_DIR), and read back what is
    missing. Raises LogStateError, having changed nothing, and SignerError."""
    site = the_site()
    kept = Path(site.settings.log_export_dir) if site.settings.log_export_dir else None
    source = folder or (kept if kept and (kept / "checkpoint").exists() else None)
    signed = site.log.signer.state()
    with transaction() as session:
        connection = session.connection()
        done = bring_back(site.log, connection, _reader(source) if source else None, signed, now)
        if done.size > done.before:
            reapply(site.log.storage, connection, done.before)
            rebuild(site.log.storage, connection)
        return done


def _reader(folder: Path):
    def read(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    return read
