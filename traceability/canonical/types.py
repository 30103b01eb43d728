"""The types of entries this code understands, and what `ev`, `lots` and `ref` of each must look like (docs/log.md §2).

Whether a target exists, and whether the writer had the right, needs the log around the entry: `traceability.history`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from traceability.canonical.profile import MAX_INTEGER, parse_time
from traceability.errors import ProfileError

if TYPE_CHECKING:
    from traceability.canonical.entry import Link, Reference

GENESIS = "chonongsan/genesis/1"
EVENT = "chonongsan/event/1"
CORRECT = "chonongsan/correct/1"
VOID = "chonongsan/void/1"
DISPUTE = "chonongsan/dispute/1"
RECALL = "chonongsan/recall/1"
GRANT = "chonongsan/grant/1"
REVOKE = "chonongsan/revoke/1"
ERASE = "chonongsan/erase/1"
REDACT = "chonongsan/redact/1"
MAP = "chonongsan/map/1"
KEY = "chonongsan/key/1"

OPERATOR_ONLY = frozenset({GRANT, REVOKE, ERASE, REDACT, MAP, KEY})
"""Types that only the `who` of the genesis entry may write."""

RELATIONS = {CORRECT: "corrects", VOID: "voids", DISPUTE: "disputes", ERASE: "erases", REDACT: "redacts"}
"""The word in `ref` of the types that speak of earlier entries."""

_ON_LOTS = frozenset({EVENT, CORRECT, VOID, DISPUTE, RECALL})
_TEXT = re.compile(r"[\x21-\x7e]{1,500}")
_NAME = re.compile(r"[\x21-\x7e]{1,200}")
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HEX = re.compile(r"[0-9a-f]{64}")
_PATH = re.compile(r"(?:/(?:[\x20-\x2e\x30-\x7d]|~[01])+)+")
_RIGHT = re.compile(r"certifier")
_NOTE = re.compile(
    r"[\x21-\x7e]{1,200}\n(?:0|[1-9][0-9]{0,18})\n[A-Za-z0-9+/]{43}=\n\n(?:\u2014 [^ \n]{1,200} [A-Za-z0-9+/=]{8,1000}\n){1,100}"
)
_MAX_HEIGHT = 40
_PROFILE = 1


def check_content(
    kind: str, entry_id: str, event: Mapping[str, Any], links: Sequence["Link"], references: Sequence["Reference"]
) -> None:
    """Raises ProfileError unless `ev`, `lots` and `ref` are what docs/log.md §2 lays down for this type."""
    if kind not in _ON_LOTS and links:
        raise ProfileError("bad-link", "an entry of this type touches no lots")
    relation = RELATIONS.get(kind)
    if relation:
        _check_references(relation, references)
    elif kind != EVENT and references:
        raise ProfileError("bad-fields", "an entry of this type has no `ref`")
    _CHECKS[kind](entry_id, event, links, references)


def event_entry_id(event: Mapping[str, Any]) -> str:
    """The entry id an EPCIS event gets: its eventID; error declarations repeat that id, so their time is added.

    Raises ProfileError when the event has no usable id: stricter than the reader, so that no two events get one id.
    """
    entry_id = _told_id(event)
    if "#" in event["eventID"]:
        raise ProfileError("bad-id", "the event has no usable eventID")
    if "errorDeclaration" in event:
        parse_time(event["errorDeclaration"]["declarationTime"])
    return entry_id


def _told_id(event: Mapping[str, Any]) -> str:
    event_id = event.get("eventID")
    if not isinstance(event_id, str) or not _NAME.fullmatch(event_id):
        raise ProfileError("bad-id", "the event has no usable eventID")
    if "errorDeclaration" not in event:
        return event_id
    declaration = event["errorDeclaration"]
    declared = declaration.get("declarationTime") if isinstance(declaration, Mapping) else None
    if not isinstance(declared, str):
        raise ProfileError("bad-event", "errorDeclaration is not an object with its declarationTime")
    return f"{event_id}#{declared}"


def _check_references(relation: str, references: Sequence["Reference"]) -> None:
    numbered = relation == "redacts" or all(item.seq is not None for item in references)  # `ev` of redact has the number
    if not references or not numbered or any(item.relation != relation for item in references):
        raise ProfileError("bad-field", f"`ref` does not say which entry it {relation}, with its number")
    if relation != "erases" and len(references) != 1:
        raise ProfileError("bad-field", "`ref` names one entry")


def _has(event: Mapping[str, Any], **fields: re.Pattern[str]) -> None:
    if event.keys() != fields.keys():
        raise ProfileError("bad-event", f"`ev` has other keys than {sorted(fields)}")
    for name, pattern in fields.items():
        if not isinstance(event[name], str) or not pattern.fullmatch(event[name]):
            raise ProfileError("bad-event", f"`{name}` in `ev` is malformed")


def _size(event: Mapping[str, Any], name: str, most: int = MAX_INTEGER) -> int:
    value = event.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ProfileError("bad-event", f"`{name}` in `ev` is not a count")
    return value


def _path(value: Any) -> None:
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise ProfileError("bad-event", "a path is not a JSON Pointer into `ev`")


def _genesis(_id: str, event: Mapping[str, Any], _links: Any, _references: Any) -> None:
    keys = event.get("keys")
    if not {"keys", "policy", "profile"} <= event.keys() <= {"keys", "policy", "profile", "root", "previous"}:
        raise ProfileError("bad-event", "a genesis entry promises keys, policy and profile")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise ProfileError("bad-event", "`keys` is not a list of verifier keys")
    policy, profile = event["policy"], event["profile"]
    if not isinstance(policy, str) or not _HEX.fullmatch(policy) or type(profile) is not int or profile != _PROFILE:
        raise ProfileError("bad-event", "`policy` is not a hash in hex, or `profile` is another one")
    if not isinstance(event.get("root", ""), str):
        raise ProfileError("bad-event", "`root` is not a verifier key")
    previous = event.get("previous")
    if "previous" in event and not (isinstance(previous, str) and _NOTE.fullmatch(previous)):
        raise ProfileError("bad-event", "`previous` is not the checkpoint note of a former log")


def _event(entry_id: str, event: Mapping[str, Any], _links: Any, _references: Any) -> None:
    parse_time(event.get("eventTime"))
    if entry_id != _told_id(event):
        raise ProfileError("bad-id", "`id` is not the id of the event")


def _correct(_id: str, event: Mapping[str, Any], _links: Any, _references: Any) -> None:
    fields = event.get("fields")
    if not isinstance(fields, dict) or not fields:
        raise ProfileError("bad-event", "`fields` is not an object with paths and new values")
    for path in fields:
        _path(path)
    _has({key: value for key, value in event.items() if key != "fields"}, reason=_WORD)


def _reason(_id: str, event: Mapping[str, Any], _links: Any, _references: Any) -> None:
    _has(event, reason=_WORD)


def _right(_id: str, event: Mapping[str, Any], _links: Any, _references: Any) -> None:
    _has(event, to=_NAME, right=_RIGHT)


def _erase(_id: str, event: Mapping[str, Any], _links: Any, references: Sequence["Reference"]) -> None:
    paths = event.get("paths")
    if not isinstance(paths, dict) or sorted(paths) != sorted(item.leaf.hex() for item in references):
        raise ProfileError("bad-event", "`paths` does not name the leaves of `ref`")
    for found in paths.values():
        if not isinstance(found, list) or not found:
            raise ProfileError("bad-event", "a leaf in `paths` has no list of paths")
        for path in found:
            _path(path)
    _has({key: value for key, value in event.items() if key != "paths"}, ground=_WORD)


def _redact(_id: str, event: Mapping[str, Any], _links: Any, references: Sequence["Reference"]) -> None:
    seq = _size(event, "seq")
    if not isinstance(event.get("lots"), list):  # the form of its links: `canonical.entry`
        raise ProfileError("bad-event", "`lots` in `ev` is not the list of the withheld entry's links")
    rest = {key: value for key, value in event.items() if key not in ("seq", "lots")}
    _has(rest, leaf=_HEX, id=_NAME, reason=_WORD)
    if references[0].leaf.hex() != event["leaf"] or references[0].seq not in (None, seq):
        raise ProfileError("bad-event", "`ref` and `ev` name different entries")


def _map(_id: str, event: Mapping[str, Any], _links: Any, _references: Any) -> None:
    for name, most in (("size", MAX_INTEGER), ("lots", MAX_INTEGER), ("height", _MAX_HEIGHT)):
        _size(event, name, most)
    _has({key: value for key, value in event.items() if key not in ("size", "lots", "height")}, root=_HEX)


def _key(_id: str, event: Mapping[str, Any], _links: Any, _references: Any) -> None:
    word, bound = ("add", "from") if "add" in event else ("retire", "to")
    _size(event, bound)
    _has({key: value for key, value in event.items() if key != bound}, **{word: _TEXT})


_CHECKS: dict[str, Callable[[str, Mapping[str, Any], Sequence["Link"], Sequence["Reference"]], None]] = {
    GENESIS: _genesis,
    EVENT: _event,
    CORRECT: _correct,
    VOID: _reason,
    DISPUTE: _reason,
    RECALL: _reason,
    GRANT: _right,
    REVOKE: _right,
    ERASE: _erase,
    REDACT: _redact,
    MAP: _map,
    KEY: _key,
}
UNDERSTOOD = frozenset(_CHECKS)
