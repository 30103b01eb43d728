"""Which keys may sign a checkpoint of which size, read from the log itself (docs/log.md §4).

Keys are verifier key strings (C2SP signed-note). The genesis entry promises the first ones; a `key` entry adds one or
retires one, and counts for the checkpoints that cover it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from traceability.canonical.entry import Entry
from traceability.canonical.types import GENESIS, KEY


@dataclass(frozen=True, slots=True)
class Term:
    """The sizes at which a key is promised: `start` ≤ size < `stop` (None: no end yet)."""

    key: str
    start: int
    stop: int | None = None


def terms(entries: Iterable[tuple[int, Entry]]) -> list[Term]:
    """The terms of all keys in order of their start, from (seq, entry) in order of seq; other types are passed over.

    A `key` entry at `seq` is below the sizes from seq + 1 on, so an earlier bound in it counts from there.
    """
    found: list[Term] = []
    for seq, entry in entries:
        told = entry.event
        if entry.type == GENESIS:
            found += [Term(key, 0) for key in told["keys"]]
        elif entry.type == KEY and "add" in told:
            found.append(Term(told["add"], max(told["from"], seq + 1)))
        elif entry.type == KEY:
            stop = max(told["to"], seq + 1)
            found = [replace(term, stop=stop) if _ends(term, told["retire"], stop) else term for term in found]
    return sorted(found, key=lambda term: term.start)


def keys_at(found: Iterable[Term], size: int) -> list[str]:
    """The keys promised for a checkpoint of `size`, each once."""
    return list(
        dict.fromkeys(term.key for term in found if term.start <= size and (term.stop is None or size < term.stop))
    )


def history_text(origin: str, found: Iterable[Term]) -> str:
    """What the offline root key signs: `<origin>/key-history`, then `<from> <to or -> <verifier key>` for each term."""
    lines = (f"{term.start} {'-' if term.stop is None else term.stop} {term.key}\n" for term in found)
    return f"{origin}/key-history\n{''.join(lines)}"


def _ends(term: Term, key: str, stop: int) -> bool:
    return term.key == key and (term.stop is None or stop < term.stop)
