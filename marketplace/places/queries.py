"""Reads of administrative units: by id, the present list, and search that also knows the old names.

The units change only with a migration, so they are read once per engine (one statement) and kept.
"""

from dataclasses import dataclass
from datetime import date
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select

from marketplace.database import db
from marketplace.folding import sort_key
from marketplace.places.finding import Entry, find
from marketplace.places.models import PlaceSuccession, PlaceUnit

FORMER_AREAS = ("can-tho", "hau-giang", "soc-trang")


@dataclass(frozen=True)
class PlaceRow:
    """One unit as it stands or stood."""

    id: int
    code: str
    valid_from: date
    valid_to: date | None
    name: str
    kind: str
    district: str | None
    province: str
    former_area: str

    @property
    def present(self) -> bool:
        return self.valid_to is None

    @property
    def label(self) -> str:
        """`Phường An Hòa, Quận Ninh Kiều, Thành phố Cần Thơ`; two levels since 1/7/2025."""
        return ", ".join(part for part in (self.name, self.district, self.province) if part)


@dataclass(frozen=True)
class PlaceHit:
    """A present unit found by search; `former_label` is the old name that matched, bare (no "trước 1/7/2025")."""

    id: int
    label: str
    former_label: str | None
    split: bool = False  # the old unit went to several present ones: the person must choose


@dataclass(frozen=True)
class PlaceOption:
    """A present unit for a choice list."""

    id: int
    name: str
    former_area: str


@dataclass(frozen=True)
class _Gazetteer:
    rows: dict[int, PlaceRow]
    options: tuple[PlaceOption, ...]
    successors: dict[int, tuple[int, ...]]
    entries: tuple[Entry, ...]


_kept: WeakKeyDictionary[Engine, _Gazetteer] = WeakKeyDictionary()
_lock = Lock()
_ALL = (
    select(
        PlaceUnit.id,
        PlaceUnit.code,
        PlaceUnit.valid_from,
        PlaceUnit.valid_to,
        PlaceUnit.name,
        PlaceUnit.kind,
        PlaceUnit.district,
        PlaceUnit.province,
        PlaceUnit.former_area,
        PlaceSuccession.successor_id,
    )
    .outerjoin(PlaceSuccession, PlaceSuccession.predecessor_id == PlaceUnit.id)
    .order_by(PlaceUnit.id, PlaceSuccession.successor_id)
)


def search(*, text: str, limit: int = 10) -> list[PlaceHit]:
    """Present units whose present name, or whose old ward, commune or district, matches `text`; best first.

    Marks and case do not matter, but among equals the same marks come first. `P. An Hòa, Q. Ninh Kiều` is understood.
    An old unit that was split gives every candidate.
    """
    gazetteer = _gazetteer()
    return [
        PlaceHit(
            entry.place_id,
            gazetteer.rows[entry.place_id].label,
            former,
            split=former is not None
            and former.startswith(entry.name)
            and len(gazetteer.successors[entry.former_id]) > 1,
        )
        for entry, former in find(gazetteer.entries, text, limit)
    ]


def present_units() -> list[PlaceOption]:
    """The 103 present units, by former area and then in Vietnamese order of the bare name."""
    return list(_gazetteer().options)


def get(place_id: int) -> PlaceRow | None:
    """The unit with this id, present or former."""
    return _gazetteer().rows.get(place_id)


def label(place_id: int) -> str:
    """`Phường Cái Khế, Thành phố Cần Thơ`; "" for an unknown id."""
    row = get(place_id)
    return row.label if row else ""


def is_present(place_id: int) -> bool:
    """True for a unit an address may name today."""
    row = get(place_id)
    return row is not None and row.present


def successors(place_id: int) -> list[PlaceRow]:
    """The present unit or units that took over a former one; a present unit is its own successor."""
    gazetteer = _gazetteer()
    row = gazetteer.rows.get(place_id)
    if row is None:
        return []
    return [row] if row.present else [gazetteer.rows[number] for number in gazetteer.successors[place_id]]


def _gazetteer() -> _Gazetteer:
    engine = db.engine
    found = _kept.get(engine)
    if found is None:
        with _lock:
            found = _kept.get(engine) or _read()
            if found.rows:  # an empty table means the migration has not run yet
                _kept[engine] = found
    return found


def _read() -> _Gazetteer:
    rows: dict[int, PlaceRow] = {}
    successor_lists: dict[int, list[int]] = {}
    for *columns, successor_id in db.session.execute(_ALL):
        row = rows.setdefault(columns[0], PlaceRow(*columns))
        if successor_id is not None:
            successor_lists.setdefault(row.id, []).append(successor_id)
    present = sorted(
        (row for row in rows.values() if row.present), key=lambda row: (row.former_area, sort_key(_bare(row)))
    )
    entries = [Entry.of(row.id, row.name, None, row.province) for row in present]
    entries += [
        Entry.of(successor, rows[old].name, rows[old].district, rows[old].province, former_id=old)
        for old, numbers in successor_lists.items()
        for successor in numbers
    ]
    return _Gazetteer(
        rows=rows,
        options=tuple(PlaceOption(row.id, row.name, row.former_area) for row in present),
        successors={old: tuple(numbers) for old, numbers in successor_lists.items()},
        entries=tuple(entries),
    )


def _bare(row: PlaceRow) -> str:
    return row.name[len(row.kind) :].strip()
