"""The errors this library raises: one class per kind of refusal, each with a stable code."""


class TraceabilityError(Exception):
    """A refusal. `code` is a stable word for programs; the message is for the operator, never for the page."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class ProfileError(TraceabilityError):
    """Bytes or values outside the entry profile (reference log.md §2.1)."""


class ProofError(TraceabilityError):
    """A Merkle proof that does not show what it claims, or a request for one that cannot exist."""


class TileError(TraceabilityError):
    """A tile path, width or entry bundle outside C2SP tlog-tiles."""


class NoteError(TraceabilityError):
    """A signed note, checkpoint or key outside C2SP signed-note and tlog-checkpoint, or not validly signed."""


class IdentifierError(TraceabilityError):
    """A code, GTIN, GLN, lot or event id that is malformed or fails its check character."""


class EventError(TraceabilityError):
    """An event outside EPCIS 2.0 and CBV 2.0 as this log uses them."""


class ChainError(TraceabilityError):
    """A lot link that does not continue its lot's chain."""


class ConflictError(TraceabilityError):
    """An event id that is already taken by a different record."""


class LogStateError(TraceabilityError):
    """The log cannot do this in its present state (not started, already started, not that long)."""


class SignerError(TraceabilityError):
    """The signer refuses to sign, or cannot be asked. Nothing was signed that is not remembered."""


class TamperError(TraceabilityError):
    """Stored data contradict each other. Nothing may be sealed or signed until a person has looked."""


class PolicyError(TraceabilityError):
    """A trust policy outside C2SP tlog-policy. `line` is the number of the first line that does not fit, from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__("bad-policy", f"line {line}: {message}")
        self.line = line
