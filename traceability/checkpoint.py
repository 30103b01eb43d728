"""Checkpoints and signed notes (C2SP tlog-checkpoint, signed-note, tlog-cosignature), signed with Ed25519.

A note is text that ends in a line feed, a blank line, and one signature line for each key:
`— <name> <base64(key id ‖ signature)>`. Key id = first 4 bytes of SHA-256(name ‖ LF ‖ type ‖ key).
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from traceability.errors import NoteError
from traceability.merkle import HASH_BYTES, MAX_SIZE

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_KEY_ID = re.compile(r"[0-9a-f]{8}")
_SECRET = "PRIVATE+KEY+"  # noqa: S105  # the fixed first words of an encoded signer, not a secret
_DASH = "— "


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed: the log's origin, its size, the root of the tree of that size."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines, each ended by a line feed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in a note's text. Raises NoteError; extension lines are refused, this log writes none."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise NoteError("not-checkpoint", "a checkpoint has exactly three lines, each ended by a line feed")
    origin, size, root = lines[:3]
    if not origin:
        raise NoteError("no-origin", "the origin line is empty")
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise NoteError("bad-size", "the size is not a plain decimal number below 2^63")
    return Checkpoint(origin, int(size), _base64(root, HASH_BYTES))


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name and type, as `<name>+<key id in hex>+<base64(type ‖ key)>`."""

    name: str
    type: int
    public: bytes

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.type, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.type]) + self.public).decode()}"

    def verify(self, text: str, signature: bytes) -> datetime | None:
        """Raises NoteError unless `signature` is this key's over `text`; returns the signed time of a cosignature."""
        message, at = text.encode(), None
        if self.type == COSIGNATURE_V1:
            seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message, at = _timed(text, seconds), _signed_time(seconds)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise NoteError("bad-signature", f"the signature of {self.name} does not fit the text") from error
        return at


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The 4-byte key id of C2SP signed-note."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def parse_verifier_key(text: str) -> VerifierKey:
    """Reads a verifier key string. Raises NoteError for a malformed one, one whose id is not its own, or one of a type
    not known here."""
    key = parse_listed_key(text)
    if key is None:
        raise NoteError("unknown-key-type", "the key is of a type that is not known here")
    return key


def parse_listed_key(text: str) -> VerifierKey | None:
    """As `parse_verifier_key`, for lists that may grow: None for a key of another type, whose bytes say nothing here."""
    name, _, rest = text.partition("+")
    identity, _, encoded = rest.partition("+")
    check_key_name(name)
    data = _base64(encoded)
    if not data:
        raise NoteError("bad-length", "there are no bytes of a key")
    if not _KEY_ID.fullmatch(identity):
        raise NoteError("bad-key", "the key id is not eight hex digits")
    if data[0] not in (ED25519, COSIGNATURE_V1):
        return None
    if len(data) != 1 + HASH_BYTES:
        raise NoteError("bad-length", f"{len(data)} bytes where {1 + HASH_BYTES} are due")
    key = VerifierKey(name, data[0], data[1:])
    if identity != key.id.hex():
        raise NoteError("bad-key", "the key id does not belong to the key")
    return key


def check_key_name(name: str) -> str:
    """A key name or log origin: not empty, no white space, no plus (C2SP signed-note), no control character below
    space. Raises NoteError."""
    if not name or "+" in name or any(char < " " or char.isspace() for char in name):
        raise NoteError("bad-name", "a key name is empty or has white space, a plus or a control character")
    return name


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line under a note. `value` is what follows the key id; its form depends on the key's type."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.value).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A signed note taken apart; nothing is verified yet."""

    text: str
    signatures: tuple[SignatureLine, ...]

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds: the key, and the signed time where the key's type signs one."""

    key: VerifierKey
    at: datetime | None


def parse_note(data: bytes) -> Note:
    """Takes a note apart. Raises NoteError for anything but text, blank line, one or more signature lines."""
    if len(data) > MAX_NOTE_BYTES:
        raise NoteError("too-long", "the note is longer than a million bytes")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NoteError("not-utf8", "the note is not UTF-8") from error
    if any(char < " " and char != "\n" for char in whole):
        raise NoteError("control-character", "the note has a control character")
    text, blank, tail = whole.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise NoteError("no-signatures", "the note has no signature lines after a blank line")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError("too-many", "the note has more than a hundred signature lines")
    return Note(text + "\n", tuple(parse_signature_line(line) for line in lines))


