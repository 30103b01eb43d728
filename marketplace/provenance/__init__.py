"""The one door to the traceability log: recording what happens to lots, and reading it back."""

from marketplace.provenance.codes import grouped_code, new_alias, new_code, parse_code
from marketplace.provenance.reading import (
    Checkpoint,
    LogEntry,
    Report,
    check,
    checkpoint_size,
    export,
    latest_checkpoint,
    lot_document,
    lot_entries,
    publish_checkpoint,
    read_sealed,
    sealed_entries,
)
from marketplace.provenance.recording import EventReused, EventTooEarly, Receipt, record
from marketplace.provenance.site import bind, incept, started

__all__ = [
    "Checkpoint",
    "EventReused",
    "EventTooEarly",
    "LogEntry",
    "Receipt",
    "Report",
    "bind",
    "check",
    "checkpoint_size",
    "export",
    "grouped_code",
    "incept",
    "latest_checkpoint",
    "lot_document",
    "lot_entries",
    "new_alias",
    "new_code",
    "parse_code",
    "publish_checkpoint",
    "read_sealed",
    "record",
    "sealed_entries",
    "started",
]
