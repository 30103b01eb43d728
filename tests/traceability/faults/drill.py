"""Kills the driver and looks at what is left: nothing acknowledged lost or doubled, never two roots for a size."""

import random
import resource
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, make_url, text

from tests.traceability.conftest import ORIGIN, SECOND, SECRET
from tests.traceability.faults.driver import ask_witness, open_engine, open_log
from tests.traceability.standalone.witness_process import prepare, running
from traceability.checkpoint import VerifierKey, parse_signer
from traceability.cli import main as verify
from traceability.log.export import export
from traceability.signer import Keeper, KeyFile, StateFile
from traceability.storage import guards
from traceability.witnessing import State

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
        Keeper(StateFile(folder / "state"), keys).incept(ORIGIN)
        self._open = ExitStack()
        self._begin_witness(parse_signer(SECRET).verifier)
        self.engine, self.log = open_engine(self.url), open_log(folder)
        with self.engine.begin() as connection:
            guards.create(connection)
            self.log.incept(connection, entry_id="urn:uuid:genesis", who="org:market", policy=b"", now=datetime.now(UTC))
        self.engine.dispose()

    def _begin_witness(self, key: VerifierKey) -> None:
        """A real witness, which outlives every kill, and the policy that asks for it."""
        away = Path(self._open.enter_context(TemporaryDirectory())) / "witness"
        prepare(away, key)
        witness = self._open.enter_context(running(away))
        policy = f"log {key}\nwitness outsider {witness.key} http://127.0.0.1:{witness.port}\nquorum outsider\n"
        (self.folder / "policy").write_text(policy, encoding="utf-8")

    def close(self) -> None:
        self._open.close()
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

    def run_until_it_ends(self, *, limit: int | None = None, meanwhile: Callable[[], object] = lambda: None) -> str:
        """Let the process run, with files of at most `limit` bytes, and do something `meanwhile` to end it with an error;
        returns its last words."""
        process = self._start()
        if limit:
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (limit, limit))
        process.stdout.readline()
        meanwhile()
        out, err = process.communicate(timeout=120)
        self._note(out)
        assert process.returncode == 1, (process.returncode, err)
        return err

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
        assert ask_witness(self.log, self.engine, self.folder).state is State.SIGNED
        with self.engine.begin() as connection:
            audit = self.log.check(connection)
            assert audit.sound, audit.problems
            for entry_id, leaf in self.acknowledged.items():
                found = self.log.find(connection, entry_id)
                assert found is not None and found.seq is not None, f"{entry_id} is lost"
                assert found.leaf.hex() == leaf
            ids = [row.id for row in self.log.storage.sealed(connection, 0, audit.size)]
            assert len(set(ids)) == len(ids)
            lines = [note.line for note in self.log.storage.notes(connection, audit.size)]
            assert len(set(lines)) == len(lines)
            export(self.log, connection, self.folder / "export")
            self._no_second_root(connection)
        with redirect_stdout(StringIO()) as found, redirect_stderr(StringIO()):
            asked = ["verify", str(self.folder / "export"), "--policy", str(self.folder / "policy")]
            assert verify(asked) == 0, found.getvalue()
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
