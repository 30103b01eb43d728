"""A frozen bundle with everything in it: the page's modules and the stand-alone verifier read it for ever alike."""

import json
import subprocess
import sys
from pathlib import Path

from tests.phone.test_bundle import CHANGES, changed

FROZEN = Path(__file__).with_name("bundle.json")
VERIFIER = Path(__file__).parents[2] / "traceability" / "standalone" / "verifier" / "tlog_verify.py"


def stand_alone(folder: Path, bundle: dict, keys: list[str]) -> int:
    """Exit code of the program of one file."""
    (folder / "keys").write_text("".join(f"{key}\n" for key in keys), "utf-8")
    (folder / "bundle.json").write_text(json.dumps(bundle), "utf-8")
    command = [sys.executable, VERIFIER, "bundle", folder / "bundle.json", "--policy", folder / "keys"]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_frozen_bundle_is_told_the_same(calls):
    frozen = json.loads(FROZEN.read_text("utf-8"))

    [found] = calls([["bundle", {"bundle": frozen["bundle"], "lot": frozen["bundle"]["lot"], "pins": frozen["pins"]}]])

    assert found["value"] == frozen["found"]


def test_both_verifiers_take_the_bundle_and_refuse_each_change(calls, tmp_path):
    frozen = json.loads(FROZEN.read_text("utf-8"))
    bundle, pins = frozen["bundle"], frozen["pins"]
    # the stand-alone program is told the keys only: lot and log are for its reader to compare; and it does without
    # what nothing vouches for
    unasked = {"another lot's bundle", "another log", "waiting that is no number", "a key gone"}
    names = [name for name in CHANGES if name not in unasked]
    cases = [bundle, *(changed(bundle, CHANGES[name][0]) for name in names)]

    page = [item["value"]["ok"] for item in calls([["bundle", {"bundle": item, "lot": bundle["lot"], "pins": pins}] for item in cases])]
    program = [stand_alone(tmp_path, item, pins["keys"]) == 0 for item in cases]

    assert page == program == [True] + [False] * len(names)
