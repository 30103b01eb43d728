"""One log: an origin, a store and a signing key. Transactions belong to the caller."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from hashlib import sha256
from typing import Any

from traceability.canonical.entry import Device, Entry, Reference, read_entry
from traceability.canonical.types import EVENT, GENESIS, event_entry_id
from traceability.checkpoint import Signer, VerifierKey, check_key_name
from traceability.errors import LogStateError
from traceability.identifiers import new_event_id
from traceability.log.audit import Audit, audit
from traceability.log.checkpoints import SignedCheckpoint, check_promised, keep_signature, latest, propose
from traceability.log.reader import TreeReader
from traceability.log.records import LotRecord
from traceability.log.sequencer import Batch, sequence
from traceability.log.submission import Receipt, submit
from traceability.storage.base import Connection, Storage

PROFILE_VERSION = 1
Begin = Callable[[], AbstractContextManager[Connection]]


class Log:
    """The log named `origin`. `signer` may be None where nothing is signed; `keys` adds verifier keys of the past."""

    def __init__(
        self, origin: str, storage: Storage, signer: Signer | None = None, keys: Sequence[VerifierKey] = ()
    ) -> None:
        self.origin = check_key_name(origin)
        self.storage = storage
        self.signer = signer
        own = [signer.verifier] if signer else []
        self.keys: tuple[VerifierKey, ...] = tuple(dict.fromkeys([*own, *keys]))

    def incept(self, connection: Connection, *, entry_id: str, who: str, policy: bytes, now: datetime) -> Receipt:
        """Begin the log: head row and sealed genesis entry with origin, keys, profile version and the hash of the
        policy text. Done once; raises LogStateError ever after, and without a signing key."""
        if self.signer is None:
            raise LogStateError("no-signer", "a log begins with a signing key")
        self.storage.start(connection)
        promise = {
            "keys": [str(key) for key in self.keys],
            "policy": sha256(policy).hexdigest(),
            "profile": PROFILE_VERSION,
        }
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
    ) -> Receipt:
        """Queue an EPCIS record (as `epcis.codec` writes it) for these lots, inside the caller's transaction.

        The receipt's leaf is final once the caller has committed. Raises ProfileError, ConflictError, and
        LogStateError before the log's inception.
        """
        entry_id = event_entry_id(event)
        draft = Entry(
            EVENT, self.origin, entry_id, recorded_at, who, dict(event), (), device, commitments, tuple(references)
        )
        return self._submit(connection, draft, lots)

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
        return self._submit(connection, draft, lots)

    def _submit(self, connection: Connection, draft: Entry, lots: Iterable[str]) -> Receipt:
        if not self.started(connection):
            raise LogStateError("not-started", "the log has no head: run its inception, or restore it")
        return submit(self.storage, connection, draft, lots)

    def sequence(self, connection: Connection, limit: int = 512, *, wait: bool = True) -> Batch:
        """Seal up to `limit` waiting entries in the caller's transaction; see `sequencer.sequence`."""
        return sequence(self.storage, connection, self.origin, limit=limit, wait=wait)

    def checkpoint(self, begin: Begin, now: datetime) -> SignedCheckpoint:
        """Store the checkpoint of the present size, commit, then sign it and store the signature.

        `begin` opens a transaction that commits when left. After a crash in between, the next call signs the same
        size and root again. Raises TamperError when the store contradicts itself; then nothing is signed.
        """
        if self.signer is None:
            raise LogStateError("no-signer", "this process has no signing key")
        with begin() as connection:
            checkpoint = propose(self.storage, connection, self.origin)
            check_promised(self.storage, connection, self.signer.verifier)
        line = self.signer.sign(checkpoint.text())
        with begin() as connection:
            keep_signature(self.storage, connection, checkpoint.size, line, now)
            signed = latest(self.storage, connection, self.origin)
        if signed is None:
            raise LogStateError("not-signed", "the checkpoint just signed is not in the store")
        return signed

    def latest_checkpoint(self, connection: Connection) -> SignedCheckpoint | None:
        """The largest signed checkpoint; None before the first."""
        return latest(self.storage, connection, self.origin)

    def size(self, connection: Connection) -> int:
        """Number of sealed entries."""
        head = self.storage.head(connection)
        return head.size if head else 0

    def tree(self, connection: Connection) -> TreeReader:
        """Roots, proofs, tiles and bundles, within the caller's transaction."""
        return TreeReader(self.storage, connection)

    def find(self, connection: Connection, entry_id: str) -> LotRecord | None:
        """The entry with this id, sealed or waiting."""
        stored = self.storage.find(connection, entry_id)
        return LotRecord(read_entry(stored.data), stored.data, stored.leaf, stored.seq) if stored else None

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
        return audit(self.storage, connection, self.origin, self.keys)
