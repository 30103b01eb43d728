"""The market's shelves as data: the packaged table and the guess which shelf a product's name belongs to."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from marketplace.folding import accented, fold

DATA = Path(__file__).parent / "data" / "categories.csv"


@dataclass(frozen=True)
class Shelf:
    """One row of the packaged table; `keywords` are phrases of names that belong here."""

    slug: str
    parent: str
    name: str
    keywords: tuple[str, ...]


@lru_cache(maxsize=1)
def shelves() -> tuple[Shelf, ...]:
    """All rows, parents before their children."""
    with DATA.open(encoding="utf-8", newline="") as file:
        return tuple(
            Shelf(row["slug"], row["parent"], row["name"], tuple(filter(None, row["keywords"].split("|"))))
            for row in csv.DictReader(file)
        )


def suggest_category(name: str) -> str | None:
    """Slug of the shelf whose keyword fits the name best, or None.

    A phrase of more words wins (`cá giống` over `cá`), then the one nearer to the beginning: `mắm cá linh` is a mắm.
    Names typed with marks are compared with marks, others without.
    """
    key = accented if accented(name) != fold(name) else fold
    text = f" {key(name)} "
    best: tuple[int, int, int] | None = None
    found = None
    for order, (phrase, slug) in enumerate(_phrases(key is accented)):
        position = text.find(f" {phrase} ")
        score = (phrase.count(" "), -position, -order)
        if position >= 0 and (best is None or score > best):
            best, found = score, slug
    return found


@lru_cache(maxsize=2)
def _phrases(marked: bool) -> tuple[tuple[str, str], ...]:
    key = accented if marked else fold
    return tuple((key(phrase), shelf.slug) for shelf in shelves() for phrase in shelf.keywords)
