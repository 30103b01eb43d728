"""Promising and retiring keys by entries of the log (docs/log.md §4).

Key entries have the ids `key:1`, `key:2` …, so that they are found without reading the log and two operators cannot
write the same one.
"""

from collections.abc import Iterator
from itertools import count

from traceability.canonical.entry import Entry, read_entry
from traceability.canonical.keys import Term, terms
from traceability.storage.base import Connection, Storage


def key_terms(storage: Storage, connection: Connection) -> list[Term]:
    """The terms of all keys, from the sealed genesis and key entries; empty before the inception."""
    return terms(_promises(storage, connection))


def next_key_id(storage: Storage, connection: Connection) -> str:
    """The id of the next key entry; one that still waits is counted."""
    return next(name for name in _ids() if storage.find(connection, name) is None)


def key_entries(storage: Storage, connection: Connection) -> list[tuple[int, Entry]]:
    """The sealed key entries in order."""
    return [item for item in _promises(storage, connection) if item[0]]


def _promises(storage: Storage, connection: Connection) -> Iterator[tuple[int, Entry]]:
    for genesis in storage.sealed(connection, 0, 1):
        if genesis.data is not None:
            yield 0, read_entry(genesis.data)
    for name in _ids():
        found = storage.find(connection, name)
        if found is None or found.seq is None or found.data is None:
            return
        yield found.seq, read_entry(found.data)


def _ids() -> Iterator[str]:
    return (f"key:{number}" for number in count(1))
