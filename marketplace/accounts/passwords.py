"""Password hashing, what makes a password too easy to guess, and digests of long random secrets."""

import hashlib
import secrets
from functools import lru_cache
from importlib import resources
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from marketplace.folding import fold

MIN_LENGTH = 8
MAX_LENGTH = 128
"""Longer input is refused before it is hashed."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet, second profile)."""
_SLIP_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def hash_password(password: str) -> str:
    """The encoded Argon2id hash, with its own salt and parameters."""
    return _hasher.hash(password)


def matches(password: str, encoded: str | None) -> bool:
    """True when the password belongs to the hash. With no hash the same work is done and the answer is no."""
    try:
        return _hasher.verify(encoded or _decoy(), password[:MAX_LENGTH]) and encoded is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(encoded: str) -> bool:
    """True when the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(encoded)


@lru_cache(maxsize=1)
def _decoy() -> str:
    return _hasher.hash(secrets.token_hex(16))


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    text = resources.files("marketplace.accounts").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(fold(line) for line in text.splitlines() if line and not line.startswith("#"))


def too_easy(password: str, *, own: tuple[str, ...] = ()) -> bool:
    """True for well-known passwords, one character repeated, a counting row, or the person's own name or number."""
    folded = fold(password)
    joined = folded.replace(" ", "")
    if joined in _common() or folded in _common() or len(set(password)) < 4:
        return True
    if joined.isascii() and joined.isdecimal() and _counts(joined):
        return True
    return any(joined and joined == fold(word).replace(" ", "") for word in own if word)


def _counts(digits: str) -> bool:
    """True for 45678901, 87654321 and the like."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(digits)}
    return steps in ({1}, {9})


def digest(secret: str) -> str:
    """SHA-256 in hex of a random secret (session key, recovery code): too long to guess, so no slow hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def one_time_password() -> str:
    """Eleven characters in three groups, none easily confused, for a printed slip (about 54 bits)."""
    drawn = "".join(secrets.choice(_SLIP_ALPHABET) for _ in range(11))
    return f"{drawn[:4]}-{drawn[4:8]}-{drawn[8:]}"
