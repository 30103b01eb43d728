"""Openings, map and redactions in memory: the second half of `MemoryStorage`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from traceability.errors import LogStateError
from traceability.storage.base import NewEntry, StoredLink
from traceability.storage.derived import Connection, MapState, StoredOpening


@dataclass
class MemoryDerived:
    """`DerivedRows` in dicts."""

    entries: list[NewEntry] = field(default_factory=list)
    by_id: dict[str, int] = field(default_factory=dict)
    by_lot: dict[str, list[StoredLink]] = field(default_factory=dict)
    state: MapState | None = None
    buckets: dict[int, bytes] = field(default_factory=dict)
    groups: dict[tuple[int, int], bytes] = field(default_factory=dict)
    kept: dict[tuple[str, str], StoredOpening] = field(default_factory=dict)
    erased: dict[tuple[str, str], str] = field(default_factory=dict)
    announced: dict[int, int] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)

    def last_links(self, connection: Connection, size: int) -> Iterator[tuple[str, int, bytes]]:
        for lot, links in self.by_lot.items():
            within = [link for link in links if link.seq < size]
            if within:
                yield lot, within[-1].n + 1, self.entries[within[-1].seq].leaf

    def map_state(self, connection: Connection) -> MapState | None:
        return self.state

    def map_buckets(self, connection: Connection, indexes: Iterable[int]) -> dict[int, bytes]:
        return {index: self.buckets[index] for index in indexes if index in self.buckets}

    def map_groups(self, connection: Connection, level: int, indexes: Iterable[int]) -> dict[int, bytes]:
        return {index: self.groups[level, index] for index in indexes if (level, index) in self.groups}

    def write_map(
        self,
        connection: Connection,
        state: MapState,
        buckets: Mapping[int, bytes],
        groups: Mapping[tuple[int, int], bytes],
        *,
        whole: bool,
    ) -> None:
        self.buckets = dict(buckets) if whole else self.buckets | dict(buckets)
        self.groups = dict(groups) if whole else self.groups | dict(groups)
        self.state = state

    def add_openings(self, connection: Connection, openings: Sequence[StoredOpening]) -> None:
        self.kept |= {(item.entry_id, item.path): item for item in openings}

    def openings(
        self, connection: Connection, *, entry_ids: Sequence[str] = (), key_ids: Sequence[str] = ()
    ) -> list[StoredOpening]:
        found = (self.kept[name] for name in sorted(self.kept))
        return [item for item in found if item.entry_id in entry_ids or item.key_id in key_ids]

    def all_openings(self, connection: Connection) -> list[tuple[str, str, int | None]]:
        return [(entry_id, path, self.by_id.get(entry_id)) for entry_id, path in sorted(self.kept)]

    def erase_openings(self, connection: Connection, paths: Sequence[tuple[str, str]], by_id: str) -> None:
        for name in paths:
            self.kept.pop(name, None)
            self.erased[name] = by_id

    def erasures(self, connection: Connection, entry_ids: Sequence[str]) -> list[tuple[str, str, str]]:
        return [(name, path, by_id) for (name, path), by_id in sorted(self.erased.items()) if name in entry_ids]

    def due_keys(self, connection: Connection, day: str) -> list[str]:
        return sorted({item.key_id for item in self.kept.values() if item.until <= day})

    def add_redaction(self, connection: Connection, seq: int, by: int) -> None:
        self.announced[seq] = by

    def redactions(self, connection: Connection) -> dict[int, int]:
        return dict(sorted(self.announced.items()))

    def withheld(self, connection: Connection) -> dict[int, int]:
        return {seq: by for seq, by in sorted(self.announced.items()) if seq in self.gone}

    def withhold(self, connection: Connection, seq: int) -> None:
        if seq not in self.announced:
            raise LogStateError("not-announced", f"no redact entry names entry {seq}")
        self.gone.add(seq)
