"""Personal values of diary entries, as far as they are not erased."""

from collections.abc import Sequence

from sqlalchemy import select

from marketplace import provenance
from marketplace.database import db
from marketplace.lots.models import DiaryEntry
from marketplace.lots.personal import NAMES

Values = tuple[tuple[str, str], ...]


def lot_personal(lot_id: int) -> dict[int, Values]:
    """(name, value) by entry, for the seller's own people: public or not. Ask `lot_page` first whose lot it is."""
    ids = {event: number for number, event in db.session.execute(
        select(DiaryEntry.id, DiaryEntry.event_id).where(DiaryEntry.lot_id == lot_id)
    )}
    return {ids[event]: values for event, values in _by_event(list(ids), published_only=False).items()}


def published_personal(event_ids: Sequence[str]) -> dict[str, Values]:
    """(name, value) by event, those that their owners agreed to show."""
    return _by_event(event_ids, published_only=True)


def _by_event(event_ids: Sequence[str], *, published_only: bool) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for item in provenance.openings_of(event_ids, published_only=published_only):
        if item.path in NAMES:
            found[item.entry_id] = (*found.get(item.entry_id, ()), (NAMES[item.path], item.value))
    return found
