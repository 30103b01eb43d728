"""Disks that fail: a small one of the test's own (tmpfs), and fsync that answers with an error."""

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import MISSING


class SmallDisk:
    """A mounted file system of `size` bytes, whose root is `path`."""

    def __init__(self, path: Path) -> None:
        self.path, self._ballast = path, path / "ballast"

    def fill(self, leave: int = 0) -> None:
        """Leave `leave` bytes of room."""
        room = os.statvfs(self.path)
        self._ballast.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - leave)))

    def make_room(self) -> None:
        self._ballast.unlink()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Nothing on it may be open for writing."""
        _mount("-o", "remount,ro", str(self.path))
        try:
            yield
        finally:
            _mount("-o", "remount,rw", str(self.path))


@contextmanager
def small_disk(size: int) -> Iterator[SmallDisk]:
    """Mounted for the block; the test is skipped by name where mounting is not allowed."""
    folder = Path(tempfile.mkdtemp(prefix="disk-"))
    try:
        _mount("-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(folder))
    except (subprocess.CalledProcessError, FileNotFoundError):
        folder.rmdir()
        line = "a small disk cannot be mounted here (root may): full and read-only disks were tried only by /dev/full and limits"
        if line not in MISSING:
            MISSING.append(line)
        pytest.skip(line)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


class Flushes:
    """Every flush to disk (os.fsync) that Python asks for: `done` are the paths that were flushed. `fail_at` is the
    number, from 0, of the one that fails with EIO."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[Path] = []
        self.asked, self.fail_at = 0, None
        self._true = os.fsync
        monkeypatch.setattr(os, "fsync", self._flush)

    def _flush(self, descriptor: int) -> None:
        number, self.asked = self.asked, self.asked + 1
        if number == self.fail_at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._true(descriptor)
        self.done.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))

    def again(self, *, fail_at: int | None = None) -> None:
        """Count from 0 again."""
        self.asked, self.fail_at = 0, fail_at

    def lacking(self, folder: Path) -> list[Path]:
        """What a power cut could take from `folder`: files that were not flushed before their renaming or whose folder
        was not flushed after it, and folders whose own name was not flushed."""
        last = {path: number for number, path in enumerate(self.done)}
        lost = []
        for path in folder.rglob("*"):
            if path.name == ".lock":
                continue
            flushed = 0 if path.is_dir() else last.get(path.with_name(f"{path.name}.new"))
            if flushed is None or last.get(path.parent, -1) < flushed:
                lost.append(path)
        return lost
