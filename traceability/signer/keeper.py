"""Signs checkpoints of one log, each only after it is remembered, and only when it extends the one before."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from traceability.checkpoint import Checkpoint, SignatureLine, VerifierKey, parse_checkpoint
from traceability.errors import NoteError, ProofError, SignerError
from traceability.merkle import EMPTY_ROOT, verify_consistency
from traceability.signer.keyfile import KeyFile
from traceability.signer.state import StateFile


def _clock() -> datetime:
    return datetime.now(UTC)


class Keeper:
    """A signer over a state file and a key file. Safe for several processes: each act takes the state's lock."""

    def __init__(self, state: StateFile, keys: KeyFile, clock: Callable[[], datetime] = _clock) -> None:
        self._state = state
        self._keys = keys
        self._clock = clock

    def incept(self, origin: str, *, size: int = 0, root: bytes = EMPTY_ROOT) -> None:
        """Begin to remember, once: the empty tree, or the last checkpoint of a log that had no signer before.

        Raises SignerError `state-taken` when there is a state.
        """
        with self._state.locked():
            if self._state.read() is not None:
                raise SignerError("state-taken", f"the signer remembers a log at {self._state.path}")
            self._state.write(Checkpoint(origin, size, root))

    def state(self) -> tuple[int, bytes] | None:
        """Size and root of the last checkpoint signed; None when there is no state, which is never a beginning."""
        with self._state.locked():
            found = self._state.read()
        return (found.size, found.root) if found else None

    def verifiers(self) -> list[VerifierKey]:
        """The public halves of the keys that sign. Raises SignerError."""
        return [key.verifier for key in self._keys.read()]

    def sign(self, text: str, *, old_size: int, proof: Sequence[bytes]) -> list[SignatureLine]:
        """One line of each key under the checkpoint `text`; `proof` shows that it extends the tree of `old_size`.

        Raises SignerError: `state-missing`, `not-checkpoint`, `other-log`, `smaller`, `other-root` (a second root for
        a size), `wrong-size` (the size remembered is another than `old_size`), `no-proof`. Then nothing is signed.
        """
        try:
            new = parse_checkpoint(text)
        except NoteError as error:
            raise SignerError("not-checkpoint", error.message) from error
        keys = self._keys.read()
        with self._state.locked():
            _check(self._state.read(), new, old_size, proof)
            self._remember(new)
        now = self._clock()
        return [key.sign(text, now) for key in keys]

    def _remember(self, checkpoint: Checkpoint) -> None:
        self._state.write(checkpoint)


def _check(last: Checkpoint | None, new: Checkpoint, old_size: int, proof: Sequence[bytes]) -> None:
    if last is None:
        raise SignerError("state-missing", "the signer has lost its state; it begins only by an explicit inception")
    if new.origin != last.origin:
        raise SignerError("other-log", f"this signer belongs to {last.origin}")
    if new.size < last.size:
        raise SignerError("smaller", f"{last.size} entries are signed; {new.size} would take some back")
    if new.size == last.size:
        if new.root != last.root:
            raise SignerError("other-root", f"another root is signed for {last.size} entries")
        return
    if old_size != last.size:
        raise SignerError("wrong-size", f"the signer remembers {last.size} entries, the proof begins at {old_size}")
    try:
        verify_consistency(last.size, new.size, last.root, new.root, proof)
    except ProofError as error:
        raise SignerError("no-proof", f"{new.size} entries do not extend the {last.size} signed") from error
