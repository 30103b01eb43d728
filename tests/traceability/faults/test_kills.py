"""kill −9 at the named points of steps A to F and at random moments, on both engines; after each the log is whole."""

import random

import pytest

from tests.traceability.faults.drill import Drill, random_moment
from tests.traceability.faults.driver import POINTS


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def drill(request, tmp_path_factory):
    """One log for all kills of an engine, so that each begins where the last one left it."""
    if request.param == "postgresql" and request.config._postgres is None:
        pytest.skip("PostgreSQL does not answer")
    server = request.config._postgres if request.param == "postgresql" else None
    made = Drill(tmp_path_factory.mktemp("drill"), server)
    yield made
    made.close()


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point_the_log_is_whole(drill, point):
    drill.kill_at(point.split()[0], 2)
    drill.inspect()


@pytest.mark.parametrize("number", range(3))
def test_killed_at_any_moment_the_log_is_whole(drill, number):
    drill.kill_after(random_moment(random.Random(number)))
    drill.inspect()
