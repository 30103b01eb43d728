"""The signer: a small process that remembers what it signed and signs only what extends that (docs/log.md §3).

It knows checkpoints and proofs, no entries, no database and no HTTP. Its state lies outside the database and outside
every backup: a restored database cannot make it sign a second history.
"""

from traceability.signer.client import Client
from traceability.signer.keeper import Keeper
from traceability.signer.keyfile import KeyFile
from traceability.signer.state import StateFile

__all__ = ["Client", "Keeper", "KeyFile", "StateFile"]
