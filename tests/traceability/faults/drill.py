"""Kills the driver and looks at what is left: nothing acknowledged lost or doubled, never two roots for a size."""

import random
import resource
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from tests.traceability.conftest import ORIGIN, SECOND, SECRET
from tests.traceability.faults.driver import open_engine, open_log
from traceability.checkpoint import parse_signer
from traceability.cli import main as verify
from traceability.log.export import export
from traceability.signer import KeyFile, StateFile
from traceability.signer.server import begin
from traceability.storage import guards

ROOT = Path(__file__).resolve().parents[3]


class Drill:
    """One log that is killed again and again. `url`: an empty SQLite file, or a PostgreSQL server to make a schema on."""

    def __init__(self, folder: Path, server: str | None = None) -> None:
        self.folder, self.acknowledged, self.kills = folder, {}, 0
        self._server = make_url(server).set(drivername="postgresql+psycopg") if server else None
        self.schema = f"tlog_{uuid.uuid4().hex}"
        if self._server is not None:
            self._on_server(f"CREATE SCHEMA {self.schema}")
            self.url = self._server.update_query_dict({"schema": self.schema}).render_as_string(hide_password=False)
        else:
            self.url = f"sqlite:///{folder / 'log.db'}"
        keys = KeyFile(folder / "keys")
        keys.write([parse_signer(SECRET), parse_signer(SECOND)])
        begin(ORIGIN, StateFile(folder / "state"), keys)
        self.engine, self.log = open_engine(self.url), open_log(folder)
        with self.engine.begin() as connection:
            guards.create(connection)
            self.log.incept(connection, entry_id="urn:uuid:genesis", who="org:market", policy=b"", now=datetime.now(UTC))
        self.engine.dispose()

    def close(self) -> None:
        self.engine.dispose()
        if self._server is not None:
            self._on_server(f"DROP SCHEMA {self.schema} CASCADE")

    def kill_at(self, point: str, times: int) -> None:
        """Let the process die by its own hand at a named point."""
        process = self._start(point, str(times))
        out, err = process.communicate(timeout=120)
        assert process.returncode == -9, err
        self._note(out)

    def kill_after(self, seconds: float) -> None:
        """Kill the process from outside, `seconds` after it is ready."""
        process = self._start()
        process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        out, _ = process.communicate(timeout=120)
        self._note(out)

    def run_until_the_disk_is_full(self, limit: int) -> int:
        """Let the process run with files of at most `limit` bytes until that ends it; returns its exit code."""
        process = self._start()
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
        out, _ = process.communicate(timeout=120)
        self._note(out)
        return process.returncode

    def _start(self, *more: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "tests.traceability.faults.driver", str(self.folder), self.url, *more]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def _note(self, out: str) -> None:
        self.kills += 1
        for line in out.splitlines():
            entry_id, _, leaf = line.partition(" ")
            if len(leaf) == 64:  # the last line may be cut by the death
                self.acknowledged[entry_id] = leaf

    def inspect(self) -> None:
        """Take up the log again and compare everything with what was acknowledged and signed."""
        with self.engine.begin() as connection:
            self.log.check_standing(connection)
            while self.log.sequence(connection).sealed:
                pass
            assert self.log.storage.pending(connection, 1) == []
        self.log.checkpoint(self.engine.begin, datetime.now(UTC))
        with self.engine.begin() as connection:
            audit = self.log.check(connection)
            assert audit.sound, audit.problems
            for entry_id, leaf in self.acknowledged.items():
                found = self.log.find(connection, entry_id)
                assert found is not None and found.seq is not None, f"{entry_id} is lost"
                assert found.leaf.hex() == leaf
            ids = [row.id for row in self.log.storage.sealed(connection, 0, audit.size)]
            assert len(set(ids)) == len(ids)
            export(self.log, connection, self.folder / "export")
            self._no_second_root(connection)
        with redirect_stdout(StringIO()) as found, redirect_stderr(StringIO()):
            assert verify(["verify", str(self.folder / "export")]) == 0, found.getvalue()
        self.engine.dispose()

    def _no_second_root(self, connection) -> None:
        signed = defaultdict(set)
        for line in (self.folder / "journal").read_text().splitlines():
            size, root = line.split()
            signed[int(size)].add(root)
        tree = self.log.tree(connection)
        for size, roots in signed.items():
            assert roots == {tree.root(size).hex()}, f"another root was signed for {size} entries"

    def _on_server(self, statement: str) -> None:
        engine = create_engine(self._server)
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()


def random_moment(rng: random.Random) -> float:
    """Seconds; a round takes some tens of milliseconds."""
    return rng.uniform(0.0, 0.35)
