"""The log entry: its fields, its bytes, its leaf. This format is final (reference log.md §2.1).

| key | what |
| --- | --- |
| `t` | type and version (`traceability.canonical.types`); others are carried, not understood |
| `log` | origin of the log; an entry of another log is void here |
| `id` | event id; with `#` and the declaration time when the event is an error declaration |
| `rec` | server's record time, UTC |
| `who` | organisation or random alias that recorded it; never a name |
| `ev` | the EPCIS event (decimals as strings), or what the log promises at its start (genesis) |
| `lots` | per lot touched, in order of lot: `lot`, `n` counted from 0, `prev` leaf of entry n−1 (zeros at n = 0) |
| `dev` | optional: device time `at` and its lead over the server `skew` in milliseconds |
| `c` | optional: commitments, field path → HMAC-SHA-256 in hex |
| `ref` | optional: entries spoken of: `leaf`, `rel`, and where known `seq` |
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from traceability.canonical.profile import format_time, parse, parse_time, serialise
from traceability.canonical.types import REDACT, UNDERSTOOD, check_content
from traceability.errors import ProfileError

NO_PREVIOUS = bytes(32)

_REQUIRED = frozenset({"t", "log", "id", "rec", "who", "ev", "lots"})
_FIELDS = _REQUIRED | {"dev", "c", "ref"}
_TYPE = re.compile(r"[a-z0-9-]+(?:/[a-z0-9-]+)+")
_NAME = re.compile(r"[\x21-\x7e]{1,200}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HEX = re.compile(r"[0-9a-f]{64}")
_LINK = frozenset({"lot", "n", "prev"})


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a lot's hash chain: this is the lot's entry number `n`, after the entry with leaf `previous`."""

    lot: str
    n: int
    previous: bytes


@dataclass(frozen=True, slots=True)
class Device:
    """Offline capture: what the device's clock said, and by how many milliseconds it was ahead of the server."""

    at: datetime
    skew_ms: int


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier entry this one speaks of. `relation` is a word such as `corrects`, `voids`, `disputes`."""

    leaf: bytes
    relation: str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as read or about to be written. For a type not understood `event`, `who` and the rest are empty."""

    type: str
    log: str
    id: str
    recorded_at: datetime
    who: str
    event: Mapping[str, Any]
    links: tuple[Link, ...] = ()
    device: Device | None = None
    commitments: Mapping[str, bytes] | None = None
    references: tuple[Reference, ...] = ()


def write_entry(entry: Entry) -> bytes:
    """The bytes to store. Raises ProfileError for anything `read_entry` would refuse."""
    record: dict[str, Any] = {
        "t": entry.type,
        "log": entry.log,
        "id": entry.id,
        "rec": format_time(entry.recorded_at),
        "who": entry.who,
        "ev": entry.event,
        "lots": [
            {"lot": link.lot, "n": link.n, "prev": link.previous.hex()}
            for link in sorted(entry.links, key=lambda link: link.lot)
        ],
    }
    if entry.device:
        record["dev"] = {"at": format_time(entry.device.at), "skew": entry.device.skew_ms}
    if entry.commitments:
        record["c"] = {path: value.hex() for path, value in entry.commitments.items()}
    if entry.references:
        record["ref"] = [
            {"leaf": ref.leaf.hex(), "rel": ref.relation} | ({} if ref.seq is None else {"seq": ref.seq})
            for ref in entry.references
        ]
    data = serialise(record)
    _understand(record)
    return data


def read_entry(data: bytes) -> Entry:
    """The entry in these bytes. Raises ProfileError when they are outside the profile or miss a field's form.

    Of a type not understood only the envelope is read (`t`, `log`, `id`, `rec`, and `lots` if there): it can be
    proved and chained, and shown as "type not understood".
    """
    return _understand(parse(data))


