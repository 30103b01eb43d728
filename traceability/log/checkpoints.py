"""Checkpoints of the log: stored before they are signed, never two roots for one size."""

from dataclasses import dataclass
from datetime import datetime

from traceability.canonical.entry import read_entry
from traceability.checkpoint import Checkpoint, Note, SignatureLine, VerifierKey, parse_signature_line
from traceability.errors import LogStateError, TamperError
from traceability.log.reader import TreeReader
from traceability.merkle import leaf_hash, verify_consistency
from traceability.storage.base import Connection, Storage, StoredNote

_CHUNK = 512


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A published checkpoint: its note, and when its newest signature line was added."""

    checkpoint: Checkpoint
    note: Note
    at: datetime


def propose(storage: Storage, connection: Connection, origin: str) -> Checkpoint:
    """Write the checkpoint row of the log's present size and return it; the caller commits before it is signed.

    What the last checkpoint did not cover is read from the store and hashed again, the root comes from stored tiles
    and leaves, and must extend the last checkpoint. Raises TamperError when any of it disagrees: then nothing may be
    signed. Raises LogStateError before the log's inception.
    """
    edge = storage.lock_head(connection, wait=True)
    if edge is None or not edge.size:
        raise LogStateError("not-started", "an empty log has no checkpoint")
    before = storage.checkpoints(connection)
    size, root = before[-1] if before else (0, b"")
    if size > edge.size:
        raise TamperError("behind-checkpoint", f"the log has {edge.size} entries, its last checkpoint {size}")
    _hash_again(storage, connection, size, edge.size)
    reader = TreeReader(storage, connection)
    present = reader.root(edge.size)
    if present != edge.root():
        raise TamperError("head-differs", "the head row does not belong to the stored tree")
    if size:
        verify_consistency(size, edge.size, root, present, reader.consistency(size, edge.size))
    if size < edge.size:
        storage.add_checkpoint(connection, edge.size, present)
    return Checkpoint(origin, edge.size, present)


def check_promised(storage: Storage, connection: Connection, key: VerifierKey) -> None:
    """Raises TamperError unless the genesis entry promises this key: a restored database and a key of another log, or
    the reverse, must not sign each other."""
    [genesis] = storage.sealed(connection, 0, 1)
    if genesis.data is None or str(key) not in read_entry(genesis.data).event.get("keys", ()):
        raise TamperError("unknown-signer", f"the log's first entry does not promise the key {key.id.hex()}")


def keep_signature(storage: Storage, connection: Connection, size: int, line: SignatureLine, now: datetime) -> None:
    """Store a signature line under the checkpoint of `size`; one that is already there is not stored again."""
    text = str(line).rstrip("\n")
    if all(note.line != text for note in storage.notes(connection, size)):
        storage.add_note(connection, StoredNote(size, line.key_id.hex(), text, now))


def latest(storage: Storage, connection: Connection, origin: str) -> SignedCheckpoint | None:
    """The largest signed checkpoint, None before the first."""
    found = storage.latest_signed(connection)
    if found is None:
        return None
    root, notes = found
    checkpoint = Checkpoint(origin, notes[0].size, root)
    lines = tuple(parse_signature_line(note.line) for note in notes)
    return SignedCheckpoint(checkpoint, Note(checkpoint.text(), lines), max(note.at for note in notes))


def _hash_again(storage: Storage, connection: Connection, start: int, stop: int) -> None:
    for at in range(start, stop, _CHUNK):
        for row in storage.sealed(connection, at, min(at + _CHUNK, stop)):
            if row.data is None or leaf_hash(row.data) != row.leaf:
                raise TamperError("body-differs", f"entry {row.seq} does not have the leaf it was sealed with")
