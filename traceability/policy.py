"""Trust policies (C2SP tlog-policy): which logs are known, and which witnesses must have cosigned a checkpoint.

The text is octets: space and tab separate, line feed ends every line, other control characters are refused, letters
beyond ASCII are opaque.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from traceability.checkpoint import (
    COSIGNATURE_V1,
    ED25519,
    Note,
    Verified,
    VerifierKey,
    parse_listed_key,
    parse_verifier_key,
    verify_note,
)
from traceability.errors import NoteError, PolicyError

MAX_BYTES = 256 * 1024
NONE = "none"
_WORDS = (b"log", b"witness", b"group", b"quorum")

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_COUNT = re.compile(r"[1-9][0-9]{0,3}")
_URL = re.compile(r"https?://(?:[^/?#@:\[\]]+|\[[0-9A-Fa-f:.]+\])(?::([1-9][0-9]{0,4}))?(?:/[^?#]*)?")


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A `log` line: the key's name is the log's origin."""

    key: VerifierKey
    url: str | None


@dataclass(frozen=True, slots=True)
class Witness:
    """A `witness` line. `url` is the submission prefix of C2SP tlog-witness, without a slash at its end."""

    name: str
    key: VerifierKey
    url: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """A `group` line: it counts as a witness when at least `threshold` of its members do."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as read; groups stand after their members."""

    logs: tuple[KnownLog, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """Every key whose signature the policy asks about."""
        return tuple(item.key for item in (*self.logs, *self.witnesses))

    def check(self, signed: Iterable[VerifierKey]) -> bool:
        """Is a checkpoint valid whose signatures by these keys were verified? One of the listed logs must have signed
        (a policy that lists none leaves the log to its reader) and the quorum must be reached."""
        keys = frozenset(signed)
        known = not self.logs or any(log.key in keys for log in self.logs)
        return known and (self.quorum == NONE or self.quorum in self.witnessed(keys))

    def witnessed(self, signed: Iterable[VerifierKey]) -> frozenset[str]:
        """The names of witnesses and groups that these keys satisfy."""
        keys = frozenset(signed)
        found = {witness.name for witness in self.witnesses if witness.key in keys}
        for group in self.groups:
            if sum(member in found for member in group.members) >= group.threshold:
                found.add(group.name)
        return frozenset(found)


def parse_policy(text: str | bytes) -> Policy:
    """Read a policy file. Raises PolicyError, which names the line, for anything outside the format: unknown words,
    duplicate keys or names, names not defined above, a member of two groups, no quorum or two."""
    data = text.encode() if isinstance(text, str) else text
    if len(data) > MAX_BYTES:
        raise PolicyError(1, "the policy is longer than 256 kB")
    *lines, rest = data.split(b"\n")
    if rest.strip(b" \t"):
        raise PolicyError(len(lines) + 1, "the last line does not end in a line feed")
    reader = _Reader()
    for number, line in enumerate(lines, 1):
        if _FORBIDDEN.search(line):
            raise PolicyError(number, "a control character")
        words = [word for word in re.split("[ \t]+", line.decode("utf-8", "surrogateescape")) if word]
        if words and not words[0].startswith("#"):
            try:
                reader.line(words)
            except (NoteError, ValueError) as error:
                raise PolicyError(number, getattr(error, "message", str(error))) from error
    if reader.quorum is None:
        raise PolicyError(len(lines) + 1, "there is no quorum line")
    return Policy(tuple(reader.logs), tuple(reader.witnesses), tuple(reader.groups), reader.quorum)


def plain_policy(keys: Iterable[VerifierKey]) -> str:
    """The policy of a log that no witness has joined yet: its own Ed25519 keys, no quorum."""
    return "".join(f"log {key}\n" for key in keys if key.type == ED25519) + "quorum none\n"


def parse_trust(data: bytes) -> Policy:
    """A policy, or plain lines with a verifier key each (no word of a policy begins a line): the Ed25519 keys are then
    those of logs, and no quorum is asked for. Raises PolicyError."""
    rows = [(number, line.split()) for number, line in enumerate(data.split(b"\n"), 1)]
    rows = [(number, words) for number, words in rows if words and not words[0].startswith(b"#")]
    if _FORBIDDEN.search(data):
        raise PolicyError(1, "a control character")
    if any(words[0] in _WORDS for _, words in rows):
        return parse_policy(data)
    logs: list[KnownLog] = []
    witnesses: list[Witness] = []
    for number, words in rows:
        try:
            key = parse_listed_key(b" ".join(words).decode("utf-8"))
        except (NoteError, ValueError) as error:
            raise PolicyError(number, f"neither a policy nor a verifier key: {error}") from error
        if key and key.type == ED25519:
            logs.append(KnownLog(key, None))
        elif key:
            witnesses.append(Witness(str(key), key, None))
    if not rows:
        raise PolicyError(1, "the policy is empty")
    return Policy(tuple(logs), tuple(witnesses), (), NONE)


def signatures(note: Note, origin: str, known: Iterable[VerifierKey], logs: Iterable[VerifierKey]) -> list[Verified]:
    """The signatures by `known` keys. Raises NoteError as `verify_note` does, and when none is by the log itself: by an
    Ed25519 key of `logs` whose name is the origin."""
    verified = verify_note(note, known)
    own = {key for key in logs if key.type == ED25519 and key.name == origin}
    if not any(item.key in own for item in verified):
        raise NoteError("not-its-own", "it is not signed by an Ed25519 key of its own log")
    return verified


class _Reader:
    """Takes line after line. A refusal is a ValueError or NoteError without the line's number."""

    def __init__(self) -> None:
        self.logs: list[KnownLog] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self._names: set[str] = set()
        self._members: set[str] = set()

    def line(self, words: list[str]) -> None:
        kinds: dict[str, Callable[..., None]] = {
            "log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum
        }
        if words[0] not in kinds:
            raise ValueError(f"`{words[0][:40]}` is none of log, witness, group, quorum")
        try:
            kinds[words[0]](*words[1:])
        except TypeError as error:  # too few words or too many
            raise ValueError(f"a {words[0]} line does not have {len(words) - 1} items") from error

    def _log(self, key: str, url: str | None = None) -> None:
        self.logs.append(KnownLog(_key(key, ED25519, self.logs), _url(url)))

    def _witness(self, name: str, key: str, url: str | None = None) -> None:
        self._define(name)
        self.witnesses.append(Witness(name, _key(key, COSIGNATURE_V1, self.witnesses), _url(url)))

    def _group(self, name: str, count: str, *members: str) -> None:
        if not members:
            raise ValueError("a group has no members")
        for member in members:
            if member not in self._names:
                raise ValueError(f"`{member}` is not defined above")
            if member in self._members:
                raise ValueError(f"`{member}` is a member twice")
            self._members.add(member)
        words = {"any": 1, "all": len(members)}
        if count not in words and not _COUNT.fullmatch(count):
            raise ValueError("a group needs `all`, `any` or a number")
        threshold = words[count] if count in words else int(count)
        if threshold > len(members):
            raise ValueError(f"{threshold} of {len(members)} members cannot be reached")
        self._define(name)
        self.groups.append(Group(name, threshold, members))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise ValueError("a second quorum line")
        if name != NONE and name not in self._names:
            raise ValueError(f"`{name}` is not defined above")
        self.quorum = name

    def _define(self, name: str) -> None:
        if name == NONE or name in self._names:
            raise ValueError(f"the name `{name}` is taken")
        self._names.add(name)


def _key(text: str, kind: int, others: Iterable[KnownLog | Witness]) -> VerifierKey:
    key = parse_verifier_key(text)
    if key.type != kind:
        raise ValueError(f"the key has type {key.type:#04x}, {kind:#04x} is due here")
    if any(other.key.public == key.public for other in others):
        raise ValueError("the same public key twice")
    return key


def _url(text: str | None) -> str | None:
    if text is None:
        return None
    found = _URL.fullmatch(text)
    if not found or not text.isprintable() or int(found[1] or 0) > 65_535:
        raise ValueError("an address is https://host/path or http://host/path, without user, query or fragment")
    return text.rstrip("/")
