"""A PostgreSQL server of the test's own, which may be stopped like by a power cut."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.conftest import MISSING
from tests.engines import free_port

SERVER_USER = "postgres"


def programs() -> Path:
    """The folder of `initdb` and `pg_ctl`; else the test is skipped by name, or fails where everything must run."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parents[1].name))
    places = debian or [Path(found) for found in [shutil.which("initdb")] if found]
    if places and (os.geteuid() or _account()):
        return places[-1].parent
    line = "PostgreSQL's initdb, or an account to run it, is missing: a server stopped at once was not tried"
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"REQUIRE_ALL: {line}")
    if line not in MISSING:
        MISSING.append(line)
    pytest.skip(line)


def _account() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        return None


class Cluster:
    """A cluster in `folder` (a temporary one when none is given) on a free port. As root it runs as user postgres."""

    def __init__(self, folder: Path | None = None) -> None:
        self._programs = programs()
        self._made = None if folder else Path(tempfile.mkdtemp(prefix="cluster-"))
        self.folder = folder or self._made
        self._as: dict = {}
        if os.geteuid() == 0:
            account = _account()
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self.port = free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--wal-segsize=1", "--encoding=UTF8", "--locale=C")

    def start(self) -> None:
        """Returns when it answers, after its recovery; one that runs, or recovers by itself, is stopped at once before."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c max_wal_size=8MB -c min_wal_size=2MB"
        self._run("pg_ctl", "restart", "-m", "immediate", "--wait", "-l", str(self.folder / "server.log"), "-o", options)

    def stop(self, mode: str) -> None:
        """`immediate`: no checkpoint, no answer to anybody; the next start recovers from the write-ahead log."""
        self._run("pg_ctl", "stop", "--wait", "-m", mode)

    def runs(self) -> bool:
        return self._run("pg_ctl", "status", check=False).returncode == 0

    def close(self) -> None:
        if self.runs():
            self.stop("immediate")
        if self._made:
            shutil.rmtree(self._made)

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        command = [str(self._programs / program), "-D", str(self.folder / "data"), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60, **self._as
        )
        assert not check or done.returncode == 0, f"{program}: {done.stderr}"
        return done
