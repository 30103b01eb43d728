"""The proof of one entry as a file (C2SP tlog-proof): served, and believed by the stand-alone program alone."""

import base64
import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from flask import Flask

from tests.traceability.conftest import NOW, ORIGIN
from traceability.checkpoint import ED25519, generate_signer
from traceability.log.erasure import announce_redaction
from traceability.merkle import leaf_hash
from traceability.standalone.verifier import tlog_verify
from traceability.web import create_blueprint

VERIFIER = Path(tlog_verify.__file__)


@pytest.fixture
def get(memory_log, make_event):
    """Grows the log to a size and signs; then gives the text of a proof file, or the answer with `whole`."""
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(lambda: memory_log, lambda: nullcontext(None)))
    client = app.test_client()

    def run(index: object, size: int | None = None, *, whole: bool = False):
        for number in range(memory_log.size(None), size or 0):
            memory_log.submit(None, event=make_event(number), lots=["LOT"], who="org:coop", recorded_at=NOW)
        while memory_log.sequence(None).sealed:
            pass
        if size:
            memory_log.checkpoint(nullcontext, NOW)
        answer = client.get(f"/log/1/proof/{index}.tlog-proof")
        return answer if whole else answer.text

    return run


@pytest.fixture
def policy(memory_log):
    keys = [key for key in memory_log.verifiers(None) if key.type == ED25519]
    return tlog_verify.Policy("".join(f"{key}\n" for key in keys).encode())


def judged(text: str, policy, entry: bytes | None = None) -> tuple[int, object]:
    try:
        return 0, tlog_verify.check_proof(text.encode(), policy, entry)
    except tlog_verify.Verdict as verdict:
        return verdict.code, verdict.why


def test_form_is_that_of_the_standard(get, memory_log):
    text = get(2, 5)

    first, extra, index, *rest = text.split("\n")
    blank = rest.index("")
    assert (first, index) == ("c2sp.org/tlog-proof@v1", "index 2")
    assert base64.b64decode(extra.removeprefix("extra ")) == memory_log.storage.sealed(None, 2, 3)[0].data
    assert [base64.b64decode(row) for row in rest[:blank]] == memory_log.tree(None).inclusion(2, 5)
    assert "\n".join(rest[blank + 1 :]) == str(memory_log.latest_checkpoint(None).note)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21])
def test_proof_of_every_entry_is_believed(get, policy, memory_log, size):
    get(0, size)
    for index in range(size):
        code, report = judged(get(index), policy)

        assert code == 0, report
        assert (report["index"], report["size"]) == (index, size)
        assert report["leaf"] == memory_log.storage.leaves(None, index, index + 1)[0].hex()


def changes(text: str) -> dict:
    rows = text.split("\n")
    blank = rows.index("")
    entry = base64.b64decode(rows[1][6:])
    other = base64.b64encode(entry.replace(b"org:coop", b"org:cooq")).decode()

    def put(at, row):
        return "\n".join([*rows[:at], *row, *rows[at + 1 :]])

    return {
        "another entry": (put(1, [f"extra {other}"]), 1),
        "no entry": (put(1, []), 3),
        "another index": (put(2, ["index 5"]), 1),
        "index beyond": (put(2, ["index 99"]), 1),
        "a hash too few": (put(blank - 1, []), 1),
        "a hash too many": (put(blank, [rows[3], ""]), 1),
        "a hash swapped": (put(3, [rows[4]]), 1),
        "another size": (put(blank + 2, ["10"]), 1),
        "an unsigned note": ("\n".join(rows[:-3]) + "\n", 4),
        "index 04": (put(2, ["index 04"]), 4),
        "no first line": (put(0, []), 4),
        "a later version": (put(0, ["c2sp.org/tlog-proof@v2"]), 4),
        "a short hash": (put(3, ["AAAA"]), 4),
        "CRLF": (text.replace("\n", "\r\n"), 4),
        "not base64": (put(1, ["extra !"]), 4),
        "nothing": ("", 4),
    }


def test_no_changed_proof_is_believed(get, policy):
    found = {name: judged(text, policy)[0] for name, (text, _) in changes(get(4, 9)).items()}

    assert found == {name: expected for name, (_, expected) in changes(get(4)).items()}


def test_strangers_log_is_not_believed(get):
    key = generate_signer(ORIGIN).verifier

    assert judged(get(4, 9), tlog_verify.Policy(f"{key}\n".encode()))[0] == 1


def test_entry_may_be_given_beside_its_proof(get, policy, memory_log):
    text = get(3, 6)
    without = "\n".join(row for row in text.split("\n") if not row.startswith("extra "))
    data = memory_log.storage.sealed(None, 3, 4)[0].data

    assert judged(without, policy, data)[0] == 0
    assert judged(without, policy, data + b" ")[0] == 1
    assert judged(text, policy, memory_log.storage.sealed(None, 2, 3)[0].data)[0] == 1


def test_withheld_entry_is_not_in_its_proof(get, policy, memory_log):
    get(0, 4)
    data = memory_log.storage.sealed(None, 2, 3)[0].data
    announce_redaction(memory_log.storage, None, origin=ORIGIN, who="org:market", seq=2, reason="phone", now=NOW)
    memory_log.sequence(None)
    memory_log.storage.withhold(None, 2)

    text = get(2, 5)

    assert "extra" not in text
    assert judged(text, policy)[0] == 3
    assert judged(text, policy, data)[1]["leaf"] == leaf_hash(data).hex()


def test_as_a_command(get, memory_log, tmp_path):
    (tmp_path / "4.tlog-proof").write_text(get(4, 9), "utf-8", newline="")
    (tmp_path / "keys").write_text("".join(f"{key}\n" for key in memory_log.verifiers(None)))
    command = [sys.executable, "-I", VERIFIER, "proof", tmp_path / "4.tlog-proof", "--policy", tmp_path / "keys"]

    plain, as_json = (subprocess.run([*command, *more], capture_output=True, text=True, check=False) for more in ([], ["--json"]))

    assert (plain.returncode, plain.stdout.splitlines()[0]) == (0, f"SOUND: {ORIGIN}")
    assert json.loads(as_json.stdout)["entry"]["who"] == "org:coop"


def test_download_has_its_name_and_is_short_lived(get):
    answer = get(4, 9, whole=True)

    assert answer.headers["Content-Disposition"] == "attachment; filename=4.tlog-proof"
    assert answer.headers["Cache-Control"] == "public, max-age=5"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(("index", "status"), [("9", 404), ("99999999999999999", 404), ("-1", 400), ("04", 400), ("x", 400), ("4.5", 400)])
def test_what_is_not_there_has_no_proof(get, index, status):
    get(0, 9)

    assert get(index, whole=True).status_code == status
