"""The demo's one source of chance: the same numbers at every load."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

from marketplace.money import split

SEED = 20220630


def generator(part: str) -> random.Random:
    """A generator of its own for each part of the demo, so that changing one part leaves the others as they were."""
    return random.Random(f"{SEED}-{part}")  # noqa: S311 - plausible data, no secrets


def spread(total: int, days: Sequence[date], part: str) -> dict[date, int]:
    """Divide `total` over `days` with weekly rhythm and chance; parts sum to `total` exactly."""
    chance = generator(part)
    weights = [
        chance.randint(60, 140) * (13 if day.weekday() >= 5 else 10) * (100 + number) for number, day in enumerate(days)
    ]
    return dict(zip(days, split(total, weights), strict=True))


def days(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
