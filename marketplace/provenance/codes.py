"""Trace codes and aliases: the names under which lots and natural persons appear in the log."""

import secrets

from traceability import identifiers
from traceability.errors import IdentifierError


def new_code() -> str:
    """A fresh trace code: 14 characters, unguessable, the last one a check character."""
    return identifiers.new_trace_code()


def parse_code(text: str) -> str | None:
    """The trace code a person typed or scanned in its one spelling, or None when it cannot be one."""
    try:
        return identifiers.parse_trace_code(text)
    except IdentifierError:
        return None


def grouped_code(code: str) -> str:
    """The code as printed beneath the QR."""
    return identifiers.group_trace_code(code)


def new_alias() -> str:
    """A random 128-bit name under which a natural person's entries are recorded."""
    return f"alias:{secrets.token_hex(16)}"
