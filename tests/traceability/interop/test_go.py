"""Go's own sumdb packages accept the static export unchanged (Debian: golang-go, golang-golang-x-mod-dev)."""

import base64
import json
import os
import random
import shutil
import subprocess
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.conftest import MISSING
from tests.traceability.conftest import NOW
from traceability.checkpoint import ED25519, generate_signer
from traceability.log.erasure import announce_redaction
from traceability.log.export import export
from traceability.tiles import Tile, bundle_path, tile_path

SOURCE = Path(__file__).with_name("check.go")
GOPATH = Path("/usr/share/gocode")  # where Debian installs the sources of Go libraries


@pytest.fixture(scope="session")
def checker(tmp_path_factory) -> Path:
    """The compiled program."""
    if shutil.which("go") is None or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail("REQUIRE_ALL: golang-go and golang-golang-x-mod-dev are not installed")
        MISSING.append("Go or golang.org/x/mod is not installed: the export was not read with Go's own log packages")
        pytest.skip("Go is not installed")
    program = tmp_path_factory.mktemp("go") / "check"
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": str(GOPATH), "GOFLAGS": "", "GOTOOLCHAIN": "local"}
    environment.setdefault("GOCACHE", str(program.parent / "cache"))
    built = subprocess.run(["go", "build", "-o", program, SOURCE], env=environment, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return program


@pytest.fixture
def exported(memory_log, make_event, tmp_path):
    """Grows the log to a size, exports it, asks it for proofs; returns the export, the log's key and the proofs."""

    def run(size: int) -> tuple[Path, str, Path]:
        for number in range(memory_log.size(None), size):
            memory_log.submit(None, event=make_event(number), lots=[f"LOT{number % 5}"], who="org:coop", recorded_at=NOW)
        while memory_log.sequence(None).sealed:
            pass
        memory_log.checkpoint(nullcontext, NOW)
        assert export(memory_log, None, tmp_path / "export") == size
        (tmp_path / "proofs.json").write_text(json.dumps(_proofs(memory_log.tree(None), size)), encoding="utf-8")
        [key] = [key for key in memory_log.verifiers(None) if key.type == ED25519]
        return tmp_path / "export", str(key), tmp_path / "proofs.json"

    return run


def _proofs(tree, size: int) -> dict:
    drawn = random.Random(size)
    inclusion, consistency = [], []
    for _ in range(25):
        second = drawn.randint(1, size)
        index, first = drawn.randrange(second), drawn.randint(1, second)
        inclusion.append({"index": index, "size": second, "hashes": _text(tree.inclusion(index, second))})
        consistency.append({"first": first, "second": second, "hashes": _text(tree.consistency(first, second))})
    return {"inclusion": inclusion, "consistency": consistency}


def _text(hashes: list[bytes]) -> list[str]:
    return [base64.b64encode(item).decode() for item in hashes]


def run(program: Path, *arguments: Path | str) -> subprocess.CompletedProcess:
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700])
def test_go_accepts_the_export(checker, exported, size):
    found = run(checker, *exported(size))

    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == f"{size} entries, 0 withheld\n"


def test_go_accepts_an_export_that_grew(checker, exported):
    for size in (3, 256, 300):
        assert run(checker, *exported(size)).returncode == 0


def test_go_reads_past_an_entry_that_was_withheld_by_announcement(checker, exported, memory_log):
    exported(300)
    by = announce_redaction(
        memory_log.storage, None, origin=memory_log.origin, who="org:market", seq=44, reason="phone_number", now=NOW
    )
    memory_log.checkpoint(nullcontext, NOW)
    memory_log.storage.withhold(None, 44)

    found = run(checker, *exported(301))

    assert (by, found.stdout) == (300, "301 entries, 1 withheld\n")


def test_go_refuses_another_key(checker, exported):
    folder, _key, proofs = exported(3)

    assert run(checker, folder, str(generate_signer("trace.test.example/log/1").verifier), proofs).returncode == 1


@pytest.mark.parametrize("path", [bundle_path(1, 44), bundle_path(0, 256), tile_path(Tile(0, 0, 256)), tile_path(Tile(1, 0, 1)), "checkpoint"])
def test_go_refuses_a_changed_file(checker, exported, path):
    folder, key, proofs = exported(300)
    data = bytearray((folder / path).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / path).write_bytes(data)

    assert run(checker, folder, key, proofs).returncode == 1


def test_go_refuses_a_proof_of_another_entry(checker, exported):
    folder, key, proofs = exported(300)
    given = json.loads(proofs.read_text("utf-8"))
    given["inclusion"][0]["index"] ^= 1
    proofs.write_text(json.dumps(given), encoding="utf-8")

    assert run(checker, folder, key, proofs).returncode == 1
