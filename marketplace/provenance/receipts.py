"""Where a recorded event stands: what somebody who keeps its leaf hash can hold us to (docs/log.md §3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, select

from marketplace.database import db
from marketplace.provenance.reading import checkpoint_size
from traceability.storage import tables

PROMISE = timedelta(hours=24)
"""Within this time of its recording an entry is in the log and under a signed checkpoint; mostly it takes seconds."""
_STANDINGS = select(tables.entry.c.id, tables.entry.c.seq, tables.entry.c.leaf, checkpoint_size().label("size")).where(
    tables.entry.c.id.in_(bindparam("ids", expanding=True))
)


@dataclass(frozen=True)
class Standing:
    """A sealed event: its number in the log, its leaf hash there, and whether a signed checkpoint covers it."""

    seq: int
    leaf_hex: str
    signed: bool


def standings(event_ids: Sequence[str]) -> dict[str, Standing]:
    """By id, the events that are sealed; the others still wait. One statement."""
    rows = db.session.connection().execute(_STANDINGS, {"ids": list(event_ids)})
    return {row.id: Standing(row.seq, bytes(row.leaf).hex(), row.seq < (row.size or 0)) for row in rows}
