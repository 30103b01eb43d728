"""The file a person keeps of a fork: the stand-alone program agrees that it is one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.phone.lots import OPERATOR, Story
from tests.phone.test_bundle import point, proof
from tests.traceability.conftest import NOW, ORIGIN, SECOND, SECRET
from traceability.checkpoint import parse_signer
from traceability.log import Log
from traceability.signer import Keeper, KeyFile, StateFile
from traceability.storage.memory import MemoryStorage

VERIFIER = Path(__file__).parents[2] / "traceability" / "standalone" / "verifier" / "tlog_verify.py"


@pytest.fixture
def make_story(tmp_path, make_event):
    """Logs under the same keys, whose signers do not know of each other: what an operator who forks would run."""

    def make(name: str) -> Story:
        keys = KeyFile(tmp_path / f"{name}-keys")
        keys.write([parse_signer(SECRET), parse_signer(SECOND)])
        keeper = Keeper(StateFile(tmp_path / f"{name}-state"), keys, clock=lambda: NOW)
        keeper.incept(ORIGIN)
        log = Log(ORIGIN, MemoryStorage(), keeper)
        log.incept(None, entry_id="urn:uuid:genesis", who=OPERATOR, policy=b"policy", now=NOW)
        return Story(log, make_event)

    return make


@pytest.mark.parametrize("older, newer", [(3, 7), (4, 7), (2, 3), (5, 5), (8, 8), (6, 21)])
def test_fork_that_a_phone_saw_is_one_to_the_program_too(calls, make_story, tmp_path, older, newer):
    seen, shown = make_story("seen"), make_story("shown")
    shown.number = 5000
    for _ in range(older - 1):
        seen.event()
    for _ in range(newer - 1):
        shown.event()
    seen.sign()
    shown.sign()

    answer = proof(shown, older, newer)
    [found] = calls([["evidence", {"before": point(seen), "now": point(shown), "answer": answer}]])
    (tmp_path / "evidence.json").write_text(json.dumps(found["value"]), "utf-8")
    (tmp_path / "keys").write_text("".join(f"{key}\n" for key in seen.log.verifiers(None)), "utf-8")
    command = [sys.executable, VERIFIER, "evidence", tmp_path / "evidence.json", "--policy", tmp_path / "keys"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert found["value"]["format"] == "chonongsan/evidence/1"
    assert done.returncode == 2, done.stdout + done.stderr
