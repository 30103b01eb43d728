"""Pages of a list: a frozen slice that templates and JSON share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")
PER_PAGE = 24
MAX_PAGE = 5_000
"""Deeper pages are refused as page 1: nobody walks there, only crawlers that cost."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    """`rows` of page `number` (from 1) out of `total` rows."""

    rows: Sequence[Row]
    number: int
    total: int
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def has_next(self) -> bool:
        return self.number < self.pages

    @property
    def has_previous(self) -> bool:
        return self.number > 1


def page_number(text: str | None) -> int:
    """The page asked for in a URL; anything unreadable is page 1."""
    if text and text.isascii() and text.isdecimal() and len(text) <= 5:
        return min(max(1, int(text)), MAX_PAGE)
    return 1
