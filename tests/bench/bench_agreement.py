"""Two independent verifiers on 10,000 mutated exports: cases per outcome, and where they disagree (nowhere, one hopes)."""

import tempfile
from pathlib import Path

from tests.traceability.standalone.agreement import compare

CASES = 10_000
# another seed than the tests use, so that these are other cases
SEED = 1
NAMES = {"0": "sound", "1": "tampered", "2": "fork", "3": "incomplete", "4": "usage"}


def run() -> list[dict]:
    """Counts by outcome and the number of disagreements, each with its share of all cases."""
    with tempfile.TemporaryDirectory() as folder:
        found = compare(Path(folder), CASES, SEED)
    for line in found.disagreements:
        print(f"   {line}", flush=True)
    rows = [row(f"judged {NAMES[code]} (exit {code})", count) for code, count in sorted(found.outcomes.items())]
    return [*rows, row("disagreements", len(found.disagreements), mark="0")]


def row(name: str, count: int, mark: str | None = None) -> dict:
    return {"name": name, "value": count, "unit": "cases", "base": "all cases", "ratio": count / CASES, "mark": mark}
