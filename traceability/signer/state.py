"""The signer's memory: one file with the last checkpoint it signed, and the lock that lets one signer use it."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from traceability.checkpoint import Checkpoint, parse_checkpoint
from traceability.errors import NoteError, SignerError

_PATIENCE = 10.0
_ONE_ACT = 2.0


class StateFile:
    """`path` holds origin, size and root as a checkpoint's three lines; `path`.lock is locked while it is used."""

    def __init__(self, path: Path, patience: float = _PATIENCE) -> None:
        self.path = path
        self._lock_path = path.with_name(f"{path.name}.lock")
        self._patience = patience
        self._held: int | None = None
        self._here = threading.Lock()

    def hold(self) -> None:
        """Take the lock for as long as this process lives. Raises SignerError `held` when another signer keeps it; one
        that signs within a single act, as a site's process without a signer beside it does, is waited for."""
        self._held = self._take(min(self._patience, _ONE_ACT))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else reads or writes meanwhile. Raises SignerError `held` when another signer keeps the lock,
        `state-not-locked` when its file cannot be opened."""
        with self._here:
            if self._held is not None:
                yield
                return
            descriptor = self._take(self._patience)
            try:
                yield
            finally:
                os.close(descriptor)

    def read(self) -> Checkpoint | None:
        """The last checkpoint signed (size 0 after the inception); None when there is no file. Raises SignerError
        `state-unreadable`, never taken for a beginning."""
        try:
            return parse_checkpoint(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, NoteError) as error:
            raise SignerError("state-unreadable", f"{self.path} cannot be read: {error}") from error

    def write(self, checkpoint: Checkpoint) -> None:
        """Durable when it returns: written aside, flushed, renamed, folder flushed. Raises SignerError."""
        try:
            replace_file(self.path, checkpoint.text().encode())
        except OSError as error:
            raise SignerError("state-not-written", f"{self.path} cannot be written: {error}") from error

    def _take(self, patience: float) -> int:
        try:
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:  # a disk that went read-only, most likely
            raise SignerError("state-not-locked", f"{self._lock_path} cannot be opened: {error}") from error
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    raise SignerError("held", f"another signer uses {self.path}") from error
                time.sleep(0.01)


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in place of `path` (mode 0600) so that after a power cut there is the old file or the new one."""
    aside = path.with_name(f"{path.name}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