def _understand(record: dict[str, Any]) -> Entry:
    """The entry in an object that keeps the profile."""
    kind = _match(_TYPE, record, "t")
    if kind not in UNDERSTOOD:
        return Entry(kind, *_envelope(record), who="", event={}, links=read_links(record.get("lots", [])))
    if not _REQUIRED <= record.keys() <= _FIELDS:
        missing, unknown = _REQUIRED - record.keys(), record.keys() - _FIELDS
        raise ProfileError("bad-fields", f"missing {sorted(missing)}, unknown {sorted(unknown)}")
    event = record["ev"]
    if not isinstance(event, dict):
        raise ProfileError("bad-event", "`ev` is not an object")
    entry = Entry(
        kind,
        *_envelope(record),
        who=_match(_NAME, record, "who"),
        event=event,
        links=read_links(record["lots"]),
        device=_device(record["dev"]) if "dev" in record else None,
        commitments=_commitments(record["c"]) if "c" in record else None,
        references=_references(record["ref"]) if "ref" in record else (),
    )
    check_content(kind, entry.id, event, entry.links, entry.references)
    if kind == REDACT:
        read_links(event["lots"])
    return entry


def check_lot(lot: Any) -> str:
    """A lot id as it may stand in an entry: 1 to 200 printable ASCII characters without space."""
    if not isinstance(lot, str) or not _NAME.fullmatch(lot):
        raise ProfileError("bad-lot", "a lot id is not 1 to 200 printable ASCII characters without space")
    return lot


def _envelope(record: dict[str, Any]) -> tuple[str, str, datetime]:
    return _match(_NAME, record, "log"), _match(_NAME, record, "id"), parse_time(record.get("rec"))


def _match(pattern: re.Pattern[str], record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ProfileError("bad-field", f"`{key}` is missing or malformed")
    return value


def _count(value: Any, key: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ProfileError("bad-field", f"`{key}` is not a count")
    return value


def _items(value: Any, key: str, fields: Set[str], optional: Set[str] = frozenset()) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise ProfileError("bad-field", f"`{key}` is not a list of objects")
    for item in value:
        if not isinstance(item, dict):
            raise ProfileError("bad-field", f"`{key}` is not a list of objects")
    for item in value:
        if not fields <= item.keys() <= fields | optional:
            raise ProfileError("bad-fields", f"an item of `{key}` has other fields than {sorted(fields)}")
    return value


def read_links(value: Any) -> tuple[Link, ...]:
    """The links in `lots`, as parsed. Raises ProfileError."""
    links = []
    for item in _items(value, "lots", _LINK):
        previous = bytes.fromhex(_match(_HEX, item, "prev"))
        n = _count(item["n"], "n")
        if (n == 0) != (previous == NO_PREVIOUS):
            raise ProfileError("bad-link", "`prev` is zeros exactly at the first entry of a lot")
        links.append(Link(check_lot(item["lot"]), n, previous))
    for one, next_one in pairwise(links):
        if one.lot >= next_one.lot:
            raise ProfileError("bad-link", "the lots are not in order, or one is there twice")
    return tuple(links)


def _device(value: Any) -> Device:
    [item] = _items([value], "dev", {"at", "skew"})
    if not isinstance(item["skew"], int) or isinstance(item["skew"], bool):
        raise ProfileError("bad-field", "`skew` is not a whole number of milliseconds")
    return Device(parse_time(item["at"]), item["skew"])


def _commitments(value: Any) -> dict[str, bytes]:
    if not isinstance(value, dict) or not value:
        raise ProfileError("bad-field", "`c` is not an object with commitments")
    return {path: bytes.fromhex(_match(_HEX, value, path)) for path in value}


def _references(value: Any) -> tuple[Reference, ...]:
    items = _items(value, "ref", {"leaf", "rel"}, frozenset({"seq"}))
    if not items:
        raise ProfileError("bad-field", "`ref` is empty; leave it out")
    return tuple(
        Reference(
            bytes.fromhex(_match(_HEX, item, "leaf")),
            _match(_WORD, item, "rel"),
            _count(item["seq"], "seq") if "seq" in item else None,
        )
        for item in items
    )
