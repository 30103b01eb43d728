"""When the content of a log entry is withheld, our own copies of its words go too; measures and days stay. When a
household's values are erased, its ties to names of past years in the log go too."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm.attributes import flag_modified

from marketplace.database import db, transaction, vietnam_day
from marketplace.lots.models import DiaryChange, DiaryEntry, LogAlias
from marketplace.lots.vocabulary import FIELDS, Code, Name


def forget_details(*, event_id: str) -> int:
    """Drop what people typed from the diary entry with this log id, or corrected by it, and from its changes; returns how
    many rows. For `log redact`; a second time changes nothing."""
    with transaction() as session:
        corrected = select(DiaryChange.entry_id).where(DiaryChange.log_id == event_id).scalar_subquery()
        entry = session.scalar(
            select(DiaryEntry).where((DiaryEntry.event_id == event_id) | (DiaryEntry.id == corrected))
        )
        if entry is None:
            return 0
        entry.details = _without_words(entry.kind, entry.details)
        changes = db.session.scalars(select(DiaryChange).where(DiaryChange.entry_id == entry.id)).all()
        for change in changes:
            for name in ("before", "after"):
                side = getattr(change, name)
                if side:
                    setattr(change, name, side | {"details": _without_words(entry.kind, side["details"])})
                    flag_modified(change, name)
        return 1 + len(changes)


def forget_aliases(*, seller_id: int, now: datetime) -> int:
    """Forget under which names the seller's entries of past years stand in the log; returns how many names. For `log
    erase`. This year's stays: the log knows by it that a recall is the writer's own. Corrections take the entry's name."""
    past = delete(LogAlias).where(LogAlias.seller_id == seller_id, LogAlias.season < vietnam_day(now).year)
    with transaction() as session:
        return session.execute(past).rowcount


def _without_words(kind: str, details: dict[str, Any]) -> dict[str, Any]:
    specs = FIELDS.get(kind, {})
    return {name: value for name, value in details.items() if not isinstance(specs.get(name), Name | Code)}
