"""Commitments to personal values (docs/log.md §6): the entry keeps HMAC-SHA-256, whoever has salt and value can check.

The salt has exactly 32 bytes: HMAC hashes keys longer than a block, and two keys would commit to one thing.
"""

import hmac
import re
import secrets
from typing import Any

from traceability.canonical.profile import parse, serialise
from traceability.errors import ProfileError

SALT_BYTES = 32

_PATH = re.compile(r"(?:/(?:[\x20-\x2e\x30-\x7d]|~[01])+)+")


def new_salt() -> bytes:
    """A fresh salt: one for each path and entry, or equal values would look equal."""
    return secrets.token_bytes(SALT_BYTES)


def commit(salt: bytes, *, origin: str, entry_id: str, path: str, value: Any) -> bytes:
    """The 32 bytes that stand in `c` under `path`. Raises ProfileError for another salt length, a NUL in a name, or a
    value outside the profile."""
    if len(salt) != SALT_BYTES:
        raise ProfileError("bad-salt", f"{len(salt)} bytes of salt; a commitment takes {SALT_BYTES}")
    names = ("chonongsan/commit/1", origin, entry_id, path)
    if any("\0" in name for name in names):
        raise ProfileError("bad-key", "a NUL in a name would make two commitments look alike")
    told = b"\0".join([*(name.encode() for name in names), spell(value)])
    return hmac.digest(salt, told, "sha256")


def spell(value: Any) -> bytes:
    """The value's JSON in the profile. Raises ProfileError."""
    return serialise({"v": value})[len(b'{"v":') : -1]


def read_value(data: bytes) -> Any:
    """The value that `spell` wrote. Raises ProfileError."""
    return parse(b'{"v":' + data + b"}")["v"]


def check_path(path: str) -> str:
    """A JSON Pointer into `ev`, as `c` and a later `erase` entry name it. Raises ProfileError."""
    if not _PATH.fullmatch(path):
        raise ProfileError("bad-path", f"{path!r} is not a path into an event")
    return path
