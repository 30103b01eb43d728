"""What a genesis entry may name as the log before it: writer, stand-alone verifier and the page's script agree."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.node import require_node
from tests.traceability.test_types import FORMER, GOOD, ID, NO_FORMER, refused
from traceability.canonical import types
from traceability.standalone.verifier.tlog_verify import genesis_form

LONG = [FORMER.replace("old.test", "o" * 194), FORMER.replace("\U0001f33e", "\U0001f33e" * 200), FORMER + "\u2014 a AAAAAAAA\n" * 98]
TOO_LONG = [FORMER.replace("old.test", "o" * 195), FORMER.replace("\U0001f33e", "\U0001f33e" * 201), FORMER + "\u2014 a AAAAAAAA\n" * 99]
SCRIPT = """
import { checkContent } from "./static/js/log/types.js";
const judged = JSON.parse(process.argv[1]).map((entry) => { try { checkContent(entry); return true; } catch { return false; } });
console.log(JSON.stringify(judged));
"""


def alone(value) -> bool:
    try:
        genesis_form(GOOD[types.GENESIS] | {"previous": value}, {})
    except ValueError:
        return False
    return True


def by_script(values: list) -> list[bool]:
    entries = [{"t": types.GENESIS, "id": ID, "lots": [], "ref": [], "ev": GOOD[types.GENESIS] | {"previous": value}} for value in values]
    command = [require_node(), "--no-warnings", "--input-type=module", "-e", SCRIPT, json.dumps(entries)]
    root = Path(__file__).resolve().parents[3]
    return json.loads(subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout)


def test_all_three_take_the_same_notes():
    values = [FORMER, *LONG, *NO_FORMER, *TOO_LONG]
    expected = [True] * (1 + len(LONG)) + [False] * (len(NO_FORMER) + len(TOO_LONG))
    assert [alone(value) for value in values] == expected
    assert by_script(values) == expected


@pytest.mark.parametrize("value", TOO_LONG)
def test_the_writer_refuses_what_is_too_long(value):
    assert refused(types.GENESIS, {"previous": value}) == "bad-event"


@pytest.mark.parametrize("value", LONG)
def test_the_writer_takes_what_is_as_long_as_may_be(value):
    types.check_content(types.GENESIS, ID, GOOD[types.GENESIS] | {"previous": value}, (), ())
