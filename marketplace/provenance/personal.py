"""Personal values beside the log: the entry keeps commitments, the values lie encrypted until they are erased.

docs/decisions/0031-personal-values-and-the-map.md says what goes where and for how long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import Connection, ScalarSelect, bindparam, exists, func, select

from marketplace.database import db, vietnam_day
from marketplace.provenance.site import the_log
from traceability.canonical.commitment import check_path
from traceability.canonical.entry import read_entry
from traceability.errors import ConflictError, ProfileError, TamperError
from traceability.log.erasure import Opening, commitment_of, decrypt, encrypt, key_lock, new_opening
from traceability.storage import tables
from traceability.storage.derived import StoredOpening
from traceability.storage.subject_keys import SubjectKey, SubjectKeys

__all__ = [
    "Erasure",
    "Held",
    "Opening",
    "erased_values",
    "erasures_of",
    "hold",
    "keep",
    "openings_of",
    "published_openings",
    "the_keys",
    "withheld_bodies",
]

log = structlog.get_logger()

_erasure = tables.erasure.c
_ERASURES = (
    select(_erasure.entry_id, _erasure.path, _erasure.by_id, tables.body.c.bytes)
    .join_from(tables.erasure, tables.entry, tables.entry.c.id == _erasure.by_id, isouter=True)
    .join(tables.body, tables.body.c.seq == tables.entry.c.seq, isouter=True)
    .where(_erasure.entry_id.in_(bindparam("names", expanding=True)))
    .order_by(_erasure.entry_id, _erasure.path)
)

KEEP_MONTHS = 24
"""From the entry on: a season, its sale, and twelve months after use-by."""


@dataclass(frozen=True)
class Held:
    """What an entry keeps of its personal values, and the rows that hold them."""

    commitments: Mapping[str, bytes] = field(default_factory=dict)
    rows: Sequence[StoredOpening] = ()


@dataclass(frozen=True)
class Erasure:
    """The value at `path` of entry `entry_id` was erased, as the entry `by_id` says, on the `ground` it names: request,
    retention, lost, or another word; empty where that entry cannot be read."""

    entry_id: str
    path: str
    by_id: str
    ground: str


def the_keys() -> SubjectKeys:
    """The store of the keys of persons of the running app."""
    if "subject_keys" not in current_app.extensions:
        current_app.extensions["subject_keys"] = SubjectKeys(current_app.extensions["settings"].subject_keys_url)
    keys: SubjectKeys = current_app.extensions["subject_keys"]
    return keys


def hold(
    connection: Connection, entry_id: str, personal: Mapping[str, Any], subject: str | Mapping[str, str],
    publish: bool, now: datetime,
) -> Held:  # fmt: skip
    """Draw salts, encrypt, and say what the entry keeps; `keep` then writes the rows beside it.

    An entry that is there already keeps its first commitments when the values are the same; ConflictError otherwise.
    """
    if not personal:
        return Held()
    subjects = dict.fromkeys(personal, subject) if isinstance(subject, str) else subject
    earlier = the_log().find(connection, entry_id)
    if earlier is not None:
        kept = {item.path: item.value for item in openings_of([entry_id], published_only=False)}
        if kept != dict(personal):
            raise ConflictError("id-reused", f"{entry_id} has other personal values, or they were erased")
        return Held(earlier.entry.commitments or {})
    until, origin = _keep_until(vietnam_day(now)).isoformat(), the_log().origin
    commitments, rows = {}, []
    for path, value in personal.items():
        opening = new_opening(entry_id, check_path(path), value)
        key = _key(connection, subjects[path], until)
        commitments[path] = commitment_of(opening, origin)
        rows.append(StoredOpening(entry_id, path, key.id, until, publish, encrypt(opening, key.key)))
    return Held(commitments, rows)


def keep(connection: Connection, held: Held) -> None:
    """Write the rows beside their entry."""
    if held.rows:
        the_log().storage.add_openings(connection, held.rows)


def openings_of(entry_ids: Sequence[str], *, published_only: bool = True) -> list[Opening]:
    """The openings there still are, by entry and path; those that were agreed to be public, or all of them.

    Two statements, one of them in the small store; none there when nothing is open.
    """
    rows = the_log().storage.openings(db.session.connection(), entry_ids=list(entry_ids))
    shown = [row for row in rows if row.published or not published_only]
    keys = the_keys().read({row.key_id for row in shown})
    found = []
    for row in shown:
        if row.key_id in keys:  # a key that is gone is an erasure that is not yet finished
            try:
                found.append(decrypt(row, keys[row.key_id]))
            except TamperError as error:
                log.critical("opening-differs", entry=row.entry_id, detail=error.message)
    return found


def erasures_of(entry_ids: Sequence[str]) -> list[Erasure]:
    """What was erased of these entries, by the `erase` entries that say so. One statement."""
    rows = db.session.connection().execute(_ERASURES, {"names": list(entry_ids)}).all() if entry_ids else []
    bodies = {row.by_id: row.bytes for row in rows}
    grounds = {by_id: _ground(data) for by_id, data in bodies.items()}
    return [Erasure(row.entry_id, row.path, row.by_id, grounds[row.by_id]) for row in rows]


def _ground(data: bytes | None) -> str:
    try:
        return str(read_entry(bytes(data)).event.get("ground", "")) if data else ""
    except ProfileError:
        return ""  # the audit names it


def used_keys() -> set[str]:
    """The ids of keys that still open something."""
    return set(db.session.scalars(select(tables.opening.c.key_id).distinct()))


def published_openings(entry_id: Any) -> ScalarSelect:
    """How many public openings the entry with this id has, as an SQL expression over a column of entry ids."""
    opening = tables.opening.c
    return select(func.count()).where(opening.entry_id == entry_id, opening.published).scalar_subquery()


def erased_values(entry_id: Any) -> ScalarSelect:
    """How many values of the entry with this id were erased, as an SQL expression like `published_openings`."""
    return select(func.count()).where(tables.erasure.c.entry_id == entry_id).scalar_subquery()


def withheld_bodies() -> ScalarSelect:
    """How many bodies of the log are withheld, as an SQL expression."""
    gone = ~exists().where(tables.body.c.seq == tables.redaction.c.seq)
    return select(func.count()).select_from(tables.redaction).where(gone).scalar_subquery()


def _key(connection: Connection, subject: str, until: str) -> SubjectKey:
    """A key nobody erases before this transaction ends: its lock is taken, then it is looked at again."""
    while True:
        key = the_keys().for_new(subject, until)
        the_log().storage.lock(connection, [key_lock(key.id)])
        if the_keys().usable(key.id):
            return key


def _keep_until(day: date) -> date:
    """The first day of the month after KEEP_MONTHS: one key serves a month's entries of a person."""
    months = day.year * 12 + day.month + KEEP_MONTHS
    return date(months // 12, months % 12 + 1, 1)
