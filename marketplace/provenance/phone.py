"""What a phone downloads to check a lot by itself, and what the page tells it beforehand."""

from collections.abc import Iterable
from typing import Any

import structlog

from marketplace.database import db
from marketplace.provenance.histories import CERTIFIER
from marketplace.provenance.mapping import lot_proof
from marketplace.provenance.outsiders import for_outsiders
from marketplace.provenance.personal import erasures_of, openings_of
from marketplace.provenance.site import OPERATOR, the_log
from traceability.canonical.entry import Entry, read_entry
from traceability.canonical.types import EVENT
from traceability.errors import LogStateError, ProfileError
from traceability.log.bundle import build
from traceability.log.completeness import MapProof

log = structlog.get_logger()


def phone_bundle(code: str, *, genesis: bool = False) -> dict[str, Any] | None:
    """The bundle of docs/log.md §8 under the newest checkpoint that meets the policy (younger entries count as waiting),
    with the genesis entry if wanted; None before the first checkpoint. Reads only."""
    the, connection = the_log(), db.session.connection()
    signed = for_outsiders(connection)
    if signed is None:
        return None
    rows = the.storage.sealed_of_lot(connection, code)
    ids = [row.id for row in rows]
    erased = {erasure.by_id for erasure in erasures_of(ids)}
    return build(
        the.storage,
        connection,
        lot=code,
        signed=signed,
        proof=_map_of(code),
        context=[*_rights(_readable(row.data for row in rows)), *sorted(erased)],
        openings=openings_of(ids),
        genesis=genesis,
    )


def _map_of(code: str) -> MapProof | None:
    """Without its map a bundle proves less, but still what it proves: broken tables are the operator's to mend."""
    try:
        return lot_proof(code)
    except LogStateError as error:
        log.critical("map-differs", code=error.code, detail=error.message)
        return None


def _rights(entries: Iterable[Entry]) -> list[str]:
    """Ids of the grants and revokes that decide whether others than the writers had a say."""
    seen = list(entries)
    others = {entry.who for entry in seen} - {entry.who for entry in seen if entry.type == EVENT} - {OPERATOR, ""}
    return [f"{verb}/{CERTIFIER}/{name}" for verb in ("grant", "revoke") for name in sorted(others)]


def _readable(bodies: Iterable[bytes | None]) -> Iterable[Entry]:
    for data in bodies:
        try:
            if data is not None:
                yield read_entry(data)
        except ProfileError:
            continue  # the phone will say so
