"""What the log says of a lot as a whole: pure, read from its folded events; a phone reads the same (js/log/told.js).

Where the log is silent a page may show our own columns, but says that they are outside the log (docs/log.md §11).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from marketplace.database import vietnam_day
from marketplace.provenance import FoldedEvent, LotHistory

ORGANISATION = "seller:"
"""How the names of organisations begin in the log; a household's is a random alias."""
_MOVES = {"released": "released", "unblocked": "released", "blocked": "blocked", "recall": "recalled"}


@dataclass(frozen=True)
class LotFacts:
    """Texts as they stand in the log, days as ISO text of the Vietnamese calendar; empty where the log says nothing.

    `state`: released, blocked, cancelled, recalled; empty before the release. `reason`: the word of the last blocking or
    recall. `amount` and `unit`: what was released. `place`: code and first day of the commune.
    """

    state: str = ""
    reason: str = ""
    who: str = ""
    number: str = ""
    place: str = ""
    area: str = ""
    started: str = ""
    harvested: str = ""
    packed: str = ""
    best_before: str = ""
    amount: str = ""
    unit: str = ""

    def told(self) -> dict[str, str]:
        """What is said, by name: the page hands it to the phone, which compares."""
        return {item.name: value for item in fields(self) if (value := getattr(self, item.name))}

    def quantity(self, measure: str) -> int | None:
        """Grams or pieces released; None where the log does not say so in this measure."""
        factor = {("KGM", "mass"): 1000, ("H87", "piece"): 1}.get((self.unit, measure))
        return None if factor is None else int(Decimal(self.amount) * factor)

    def day(self, name: str) -> date | None:
        """One of the days."""
        try:
            return date.fromisoformat(getattr(self, name))
        except ValueError:
            return None


def lot_facts(history: LotHistory) -> LotFacts:
    """Only events that were not taken back count, each with its values as corrected."""
    counting = sorted((event for event in history.events.values() if event.void is None), key=lambda event: event.seq)
    by_kind: dict[str, list[FoldedEvent]] = {}
    for event in counting:
        by_kind.setdefault(kind_of(event.fields), []).append(event)
    released = by_kind.get("released", [])[-1:]
    release = details(released[0].fields) if released else {}
    state, reason = _state(counting, history)
    begun = _day(min, by_kind.get("sowing", []) + by_kind.get("stocking", []))
    return LotFacts(
        state, reason, _last(counting, lambda event: event.who if event.who.startswith(ORGANISATION) else ""),
        _last(counting, lambda event: event.fields.get("cns:lotNumber", "")),
        _last(counting, lambda event: event.fields.get("bizLocation", {}).get("id", "")).removeprefix("cns:loc-"),
        _last(counting, lambda event: event.fields.get("cns:growingAreaCode", "")),
        begun or release.get("startedOn", ""), _day(min, by_kind.get("harvesting", [])), _day(max, by_kind.get("packing", [])),
        release.get("bestBefore") or _printed(by_kind.get("packing", []), released), release.get("amount", ""),
        release.get("amountUnit", ""),
    )


def kind_of(event: Mapping[str, Any]) -> str:
    """Which kind of work a sealed record tells of."""
    return event.get("cns:activity", "")


def details(event: Mapping[str, Any]) -> dict[str, Any]:
    """Our own fields of a sealed EPCIS record without their prefix, and the quantity of its goods."""
    found = {key.partition(":")[2]: value for key, value in event.items() if key.startswith("cns:") and value != ""}
    for side in ("inputQuantityList", "outputQuantityList", "quantityList"):
        for item in event.get(side, ())[:1]:
            if "quantity" in item:
                found |= {"amount": item["quantity"], "amountUnit": item.get("uom", "")}
    return found


def happened_at(event: Mapping[str, Any]) -> datetime:
    """When the work of a sealed record was done."""
    return datetime.fromisoformat(event["eventTime"])


def _state(counting: list[FoldedEvent], history: LotHistory) -> tuple[str, str]:
    if history.recalls:
        return "recalled", history.recalls[-1].reason
    moves = [event.fields for event in counting if kind_of(event.fields) in _MOVES]
    if not moves:
        return "", ""
    state, reason = _MOVES[kind_of(moves[-1])], moves[-1].get("cns:reason", "")
    return ("cancelled" if reason == "cancelled" else state), reason


def _last(events: list[FoldedEvent], read: Callable[[FoldedEvent], str]) -> str:
    return next((value for event in reversed(events) if (value := read(event))), "")


def _day(pick: Callable[[Iterable[str]], str], events: list[FoldedEvent]) -> str:
    days = [vietnam_day(happened_at(event.fields)).isoformat() for event in events]
    return pick(days) if days else ""


def _printed(packings: list[FoldedEvent], released: list[FoldedEvent]) -> str:
    """The use-by of the last packing before the release: what is packed later has its own on the pack."""
    limit = released[0].seq if released else None
    return _last([one for one in packings if limit is None or one.seq < limit], lambda event: event.fields.get("cns:bestBefore", ""))
