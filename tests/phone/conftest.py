"""The page's modules under Node, called with plain values."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.node import require_node, run_node
from tests.traceability.conftest import key, make_event, memory_log, published, signer  # noqa: F401 - fixtures used here too

SCRIPT = Path(__file__).with_name("calls.mjs")


@pytest.fixture
def calls() -> Callable[[list], list]:
    """Takes [[name, argument], …]; returns [{"value": …} or {"refused": code}, …] of the page's modules."""
    require_node()
    return lambda given: run_node(SCRIPT, given)
