"""Pre-harvest interval and mass balance: pure rules over a lot's diary (reference vietnam.md §3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

BALANCE_TOLERANCE_PERCENT = 2
"""How much heavier than its harvest entries a lot may be: scales differ."""

HIGH_YIELD_GRAMS_PER_SQUARE_METRE = 8_000
"""80 t/ha in one harvest: above any field crop or orchard here; a hint to look again, never a refusal."""


@dataclass(frozen=True)
class Application:
    """A spraying or drug treatment: what, on which Vietnamese day, and its waiting time in days (None: unknown)."""

    product: str
    on: date
    days: int | None

    @property
    def earliest_harvest(self) -> date | None:
        return None if self.days is None else self.on + timedelta(days=self.days)


def unknown_interval(applications: Iterable[Application]) -> Application | None:
    """The first application whose waiting time nobody wrote down, or None."""
    return next((application for application in applications if application.days is None), None)


def binding(applications: Iterable[Application]) -> Application | None:
    """The application that forbids harvest longest (latest date + interval), or None."""
    known = [application for application in applications if application.days is not None]
    return max(known, key=lambda application: (application.earliest_harvest, application.on), default=None)


def missing_days(applications: Iterable[Application], harvested_on: date) -> tuple[Application, int] | None:
    """The application a harvest on that day came too early for, and by how many days; None when it did not."""
    latest = binding(applications)
    if latest is None or harvested_on >= latest.earliest_harvest:
        return None
    return latest, (latest.earliest_harvest - harvested_on).days


def exceeds_harvest(*, quantity: int, harvested: int) -> bool:
    """True when a lot holds more than was harvested, beyond the tolerance."""
    return quantity * 100 > harvested * (100 + BALANCE_TOLERANCE_PERCENT)


def looks_too_much(*, grams: int, square_metres: int) -> bool:
    """True when one harvest from this area is higher than any field gives."""
    return square_metres > 0 and grams > square_metres * HIGH_YIELD_GRAMS_PER_SQUARE_METRE
