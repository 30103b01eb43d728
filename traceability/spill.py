"""What grows with a log while it is read from its first entry on: a little of it in memory, the rest in unnamed temporary
files, which the system forgets with the process. Raises OSError or sqlite3.Error when there is no room for them."""

import sqlite3
from collections.abc import Iterator, MutableMapping
from tempfile import SpooledTemporaryFile

from traceability.canonical.chain import Tail

_ROWS_HELD = 8_000
_BYTES_HELD = 1 << 20


class Rows:
    """Records of one width, in the order they were added."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._file = SpooledTemporaryFile(max_size=_BYTES_HELD)  # noqa: SIM115 - ends with this object

    def append(self, row: bytes) -> None:
        self._file.write(row)

    def __getitem__(self, index: int) -> bytes:
        """The record with this number; empty when there is none."""
        self._file.seek(index * self._width)
        row = self._file.read(self._width)
        self._file.seek(0, 2)
        return row


class Names:
    """A set of byte strings that only grows."""

    def __init__(self) -> None:
        self._held: set[bytes] = set()
        self._rest: sqlite3.Connection | None = None

    def __contains__(self, name: bytes) -> bool:
        if name in self._held:
            return True
        return self._rest is not None and self._rest.execute("SELECT 1 FROM name WHERE name = ?", (name,)).fetchone() is not None

    def add(self, name: bytes) -> None:
        self._held.add(name)
        if len(self._held) >= _ROWS_HELD:
            self._rest = self._rest or _database("CREATE TABLE name (name BLOB PRIMARY KEY) WITHOUT ROWID")
            self._rest.executemany("INSERT OR IGNORE INTO name VALUES (?)", ((item,) for item in sorted(self._held)))
            self._held.clear()


class Tails(MutableMapping[str, Tail]):
    """The tail of each lot."""

    def __init__(self) -> None:
        self._held: dict[str, Tail] = {}
        self._rest: sqlite3.Connection | None = None
        self._count = 0

    def __getitem__(self, lot: str) -> Tail:
        if lot not in self._held:
            row = self._rest and self._rest.execute("SELECT n, leaf FROM tail WHERE lot = ?", (lot,)).fetchone()
            if not row:
                raise KeyError(lot)
            self._hold(lot, Tail(*row))
        return self._held[lot]

    def __setitem__(self, lot: str, tail: Tail) -> None:
        self._count += lot not in self
        self._hold(lot, tail)

    def __delitem__(self, lot: str) -> None:
        raise TypeError("a log forgets no lot")

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        self._settle()
        return (lot for (lot,) in self._rest.execute("SELECT lot FROM tail ORDER BY lot")) if self._rest else iter(())

    def _hold(self, lot: str, tail: Tail) -> None:
        if len(self._held) >= _ROWS_HELD:
            self._settle()
        self._held[lot] = tail

    def _settle(self) -> None:
        self._rest = self._rest or _database("CREATE TABLE tail (lot TEXT PRIMARY KEY, n INTEGER, leaf BLOB) WITHOUT ROWID")
        rows = ((lot, tail.n, tail.leaf) for lot, tail in sorted(self._held.items()))
        self._rest.executemany("INSERT OR REPLACE INTO tail VALUES (?, ?, ?)", rows)
        self._held.clear()


def _database(table: str) -> sqlite3.Connection:
    """A database of one table in a temporary file, of which 2 MB are held in memory."""
    made = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-2000", table):
        made.execute(statement)
    return made
