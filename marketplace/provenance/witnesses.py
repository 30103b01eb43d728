"""Outside witnesses: whom the policy names, asking them for cosignatures, and how each answered last."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from time import monotonic

import requests
import structlog
from sqlalchemy import BigInteger, select
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Line, Prose, Short, db, transaction
from marketplace.provenance.halting import WITNESS
from marketplace.provenance.site import TEXTS, first_policy, the_log, the_site
from traceability.checkpoint import Note, VerifierKey, parse_checkpoint
from traceability.log import SignedCheckpoint
from traceability.log.checkpoints import keep_signature
from traceability.policy import Policy, Witness, parse_policy
from traceability.witnessing import MAX_ANSWER, Answer, Outcome, State, cosign, evidence, held_note

log = structlog.get_logger()

FRESH = timedelta(hours=1)
"""A cosignature older than this is asked for again, even when no entry came since."""
_CONNECT_SECONDS, _READ_SECONDS = 5, 20


class LogWitness(Base):
    """How a witness of the policy answered last; one row for each key."""

    __tablename__ = "log_witness"

    id: Mapped[Id]
    key: Mapped[Line] = mapped_column(unique=True)
    tried_at: Mapped[datetime]
    state: Mapped[Short]
    detail: Mapped[Prose]
    holds: Mapped[int] = mapped_column(BigInteger)
    signed_size: Mapped[int | None] = mapped_column(BigInteger)
    signed_at: Mapped[datetime | None]


@dataclass(frozen=True)
class WitnessRow:
    """A witness of the policy for the page: its last signature (time it signed, size), how it answered last."""

    name: str
    key: str
    url: str | None
    signed_at: datetime | None
    signed_size: int | None
    state: str | None
    detail: str

    @property
    def differs(self) -> bool:
        """Has it signed a history that ours is not, or not yet again?"""
        return self.state in (State.FORK, State.AHEAD)


def policy_text() -> str:
    """The operator's policy file (LOG_POLICY), or the log's own keys and no quorum. Raises OSError."""
    path = the_site().settings.log_policy
    if path is None:
        return first_policy(the_log().verifiers(db.session.connection()))
    return path.read_text(encoding="utf-8")


TEXTS["policy"] = policy_text


def the_policy() -> Policy:
    """The policy in force. Raises OSError, PolicyError."""
    path = the_site().settings.log_policy
    if path is None:
        return Policy((), (), (), "none")
    found = path.stat()
    return _parsed(path, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4)
def _parsed(path: Path, _changed: int, _size: int) -> Policy:
    return parse_policy(path.read_bytes())


def witnesses() -> list[WitnessRow]:
    """The witnesses of the policy in its order. One statement, none when there is no policy."""
    named = the_policy().witnesses
    known = {row.key: row for row in db.session.scalars(select(LogWitness))} if named else {}
    return [_row(witness, known.get(str(witness.key))) for witness in named]


def ask_witnesses(*, now: datetime, at_once: bool = False) -> int:
    """Ask every witness that is due for a cosignature of the latest checkpoint; returns how many signed. A job.

    Due: new entries, a signature older than an hour, or no good answer last time; never more often than once in
    LOG_WITNESS_MINUTES, unless a person wants it `at_once`. No transaction is open while a witness is asked. Raises
    OSError, PolicyError.
    """
    signed, due = _all_due(now, at_once)
    db.session.rollback()
    return sum(_ask(item, holds, signed, now) for item, holds in due) if signed else 0


def witness_due(*, now: datetime) -> bool:
    """Would `ask_witnesses` ask anybody? Raises OSError, PolicyError."""
    _signed, due = _all_due(now, at_once=False)
    db.session.rollback()
    return bool(due)


def _all_due(now: datetime, at_once: bool) -> tuple[SignedCheckpoint | None, list[tuple[Witness, int]]]:
    """The latest checkpoint, and the witnesses that are due to sign it with the size each holds."""
    asked = [witness for witness in the_policy().witnesses if witness.url]
    signed = the_log().latest_checkpoint(db.session.connection()) if asked else None
    if signed is None:
        return None, []
    known = {row.key: row for row in db.session.scalars(select(LogWitness))}
    pause = timedelta(minutes=0 if at_once else the_site().settings.log_witness_minutes)
    due = [item for item in asked if _due(known.get(str(item.key)), signed.checkpoint.size, now, pause)]
    return signed, [(item, known[str(item.key)].holds if str(item.key) in known else 0) for item in due]


def held_notes() -> list[tuple[str, Note]]:
    """(witness, the note of this log that it shows), of every witness of the policy that shows one signed by a key of
    this log or its signer. Raises OSError, PolicyError, SignerError."""
    named = [witness for witness in the_policy().witnesses if witness.url]
    keys = list(dict.fromkeys([*_own_keys(), *the_log().signer.verifiers()])) if named else []
    with _transport() as send:
        found = [(witness.name, held_note(send, witness, the_log().origin, keys)) for witness in named]
    return [(name, note) for name, note in found if note]


def _due(row: LogWitness | None, size: int, now: datetime, pause: timedelta) -> bool:
    if row is None:
        return True
    settled = row.state == State.SIGNED and row.signed_size == size and row.signed_at and now - row.signed_at < FRESH
    return not settled and now - row.tried_at >= pause


def _ask(witness: Witness, holds: int, signed: SignedCheckpoint, now: datetime) -> bool:
    with _transport() as send:
        outcome = cosign(send, witness, signed.note, known=holds, prove=lambda old: _proof(old, signed), now=now)
        outcome = _not_overtaken(outcome)
        theirs = held_note(send, witness, signed.checkpoint.origin, _own_keys()) if outcome.state is State.FORK else None
    with transaction() as session:
        if outcome.line:
            keep_signature(the_log().storage, session.connection(), signed.checkpoint.size, outcome.line, now)
        row = session.scalar(select(LogWitness).where(LogWitness.key == str(witness.key)))
        if row is None:
            row = LogWitness(key=str(witness.key), holds=0)
            session.add(row)
        row.tried_at, row.state, row.detail = now, outcome.state.value, outcome.detail
        row.holds = row.holds if outcome.size is None else outcome.size
        if outcome.state is State.SIGNED:
            row.signed_size, row.signed_at = outcome.size, outcome.at
    _tell(witness, outcome)
    if theirs and theirs.text != signed.note.text:
        _save_evidence(evidence([theirs, signed.note], _own_proof(theirs, signed), f"{witness.name}: {outcome.detail}"))
    return outcome.state is State.SIGNED


def _not_overtaken(outcome: Outcome) -> Outcome:
    """Nobody is ahead of us when another process had a longer checkpoint of ours signed while we asked."""
    if outcome.state is not State.AHEAD:
        return outcome
    latest = the_log().latest_checkpoint(db.session.connection())
    db.session.rollback()
    if latest is None or outcome.size is None or latest.checkpoint.size < outcome.size:
        return outcome
    return replace(outcome, state=State.REFUSED, detail="it was asked for an older checkpoint than it has signed by now")


def _proof(old: int, signed: SignedCheckpoint) -> Sequence[bytes]:
    try:
        return the_log().tree(db.session.connection()).consistency(old, signed.checkpoint.size)
    finally:
        db.session.rollback()


def _own_proof(theirs: Note, signed: SignedCheckpoint) -> Sequence[bytes]:
    """From our tree: the newer root follows from it, the older does not. At a power of two the proof begins with the
    root claimed for it, so ours is put there (docs/log.md §9, evidence)."""
    size = parse_checkpoint(theirs.text).size
    tree = the_log().tree(db.session.connection())
    front = [tree.root(size)] if 0 < size < signed.checkpoint.size and not size & (size - 1) else []
    try:
        return [*front, *tree.consistency(size, signed.checkpoint.size)]
    finally:
        db.session.rollback()


def _own_keys() -> list[VerifierKey]:
    try:
        return the_log().verifiers(db.session.connection())
    finally:
        db.session.rollback()


def _tell(witness: Witness, outcome: Outcome) -> None:
    if outcome.state in (State.FORK, State.AHEAD):
        log.critical("log-witness-differs", witness=witness.name, state=outcome.state.value, detail=outcome.detail)
        the_site().halt(WITNESS, f"{witness.name}, {outcome.state.value}: {outcome.detail}")
    elif outcome.state is not State.SIGNED:
        log.warning("log-witness-silent", witness=witness.name, state=outcome.state.value, detail=outcome.detail)


def _save_evidence(text: str) -> None:
    folder = the_site().settings.data_dir / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{sha256(text.encode()).hexdigest()[:16]}.json"
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        log.critical("log-fork-evidence", file=path.name)


@contextmanager
def _transport() -> Iterator:
    """Plain HTTP of bounded time and size to the addresses of the operator's own policy; no redirects, no proxy."""
    with requests.Session() as session:
        session.trust_env = False

        def send(url: str, body: bytes | None) -> Answer:
            timeout = (_CONNECT_SECONDS, _READ_SECONDS)
            method = "GET" if body is None else "POST"
            with session.request(method, url, data=body, timeout=timeout, allow_redirects=False, stream=True) as response:
                return Answer(response.status_code, _read(response))

        yield send


def _read(response: requests.Response) -> bytes:
    """The body byte by byte, because a larger piece may take its sender hours."""
    data, end = bytearray(), monotonic() + _READ_SECONDS
    for part in response.iter_content(1):
        data += part
        if len(data) > MAX_ANSWER or monotonic() > end:
            raise requests.ConnectionError("the answer is too long or too slow")
    return bytes(data)


def _row(witness: Witness, row: LogWitness | None) -> WitnessRow:
    told = (row.signed_at, row.signed_size, row.state, row.detail) if row else (None, None, None, "")
    return WitnessRow(witness.name, str(witness.key), witness.url, *told)
