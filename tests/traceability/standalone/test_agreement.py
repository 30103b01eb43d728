"""Two independent verifiers, tlog_verify.py and the page's modules under Node, judge mutated exports alike."""

from tests.conftest import MEASURED
from tests.node import require_node
from tests.traceability.standalone.agreement import compare

CASES = 1000


def test_both_verifiers_agree_on_mutated_exports(tmp_path):
    require_node()

    found = compare(tmp_path, CASES)

    counts = ", ".join(f"{count} x exit {code}" for code, count in sorted(found.outcomes.items()))
    MEASURED.append(f"two verifiers on {CASES} mutated exports: {counts}")
    assert found.disagreements == []
    assert set(found.outcomes) == set("01234"), "the cases reach every outcome"
    assert min(found.outcomes.values()) >= CASES // 100
