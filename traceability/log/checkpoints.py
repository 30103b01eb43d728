"""Checkpoints of the log: stored before they are signed, never two roots for one size."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from traceability.checkpoint import (
    Checkpoint,
    Note,
    SignatureLine,
    VerifierKey,
    parse_signature_line,
    verify_note,
)
from traceability.errors import LogStateError, SignerError, TamperError
from traceability.log.reader import TreeReader
from traceability.merkle import leaf_hash, verify_consistency
from traceability.storage.base import Connection, Storage, StoredNote

Begin = Callable[[], AbstractContextManager[Connection]]

_CHUNK = 512
_ATTEMPTS = 5


class NoteSigner(Protocol):
    """Who signs: remembers the last size and root, and signs only what is proved to extend them (docs/log.md §3)."""

    def sign(self, text: str, *, old_size: int, proof: Sequence[bytes]) -> list[SignatureLine]:
        """One line of each key under the checkpoint `text`. Raises SignerError, having signed nothing."""

    def state(self) -> tuple[int, bytes] | None:
        """Size and root last signed; None when that is lost."""

    def verifiers(self) -> list[VerifierKey]:
        """The keys it signs with."""


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A published checkpoint: its note, and when the newest line of the log's own keys was added."""

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
    size, root = storage.last_checkpoint(connection) or (0, b"")
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


def check_standing(storage: Storage, connection: Connection, signed: tuple[int, bytes] | None) -> None:
    """The store holds everything the signer has signed, and its own published checkpoints, or the log is read-only.

    `signed` is the signer's state. Raises LogStateError: `signer-state-missing`, `behind-signer` (a restored
    database), `differs-from-signer`, `behind-checkpoint`.
    """
    if signed is None:
        raise LogStateError("signer-state-missing", "the signer has no state; it begins only by explicit inception")
    head = storage.head(connection)
    size, root = signed
    present = head.size if head else 0
    if present < size:
        raise LogStateError("behind-signer", f"the log has {present} entries, {size} are signed: resume it")
    if TreeReader(storage, connection).root(size) != root:
        raise LogStateError("differs-from-signer", f"the first {size} entries are not those that were signed")
    last = storage.last_checkpoint(connection)
    if last and last[0] > present:
        raise LogStateError("behind-checkpoint", f"the log has {present} entries, its last checkpoint {last[0]}")


def publish(
    storage: Storage, begin: Begin, origin: str, signer: NoteSigner, promised: Callable[[Connection, int], list[VerifierKey]]
) -> tuple[Checkpoint, list[SignatureLine]]:
    """Commit the checkpoint of the present size, then have it signed; the caller stores the lines.

    `promised(connection, size)` gives the keys the log promises for a size: lines of others are left out. Raises
    LogStateError, TamperError, SignerError; then nothing new was signed.
    """
    for attempt in range(_ATTEMPTS):
        signed = signer.state()
        with begin() as connection:
            checkpoint = propose(storage, connection, origin)
            check_standing(storage, connection, signed)
            old_size = signed[0] if signed else 0
            proof = TreeReader(storage, connection).consistency(old_size, checkpoint.size)
            keys = promised(connection, checkpoint.size)
        if not set(keys) & set(signer.verifiers()):
            raise TamperError("unknown-signer", "the log promises none of the signer's keys for this size")
        try:
            lines = signer.sign(checkpoint.text(), old_size=old_size, proof=proof)
        except SignerError as error:
            # another process had a larger size signed in between: look again
            if error.code not in ("wrong-size", "smaller") or attempt == _ATTEMPTS - 1:
                raise
        else:
            good = {(item.key.name, item.key.id) for item in verify_note(Note(checkpoint.text(), tuple(lines)), keys)}
            return checkpoint, [line for line in lines if (line.name, line.key_id) in good]
    raise AssertionError("the last attempt returns or raises")


def keep_signature(storage: Storage, connection: Connection, size: int, line: SignatureLine, now: datetime) -> None:
    """Store a signature line under the checkpoint of `size`; one that is already there is not stored again.

    Lines of one key are ordered by their time in the store, so a clock that steps back is put past the last one.
    """
    storage.lock(connection, [f"notes of {size}"])
    text, key = str(line).rstrip("\n"), line.key_id.hex()
    earlier = [note for note in storage.notes(connection, size) if note.key_id == key]
    if all(note.line != text for note in earlier):
        at = max([now, *(note.at + timedelta(milliseconds=1) for note in earlier)])
        storage.add_note(connection, StoredNote(size, key, text, at))


def latest(storage: Storage, connection: Connection, origin: str) -> SignedCheckpoint | None:
    """The largest signed checkpoint, None before the first."""
    found = storage.latest_signed(connection)
    if found is None:
        return None
    return signed_checkpoint(origin, *found)


def signed_checkpoint(origin: str, root: bytes, notes: Sequence[StoredNote]) -> SignedCheckpoint:
    """The checkpoint of one size with its stored signature lines, of which there is one at least."""
    checkpoint = Checkpoint(origin, notes[0].size, root)
    lines = tuple(parse_signature_line(note.line) for note in notes)
    own = [note.at for note, line in zip(notes, lines, strict=True) if line.name == origin]  # a witness's time is not ours
    return SignedCheckpoint(checkpoint, Note(checkpoint.text(), lines), max(own or [note.at for note in notes]))


Choose = Callable[[Connection], SignedCheckpoint | None]
"""Gives the checkpoint outsiders are shown."""


def _hash_again(storage: Storage, connection: Connection, start: int, stop: int) -> None:
    withheld = storage.withheld(connection)
    for at in range(start, stop, _CHUNK):
        for row in storage.sealed(connection, at, min(at + _CHUNK, stop)):
            if row.data is None and row.seq in withheld:
                continue
            if row.data is None or leaf_hash(row.data) != row.leaf:
                raise TamperError("body-differs", f"entry {row.seq} does not have the leaf it was sealed with")
