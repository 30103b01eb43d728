"""Asking a witness for its cosignature: the client of C2SP tlog-witness. How bytes travel is the caller's: `send`."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from traceability.checkpoint import (
    Checkpoint,
    Note,
    SignatureLine,
    VerifierKey,
    parse_checkpoint,
    parse_note,
    parse_signature_line,
    verify_note,
)
from traceability.errors import NoteError
from traceability.policy import Witness

MAX_ANSWER = 64 * 1024
_ASKS = 3
_AHEAD = timedelta(minutes=10)
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n?")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, its body cut at MAX_ANSWER bytes."""

    status: int
    body: bytes


Send = Callable[[str, bytes | None], Answer]
"""Sends a POST with the body to the address, a GET without. Raises OSError when no answer comes in time."""
Prove = Callable[[int], Sequence[bytes]]
"""The consistency proof from a size to the checkpoint's."""


class State(StrEnum):
    """How asking ended."""

    SIGNED = "signed"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"  # it does not know the log, or answers outside the protocol
    AHEAD = "ahead"  # it has signed a longer history of this log than ours
    FORK = "fork"  # it has signed a history that ours does not extend


@dataclass(frozen=True, slots=True)
class Outcome:
    """`size`: what the witness holds, as far as it said; `line`: its verified cosignature, signed `at`."""

    state: State
    size: int | None = None
    line: SignatureLine | None = None
    at: datetime | None = None
    detail: str = ""


def cosign(send: Send, witness: Witness, note: Note, *, known: int, prove: Prove, now: datetime) -> Outcome:
    """Ask `witness` to cosign the checkpoint in `note`. `known` is the size it held when last asked, 0 at first.

    A 409 tells the size it really holds; then it is asked again from there, three times at most. Raises NoteError for a
    note that is no checkpoint, and what `prove` raises.
    """
    checkpoint = parse_checkpoint(note.text)
    own = Note(note.text, tuple(line for line in note.signatures if line.name == checkpoint.origin))
    old = min(known, checkpoint.size)
    for _ in range(_ASKS):
        try:
            answer = send(f"{witness.url}/add-checkpoint", request(old, prove(old), own))
        except OSError as error:
            return Outcome(State.UNREACHABLE, detail=f"{type(error).__name__}: {error}"[:200])
        if answer.status == 200:
            return _signed(answer, witness.key, checkpoint, now)
        if answer.status == 422:
            return Outcome(State.FORK, old, detail="the witness cannot follow from what it signed before")
        held = _SIZE.fullmatch(answer.body)
        if answer.status != 409 or not held:
            return Outcome(State.REFUSED, detail=f"the witness answers {answer.status}")
        size = int(held[1])
        if size > checkpoint.size:
            return Outcome(State.AHEAD, size, detail=f"the witness has signed {size} entries, we have {checkpoint.size}")
        if size == old:  # before July 2026 the same size with another root was a 409
            return Outcome(State.FORK, size, detail=f"the witness has signed another root for {size} entries")
        old = size
    return Outcome(State.REFUSED, old, detail="the witness holds another size each time it is asked")


def request(old: int, proof: Sequence[bytes], note: Note) -> bytes:
    """The body of add-checkpoint."""
    lines = "".join(f"{base64.b64encode(item).decode()}\n" for item in proof)
    return f"old {old}\n{lines}\n{note}".encode()


def held_note(send: Send, witness: Witness, origin: str, keys: Sequence[VerifierKey]) -> Note | None:
    """The note the witness signed last for this log, where it shows one that this log's `keys` signed too."""
    try:
        answer = send(f"{witness.url}/{sha256(origin.encode()).hexdigest()}/checkpoint", None)
        note = parse_note(answer.body)
        verify_note(note, keys)
        return note if answer.status == 200 and parse_checkpoint(note.text).origin == origin else None
    except (OSError, NoteError):
        return None


def evidence(notes: Sequence[Note], proof: Sequence[bytes], why: str) -> str:
    """The file of docs/log.md §9 that others can check."""
    body = {
        "format": "chonongsan/evidence/1",
        "notes": [str(note) for note in notes],
        "proof": [base64.b64encode(item).decode() for item in proof],
        "why": why,
    }
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _signed(answer: Answer, key: VerifierKey, checkpoint: Checkpoint, now: datetime) -> Outcome:
    """The witness's own line among those it sent; lines of other keys are passed over."""
    try:
        lines = [parse_signature_line(line) for line in answer.body.decode().removesuffix("\n").split("\n")]
        own = [line for line in lines if (line.name, line.key_id) == (key.name, key.id)]
        at = key.verify(checkpoint.text(), own[0].value) if own else None
    except (NoteError, UnicodeDecodeError):
        return Outcome(State.REFUSED, detail="the witness sent no signature that holds")
    if at is None:
        return Outcome(State.REFUSED, detail="the witness did not sign with the key in the policy, or signed no time")
    if at > now + _AHEAD:
        return Outcome(State.REFUSED, detail="the witness's clock is ahead of ours by more than ten minutes")
    return Outcome(State.SIGNED, checkpoint.size, own[0], at)
