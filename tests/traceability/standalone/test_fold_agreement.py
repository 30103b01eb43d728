"""The verifier written from the specification alone folds the frozen histories as our own code does."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
VECTORS = json.loads((ROOT / "tests" / "traceability" / "vectors" / "fold.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def verifier():
    """The verifier's one file as a module."""
    spec = importlib.util.spec_from_file_location("tlog_verify", ROOT / "traceability" / "standalone" / "verifier" / "tlog_verify.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unsound(verifier, entries, entry):
    """A log with such an entry is refused before it is folded: another's grant, a correction on other lots."""
    if entry["t"] in (verifier.GRANT, verifier.REVOKE):
        return entry["who"] != VECTORS["operator"]
    targets = [entries[item["seq"]] for item in entry.get("ref", [])]
    return any([link["lot"] for link in target["lots"]] != [link["lot"] for link in entry["lots"]] for target in targets)


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_standalone_verifier_tells_the_same(verifier, case):
    entries = {record["seq"]: json.loads(record["data"]) for record in case["entries"]}
    fold = verifier.Fold(verifier.Memory(), entries.get)
    fold.take(0, {"t": verifier.GENESIS, "who": VECTORS["operator"]})
    for seq, entry in entries.items():
        if not unsound(verifier, entries, entry):
            fold.take(seq, entry)
    told = {str(item["seq"]): item for item in fold.history(list(entries)) if "fields" in item}

    assert {
        seq: {
            "ev": item["fields"], "void": item.get("void", False), "disputed": item.get("disputed", False),
            "counts": [remark["seq"] for remark in item["told"] if remark["counts"]],
            "ignored": [remark["seq"] for remark in item["told"] if not remark["counts"]],
        }
        for seq, item in told.items()
    } == {
        seq: {
            "ev": one["ev"], "void": one["void"] >= 0, "disputed": bool(one["disputes"]), "counts": one["counts"],
            "ignored": one["ignored"],
        }
        for seq, one in case["events"].items()
    }  # fmt: skip
