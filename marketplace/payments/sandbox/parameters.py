"""Reading form bodies as the Stripe API does: nested brackets, known names only, whole numbers only."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .answers import invalid

NAME = re.compile(r"^([A-Za-z_][A-Za-z0-9_]*)((?:\[[A-Za-z0-9_]*\])*)$")
KEY = re.compile(r"\[([A-Za-z0-9_]*)\]")
MAX_AMOUNT = 99_999_999
MAX_METADATA_VALUE = 500


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """``metadata[a]=1`` becomes ``{"metadata": {"a": "1"}}``; list positions stay keys. Raises Refusal."""
    result: dict[str, Any] = {}
    for name, value in pairs:
        match = NAME.match(name)
        if not match:
            raise invalid("parameter_unknown", f"Received unknown parameter: {name[:100]}", param=name[:100])
        place, leaf = result, match[1]
        for key in KEY.findall(match[2]):
            inner = place.setdefault(leaf, {})
            if not isinstance(inner, dict):
                raise invalid("parameter_invalid_hash", f"Invalid hash: {match[1]}", param=match[1])
            place, leaf = inner, key or str(len(inner))
        if leaf in place:
            raise invalid("parameter_invalid_hash", f"Given twice: {name[:100]}", param=name[:100])
        place[leaf] = value
    return result


def only(form: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse names the call does not have, as the real API does."""
    for name in form:
        if name not in known:
            raise invalid("parameter_unknown", f"Received unknown parameter: {name}", param=name)


def amount(form: Mapping[str, Any], name: str) -> int:
    """A required amount in đồng: a positive whole number of at most eight digits."""
    value = form.get(name)
    if value is None:
        raise invalid("parameter_missing", f"Missing required param: {name}.", param=name)
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,12}", value, re.ASCII):
        raise invalid("parameter_invalid_integer", f"Invalid integer: {str(value)[:40]}", param=name)
    number = int(value)
    if number < 1:
        raise invalid("parameter_invalid_integer", "This value must be greater than or equal to 1.", param=name)
    if number > MAX_AMOUNT:
        raise invalid("amount_too_large", f"Amount must be no more than {MAX_AMOUNT}.", param=name)
    return number


def choice(form: Mapping[str, Any], name: str, allowed: frozenset[str], default: str | None) -> str | None:
    """One of a closed set of words."""
    value = form.get(name, default)
    if value is not None and value not in allowed:
        raise invalid("parameter_invalid", f"Invalid {name}: must be one of {sorted(allowed)}", param=name)
    return value


def metadata(form: Mapping[str, Any]) -> dict[str, str]:
    """Up to 50 short texts."""
    values = form.get("metadata", {})
    if not isinstance(values, dict) or len(values) > 50:
        raise invalid("parameter_invalid_hash", "Invalid metadata", param="metadata")
    for key, value in values.items():
        if not isinstance(value, str) or len(key) > 40 or len(value) > MAX_METADATA_VALUE:
            raise invalid("parameter_invalid_string", f"Invalid metadata value for {key[:40]}", param="metadata")
    return values
