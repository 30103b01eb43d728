"""A typed query as words, and the match expressions of both engines. Pure text."""

import unicodedata
from dataclasses import dataclass

from marketplace.folding import accented, fold, lowered

MAX_WORDS = 8
LONGEST_WORD = 24
SHORTEST_PREFIX = 2
"""A single last letter is taken as a word: as a prefix it would match a good part of the market."""

EVERYWHERE = ("thành phố cần thơ", "tp cần thơ", "cần thơ")
"""What is true of every product here; dropped when other words remain."""


@dataclass(frozen=True)
class Word:
    """One typed word: folded, and with its marks when it has any (tone at the end), else None."""

    folded: str
    marked: str | None


@dataclass(frozen=True)
class Words:
    """The words of a query, at most MAX_WORDS; empty when nothing searchable was typed."""

    words: tuple[Word, ...]

    def __bool__(self) -> bool:
        return bool(self.words)

    @property
    def has_marks(self) -> bool:
        return any(word.marked for word in self.words)

    @property
    def phrase(self) -> str:
        """The folded words with blanks between."""
        return " ".join(word.folded for word in self.words)


@dataclass(frozen=True)
class Match:
    """Match expressions by tier: `exact` (marks as typed; None without marks), `name` (whole words), `words` (anywhere)."""

    exact: str | None
    name: str
    words: str


def read(text: str) -> Words:
    """Words of what somebody typed; anything may come in."""
    split = "".join(c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in lowered(text[:400])).split()
    words = [Word(fold(raw)[:LONGEST_WORD], accented(raw) if accented(raw) != fold(raw) else None) for raw in split]
    return Words(tuple(_without_everywhere([word for word in words if word.folded])[:MAX_WORDS]))


def _without_everywhere(words: list[Word]) -> list[Word]:
    for phrase in EVERYWHERE:
        wanted = fold(phrase).split()
        for start in range(len(words) - len(wanted) + 1):
            if [word.folded for word in words[start : start + len(wanted)]] == wanted:
                return words[:start] + words[start + len(wanted) :]
    return words


def fts5(words: Words) -> Match:
    """Expressions for SQLite's MATCH. Every term is quoted, and holds letters and digits only."""
    anywhere = [f'"{w.folded}"{" *" if prefix else ""}' for w, prefix in _prefixed(words)]
    exact = [f'marked : "{w.marked}"' if w.marked else f"words : {anywhere[i]}" for i, w in enumerate(words.words)]
    return Match(
        exact=" AND ".join(exact) if words.has_marks else None,
        name=f"name : ({' AND '.join(chr(34) + w.folded + chr(34) for w in words.words)})",
        words=f"words : ({' AND '.join(anywhere)})",
    )


def tsquery(words: Words) -> Match:
    """Expressions for PostgreSQL's tsquery; `exact` holds only the marked words, the others are matched by `words`."""
    anywhere = [f"'{w.folded}'{':*' if prefix else ''}" for w, prefix in _prefixed(words)]
    return Match(
        exact=" & ".join(f"'{w.marked}'" for w in words.words if w.marked) or None,
        name=" & ".join(f"'{w.folded}'" for w in words.words),
        words=" & ".join(anywhere),
    )


def _prefixed(words: Words) -> list[tuple[Word, bool]]:
    last = len(words.words) - 1
    return [(word, i == last and len(word.folded) >= SHORTEST_PREFIX) for i, word in enumerate(words.words)]


def closeness(name_key: str, words: Words) -> int:
    """How well a folded name answers: 0 begins with the phrase … 4 only other words of the product match."""
    padded, phrase = f" {name_key} ", f" {words.phrase} "
    if padded.startswith(phrase):
        return 0
    if phrase in padded:
        return 1
    if all(f" {word.folded} " in padded for word in words.words):
        return 2
    return 3 if all(f" {word.folded}" in padded for word in words.words) else 4
