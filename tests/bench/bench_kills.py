"""kill −9 by the hundred: the drill of tests/traceability/faults at its named points and at random moments.

Not a measure of speed: the ratio is the share of kills after which nothing acknowledged was lost or doubled, no size had
two signed roots, and the independent check of the export passed. Anything below 1 is a defect.
"""

import random
import tempfile
from pathlib import Path

from tests.engines import postgres_url
from tests.traceability.faults.drill import Drill, random_moment
from tests.traceability.faults.driver import POINTS

AT_POINTS, AT_RANDOM = 9, 130
"""Kills at each of the sixteen points, and at random moments, on each engine: 548 over both."""


def run(at_points: int = AT_POINTS, at_random: int = AT_RANDOM) -> list[dict]:
    """Rows {name, value, unit, base, ratio, mark}: value in kills."""
    server = postgres_url()
    rows = [_at_points("sqlite", None, at_points), _at_random("sqlite", None, at_random)]
    if server:
        return [*rows, _at_points("postgresql", server, at_points), _at_random("postgresql", server, at_random)]
    return [*rows, {"name": "killed at named points and random moments (postgresql)", "missing": "no PostgreSQL"}]


def _at_points(engine: str, server: str | None, rounds: int) -> dict:
    plan = [(point.split()[0], 1 + number % 3) for number in range(rounds) for point in POINTS]
    return _row(f"killed at {len(POINTS)} named points ({engine})", server, [lambda drill, step=step: drill.kill_at(*step) for step in plan])


def _at_random(engine: str, server: str | None, number: int) -> dict:
    rng = random.Random(number)
    moments = [random_moment(rng) for _ in range(number)]
    return _row(f"killed at random moments ({engine})", server, [lambda drill, at=at: drill.kill_after(at) for at in moments])


def _row(name: str, server: str | None, kills: list) -> dict:
    """A fresh log every 60 kills, so that looking at it stays short."""
    whole = 0
    for start in range(0, len(kills), 60):
        with tempfile.TemporaryDirectory() as folder:
            drill = Drill(Path(folder), server)
            try:
                for kill in kills[start : start + 60]:
                    kill(drill)
                    whole += _whole(drill)
            finally:
                drill.close()
    return {"name": name, "value": len(kills), "unit": "kills", "base": "whole afterwards", "ratio": whole / len(kills), "mark": 1}


def _whole(drill: Drill) -> bool:
    try:
        drill.inspect()
    except Exception as error:
        print(f"   NOT WHOLE: {error}", flush=True)
        return False
    return True
