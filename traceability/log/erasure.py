"""What may be taken back: openings of personal values, and in an emergency the body of one entry (docs/log.md §6).

Either is announced in the log before, or in the same transaction as, it is deleted: an auditor can tell erasing from
losing. The tree does not change.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from traceability.canonical.commitment import SALT_BYTES, commit, new_salt, read_value, spell
from traceability.canonical.entry import Entry, Reference, read_entry
from traceability.canonical.types import ERASE, GENESIS, OPERATOR_ONLY, REDACT, RELATIONS
from traceability.errors import LogStateError, ProfileError, TamperError
from traceability.identifiers import new_event_id
from traceability.log.sequencer import sequence
from traceability.log.submission import submit
from traceability.storage.base import Connection, Sealed, Storage
from traceability.storage.derived import StoredOpening

_NONCE_BYTES = 12
_MARKS = (ERASE.encode(), REDACT.encode())
_BATCH = 512
_ENTRIES_AN_ERASE = 40
"""An entry has at most 16,384 bytes; a leaf with its reference takes about 300."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Salt and value behind the commitment that entry `entry_id` has under `path`."""

    entry_id: str
    path: str
    salt: bytes
    value: Any


def new_opening(entry_id: str, path: str, value: Any) -> Opening:
    """An opening with a fresh salt."""
    return Opening(entry_id, path, new_salt(), value)


def commitment_of(opening: Opening, origin: str) -> bytes:
    """What the entry keeps of it."""
    return commit(opening.salt, origin=origin, entry_id=opening.entry_id, path=opening.path, value=opening.value)


def encrypt(opening: Opening, key: bytes) -> bytes:
    """nonce ‖ AES-256-GCM of salt ‖ value; bound to entry and path. Raises ProfileError for a value outside the
    profile."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    told = opening.salt + spell(opening.value)
    return nonce + AESGCM(key).encrypt(nonce, told, _bound_to(opening.entry_id, opening.path))


def decrypt(stored: StoredOpening, key: bytes) -> Opening:
    """The opening in a stored row. Raises TamperError when key, entry, path or box is another."""
    nonce, sealed = stored.box[:_NONCE_BYTES], stored.box[_NONCE_BYTES:]
    try:
        told = AESGCM(key).decrypt(nonce, sealed, _bound_to(stored.entry_id, stored.path))
        return Opening(stored.entry_id, stored.path, told[:SALT_BYTES], read_value(told[SALT_BYTES:]))
    except (InvalidTag, ProfileError, ValueError) as error:
        raise TamperError("opening-differs", f"the opening of {stored.entry_id} {stored.path} cannot be read") from error


def erase_openings(
    storage: Storage,
    connection: Connection,
    *,
    origin: str,
    who: str,
    ground: str,
    now: datetime,
    key_ids: Sequence[str] = (),
    entry_ids: Sequence[str] = (),
) -> int:
    """Log `erase` entries for every opening under these keys or of these entries, seal them and delete the openings;
    returns how many.

    In the caller's transaction; the caller destroys the keys once it has committed. Nothing is logged when no opening
    is left, so a second call finishes what a crash interrupted. Raises LogStateError when an entry with an opening is
    not sealed.
    """
    storage.lock(connection, [key_lock(key) for key in key_ids])
    _drain(storage, connection, origin)
    found = storage.openings(connection, key_ids=key_ids, entry_ids=entry_ids)
    by_entry: dict[str, list[StoredOpening]] = {}
    for item in found:
        by_entry.setdefault(item.entry_id, []).append(item)
    writing = {"origin": origin, "who": who, "ground": ground, "now": now}
    _say_erased(storage, connection, {name: [item.path for item in items] for name, items in by_entry.items()}, **writing)
    return len(found)


def erase_lost(
    storage: Storage, connection: Connection, *, origin: str, who: str, ground: str, now: datetime, start: int
) -> int:
    """Log `erase` entries for the values whose entries, from number `start` on, were read back into a database without
    their openings; returns how many. In the caller's transaction. A second call finds nothing."""
    _drain(storage, connection, origin)
    head = storage.head(connection)
    lost: dict[str, list[str]] = {}
    for at in range(start, head.size if head else 0, _BATCH):
        rows = [row for row in storage.sealed(connection, at, at + _BATCH) if row.data is not None and b'"c":{' in row.data]
        committed = {row.id: sorted(read_entry(row.data or b"").commitments or {}) for row in rows}
        known = {(item.entry_id, item.path) for item in storage.openings(connection, entry_ids=list(committed))}
        known |= {(name, path) for name, path, _ in storage.erasures(connection, list(committed))}
        for name, paths in committed.items():
            gone = [path for path in paths if (name, path) not in known]
            if gone:
                lost[name] = gone
    _say_erased(storage, connection, lost, origin=origin, who=who, ground=ground, now=now)
    return sum(map(len, lost.values()))


def _say_erased(
    storage: Storage, connection: Connection, lost: Mapping[str, Sequence[str]], *, origin: str, who: str, ground: str, now: datetime
) -> None:
    """Log that the values at these paths of these entries are gone, and delete what there is of them."""
    for names in _chunks(sorted(lost)):
        paths, references = {}, []
        for name in names:
            seq, leaf = _sealed_as(storage, connection, name)
            paths[leaf.hex()] = list(lost[name])
            references.append(Reference(leaf, RELATIONS[ERASE], seq))
        told = {"paths": paths, "ground": ground}
        references.sort(key=lambda item: item.seq or 0)
        entry = Entry(ERASE, origin, new_event_id(), now, who, told, references=tuple(references))
        _log(storage, connection, entry)
        storage.erase_openings(connection, [(name, path) for name in names for path in lost[name]], entry.id)


