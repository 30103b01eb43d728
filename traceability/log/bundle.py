"""What a phone downloads to check one lot by itself (docs/log.md §8)."""

import base64
from collections.abc import Iterable, Sequence
from typing import Any

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
) -> dict[str, Any]:
    """The bundle of a lot under a signed checkpoint, ready for JSON.

    `proof`: the lot's map proof; left out when its map is not under the checkpoint. `context`: ids of the grants,
    revokes and erasures the lot's fold needs; the genesis entry and the redact entries of withheld ones come by
    themselves. Openings of entries that are not in the bundle are left out.
    """
    size = signed.checkpoint.size
    rows = storage.sealed_of_lot(connection, lot)
    covered = [row for row in rows if row.seq < size]
    by = storage.redactions(connection) if any(row.data is None for row in covered) else {}
    withheld = [{"seq": row.seq, "leaf": row.leaf.hex(), "by": by[row.seq]} for row in covered if row.seq in by and row.data is None]
    beside = _context(storage, connection, size, context, [item["by"] for item in withheld])
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
    if mapped and proof:
        bundle["map"] = _entry(mapped) | {"bucket": _text(proof.bucket), "siblings": _text(proof.siblings)}
    return bundle


def _context(storage: Storage, connection: Connection, size: int, ids: Iterable[str], redacts: list[int]) -> list[Sealed]:
    found = (storage.find(connection, name) for name in ids)
    wanted = {0, *redacts, *(entry.seq for entry in found if entry and entry.seq is not None)}
    rows = (_row(storage, connection, seq) for seq in sorted(wanted) if seq < size)
    return [row for row in rows if row.data is not None]


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


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
