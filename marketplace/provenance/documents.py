"""A lot's events as an EPCIS document: what was corrected or voided carries the error declaration of EPCIS 2.0 §7.4.1.

A corrected event is published as first told, declared wrong, and naming the event that replaces it; a voided one is
declared not to have happened. Doubts, and corrections that do not count, stand beside the event in our own words.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from marketplace.database import db
from marketplace.provenance.histories import FoldedEvent, Remark, lot_history
from marketplace.provenance.site import the_log
from traceability.canonical.entry import read_entry
from traceability.canonical.profile import format_time
from traceability.canonical.types import EVENT
from traceability.epcis.codec import declare_error, document
from traceability.epcis.vocabulary import OWN


def lot_document(code: str, *, base_url: str, now: datetime) -> dict[str, Any]:
    """The lot's events as an EPCISDocument (JSON-LD), for the public; those waiting to be sealed last."""
    events = [record for event in lot_history(code).events.values() for record in _records(event)]
    waiting = (read_entry(row.data) for row in the_log().storage.pending_of_lot(db.session.connection(), code))
    events += [_said(entry.event) for entry in waiting if entry.type == EVENT]
    return document(events, base_url=base_url, created=now)


def _records(event: FoldedEvent) -> Iterator[dict[str, Any]]:
    """One record a version; all but the last are declared wrong, and the last too when the event was voided."""
    names = [event.event_id, *(remark.event_id for remark in event.corrections)]
    for number, version in enumerate(event.versions):
        record = _said(version) | {"eventID": names[number]}
        if number + 1 < len(names):
            at, reason, better = event.corrections[number].at, "incorrect_data", names[number + 1 : number + 2]
            record = declare_error(record, at=at, reason=reason, corrective=better)
        else:
            record |= _beside(event)
            if event.void:
                record = declare_error(record, at=event.void.at, reason="did_not_occur")
        yield record


def _beside(event: FoldedEvent) -> dict[str, Any]:
    found = {
        "disputed": [_told(remark) for remark in event.disputes],
        "notCounting": [_told(remark) for remark in event.remarks if not remark.counts],
        "amended": [_told(remark) for remark in event.remarks if remark.counts and remark.kind != "dispute"],
    }
    return {f"{OWN}{key}": remarks for key, remarks in found.items() if remarks}


def _told(remark: Remark) -> dict[str, Any]:
    told = {"kind": remark.kind, "at": format_time(remark.at), "by": remark.by, "reason": remark.reason, "entry": remark.event_id}
    record: dict[str, Any] = {f"{OWN}{key}": value for key, value in told.items()}
    if remark.fields:
        record[f"{OWN}fields"] = [{f"{OWN}path": path, f"{OWN}value": value} for path, value in remark.fields.items()]
    return record


def _said(record: Mapping[str, Any]) -> dict[str, Any]:
    """Without the details a correction emptied."""
    return {key: value for key, value in record.items() if value != ""}