def key_lock(key_id: str) -> str:
    """The name that who encrypts under this key, and who erases it, hand to `Storage.lock`."""
    return f"key {key_id}"


def announce_redaction(
    storage: Storage, connection: Connection, *, origin: str, who: str, seq: int, reason: str, now: datetime
) -> int:
    """Log that entry `seq` is withheld and let its body be deleted; returns the seq of the `redact` entry.

    A second call returns the first entry's seq. Raises LogStateError for an entry that is not there, or of a type that
    cannot hold anybody's words.
    """
    storage.lock_head(connection, wait=True)
    _drain(storage, connection, origin)
    before = storage.redactions(connection).get(seq)
    if before is not None:
        return before
    row, entry = _body(storage, connection, seq)
    if entry.type in OPERATOR_ONLY | {GENESIS}:
        raise LogStateError("not-redactable", f"entry {seq} is the operator's own: {entry.type}")
    links = [{"lot": link.lot, "n": link.n, "prev": link.previous.hex()} for link in entry.links]
    told = {"leaf": row.leaf.hex(), "seq": seq, "lots": links, "id": entry.id, "reason": reason}
    reference = Reference(row.leaf, RELATIONS[REDACT], seq)
    by = _log(storage, connection, Entry(REDACT, origin, new_event_id(), now, who, told, references=(reference,)))
    storage.add_redaction(connection, seq, by)
    return by


def reapply(storage: Storage, connection: Connection, start: int) -> None:
    """Do again what the entries from number `start` on say was done: after they were read back into an older database,
    which still has the openings and bodies they took away."""
    head = storage.head(connection)
    for at in range(start, head.size if head else 0, _BATCH):
        for row in storage.sealed(connection, at, at + _BATCH):
            if row.data is None or not any(mark in row.data for mark in _MARKS):
                continue
            entry = read_entry(row.data)
            if entry.type == ERASE:
                _erase_again(storage, connection, entry)
            elif entry.type == REDACT and entry.event["seq"] not in storage.redactions(connection):
                storage.add_redaction(connection, entry.event["seq"], row.seq)
                storage.withhold(connection, entry.event["seq"])


def check_openings(
    storage: Storage, connection: Connection, origin: str, keys: Mapping[str, bytes]
) -> Iterator[tuple[int, str]]:
    """What is wrong with the openings, as (seq, message): one that no commitment is behind, or that does not open it."""
    names: dict[str, int | None] = {name: seq for name, _, seq in storage.all_openings(connection)}
    for some in _chunks(sorted(names), _BATCH):
        for item in storage.openings(connection, entry_ids=some):
            seq = names[item.entry_id]
            if seq is None:
                continue
            message = _wrong(storage, connection, origin, keys, item, seq)
            if message:
                yield seq, message


def _erase_again(storage: Storage, connection: Connection, entry: Entry) -> None:
    for reference in entry.references:
        if reference.seq is not None:
            [target] = storage.sealed(connection, reference.seq, reference.seq + 1)
            known = {path for _, path, _ in storage.erasures(connection, [target.id])}
            paths = [path for path in entry.event["paths"][reference.leaf.hex()] if path not in known]
            if paths:
                storage.erase_openings(connection, [(target.id, path) for path in paths], entry.id)


def _wrong(
    storage: Storage, connection: Connection, origin: str, keys: Mapping[str, bytes], item: StoredOpening, seq: int
) -> str | None:
    [row] = storage.sealed(connection, seq, seq + 1)
    commitments = read_entry(row.data).commitments if row.data else None
    if not commitments or item.path not in commitments:
        return f"there is an opening of {item.path}, but no commitment"
    if item.key_id not in keys:
        return f"the key of the opening of {item.path} is gone, and no erase entry says so"
    try:
        opened = commitment_of(decrypt(item, keys[item.key_id]), origin)
    except (TamperError, ProfileError) as error:
        return error.message
    return None if opened == commitments[item.path] else f"the opening of {item.path} is not what was committed to"


def _drain(storage: Storage, connection: Connection, origin: str) -> None:
    while sequence(storage, connection, origin, limit=_BATCH, wait=True).sealed == _BATCH:
        pass


def _log(storage: Storage, connection: Connection, entry: Entry) -> int:
    submit(storage, connection, entry, ())
    _drain(storage, connection, entry.log)
    return _sealed_as(storage, connection, entry.id)[0]


def _sealed_as(storage: Storage, connection: Connection, entry_id: str) -> tuple[int, bytes]:
    found = storage.find(connection, entry_id)
    if found is None or found.seq is None:
        raise LogStateError("not-sealed", f"{entry_id} waits to be sealed: look at `log check` first")
    return found.seq, found.leaf


def _body(storage: Storage, connection: Connection, seq: int) -> tuple[Sealed, Entry]:
    rows = storage.sealed(connection, seq, seq + 1)
    if not rows or rows[0].data is None:
        raise LogStateError("no-such-entry", f"there is no entry {seq}, or it has no body")
    return rows[0], read_entry(rows[0].data)


def _bound_to(entry_id: str, path: str) -> bytes:
    return f"{entry_id}\0{path}".encode()


def _chunks(names: list[str], size: int = _ENTRIES_AN_ERASE) -> Iterator[list[str]]:
    return (names[at : at + size] for at in range(0, len(names), size))