def parse_signature_line(line: str) -> SignatureLine:
    """Reads `— <name> <base64>` without line feed. Raises NoteError."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteError("bad-line", "a signature line is not: em dash, name, base64")
    data = _base64(encoded)
    if len(data) < 5:
        raise NoteError("bad-line", "a signature is shorter than a key id")
    return SignatureLine(check_key_name(name), data[:4], data[4:])


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> list[Verified]:
    """The signatures by known keys, each key once; lines of unknown keys are passed over.

    Raises NoteError when a known key's line does not verify, or when no known key has signed.
    """
    known = {(key.name, key.id): key for key in keys}
    verified: dict[tuple[str, bytes], Verified] = {}
    for line in note.signatures:
        key = known.get((line.name, line.key_id))
        if key and (line.name, line.key_id) not in verified:
            verified[line.name, line.key_id] = Verified(key, key.verify(note.text, line.value))
    if not verified:
        raise NoteError("no-known-key", "no known key has signed the note")
    return list(verified.values())


class Signer:
    """An Ed25519 key that signs notes under a name. It remembers nothing: who may sign what is decided above it."""

    def __init__(self, name: str, private: Ed25519PrivateKey, kind: int = ED25519) -> None:
        self.name = check_key_name(name)
        self._private = private
        self.verifier = VerifierKey(name, kind, private.public_key().public_bytes_raw())

    def sign(self, text: str, now: datetime | None = None) -> SignatureLine:
        """This key's line under `text`; a cosignature signs the time `now` too. Ed25519 is deterministic: the same
        text (and time) gets the same line."""
        if self.verifier.type == COSIGNATURE_V1:
            seconds = int((now or datetime.now(UTC)).timestamp())
            value = seconds.to_bytes(8, "big") + self._private.sign(_timed(text, seconds))
        else:
            value = self._private.sign(text.encode())
        return SignatureLine(self.name, self.verifier.id, value)

    def secret(self) -> str:
        """`PRIVATE+KEY+<name>+<key id>+<base64(type ‖ seed)>` as Go's note package writes it. Keep it in a file
        only the signer can read."""
        seed = bytes([self.verifier.type]) + self._private.private_bytes_raw()
        return f"{_SECRET}{self.name}+{self.verifier.id.hex()}+{base64.b64encode(seed).decode()}"


def generate_signer(name: str, kind: int = ED25519) -> Signer:
    """A fresh key."""
    return Signer(name, Ed25519PrivateKey.generate(), kind)


def parse_signer(secret: str) -> Signer:
    """Reads what `Signer.secret` wrote. Raises NoteError, whose message never holds the key."""
    if not secret.startswith(_SECRET):
        raise NoteError("bad-key", "not an encoded signer")
    name, _, rest = secret.strip().removeprefix(_SECRET).partition("+")
    identity, _, encoded = rest.partition("+")
    data = _base64(encoded, 1 + 32)
    if data[0] not in (ED25519, COSIGNATURE_V1):
        raise NoteError("unknown-key-type", f"key type {data[0]:#04x} cannot sign here")
    signer = Signer(name, Ed25519PrivateKey.from_private_bytes(data[1:]), data[0])
    if signer.verifier.id.hex() != identity:
        raise NoteError("bad-key", "the key id does not belong to the key")
    return signer


def _timed(text: str, seconds: int) -> bytes:
    """What a cosignature signs (C2SP tlog-cosignature)."""
    return b"cosignature/v1\ntime %d\n" % seconds + text.encode()


def _base64(text: str, length: int | None = None) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("bad-base64", "not base64") from error
    if base64.b64encode(data).decode() != text:
        raise NoteError("bad-base64", "base64 with stray bits")
    if length is not None and len(data) != length:
        raise NoteError("bad-length", f"{len(data)} bytes where {length} are due")
    return data


def _signed_time(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, ValueError, OSError) as error:
        raise NoteError("bad-time", "the cosignature's time is out of range") from error
