"""What the log hands out when it is read."""

from dataclasses import dataclass

from traceability.canonical.entry import Entry


@dataclass(frozen=True, slots=True)
class LotRecord:
    """An entry as read, its exact bytes and leaf, and its number in the log (None while it waits to be sealed)."""

    entry: Entry
    data: bytes
    leaf: bytes
    seq: int | None
