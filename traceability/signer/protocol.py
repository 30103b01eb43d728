"""What client and server say to each other: one JSON object a line, one question a connection.

`{"do": "sign", "note": text, "old_size": n, "proof": [base64]}` → `{"lines": [signature line]}`; `{"do": "state"}` →
`{"size": n, "root": base64}` or `{}`; `{"do": "keys"}` → `{"keys": [verifier key]}`; a refusal →
`{"error": code, "message": text}`.
"""

import base64
import binascii
import json
import os
from pathlib import Path
from typing import Any

from traceability.errors import SignerError

MAX_BYTES = 64 * 1024


def address(path: Path) -> str:
    """The socket's address: the shorter of its two spellings, because a Unix socket's name has 107 bytes at most."""
    return min(str(path), os.path.relpath(path), key=len)


def write(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=True).encode() + b"\n"


def read(line: bytes) -> dict[str, Any]:
    """The object in a whole line. Raises SignerError `bad-message`."""
    try:
        message = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        message = None
    if not isinstance(message, dict):
        raise SignerError("bad-message", "not one JSON object on one line")
    return message


def encode(value: bytes) -> str:
    return base64.b64encode(value).decode()


def decode(text: Any) -> bytes:
    """Raises SignerError `bad-message`."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise SignerError("bad-message", "not base64") from error
