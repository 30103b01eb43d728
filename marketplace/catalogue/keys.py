"""The search keys of a product and its address, from its name, variety and categories. Pure text."""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.catalogue.synonyms import synonyms_of
from marketplace.folding import accented, fold

LONGEST_SLUG = 80


@dataclass(frozen=True)
class Keys:
    """Words separated by single blanks; `name` and `search` folded, `marked` with marks (tone at the word's end)."""

    name: str
    marked: str
    search: str


def keys_of(*, name: str, variety: str = "", categories: Sequence[str] = ()) -> Keys:
    """What the search index holds about a product besides its seller and place (those come by trigger)."""
    synonyms = " ".join([*synonyms_of(name), *synonyms_of(variety)])
    marked = _once(accented(f"{name} {variety} {synonyms}"))
    search = _once(fold(f"{name} {variety} {synonyms} {' '.join(categories)}"))
    return Keys(name=fold(name)[:255], marked=marked, search=search)


def slug_of(name: str) -> str:
    """Readable part of the product's address: `cam-sanh-ngot-tam-binh`; `san-pham` when the name has no letters."""
    slug = fold(name).replace(" ", "-")
    ascii_only = "".join(c for c in slug if c.isascii())
    return ascii_only[:LONGEST_SLUG].strip("-") or "san-pham"


def _once(words: str) -> str:
    return " ".join(dict.fromkeys(words.split()))
