"""What the tests of the stand-alone verifier share: the two logs and a check that returns exit code and index."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.traceability.standalone.book import POLICY, Book, full_book, key_history
from traceability.standalone.verifier import tlog_verify


@pytest.fixture(scope="session")
def whole() -> Book:
    """About forty entries of every type; not to be changed."""
    return full_book()


@pytest.fixture
def verdict() -> Callable:
    """Checks a folder or tar file: (exit code, first bad index, report or reason)."""

    def run(path: Path, policy: str | None = POLICY, since: tuple = (), lot: str | None = None) -> tuple:
        try:
            asked = tlog_verify.Policy(policy.encode()) if policy is not None else None
            held = [tlog_verify.Checkpoint(note.encode()) for note in since]
            source = tlog_verify.Folder(path) if path.is_dir() else tlog_verify.Archive(path)
            report = tlog_verify.ExportCheck(source, asked, held, lot).run()
        except tlog_verify.Verdict as found:
            return found.code, found.index, found
        return 0, None, report

    return run


@pytest.fixture
def judge(tmp_path: Path, verdict: Callable) -> Callable:
    """Writes a book and checks the export: (exit code, first bad index)."""

    def run(book: Book, policy: str | None = POLICY, **how: object) -> tuple:
        how.setdefault("history", key_history())
        return verdict(book.write(tmp_path / "export", **how), policy)[:2]

    return run


@pytest.fixture
def export(tmp_path: Path, whole: Book) -> Path:
    """A fresh folder with the whole log, to be damaged."""
    return whole.write(tmp_path / "export", history=key_history())
