"""Which keys may sign a checkpoint of which size, read from the log itself (docs/log.md §4).

Keys are verifier key strings (C2SP signed-note). The genesis entry promises the first ones; a `key` entry adds one or
retires one, and counts for the checkpoints that cover it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from traceability.canonical.entry import Entry
from traceability.canonical.types import GENESIS, KEY


@dataclass(frozen=True, slots=True)
class Term:
    """The sizes at which a key is promised: `start` ≤ size < `stop` (None: no end yet)."""

    key: str
    start: int
    stop: int | None = None


def terms(entries: Iterable[tuple[int, Entry]]) -> list[Term]:
    """The term of each key in order of their start, from (seq, entry) in any order; other types are passed over.

    A `key` entry at `seq` is below the sizes from seq + 1 on, so an earlier bound in it counts from there. The earliest
    start and the earliest end count: a key that was retired once is not revived.
    """
    starts: dict[str, int] = {}
    stops: dict[str, int] = {}
    for seq, entry in entries:
        told = entry.event
        if entry.type == GENESIS:
            starts |= dict.fromkeys(told["keys"], 0)
        elif entry.type == KEY and "add" in told:
            bound = max(told["from"], seq + 1)
            starts[told["add"]] = min(starts.get(told["add"], bound), bound)
        elif entry.type == KEY:
            bound = max(told["to"], seq + 1)
            stops[told["retire"]] = min(stops.get(told["retire"], bound), bound)
    return sorted((Term(key, start, stops.get(key)) for key, start in starts.items()), key=lambda term: term.start)


def keys_at(found: Iterable[Term], size: int) -> list[str]:
    """The keys promised for a checkpoint of `size`."""
    return [term.key for term in found if term.start <= size and (term.stop is None or size < term.stop)]


def history_text(origin: str, found: Iterable[Term]) -> str:
    """What the offline root key signs: `<origin>/key-history`, then `<from> <to or -> <verifier key>` for each term."""
    lines = (f"{term.start} {'-' if term.stop is None else term.stop} {term.key}\n" for term in found)
    return f"{origin}/key-history\n{''.join(lines)}"
