"""The log: submitting, sealing, checkpoints, proofs, audit."""

from traceability.log.audit import Audit, Problem
from traceability.log.checkpoints import NoteSigner, SignedCheckpoint
from traceability.log.core import Log
from traceability.log.records import LotRecord
from traceability.log.sequencer import Batch, Stopped
from traceability.log.submission import Receipt

__all__ = ["Audit", "Batch", "Log", "LotRecord", "NoteSigner", "Problem", "Receipt", "SignedCheckpoint", "Stopped"]
