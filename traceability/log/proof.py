"""The proof of one entry as a file of its own (C2SP tlog-proof), for e-mail and paper."""

import base64

from traceability.log.checkpoints import SignedCheckpoint
from traceability.log.core import Log
from traceability.storage.base import Connection

FIRST_LINE = "c2sp.org/tlog-proof@v1"


def proof_text(log: Log, connection: Connection, signed: SignedCheckpoint, index: int) -> str:
    """The proof that entry `index` is under this checkpoint. The entry itself is the `extra` data, so that the file is
    enough by itself; a withheld one has none. Raises ProofError unless 0 ≤ index < size."""
    size = signed.checkpoint.size
    hashes = log.tree(connection).inclusion(index, size)
    [row] = log.storage.sealed(connection, index, index + 1)
    extra = [] if row.data is None else [f"extra {_text(row.data)}"]
    lines = [FIRST_LINE, *extra, f"index {index}", *map(_text, hashes)]
    return "\n".join([*lines, "", str(signed.note)])


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
