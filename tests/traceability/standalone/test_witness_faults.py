"""The witness's memory: two processes, lost files, power cut between remembering and answering."""

import contextlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.traceability.standalone.witness_process import PROGRAM, SimpleLog, prepare, run, running
from traceability.checkpoint import generate_signer

ORIGIN = "trace.test.example/log/1"
DIES_BEFORE_ANSWERING = f"""
import os, sys
sys.path.insert(0, {str(PROGRAM.parent)!r})
import tlog_witness
class Handler(tlog_witness.Handler):
    def answer(self, status, text, kind="text/plain"):
        os.kill(os.getpid(), 9)
tlog_witness.Handler = Handler
tlog_witness.main()
"""


@pytest.fixture
def log() -> SimpleLog:
    return SimpleLog(generate_signer(ORIGIN)).grow(5)


@pytest.fixture
def folder(tmp_path, log) -> Path:
    prepare(tmp_path / "witness", log.signer.verifier)
    return tmp_path / "witness"


def test_killed_between_remembering_and_answering_it_remembers(folder, log, tmp_path):
    killer = tmp_path / "killer.py"
    killer.write_text(DIES_BEFORE_ANSWERING, encoding="utf-8")
    fork = log.forked()
    fork.leaves[1] = bytes(32)
    with running(folder, [str(killer)]) as witness:
        with pytest.raises((http.client.HTTPException, OSError)):
            witness.post(log.request(0))
        assert witness.process.wait(10) == -signal.SIGKILL

    with running(folder) as witness:
        assert witness.post(log.request(0)).text == "5\n"
        assert witness.post(fork.request(5, 5)).status == 422
        assert witness.post(log.request(5, 5)).status == 200


def test_killed_at_random_moments_it_never_goes_back(folder, log):
    signed = 0
    for moment in random.Random(7).sample(range(1, 60), 8):
        with running(folder) as witness:
            threading.Timer(moment / 1000, os.kill, (witness.process.pid, signal.SIGKILL)).start()
            with contextlib.suppress(http.client.HTTPException, OSError):
                for _ in range(100):
                    held = int(witness.post(log.request(0, 1)).text or 0) if signed else 0
                    assert held >= signed
                    log.grow(1)
                    if witness.post(log.request(held)).status == 200:
                        signed = len(log.leaves)

    with running(folder) as witness:
        answer = witness.post(log.request(0))
        assert answer.status == 200 or int(answer.text) >= signed


def test_second_process_on_one_memory_does_not_start(folder):
    with running(folder):
        second = run("serve", folder, "--listen", "127.0.0.1:0")

    assert second.returncode == 1
    assert "another witness" in second.stderr


def lose(path: Path) -> None:
    path.unlink()


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def of_another(path: Path) -> None:
    state = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(state | {"witness": "other+00000000+BAAA"}), encoding="utf-8")


@pytest.mark.parametrize("harm", [lose, damage, of_another])
def test_without_its_memory_it_does_not_start(folder, log, harm):
    with running(folder) as witness:
        witness.post(log.request(0))
    harm(folder / "state.json")

    stopped = run("serve", folder, "--listen", "127.0.0.1:0")

    assert stopped.returncode == 1
    assert "state.json" in stopped.stderr


@pytest.mark.parametrize(
    ("name", "content"),
    [("logs", "# none\n"), ("logs", "trace.test.example/log/1+5182a76d+AQ==\n"), ("key", "nothing\n"), ("key", "PRIVATE+KEY+a+b+c\n")],
)
def test_unusable_files_stop_the_start_with_one_line(folder, name, content):
    (folder / name).write_text(content, encoding="utf-8")

    stopped = run("serve", folder, "--listen", "127.0.0.1:0")

    assert stopped.returncode == 1
    assert stopped.stderr.startswith("tlog_witness: ")
    assert stopped.stderr.count("\n") == 1


def test_cosigner_key_in_the_list_of_logs_is_refused(folder):
    (folder / "logs").write_text(run("vkey", folder).stdout, encoding="utf-8")

    assert "type" in run("serve", folder, "--listen", "127.0.0.1:0").stderr


def test_key_that_others_can_read_is_refused(folder):
    (folder / "key").chmod(0o644)

    assert "chmod 600" in run("serve", folder, "--listen", "127.0.0.1:0").stderr


def test_key_is_never_made_anew(folder):
    before = (folder / "key").read_bytes()

    assert run("init", folder, "--name", "x").returncode == 1
    assert (folder / "key").read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/dev/full").exists(), reason="no full device here")
def test_memory_that_cannot_be_written_signs_nothing(folder, log):
    with running(folder) as witness:
        (folder / "state.json.new").symlink_to("/dev/full")
        refused = witness.post(log.request(0))
        (folder / "state.json.new").unlink()

        assert refused.status == 500
        assert "\N{EM DASH}" not in refused.text
        assert witness.post(log.request(0)).status == 200


def test_many_idle_connections_do_not_keep_a_log_out(folder, log):
    with running(folder) as witness:
        idle = [http.client.HTTPConnection("127.0.0.1", witness.port) for _ in range(40)]
        for connection in idle:
            connection.connect()

        assert witness.post(log.request(0)).status == 200
        for connection in idle:
            connection.close()


def test_imports_the_standard_library_only():
    check = (
        "import ast, sys; tree = ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9));"
        "names = {(n.module if isinstance(n, ast.ImportFrom) else a.name).split('.')[0]"
        " for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names};"
        "print(sorted(names - set(sys.stdlib_module_names)))"
    )
    found = subprocess.run([sys.executable, "-c", check, PROGRAM], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
