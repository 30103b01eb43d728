"""Two implementations that share no code judge the same mutated exports: tlog_verify.py and verify_export.mjs."""

import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.node import require_node
from tests.traceability.standalone.mutations import Case, Mutations
from tests.traceability.standalone.stories import digest, told_of
from traceability.standalone.verifier import tlog_verify

SCRIPT = Path(__file__).with_name("verify_export.mjs")
BATCH = 250


@dataclass
class Agreement:
    """How many cases each outcome had, and a line for each case the two judge differently."""

    outcomes: Counter = field(default_factory=Counter)
    deeds: Counter = field(default_factory=Counter)
    disagreements: list = field(default_factory=list)


def judged(case: Case) -> str:
    """What tlog_verify.py says, as the other one prints it: `0 <digest of the story of LOT0>`, `1 17`, `1 -`, `2` …"""
    try:
        policy = tlog_verify.Policy(case.policy.read_bytes()) if case.policy else None
        since = tlog_verify.read_since(str(case.since)) if case.since else []
        report = tlog_verify.ExportCheck(tlog_verify.Folder(case.folder), policy, since, "LOT0").run()
    except tlog_verify.Verdict as verdict:
        if verdict.code != tlog_verify.TAMPERED:
            return str(verdict.code)
        return f"1 {'-' if verdict.index is None else verdict.index}"
    return f"0 {digest(told_of(report))}"


def judged_by_script(cases: list, listing: Path) -> list:
    listing.write_text("".join(case.line() + "\n" for case in cases), "utf-8")
    done = subprocess.run([require_node(), "--no-warnings", SCRIPT, "--batch", listing], capture_output=True, text=True, timeout=600)
    if done.returncode:
        raise RuntimeError(f"the script stopped with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout.splitlines()


def compare(folder: Path, count: int, seed: int = 0, first: int = 0) -> Agreement:
    """Judge `count` cases from number `first` on, written below the folder, which is emptied batch by batch."""
    mutations, found = Mutations(folder, seed), Agreement()
    for start in range(first, first + count, BATCH):
        cases = [mutations.case(number) for number in range(start, min(start + BATCH, first + count))]
        ours, theirs = [judged(case) for case in cases], judged_by_script(cases, folder / "list")
        if len(theirs) != len(ours):
            raise RuntimeError(f"{len(theirs)} answers to {len(ours)} cases")
        for number, (case, one, other) in enumerate(zip(cases, ours, theirs, strict=True), start):
            found.outcomes[one[0]] += 1
            found.deeds[case.name] += 1
            if one != other:
                found.disagreements.append(f"case {number} of seed {seed} ({case.name}): {one} against {other}")
            shutil.rmtree(case.folder)
            if case.since:
                case.since.unlink()
    return found
