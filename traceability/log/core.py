"""One log: an origin, a store and a signer. Transactions belong to the caller."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from traceability.canonical.entry import Device, Entry, Reference, read_entry
from traceability.canonical.keys import Term, keys_at
from traceability.canonical.types import EVENT, GENESIS, event_entry_id
from traceability.checkpoint import Checkpoint, Note, VerifierKey, check_key_name, parse_checkpoint, parse_note, parse_verifier_key
from traceability.errors import LogStateError
from traceability.identifiers import new_event_id
from traceability.log.audit import Audit, audit
from traceability.log.checkpoints import (
    Begin,
    NoteSigner,
    SignedCheckpoint,
    check_standing,
    keep_signature,
    latest,
    publish,
)
from traceability.log.keys import key_terms
from traceability.log.reader import TreeReader
from traceability.log.records import LotRecord
from traceability.log.sequencer import Batch, Stopped, examine, sequence
from traceability.log.submission import Receipt, submit
from traceability.storage.base import Connection, Storage

PROFILE_VERSION = 1


class Log:
    """The log named `origin`. `signer` may be None where nothing is signed."""

    def __init__(self, origin: str, storage: Storage, signer: NoteSigner | None = None) -> None:
        self.origin = check_key_name(origin)
        self.storage = storage
        self.signer = signer

    def incept(
        self,
        connection: Connection,
        *,
        entry_id: str,
        who: str,
        policy: bytes,
        now: datetime,
        root: VerifierKey | None = None,
        previous: Note | None = None,
    ) -> Receipt:
        """Begin the log: head row and sealed genesis entry with origin, keys, profile version, the hash of the policy
        text, the offline root key and the last good checkpoint of the log before. Done once; raises LogStateError ever
        after, when there is no signer or it has signed for this log before (a lost database is restored, never begun
        anew), and when `previous` is of this very log; NoteError, ProfileError when it is no checkpoint."""
        if previous and parse_checkpoint(previous.text).origin == self.origin:
            raise LogStateError("same-log", f"a log after {self.origin} needs an origin of its own (LOG_ORIGIN)")
        signer = self._signer()
        signed = signer.state()
        if signed is None or signed[0]:
            raise LogStateError("signer-not-fresh", "the signer's state is missing, or it has signed this log before")
        self.storage.start(connection)
        promise = {
            "keys": [str(key) for key in signer.verifiers()],
            "policy": sha256(policy).hexdigest(),
            "profile": PROFILE_VERSION,
        } | ({"root": str(root)} if root else {}) | ({"previous": str(previous)} if previous else {})
        genesis = Entry(GENESIS, self.origin, entry_id, now, who, promise)
        submit(self.storage, connection, genesis, ())
        self.sequence(connection)
        return submit(self.storage, connection, genesis, ())

    def started(self, connection: Connection) -> bool:
        """Has the log had its inception?"""
        return self.storage.head(connection) is not None

    def submit(
        self,
        connection: Connection,
        *,
        event: Mapping[str, Any],
        lots: Iterable[str],
        who: str,
        recorded_at: datetime,
        device: Device | None = None,
        commitments: Mapping[str, bytes] | None = None,
        references: Sequence[Reference] = (),
        at_once: bool = False,
    ) -> Receipt:
        """Queue an EPCIS record (as `epcis.codec` writes it) for these lots, inside the caller's transaction; `at_once`
        seals it there, if the store can.

        The receipt's leaf is final once the caller has committed. Raises ProfileError, ConflictError, and
        LogStateError before the log's inception.
        """
        entry_id = event_entry_id(event)
        draft = Entry(
            EVENT, self.origin, entry_id, recorded_at, who, dict(event), (), device, commitments, tuple(references)
        )
        return submit(self.storage, connection, draft, lots, at_once=at_once)

    def submit_entry(
        self,
        connection: Connection,
        *,
        type: str,
        event: Mapping[str, Any],
        who: str,
        recorded_at: datetime,
        lots: Iterable[str] = (),
        references: Sequence[Reference] = (),
        entry_id: str | None = None,
    ) -> Receipt:
        """Queue an entry of another type than `event` (docs/log.md §2); `entry_id` is drawn when not given.

        Raises as `submit` does.
        """
        name = entry_id or new_event_id()
        draft = Entry(type, self.origin, name, recorded_at, who, dict(event), references=tuple(references))
        return submit(self.storage, connection, draft, lots)

    def sequence(self, connection: Connection, limit: int = 512, *, wait: bool = True) -> Batch:
        """Seal up to `limit` waiting entries in the caller's transaction; see `sequencer.sequence`."""
        return sequence(self.storage, connection, self.origin, limit=limit, wait=wait)

    def stopped(self, connection: Connection) -> list[Stopped]:
        """What waits and could not be sealed now, and why. Reads only."""
        return list(examine(self.storage, connection, self.origin))

    def checkpoint(self, begin: Begin, now: datetime) -> SignedCheckpoint:
        """Store the checkpoint of the present size, commit, then have it signed and store the signatures.

        `begin` opens a transaction that commits when left. After a crash in between, the next call signs the same
        size and root again, or a larger one. Raises TamperError when the store contradicts itself, LogStateError when
        it does not hold what was signed before, SignerError; then nothing is signed.
        """
        checkpoint, lines = publish(self.storage, begin, self.origin, self._signer(), self.promised)
        with begin() as connection:
            for line in lines:
                keep_signature(self.storage, connection, checkpoint.size, line, now)
            signed = latest(self.storage, connection, self.origin)
        if signed is None:
            raise LogStateError("not-signed", "the checkpoint just signed is not in the store")
        return signed

    def check_standing(self, connection: Connection) -> None:
        """May this log go on? Raises LogStateError (see `checkpoints.check_standing`) and SignerError when not."""
        check_standing(self.storage, connection, self._signer().state())

    def previous(self, connection: Connection) -> Checkpoint | None:
        """The last good checkpoint of the log before this one, as the genesis entry names it; None for a first log."""
        for genesis in self.storage.sealed(connection, 0, 1):
            note = read_entry(genesis.data).event.get("previous") if genesis.data else None
            return parse_checkpoint(parse_note(note.encode()).text) if note else None
        return None

    def terms(self, connection: Connection) -> list[Term]:
        """The terms of all keys the log has ever promised, in order of their start."""
        return key_terms(self.storage, connection)

    def verifiers(self, connection: Connection) -> list[VerifierKey]:
        """Every key the log has ever promised, each once."""
        return [parse_verifier_key(key) for key in dict.fromkeys(term.key for term in self.terms(connection))]

    def key_list(self, connection: Connection) -> str:
        """The file `keys`: every key the log has ever promised, one a line."""
        return "".join(f"{key}\n" for key in self.verifiers(connection))

    def promised(self, connection: Connection, size: int) -> list[VerifierKey]:
        """The keys that may sign a checkpoint of `size`."""
        return [parse_verifier_key(key) for key in keys_at(self.terms(connection), size)]

    def _signer(self) -> NoteSigner:
        if self.signer is None:
            raise LogStateError("no-signer", "this process has no signer")
        return self.signer

    def latest_checkpoint(self, connection: Connection) -> SignedCheckpoint | None:
        """The largest signed checkpoint; None before the first."""
        return latest(self.storage, connection, self.origin)

    def size(self, connection: Connection) -> int:
        """Number of sealed entries."""
        head = self.storage.head(connection)
        return head.size if head else 0

    def unannounced(self, connection: Connection, size: int) -> bool:
        """Is one of the first `size` entries withheld that only a later entry announces?"""
        return any(seq < size <= by for seq, by in self.storage.withheld(connection).items())

    def tree(self, connection: Connection) -> TreeReader:
        """Roots, proofs, tiles and bundles, within the caller's transaction."""
        return TreeReader(self.storage, connection)

    def find(self, connection: Connection, entry_id: str) -> LotRecord | None:
        """The entry with this id, sealed or waiting; None also for one that is withheld."""
        stored = self.storage.find(connection, entry_id)
        if stored is None or stored.data is None:
            return None
        return LotRecord(read_entry(stored.data), stored.data, stored.leaf, stored.seq)

    def lot(self, connection: Connection, lot: str) -> list[LotRecord]:
        """All entries of a lot in the order of its chain, waiting ones last."""
        records = [
            LotRecord(read_entry(row.data), row.data, row.leaf, row.seq)
            for row in self.storage.sealed_of_lot(connection, lot)
            if row.data is not None
        ]
        records += [
            LotRecord(read_entry(row.data), row.data, row.leaf, None)
            for row in self.storage.pending_of_lot(connection, lot)
        ]
        return records

    def check(self, connection: Connection) -> Audit:
        """Hash everything again and compare; see `audit.audit`."""
        return audit(self.storage, connection, self.origin, self.verifiers(connection))
