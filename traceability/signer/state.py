"""The signer's memory: one file that ends with the last checkpoint it signed, and the lock that lets one signer use it.

Records are appended, so that remembering costs one flush; a long file is replaced by its last record.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from traceability.checkpoint import Checkpoint, parse_checkpoint
from traceability.durable import replacing, settle
from traceability.errors import NoteError, SignerError

_PATIENCE = 10.0
_ONE_ACT = 2.0
_LONG = 16 * 1024
_LINES, _SIZE, _ROOT = 4, 19, 44


class StateFile:
    """`path` holds records of four lines: origin, size and root as in a checkpoint, and the SHA-256 of these three in hex.
    The last whole one counts. A file of three lines, as it was once, is read too. `path`.lock is locked while it is used.
    """

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
        found = self._last()
        return found and found[0]

    def write(self, checkpoint: Checkpoint) -> None:
        """Durable when it returns. Raises SignerError: `state-not-written`, and then what was there counts on."""
        found = self._last()
        try:
            if found is None or found[1] is None or found[1] > _LONG:
                replace_file(self.path, record_of(checkpoint))
            else:
                _append(self.path, record_of(checkpoint), found[1])
        except OSError as error:
            raise SignerError("state-not-written", f"{self.path} cannot be written: {error}") from error

    def _last(self) -> tuple[Checkpoint, int | None] | None:
        """The checkpoint that counts and where its record ends: None for a file of the older form."""
        try:
            return _last_record(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, NoteError) as error:
            raise SignerError("state-unreadable", f"{self.path} cannot be read: {error}") from error

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


def record_of(checkpoint: Checkpoint) -> bytes:
    """The four lines that remember a checkpoint."""
    text = checkpoint.text().encode()
    return text + sha256(text).hexdigest().encode() + b"\n"


def _last_record(data: bytes) -> tuple[Checkpoint, int | None]:
    """Lines after the last whole record were cut short before their flush returned, so nothing was signed for them. A
    whole record with another hash was damaged later: whoever went back to the one before could sign twice for a size."""
    *lines, cut = data.split(b"\n")
    if len(lines) == _LINES - 1 and not cut:
        return parse_checkpoint(data.decode()), None
    records = len(lines) // _LINES
    if not records:
        raise NoteError("malformed", "no whole record")
    checkpoint = parse_checkpoint(b"".join(line + b"\n" for line in lines[: _LINES * records][-_LINES:-1]).decode())
    end = sum(len(line) + 1 for line in lines[: _LINES * records])
    started = [*lines[_LINES * records :], cut.rstrip(b"\0")]  # a file system may lengthen a file before it writes
    if not data[:end].endswith(record_of(checkpoint)) or not _cut_short(started, checkpoint.origin.encode()):
        raise NoteError("malformed", "the last record was changed")
    return checkpoint, end


def _cut_short(lines: list[bytes], origin: bytes) -> bool:
    """Is this the beginning of a record: whole lines of their form, the last one no longer than it may be?"""
    forms = (lambda line: line == origin, bytes.isdigit, lambda line: len(line) == _ROOT)
    most = (len(origin), _SIZE, _ROOT, 2 * sha256().digest_size)
    return all(fits(line) for fits, line in zip(forms, lines[:-1], strict=False)) and len(lines[-1]) <= most[len(lines) - 1]


def _append(path: Path, record: bytes, end: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.ftruncate(descriptor, end)
        if os.pwrite(descriptor, record, end) < len(record):
            raise OSError("no room for the whole record")
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, end)
        raise
    finally:
        os.close(descriptor)


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in place of `path` (mode 0600); durable when it returns. Raises OSError."""
    with replacing(path, 0o600) as file:
        file.write(data)
    settle(path.parent)
