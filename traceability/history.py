"""The fold rule: what the events of a log say after the later entries that correct, void, dispute and recall them.

Pure, and recomputable by anybody from the entries alone (docs/log.md §5). Nothing is edited: an event keeps its first
fields in its entry, and every later entry about it stays in sight, also one that does not count.
"""

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from traceability.canonical.entry import Entry
from traceability.canonical.profile import parse_time
from traceability.canonical.types import CORRECT, DISPUTE, EVENT, GRANT, RECALL, REVOKE, VOID
from traceability.errors import ProfileError


@dataclass(frozen=True, slots=True)
class Mark:
    """A later entry about an event or a lot: its number, type, id, when it was recorded, by whom and why.

    `counts` is False for one whose writer had no right, or that says what no correction may say.
    """

    seq: int
    type: str
    id: str
    at: datetime
    who: str
    reason: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One path of one correction. `old` is what stood there just before; None where nothing did."""

    path: str
    old: Any
    new: Any
    at: datetime
    who: str
    reason: str
    seq: int
    counts: bool


@dataclass(slots=True)
class Told:
    """An event as it stands: `fields` is its `ev` with all counting corrections in it.

    `marks` are the corrections, voids and disputes in order of seq, counting or not; `versions` the fields after each
    counting correction, the entry's own `ev` first.
    """

    seq: int
    entry: Entry
    fields: Mapping[str, Any]
    changes: list[Change] = field(default_factory=list)
    void: Mark | None = None
    disputes: list[Mark] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    versions: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class History:
    """Events by seq; `recalls` the recall marks of each lot; `certifiers` who holds that right after the last entry,
    `ever_certifiers` who ever did; `stray` the numbers of later entries whose target is not among the records."""

    events: dict[int, Told] = field(default_factory=dict)
    recalls: dict[str, list[Mark]] = field(default_factory=dict)
    certifiers: set[str] = field(default_factory=set)
    ever_certifiers: set[str] = field(default_factory=set)
    stray: list[int] = field(default_factory=list)

    def recalled(self, lot: str) -> bool:
        """Has somebody with the right called the lot back?"""
        return any(mark.counts for mark in self.recalls.get(lot, ()))


def fold(records: Iterable[tuple[int, bytes, Entry]], operator: str) -> History:
    """Fold records (seq, leaf, entry) in order of seq; `operator` is the `who` of the genesis entry.

    For the history of one lot its own entries and the log's grants and revokes are enough. Raises nothing: an entry
    that may not say what it says does not count.
    """
    return _Fold(operator).read(records)


def may_amend(who: str, target: Entry, *, operator: str, certifiers: Iterable[str]) -> bool:
    """Rule 2: may `who` correct or void this entry?"""
    return who in (target.who, operator) or who in certifiers


def corrected(
    event: Mapping[str, Any], fields: Mapping[str, Any], first: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """`event` with each path of `fields` (JSON Pointers, in order) set; None where rule 3 forbids it.

    A path must exist in `first`, the target's `ev` as it was written, and still be there; only the last token of an
    object may be new. `eventID` and `type` stay, `eventTime` stays a time.
    """
    result = deepcopy(dict(event))
    for path in sorted(fields):
        *way, last = _tokens(path)
        holder = _walk(result, way)
        if not (_settable(_walk(event if first is None else first, way), last) and _settable(holder, last)):
            return None
        holder[int(last) if isinstance(holder, list) else last] = deepcopy(fields[path])
    if any(_spelling(result.get(key)) != _spelling(event.get(key)) for key in ("eventID", "type")):
        return None
    try:
        parse_time(result.get("eventTime"))
    except ProfileError:
        return None
    return result


def differences(old: Mapping[str, Any], new: Mapping[str, Any], at: str = "") -> dict[str, Any]:
    """The paths and values that make `old` into `new`; keys that `new` lacks are left alone, nothing can be unsaid."""
    found: dict[str, Any] = {}
    for key, value in new.items():
        before, path = old.get(key), f"{at}/{key.replace('~', '~0').replace('/', '~1')}"
        if isinstance(before, dict) and isinstance(value, dict):
            found |= differences(before, value, path)
        elif isinstance(before, list) and isinstance(value, list) and len(before) == len(value):
            numbered = ({str(n): item for n, item in enumerate(items)} for items in (before, value))
            found |= differences(*numbered, path)
        elif key not in old or _spelling(before) != _spelling(value):
            found[path] = value
    return found


class _Fold:
    """The state of rule 1 to 6 while the entries are read."""

    def __init__(self, operator: str) -> None:
        self.operator = operator
        self.history = History()
        self.leaves: dict[int, bytes] = {}
        self.writers: dict[str, set[str]] = {}
        self.steps = {
            EVENT: self.event, GRANT: self.right, REVOKE: self.right, CORRECT: self.amend, VOID: self.amend,
            DISPUTE: self.amend, RECALL: self.recall,
        }  # fmt: skip

    def read(self, records: Iterable[tuple[int, bytes, Entry]]) -> History:
        for seq, leaf, entry in sorted(records, key=lambda record: record[0]):
            step = self.steps.get(entry.type)
            if step:
                self.leaves[seq] = leaf
                step(seq, entry)
        return self.history

    def event(self, seq: int, entry: Entry) -> None:
        self.history.events[seq] = Told(seq, entry, entry.event, versions=[entry.event])
        for link in entry.links:
            self.writers.setdefault(link.lot, set()).add(entry.who)

    def right(self, _seq: int, entry: Entry) -> None:
        if entry.who == self.operator and entry.type == GRANT:
            self.history.certifiers.add(entry.event["to"])
            self.history.ever_certifiers.add(entry.event["to"])
        elif entry.who == self.operator:
            self.history.certifiers.discard(entry.event["to"])

    def amend(self, seq: int, entry: Entry) -> None:
        [target] = entry.references
        told = self.history.events.get(-1 if target.seq is None else target.seq)
        if told is None or self.leaves[told.seq] != target.leaf or _lots(entry) != _lots(told.entry):
            self.history.stray.append(seq)
        elif entry.type == DISPUTE:
            mark = _mark(seq, entry, entry.who != told.entry.who)
            told.marks.append(mark)
            told.disputes += [mark] if mark.counts else []
        else:
            allowed = may_amend(
                entry.who, told.entry, operator=self.operator, certifiers=self.history.certifiers
            ) and told.void is None  # fmt: skip
            (self.void if entry.type == VOID else self.correct)(seq, entry, told, allowed)

    def void(self, seq: int, entry: Entry, told: Told, allowed: bool) -> None:
        mark = _mark(seq, entry, allowed)
        told.marks.append(mark)
        if allowed:
            told.void = mark

    def correct(self, seq: int, entry: Entry, told: Told, allowed: bool) -> None:
        fields = entry.event["fields"]
        after = corrected(told.fields, fields, told.entry.event) if allowed else None
        mark = _mark(seq, entry, after is not None)
        told.marks.append(mark)
        for path in sorted(fields):
            old = _value(told.fields, path)
            told.changes.append(
                Change(path, old, fields[path], mark.at, mark.who, mark.reason, seq, mark.counts)
            )
        if after is not None:
            told.fields = after
            told.versions.append(after)

    def recall(self, seq: int, entry: Entry) -> None:
        for link in entry.links:
            writers = self.writers.get(link.lot, set()) | self.history.certifiers | {self.operator}
            self.history.recalls.setdefault(link.lot, []).append(_mark(seq, entry, entry.who in writers))


def _mark(seq: int, entry: Entry, counts: bool) -> Mark:
    return Mark(seq, entry.type, entry.id, entry.recorded_at, entry.who, entry.event["reason"], counts)


def _lots(entry: Entry) -> list[str]:
    return [link.lot for link in entry.links]


def _tokens(path: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in path.split("/")[1:]]


def _walk(value: Any, way: Iterable[str]) -> Any:
    """What stands at the end of `way`; None where there is nothing."""
    for token in way:
        if not _present(value, token):
            return None
        value = value[int(token)] if isinstance(value, list) else value[token]
    return value


def _present(holder: Any, part: str) -> bool:
    if isinstance(holder, list):
        canonical = part.isascii() and part.isdigit() and (len(part) == 1 or part[0] != "0")
        return canonical and len(part) < 6 and int(part) < len(holder)
    return isinstance(holder, dict) and part in holder


def _settable(holder: Any, part: str) -> bool:
    return isinstance(holder, dict) or _present(holder, part)


def _value(event: Mapping[str, Any], path: str) -> Any:
    return _walk(event, _tokens(path))


def _spelling(value: Any) -> str:
    """Equal for equal JSON only: to Python 1 and true are equal."""
    return json.dumps(value, sort_keys=True)
