"""The store's deletable and derived parts: openings, the completeness map, announced redactions.

As in `storage.base`, every method takes the caller's open transaction and never commits.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Connection = Any


@dataclass(frozen=True, slots=True)
class MapState:
    """The latest map entry: its `seq` and what it says. `size` = `seq`: the map speaks of the entries before it."""

    seq: int
    size: int
    height: int
    lots: int
    root: bytes


@dataclass(frozen=True, slots=True)
class StoredOpening:
    """Salt and value of the commitment at `path` of an entry, encrypted under key `key_id`; `until` (ISO day) is
    when it is erased if nobody asks before. `published`: its owner agreed to show it to everybody."""

    entry_id: str
    path: str
    key_id: str
    until: str
    published: bool
    box: bytes


class DerivedRows(Protocol):
    """What a log may delete or build again, and its list of redactions."""

    def last_links(self, connection: Connection, size: int) -> Iterator[tuple[str, int, bytes]]:
        """(lot, count, last leaf) of every lot over the first `size` entries, in no order."""

    def map_state(self, connection: Connection) -> MapState | None:
        """The map that buckets and groups belong to."""

    def map_buckets(self, connection: Connection, indexes: Iterable[int]) -> dict[int, bytes]:
        """The records of these buckets, those that hold any."""

    def map_groups(self, connection: Connection, level: int, indexes: Iterable[int]) -> dict[int, bytes]:
        """These groups of a level, those ever written."""

    def write_map(
        self,
        connection: Connection,
        state: MapState,
        buckets: Mapping[int, bytes],
        groups: Mapping[tuple[int, int], bytes],
        *,
        whole: bool,
    ) -> None:
        """Put buckets and groups in the place of those there; `whole`: in the place of all there are."""

    def add_openings(self, connection: Connection, openings: Sequence[StoredOpening]) -> None:
        """Keep openings."""

    def openings(
        self, connection: Connection, *, entry_ids: Sequence[str] = (), key_ids: Sequence[str] = ()
    ) -> list[StoredOpening]:
        """The openings of these entries, or under these keys, in order of entry id and path."""

    def all_openings(self, connection: Connection) -> list[tuple[str, str, int | None]]:
        """(entry id, path, seq) of every opening; seq None where no sealed entry has that id."""

    def erase_openings(self, connection: Connection, paths: Sequence[tuple[str, str]], by_id: str) -> None:
        """Remove the openings at these (entry id, path), and keep which `erase` entry speaks of them."""

    def erasures(self, connection: Connection, entry_ids: Sequence[str]) -> list[tuple[str, str, str]]:
        """(entry id, path, id of the `erase` entry) of erased values of these entries."""

    def due_keys(self, connection: Connection, day: str) -> list[str]:
        """Keys of openings whose `until` is this day or earlier."""

    def add_redaction(self, connection: Connection, seq: int, by: int) -> None:
        """Note that entry `seq` is to be withheld, as the sealed `redact` entry `by` says."""

    def redactions(self, connection: Connection) -> dict[int, int]:
        """Announced redactions: seq → seq of the `redact` entry."""

    def withheld(self, connection: Connection) -> dict[int, int]:
        """Those of them whose body is gone."""

    def withhold(self, connection: Connection, seq: int) -> None:
        """Delete the body of an entry whose redaction is noted. Anything else is refused by the database."""
