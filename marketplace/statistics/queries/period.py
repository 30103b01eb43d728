"""The period of a report: Vietnamese calendar days, both ends included."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from marketplace.database import VIETNAM

EARLIEST = date(2015, 1, 1)


@dataclass(frozen=True)
class Period:
    """From `first` to `last`, whole days in Vietnam."""

    first: date
    last: date

    @property
    def ends_before(self) -> datetime:
        """The first moment (UTC) after the period."""
        return datetime.combine(self.last + timedelta(days=1), time(), VIETNAM).astimezone(UTC)

    def months(self) -> list[date]:
        """The first day of each month the period touches."""
        month, found = self.first.replace(day=1), []
        while month <= self.last:
            found.append(month)
            month = (month + timedelta(days=32)).replace(day=1)
        return found


def choices(today: date) -> dict[str, Period]:
    """The ready-made periods of the officer's page, by key in the URL."""
    month = today.replace(day=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    return {
        "thang-nay": Period(month, today),
        "thang-truoc": Period(last_month, month - timedelta(days=1)),
        "quy-nay": Period(quarter, today),
        "nam-nay": Period(today.replace(month=1, day=1), today),
        "nam-truoc": Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
        "6-thang-dau-2022": Period(date(2022, 1, 1), date(2022, 6, 30)),
    }


def read(*, key: str | None, first: date | None, last: date | None, today: date) -> Period:
    """The period asked for; anything impossible falls back to this year."""
    ready = choices(today)
    if key in ready:
        return ready[key]
    if first and last and EARLIEST <= first <= last <= today.replace(day=monthrange(today.year, today.month)[1]):
        return Period(first, last)
    return ready["nam-nay"]
