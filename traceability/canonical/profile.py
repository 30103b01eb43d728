"""The JSON profile of log entries: one spelling for every value (reference log.md §2.1).

Objects have printable-ASCII keys, unique and sorted; strings are NFC without lone surrogates; numbers are integers
within ±(2^53−1); there is no float, exponent, minus zero, null or white space between tokens; nesting is at most
32 deep. Inside the profile `orjson`, like `json.dumps`, writes exactly RFC 8785: floats and keys beyond ASCII, where
they differ, are banned. Verifying never re-writes: the stored bytes are what is hashed, and `parse` refuses bytes that
the writer would not have written.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sized
from datetime import UTC, datetime
from typing import Any

import orjson

from traceability.errors import ProfileError

MAX_BYTES = 16_384
MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 32

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,15}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def serialise(value: dict[str, Any]) -> bytes:
    """The one spelling of this object, 1 to 16,384 bytes of UTF-8. Raises ProfileError."""
    _check(value, 1)
    data = _write(value)
    _check_length(data)
    return data


def parse(data: bytes) -> dict[str, Any]:
    """The object these bytes spell. Raises ProfileError when `serialise` would have spelt it otherwise."""
    _check_length(data)
    try:
        value = orjson.loads(data)
        _check(value, 1)
        if isinstance(value, dict) and _write(value) == data:
            return value
    except (orjson.JSONDecodeError, ProfileError):
        pass
    return _parse_strictly(data)


def _parse_strictly(data: bytes) -> dict[str, Any]:
    """As `parse`, several times slower: it sees keys that stand twice and numbers as they were written, and so can say
    what is wrong where the bytes are not what the value would be written as."""
    try:
        value = _decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ProfileError("not-utf8", "the entry is not UTF-8") from error
    except RecursionError as error:
        raise ProfileError("too-deep", f"nested more than {MAX_DEPTH} deep") from error
    except json.JSONDecodeError as error:
        raise ProfileError("not-json", f"the entry is not JSON: {error.msg}") from error
    if not isinstance(value, dict):
        raise ProfileError("not-object", "the entry is not a JSON object")
    _check(value, 1)
    if _write(value) != data:
        raise ProfileError("other-spelling", "white space or an escape that the profile does not use")
    return value


def format_time(moment: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SS.sssZ`, the microseconds cut. Raises ProfileError for a time without zone."""
    if moment.tzinfo is None:
        raise ProfileError("bad-time", "a time without zone")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: Any) -> datetime:
    """The UTC time of a profile time string. Raises ProfileError."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise ProfileError("bad-time", "a time is not written YYYY-MM-DDTHH:MM:SS.sssZ")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ProfileError("bad-time", "a time that no calendar or clock has") from error


def _check_length(data: bytes) -> None:
    if not 1 <= len(data) <= MAX_BYTES:
        raise ProfileError("bad-size", f"{len(data)} bytes; an entry has 1 to {MAX_BYTES}")


def _check(value: Any, depth: int) -> None:
    """Strings, the most frequent, are looked at where they stand: a call for each would double the time."""
    if isinstance(value, dict):
        _check_room(value, depth)
        _check_keys(value)
        for inner in value.values():
            if type(inner) is not str:
                _check(inner, depth + 1)
            elif not inner.isascii():
                _check_form(inner)
    elif isinstance(value, list | tuple):
        _check_room(value, depth)
        for inner in value:
            _check(inner, depth + 1)
    else:
        _check_scalar(value)


def _check_room(value: Sized, depth: int) -> None:
    if depth > MAX_DEPTH or (depth == MAX_DEPTH and value):
        raise ProfileError("too-deep", f"nested more than {MAX_DEPTH} deep")


def _check_keys(value: Mapping[Any, Any]) -> None:
    try:
        keys = "".join(value)
    except TypeError as error:
        raise ProfileError("bad-key", "a key is not a string") from error
    if not (keys.isascii() and keys.isprintable()):
        raise ProfileError("bad-key", "a key is not printable ASCII")


def _check_scalar(value: Any) -> None:
    if isinstance(value, str):
        _check_form(value)
    elif isinstance(value, bool):
        return
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise ProfileError("integer-too-large", "an integer beyond 2^53−1")
    elif value is None:
        raise ProfileError("null", "null is not in the profile; leave the key out")
    elif isinstance(value, float):
        raise ProfileError("float", "a float; decimals are written as strings")
    else:
        raise ProfileError("bad-type", f"{type(value).__name__} is not in the profile")


def _check_form(text: str) -> None:
    if not unicodedata.is_normalized("NFC", text):
        raise ProfileError("not-nfc", "a string is not in Unicode normal form C")


def _write(value: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:  # all else was found before
        raise ProfileError("lone-surrogate", "a string with a lone surrogate") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ProfileError("duplicate-key", "an object has a key twice")
    if keys != sorted(keys):
        raise ProfileError("unsorted", "the keys of an object are not in order")
    return dict(pairs)


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        code = "minus-zero" if text == "-0" else "integer-too-large"
        raise ProfileError(code, "an integer outside the profile")
    return int(text)


def _no_float(_: str) -> Any:
    raise ProfileError("float", "a number with fraction or exponent")


def _no_constant(_: str) -> Any:
    raise ProfileError("float", "NaN and Infinity are not JSON")


_decode = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_no_float, parse_constant=_no_constant
).decode
