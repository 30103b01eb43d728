"""What a phone downloads to check one lot by itself (docs/log.md §8)."""

import base64
from collections.abc import Iterable, Sequence
from typing import Any

from traceability.canonical.entry import read_entry
from traceability.canonical.types import EVENT
from traceability.errors import ProfileError
from traceability.log.checkpoints import SignedCheckpoint
from traceability.log.completeness import MapProof
from traceability.log.erasure import Opening
from traceability.log.reader import TreeReader
from traceability.storage.base import Connection, Sealed, Storage

FORMAT = "chonongsan/bundle/1"


def build(
    storage: Storage,
    connection: Connection,
    *,
    lot: str,
    signed: SignedCheckpoint,
    proof: MapProof | None = None,
    context: Iterable[str] = (),
    openings: Sequence[Opening] = (),
    genesis: bool = False,
) -> dict[str, Any]:
    """The bundle of a lot under a signed checkpoint, ready for JSON.

    `proof`: the lot's map proof; left out when its map is not under the checkpoint. `context`: ids of the grants,
    revokes and erasures the lot's fold needs; redact entries of withheld ones come by themselves, and so does the
    genesis entry where the operator's name matters (a kilobyte in a large log), or when it is asked for. Openings of
    entries that are not in the bundle are left out.
    """
    size = signed.checkpoint.size
    rows = storage.sealed_of_lot(connection, lot)
    covered = [row for row in rows if row.seq < size]
    withheld = _withheld(storage, connection, covered)
    beside = _beside(storage, connection, size, context, [item["by"] for item in withheld])
    if genesis or beside or not covered or any(_type(row) != EVENT for row in covered):
        beside = [_row(storage, connection, 0), *beside]
    mapped = _row(storage, connection, proof.seq) if proof and proof.seq < size else None
    shown = {row.seq for row in [*covered, *beside, *([mapped] if mapped else [])]}
    bundle = {
        "format": FORMAT,
        "origin": signed.checkpoint.origin,
        "lot": lot,
        "checkpoint": str(signed.note),
        "entries": [_entry(row) for row in covered if row.data is not None],
        "context": [_entry(row) for row in beside],
        "hashes": _text(b"".join(TreeReader(storage, connection).merged(shown, size))),
        "openings": _openings(covered, openings),
        "withheld": withheld,
        "waiting": len(rows) - len(covered) + len(storage.pending_of_lot(connection, lot)),
    }
    return bundle | ({"map": _map(mapped, proof)} if mapped and proof else {})


def _withheld(storage: Storage, connection: Connection, rows: list[Sealed]) -> list[dict[str, Any]]:
    """Entries without a body, with the redact entry that says why; one without such an entry stays out, and the proof
    then does not fit what is shown."""
    gone = [row for row in rows if row.data is None]
    by = storage.redactions(connection) if gone else {}
    return [{"seq": row.seq, "leaf": row.leaf.hex(), "by": by[row.seq]} for row in gone if row.seq in by]


def _beside(storage: Storage, connection: Connection, size: int, ids: Iterable[str], redacts: list[int]) -> list[Sealed]:
    found = (storage.find(connection, name) for name in ids)
    wanted = {*redacts, *(entry.seq for entry in found if entry and entry.seq is not None)} - {0}
    rows = (_row(storage, connection, seq) for seq in sorted(wanted) if seq < size)
    return [row for row in rows if row.data is not None]


def _type(row: Sealed) -> str:
    """Of bytes that cannot be read: none that is known. The phone will say so."""
    try:
        return read_entry(row.data or b"").type
    except ProfileError:
        return ""


def _row(storage: Storage, connection: Connection, seq: int) -> Sealed:
    [row] = storage.sealed(connection, seq, seq + 1)
    return row


def _openings(rows: list[Sealed], openings: Sequence[Opening]) -> list[dict[str, Any]]:
    numbers = {row.id: row.seq for row in rows if row.data is not None}
    return [
        {"seq": numbers[item.entry_id], "path": item.path, "salt": _text(item.salt), "value": item.value}
        for item in openings
        if item.entry_id in numbers
    ]


def _entry(row: Sealed) -> dict[str, Any]:
    return {"seq": row.seq, "data": (row.data or b"").decode()}


def _map(row: Sealed, proof: MapProof) -> dict[str, Any]:
    return _entry(row) | {"bucket": _text(proof.bucket), "siblings": _text(proof.siblings)}


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
