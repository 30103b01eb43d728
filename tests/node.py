"""Node, which runs the trace page's own modules in the tests."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import MISSING

LEAST = 18
NODE = os.environ.get("NODE") or shutil.which("node")


def require_node() -> str:
    """The path of a Node new enough; else the test is skipped by name, or fails where everything must run."""
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout if NODE else ""
    found = re.match(r"v(\d+)", version)
    if found and int(found[1]) >= LEAST:
        return str(NODE)
    line = f"Node {LEAST} or newer is not installed: the page's verifier was not run"
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"REQUIRE_ALL: {line}")
    if line not in MISSING:
        MISSING.append(line)
    pytest.skip(line)


def run_node(script: Path, given: object) -> object:
    """What `script` writes (JSON) when it reads `given` (JSON)."""
    done = subprocess.run(
        [require_node(), "--no-warnings", str(script)], input=json.dumps(given), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
