"""Openings, map and redactions on SQLite and PostgreSQL: the second half of `SqlStorage`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select

from traceability.storage import tables
from traceability.storage.derived import MapState, StoredOpening

_MANY = 5_000
"""Values in one IN list; SQLite takes 32,766."""

_link, _entry, _opening = tables.lotlink.c, tables.entry.c, tables.opening.c
_later = tables.lotlink.alias("later")
_LAST_LINKS = (
    select(_link.lot, _link.n + 1, _entry.leaf)
    .join_from(tables.lotlink, tables.entry, _entry.seq == _link.seq)
    .where(
        _link.seq < bindparam("size"),
        ~exists().where(_later.c.lot == _link.lot, _later.c.n == _link.n + 1, _later.c.seq < bindparam("size")),
    )
)
_STATE = select(tables.map_state.c["seq", "size", "height", "lots", "root"])
_BUCKETS = select(tables.mapbucket).where(tables.mapbucket.c.idx.in_(bindparam("indexes", expanding=True)))
_DROP_BUCKETS = delete(tables.mapbucket).where(tables.mapbucket.c.idx.in_(bindparam("indexes", expanding=True)))
_OF_LEVEL = (
    tables.mapnode.c.level == bindparam("of_level"), tables.mapnode.c.idx.in_(bindparam("indexes", expanding=True))
)
_GROUPS = select(tables.mapnode.c.idx, tables.mapnode.c.hashes).where(*_OF_LEVEL)
_DROP_GROUPS = delete(tables.mapnode).where(*_OF_LEVEL)
_OPENINGS = select(tables.opening).order_by(_opening.entry_id, _opening.path)
_BY_ENTRY = _OPENINGS.where(_opening.entry_id.in_(bindparam("names", expanding=True)))
_BY_KEY = _OPENINGS.where(_opening.key_id.in_(bindparam("names", expanding=True)))
_ALL_OPENINGS = (
    select(_opening.entry_id, _opening.path, _entry.seq)
    .join_from(tables.opening, tables.entry, _entry.id == _opening.entry_id, isouter=True)
    .order_by(_entry.seq, _opening.path)
)
_DROP_OPENING = delete(tables.opening).where(
    _opening.entry_id == bindparam("of_entry"), _opening.path == bindparam("of_path")
)
_ERASURES = (
    select(tables.erasure)
    .where(tables.erasure.c.entry_id.in_(bindparam("names", expanding=True)))
    .order_by(tables.erasure.c.entry_id, tables.erasure.c.path)
)
_DUE = select(_opening.key_id).where(_opening.until <= bindparam("day")).distinct().order_by(_opening.key_id)
_REDACTIONS = select(tables.redaction.c.seq, tables.redaction.c.by_seq).order_by(tables.redaction.c.seq)
_WITHHELD = _REDACTIONS.where(~exists().where(tables.body.c.seq == tables.redaction.c.seq))
_WITHHOLD = select(func.tlog_withhold(bindparam("of_seq")))
_DELETE_BODY = delete(tables.body).where(tables.body.c.seq == bindparam("of_seq"))


class SqlDerived:
    """`DerivedRows` over the tables of `traceability.storage.tables`."""

    def last_links(self, connection: Connection, size: int) -> Iterator[tuple[str, int, bytes]]:
        return ((row[0], row[1], row[2]) for row in connection.execute(_LAST_LINKS, {"size": size}))

    def map_state(self, connection: Connection) -> MapState | None:
        row = connection.execute(_STATE).first()
        return MapState(*row) if row else None

    def map_buckets(self, connection: Connection, indexes: Iterable[int]) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for some in _batched(indexes):
            found.update((row.idx, row.records) for row in connection.execute(_BUCKETS, {"indexes": some}))
        return found

    def map_groups(self, connection: Connection, level: int, indexes: Iterable[int]) -> dict[int, bytes]:
        found: dict[int, bytes] = {}
        for some in _batched(indexes):
            rows = connection.execute(_GROUPS, {"of_level": level, "indexes": some})
            found.update((row.idx, row.hashes) for row in rows)
        return found

    def write_map(
        self,
        connection: Connection,
        state: MapState,
        buckets: Mapping[int, bytes],
        groups: Mapping[tuple[int, int], bytes],
        *,
        whole: bool,
    ) -> None:
        levels: dict[int, list[int]] = {}
        for level, index in groups:
            levels.setdefault(level, []).append(index)
        if whole:
            connection.execute(delete(tables.mapbucket))
            connection.execute(delete(tables.mapnode))
        else:
            for some in _batched(buckets):
                connection.execute(_DROP_BUCKETS, {"indexes": some})
            for level, indexes in levels.items():
                for some in _batched(indexes):
                    connection.execute(_DROP_GROUPS, {"of_level": level, "indexes": some})
        if buckets:
            rows = [{"idx": index, "records": records} for index, records in buckets.items()]
            connection.execute(insert(tables.mapbucket), rows)
        nodes = [{"level": level, "idx": index, "hashes": hashes} for (level, index), hashes in groups.items()]
        if nodes:
            connection.execute(insert(tables.mapnode), nodes)
        connection.execute(delete(tables.map_state))
        row = {"id": 1, "seq": state.seq, "size": state.size, "height": state.height, "lots": state.lots}
        connection.execute(insert(tables.map_state), row | {"root": state.root})

    def add_openings(self, connection: Connection, openings: Sequence[StoredOpening]) -> None:
        names = StoredOpening.__slots__
        connection.execute(insert(tables.opening), [{name: getattr(item, name) for name in names} for item in openings])

    def openings(
        self, connection: Connection, *, entry_ids: Sequence[str] = (), key_ids: Sequence[str] = ()
    ) -> list[StoredOpening]:
        wanted = [(_BY_ENTRY, some) for some in _batched(entry_ids)]
        wanted += [(_BY_KEY, some) for some in _batched(key_ids)]
        return [
            StoredOpening(*row)
            for statement, names in wanted
            for row in connection.execute(statement, {"names": names})
        ]

    def all_openings(self, connection: Connection) -> list[tuple[str, str, int | None]]:
        return [(row[0], row[1], row[2]) for row in connection.execute(_ALL_OPENINGS)]

    def erase_openings(self, connection: Connection, paths: Sequence[tuple[str, str]], by_id: str) -> None:
        connection.execute(_DROP_OPENING, [{"of_entry": name, "of_path": path} for name, path in paths])
        rows = [{"entry_id": name, "path": path, "by_id": by_id} for name, path in paths]
        connection.execute(insert(tables.erasure), rows)

    def erasures(self, connection: Connection, entry_ids: Sequence[str]) -> list[tuple[str, str, str]]:
        return [
            (row[0], row[1], row[2])
            for names in _batched(entry_ids)
            for row in connection.execute(_ERASURES, {"names": names})
        ]

    def due_keys(self, connection: Connection, day: str) -> list[str]:
        return list(connection.execute(_DUE, {"day": day}).scalars())

    def add_redaction(self, connection: Connection, seq: int, by: int) -> None:
        connection.execute(insert(tables.redaction), {"seq": seq, "by_seq": by})

    def redactions(self, connection: Connection) -> dict[int, int]:
        return {row[0]: row[1] for row in connection.execute(_REDACTIONS)}

    def withheld(self, connection: Connection) -> dict[int, int]:
        return {row[0]: row[1] for row in connection.execute(_WITHHELD)}

    def withhold(self, connection: Connection, seq: int) -> None:
        statement = _WITHHOLD if connection.dialect.name == "postgresql" else _DELETE_BODY
        connection.execute(statement, {"of_seq": seq})


def _batched(values: Iterable[Any]) -> Iterator[list[Any]]:
    found = list(values)
    return (found[at : at + _MANY] for at in range(0, len(found), _MANY))
