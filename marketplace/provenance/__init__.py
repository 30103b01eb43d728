"""The one door to the traceability log: recording what happens to lots, and reading it back."""

from marketplace.provenance.amending import (
    AlreadyVoid,
    CannotBeSaid,
    NotSealedYet,
    correct,
    dispute,
    grant,
    granted_at,
    recall,
    revoke,
    void,
)
from marketplace.provenance.archiving import archive_at_night
from marketplace.provenance.auditing import LastAudit, audit_at_night
from marketplace.provenance.beginning import adopt_old_key, incept
from marketplace.provenance.codes import grouped_code, new_alias, new_code, parse_code
from marketplace.provenance.commands import install_commands
from marketplace.provenance.documents import lot_document
from marketplace.provenance.histories import FoldedEvent, LotHistory, Remark, lot_history, sealed_links
from marketplace.provenance.keys import add_keys, key_history_text, key_rows, make_root, publish_history, retire_key, sign_history
from marketplace.provenance.loop import SealingLoop, start_sealing, watch
from marketplace.provenance.mapping import add_map, lot_proof
from marketplace.provenance.outsiders import AMBER, RED, Outside, for_outsiders, outside, outside_moments, outside_stamp
from marketplace.provenance.personal import (
    Erasure,
    Opening,
    erased_values,
    erasures_of,
    openings_of,
    published_openings,
    withheld_bodies,
)
from marketplace.provenance.phone import phone_bundle
from marketplace.provenance.privacy import Refused, Withheld, erase, erase_due, redact
from marketplace.provenance.reading import (
    Checkpoint,
    LogEntry,
    Report,
    check,
    check_quickly,
    checkpoint_size,
    latest_checkpoint,
    lot_entries,
)
from marketplace.provenance.receipts import PROMISE, Standing, standings
from marketplace.provenance.recording import EventReused, EventTooEarly, Receipt, record
from marketplace.provenance.sealing import drain, export, gather_cosignatures, publish_checkpoint, seal_at_commit
from marketplace.provenance.site import OPERATOR, bind, mark_restored, read_only, signer_command, started, unmark
from marketplace.provenance.status import LogStatus, anchor_text, log_status
from marketplace.provenance.sweeping import sweep, sweep_all
from marketplace.provenance.witnesses import WitnessRow, ask_witnesses

__all__ = [
    "AMBER",
    "OPERATOR",
    "PROMISE",
    "RED",
    "AlreadyVoid",
    "CannotBeSaid",
    "Checkpoint",
    "Erasure",
    "EventReused",
    "EventTooEarly",
    "FoldedEvent",
    "LastAudit",
    "LogEntry",
    "LogStatus",
    "LotHistory",
    "NotSealedYet",
    "Opening",
    "Outside",
    "Receipt",
    "Refused",
    "Remark",
    "Report",
    "SealingLoop",
    "Standing",
    "Withheld",
    "WitnessRow",
    "add_keys",
    "add_map",
    "adopt_old_key",
    "anchor_text",
    "archive_at_night",
    "ask_witnesses",
    "audit_at_night",
    "bind",
    "check",
    "check_quickly",
    "checkpoint_size",
    "correct",
    "dispute",
    "drain",
    "erase",
    "erase_due",
    "erased_values",
    "erasures_of",
    "export",
    "for_outsiders",
    "gather_cosignatures",
    "grant",
    "granted_at",
    "grouped_code",
    "incept",
    "install_commands",
    "key_history_text",
    "key_rows",
    "latest_checkpoint",
    "log_status",
    "lot_document",
    "lot_entries",
    "lot_history",
    "lot_proof",
    "make_root",
    "mark_restored",
    "new_alias",
    "new_code",
    "openings_of",
    "outside",
    "outside_moments",
    "outside_stamp",
    "parse_code",
    "phone_bundle",
    "publish_checkpoint",
    "publish_history",
    "published_openings",
    "read_only",
    "recall",
    "record",
    "redact",
    "retire_key",
    "revoke",
    "seal_at_commit",
    "sealed_links",
    "sign_history",
    "signer_command",
    "standings",
    "start_sealing",
    "started",
    "sweep",
    "sweep_all",
    "unmark",
    "void",
    "watch",
    "withheld_bodies",
]
