"""The file a person keeps when the page turns red: the stand-alone program says of each what it shows."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.phone.lots import LOT, OPERATOR, Story, changed, full
from tests.phone.test_bundle import point, proof
from tests.traceability.conftest import NOW, ORIGIN, SECOND, SECRET
from traceability.checkpoint import ED25519, parse_signer
from traceability.log import Log
from traceability.signer import Keeper, KeyFile, StateFile
from traceability.storage.memory import MemoryStorage

VERIFIER = Path(__file__).parents[2] / "traceability" / "standalone" / "verifier" / "tlog_verify.py"


@pytest.fixture
def make_story(tmp_path, make_event):
    """Logs under the same keys, whose signers do not know of each other: what an operator who forks would run."""

    def make(name: str, at=NOW) -> Story:
        keys = KeyFile(tmp_path / f"{name}-keys")
        keys.write([parse_signer(SECRET), parse_signer(SECOND)])
        keeper = Keeper(StateFile(tmp_path / f"{name}-state"), keys, clock=lambda: at)
        keeper.incept(ORIGIN)
        log = Log(ORIGIN, MemoryStorage(), keeper)
        log.incept(None, entry_id="urn:uuid:genesis", who=OPERATOR, policy=b"policy", now=NOW)
        return Story(log, make_event)

    return make


@pytest.fixture
def judged(tmp_path):
    """Takes a file the page saved and a story: (exit code, what the program says) with the log's plain key as policy."""

    def run(evidence: dict, story: Story) -> tuple[int, str]:
        (tmp_path / "evidence.json").write_text(json.dumps(evidence), "utf-8")
        keys = [key for key in story.log.verifiers(None) if key.type == ED25519]
        (tmp_path / "policy").write_text("".join(f"log {key}\n" for key in keys) + "quorum none\n", "utf-8")
        command = [sys.executable, VERIFIER, "evidence", tmp_path / "evidence.json", "--policy", tmp_path / "policy"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


def told(story: Story, events: int) -> Story:
    for _ in range(events):
        story.event()
    story.sign()
    return story


@pytest.mark.parametrize("older, newer", [(3, 7), (4, 7), (2, 3), (5, 5), (8, 8), (6, 21)])
def test_fork_that_a_phone_saw_is_one_to_the_program_too(calls, make_story, judged, older, newer):
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

    assert found["value"]["format"] == "chonongsan/evidence/1"
    assert judged(found["value"], shown)[0] == 2


def saved(calls, story: Story, bundle: dict, lot: str = LOT) -> dict:
    [found] = calls([["saved", {"bundle": bundle, "lot": lot, "pins": story.pins()}]])
    return found["value"]


def other_word(bundle: dict) -> None:
    bundle["entries"][0]["data"] = bundle["entries"][0]["data"].replace("org:coop", "org:cooq")


def shorter(bundle: dict) -> None:
    bundle["entries"].pop()


def other_root(bundle: dict) -> None:
    lines = bundle["checkpoint"].split("\n")
    bundle["checkpoint"] = "\n".join([lines[0], str(int(lines[1]) + 1), *lines[2:]])


@pytest.mark.parametrize("change", [other_word, shorter, other_root])
def test_bundle_that_did_not_fit_is_said_to_be_tampered_with(calls, make_story, judged, change):
    story = make_story("seen")
    evidence = saved(calls, story, changed(full(story), change))

    code, said = judged(evidence, story)

    assert len(evidence["notes"]) == 1
    assert code == 1, said
    assert said.startswith("TAMPERED")
    assert "is not what the log signed; who changed it" in said


def test_bundle_that_fits_shows_no_fault_of_the_log(calls, make_story, judged):
    story = make_story("seen")
    evidence = saved(calls, story, full(story), lot="A7MQ2XW9TB4RDA")

    code, said = judged(evidence, story)

    assert evidence["why"].startswith("other-lot")
    assert (code, "no fault; the page said: other-lot" in said) == (0, True)


def test_bundle_of_another_note_is_no_evidence(calls, make_story, judged):
    story = make_story("seen")
    evidence = saved(calls, story, changed(full(story), other_word))
    story.event()
    story.sign()

    code, said = judged(evidence | {"notes": [str(story.log.latest_checkpoint(None).note)]}, story)

    assert (code, "is not that of its note" in said) == (1, True)


MISSING = {"status": 404, "body": {}}


def set_back(calls, before: Story, now: Story, **more) -> dict:
    [found] = calls([["setBack", {"before": point(before), "now": point(now), "answer": MISSING, **more}]])
    assert found["value"]["why"].startswith("set-back")
    return found["value"]


def test_log_that_signed_fewer_entries_later_was_set_back(calls, make_story, judged):
    before, now = told(make_story("before"), 7), told(make_story("now", NOW + timedelta(hours=1)), 4)

    code, said = judged(set_back(calls, before, now, bundle=now.bundle(genesis=True)), now)

    assert code == 2, said
    assert "the log was set back" in said
    assert "signed 8 entries at 2026-01-31T03:04:05Z and only 5 later, at 2026-01-31T04:04:05Z" in said


@pytest.mark.parametrize("given", ["nothing", "no genesis", "another note's"])
def test_set_back_that_the_file_cannot_prove_says_what_to_do(calls, make_story, judged, given):
    before, now = told(make_story("before"), 7), told(make_story("now", NOW + timedelta(hours=1)), 4)
    bundles = {"nothing": {}, "no genesis": {"bundle": now.bundle()}}
    more = bundles.get(given, {"bundle": told(make_story("x"), 2).bundle(genesis=True)})

    code, said = judged(set_back(calls, before, now, **more), now)

    assert code == 3, said
    assert "it was set back: keep the file, and check an export with --since FILE" in said


def test_old_note_shown_again_is_no_proof_against_the_log(calls, make_story, judged):
    before, now = told(make_story("before", NOW + timedelta(hours=1)), 7), told(make_story("now"), 4)

    assert judged(set_back(calls, before, now, bundle=now.bundle(genesis=True)), now)[0] == 3


def test_time_of_a_key_the_log_did_not_promise_is_no_proof(calls, make_story, judged):
    """A bundle that does not lead to the root promises nothing."""
    before, now = told(make_story("before"), 7), told(make_story("now", NOW + timedelta(hours=1)), 4)
    bundle = changed(now.bundle(genesis=True), other_word)

    assert judged(set_back(calls, before, now, bundle=bundle), now)[0] == 3
