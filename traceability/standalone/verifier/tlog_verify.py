#!/usr/bin/env python3
"""Checks a public traceability log from its files alone: exports, bundles of one lot, proofs of one entry, evidence.

One file, Python 3.9 or later, standard library only, written from the specification (docs/log.md, quoted here as SPEC)
and from RFC 6962, RFC 8032, C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-cosignature, tlog-policy, tlog-proof. It shares no
code with the log it checks. See README.md beside it.

Exit: 0 sound, 1 tampered (first bad index named), 2 fork, 3 incomplete, 4 usage.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import datetime
import functools
import hashlib
import hmac
import json
import os
import re
import sqlite3
import sys
import tarfile
import time
import unicodedata
import zlib
from pathlib import Path

SOUND, TAMPERED, FORK, INCOMPLETE, USAGE = range(5)
WORDS = ("sound", "tampered", "fork", "incomplete", "usage")
TILE = 256
HASH = 32
MAX_ENTRY = 16_384
# a full bundle of the largest records the tile format allows; no file of a log is larger
MAX_FILE = TILE * (2 + 65_535)
ZEROS = "0" * 64

GENESIS, EVENT, CORRECT, VOID, DISPUTE, RECALL, GRANT, REVOKE, ERASE, REDACT, MAP, KEY = (
    f"chonongsan/{word}/1"
    for word in ["genesis", "event", "correct", "void", "dispute", "recall", "grant", "revoke", "erase", "redact", "map", "key"]
)
OPERATORS = frozenset({REVOKE, GRANT, KEY, MAP, ERASE, REDACT})
RELATIONS = {CORRECT: "corrects", VOID: "voids", DISPUTE: "disputes", ERASE: "erases", REDACT: "redacts"}
WITHOUT_REF = frozenset({GENESIS, RECALL, GRANT, REVOKE, MAP, KEY})
WITHOUT_LOTS = frozenset({GENESIS, GRANT, REVOKE, ERASE, REDACT, MAP, KEY})


class Verdict(Exception):
    """The check ends here: exit code, first bad index (None when there is none), a sentence."""

    def __init__(self, code: int, why: str, index: int | None = None, evidence: dict | None = None) -> None:
        super().__init__(why)
        self.code, self.why, self.index, self.evidence = code, why, index, evidence


P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
BASE_Y = 4 * pow(5, -1, P) % P


def decompress(data: bytes) -> tuple | None:
    """The point (X, Y, Z, T) that 32 bytes encode, None when they are no canonical encoding of a point."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * ROOT_OF_MINUS_ONE % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def double(point: tuple) -> tuple:
    x, y, z, _ = point
    a, b = x * x % P, y * y % P
    h, g = a + b, a - b
    e, f = h - (x + y) ** 2 % P, 2 * z * z % P + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def add(point: tuple, ready: tuple) -> tuple:
    """point + ready, where ready = (Y + X, Y − X, 2dT, 2Z)."""
    x, y, z, t = point
    plus, minus, t2d, z2 = ready
    a, b, c, d = (y - x) * minus % P, (y + x) * plus % P, t * t2d % P, z * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def prepared(point: tuple) -> tuple:
    x, y, z, t = point
    return (y + x) % P, (y - x) % P, 2 * D * t % P, 2 * z % P


def negated(ready: tuple) -> tuple:
    plus, minus, t2d, z2 = ready
    return minus, plus, P - t2d, z2


def odd_multiples(point: tuple, count: int) -> list:
    """1, 3, 5 … times the point, prepared: index i is 2i + 1 times."""
    twice = prepared(double(point))
    multiples = [point]
    while len(multiples) < count:
        multiples.append(add(multiples[-1], twice))
    return [prepared(one) for one in multiples]


@functools.lru_cache(maxsize=1)
def base_multiples() -> list:
    return odd_multiples(decompress(BASE_Y.to_bytes(32, "little")), 32)


def signed_digits(number: int, width: int) -> dict:
    """Non-adjacent form: position → odd digit of absolute value below 2^(width−1)."""
    digits, position = {}, 0
    while number:
        if number & 1:
            digit = number & ((1 << width) - 1)
            if digit >> (width - 1):
                digit -= 1 << width
            digits[position] = digit
            number -= digit
        number >>= 1
        position += 1
    return digits


@functools.lru_cache(maxsize=512)
def verify_ed25519(key: bytes, message: bytes, signature: bytes) -> bool:
    """RFC 8032 §5.1.7; refuses s ≥ L and encodings that are not canonical."""
    if len(key) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    point = decompress(key)
    if s >= L or point is None:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    x, y, z, t = point
    terms = [
        (signed_digits(s, 7), base_multiples()),
        (signed_digits(h, 5), odd_multiples((P - x, y, z, P - t), 8)),
    ]
    sum_ = (0, 1, 1, 0)
    for position in range(255, -1, -1):
        sum_ = double(sum_)
        for digits, multiples in terms:
            digit = digits.get(position)
            if digit:
                ready = multiples[abs(digit) >> 1]
                sum_ = add(sum_, ready if digit > 0 else negated(ready))
    inverse = pow(sum_[2], -1, P)
    x, y = sum_[0] * inverse % P, sum_[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


PLAIN, COSIGNATURE = 1, 4
SPACES = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


def strict_base64(text: str) -> bytes:
    """The bytes of standard base64 with padding; ValueError when another spelling of the same bytes is given."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError("not base64") from error
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError("not canonical base64")
    return data


class VerifierKey:
    """`name+id+base64(type ‖ key)`; ValueError when it is none or its id is not the hash it must be."""

    def __init__(self, text: str) -> None:
        match = VKEY.fullmatch(text)
        if not match or SPACES.search(match[1]):
            raise ValueError("not a verifier key")
        data = strict_base64(match[3])
        self.text, self.name, self.id = text, match[1], bytes.fromhex(match[2])
        self.type, self.key = data[0], data[1:]
        if self.type in (PLAIN, COSIGNATURE):
            digest = hashlib.sha256(self.name.encode("utf-8") + b"\n" + data).digest()
            if len(self.key) != 32 or digest[:4] != self.id:
                raise ValueError("the id of a verifier key is not that of its key")

    def verifies(self, text: str, signature: bytes) -> int | None:
        """The time of a cosignature, 0 for a plain signature, None when it does not verify."""
        message = text.encode("utf-8")
        if self.type == PLAIN:
            return 0 if verify_ed25519(self.key, message, signature) else None
        if len(signature) != 72 or signature[0] >> 7:
            return None
        at = int.from_bytes(signature[:8], "big")
        message = b"cosignature/v1\ntime %d\n" % at + message
        return at if verify_ed25519(self.key, message, signature[8:]) else None


class Note:
    """A signed note: `text` and `lines` of (key name, key id, signature); ValueError when malformed."""

    def __init__(self, data: bytes) -> None:
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError("a note is UTF-8") from error
        if any(char < " " and char != "\n" for char in whole):
            raise ValueError("a note has no control characters")
        cut = whole.rfind("\n\n")
        if cut < 0 or not whole.endswith("\n"):
            raise ValueError("a note has a text, a blank line and signature lines")
        self.whole, self.text = whole, whole[: cut + 1]
        rows = whole[cut + 2 :].split("\n")[:-1]
        if not 1 <= len(rows) <= 100:
            raise ValueError("a note has 1 to 100 signature lines")
        self.lines = [self.line(row) for row in rows]

    @staticmethod
    def line(row: str) -> tuple:
        parts = row.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or not parts[1] or "+" in parts[1] or SPACES.search(parts[1]):
            raise ValueError("a signature line is malformed")
        data = strict_base64(parts[2])
        if len(data) < 5:
            raise ValueError("a signature line is too short")
        return parts[1], data[:4], data[4:]

    def verified(self, keys: list) -> dict:
        """Verifier key text → time, for the known keys that signed; ValueError when a line of a known key is wrong.

        Of several lines of one key the first is looked at, as other readers of notes do.
        """
        known = {(key.name, key.id): key for key in keys if key.type in (PLAIN, COSIGNATURE)}
        times, seen = {}, set()
        for name, key_id, signature in self.lines:
            key = known.get((name, key_id))
            if key is None or (name, key_id) in seen:
                continue
            seen.add((name, key_id))
            at = key.verifies(self.text, signature)
            if at is None:
                raise ValueError(f"the signature of {name} is wrong")
            times[key.text] = at
        return times


class Checkpoint:
    """A note whose text is origin, size, root and nothing else (SPEC §3); ValueError when it is none."""

    def __init__(self, data: bytes) -> None:
        self.note = Note(data)
        rows = self.note.text.split("\n")
        if len(rows) != 4 or not rows[0]:
            raise ValueError("a checkpoint is origin, size and root")
        self.origin = rows[0]
        if not SIZE.fullmatch(rows[1]) or int(rows[1]) >= 2**63:
            raise ValueError("the size of a checkpoint is malformed")
        self.size, self.root = int(rows[1]), strict_base64(rows[2])
        if len(self.root) != HASH:
            raise ValueError("the root of a checkpoint has 32 bytes")

    def signed_by(self, keys: list, logs: list) -> tuple:
        """(all verified keys → time, the log's plain keys among them); ValueError as in Note.verified."""
        times = self.note.verified(keys)
        own = [key.text for key in logs if key.type == PLAIN and key.name == self.origin and key.text in times]
        if not own:
            raise ValueError("no key of the log that is asked for signed it; has the log changed its key since?")
        return times, own


class Policy:
    """Whose signatures are asked for: `logs`, `witnesses` (name → key), a quorum; ValueError when malformed."""

    def __init__(self, data: bytes) -> None:
        if any((byte < 32 and byte not in (9, 10)) or byte == 127 for byte in data):
            raise ValueError("a policy has no control characters")
        text = data.decode("utf-8", "surrogateescape")
        rows = [re.split("[ \t]+", row.strip(" \t")) for row in text.split("\n")]
        rows = [row for row in rows if row != [""] and not row[0].startswith("#")]
        self.logs: list = []
        self.witnesses: dict = {}
        self.groups: dict = {}
        self.quorum: str | None = None
        self.used: set = set()
        if not any(row[0] in ("log", "witness", "group", "quorum") for row in rows):
            self.read_plain(rows)
            return
        for row in rows:
            self.read_row(row)
        if self.quorum is None:
            raise ValueError("a policy has one quorum line")
        keys = [key.key for key in self.logs], [key.key for key in self.witnesses.values()]
        if any(len(set(some)) != len(some) for some in keys):
            raise ValueError("a policy names a key twice")

    @property
    def keys(self) -> list:
        return [*self.logs, *self.witnesses.values()]

    def read_plain(self, rows: list) -> None:
        for row in rows:
            if len(row) != 1:
                raise ValueError("neither a policy nor lines of verifier keys")
            key = VerifierKey(row[0])
            if key.type == PLAIN:
                self.logs.append(key)
            else:
                self.witnesses[key.text] = key
        if not rows:
            raise ValueError("the policy is empty")
        self.quorum = "none"

    def read_row(self, row: list) -> None:
        word, values = row[0], row[1:]
        if word == "log" and 1 <= len(values) <= 2:
            self.logs.append(VerifierKey(values[0]))
        elif word == "witness" and 2 <= len(values) <= 3:
            self.define(values[0])
            key = VerifierKey(values[1])
            if key.type == PLAIN:
                raise ValueError("the key of a witness is of another type")
            self.witnesses[values[0]] = key
        elif word == "group" and len(values) >= 3:
            self.define(values[0])
            self.groups[values[0]] = (self.threshold(values[1], len(values) - 2), values[2:])
            for name in values[2:]:
                if name == values[0] or (name not in self.witnesses and name not in self.groups) or name in self.used:
                    raise ValueError("a group names what is not defined before, or a member twice")
                self.used.add(name)
        elif word == "quorum" and len(values) == 1 and self.quorum is None:
            if values[0] != "none" and values[0] not in self.witnesses and values[0] not in self.groups:
                raise ValueError("the quorum names what is not defined before")
            self.quorum = values[0]
        else:
            raise ValueError("a line of the policy is malformed")

    def define(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise ValueError("a policy defines a name twice")

    @staticmethod
    def threshold(word: str, members: int) -> int:
        if word in ("all", "any"):
            return members if word == "all" else 1
        if not re.fullmatch("[1-9][0-9]{0,5}", word) or int(word) > members:
            raise ValueError("a group asks for more members than it has")
        return int(word)

    def met(self, times: dict, name: str | None = None) -> bool:
        """Whether the witnesses among the verified keys make the quorum."""
        name = self.quorum if name is None else name
        if name == "none":
            return True
        if name in self.witnesses:
            return self.witnesses[name].text in times
        needed, members = self.groups[name]
        return sum(self.met(times, member) for member in members) >= needed


NAME = re.compile("[!-~]{1,200}")
TYPE = re.compile("[a-z0-9-]+(/[a-z0-9-]+)+")
WORD = re.compile("[a-z][a-z0-9_]{0,39}")
HEX = re.compile("[0-9a-f]{64}")
POINTER = re.compile("(/([ -.0-}]|~[01])+)+")
VKEY_TEXT = re.compile("[!-~]{1,500}")
FORMER = re.compile(
    "[!-~]{1,200}\n(0|[1-9][0-9]{0,18})\n[A-Za-z0-9+/]{43}=\n\n(\u2014 [^ \n]{1,200} [A-Za-z0-9+/=]{8,1000}\n){1,100}"
)
TIME = re.compile(r"(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z", re.ASCII)
MOST = 2**53 - 1


def refuse(_text: str) -> None:
    raise ValueError("a number that is no integer")


DECODER = json.JSONDecoder(parse_float=refuse, parse_constant=refuse)
ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def read_profile(data: bytes) -> dict:
    """The object that the bytes of an entry spell; ValueError when they are not in the profile of SPEC §1."""
    if not 1 <= len(data) <= MAX_ENTRY:
        raise ValueError("an entry has 1 to 16,384 bytes")
    try:
        text = data.decode("utf-8")
        value = DECODER.decode(text)
        if not isinstance(value, dict):
            raise ValueError("an entry is an object")
        # escapes stand for characters that compose with nothing: where the text is in NFC, so is every string in it
        check_profile(value, 1, text.isascii() or unicodedata.is_normalized("NFC", text))
        same = ENCODER.encode(value) == text
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8") from error
    if not same:
        raise ValueError("not in canonical form")
    return value


def check_profile(value: object, level: int, normal: bool) -> None:
    """ValueError unless a value at this level, and what it holds, keeps to SPEC §1; `normal` spares the look for NFC."""
    if level > 32:
        raise ValueError("nested deeper than 32 levels")
    kind = type(value)
    if kind is str:
        if not normal and not unicodedata.is_normalized("NFC", value):
            raise ValueError("a string that is not in NFC")
    elif kind is dict:
        for key, item in value.items():
            if not (key.isascii() and key.isprintable()):
                raise ValueError("a key that is not printable ASCII")
            # most values are plain words: spared the call
            if type(item) is not str or level == 32 or not (normal or item.isascii()):
                check_profile(item, level + 1, normal)
    elif kind is list:
        for item in value:
            check_profile(item, level + 1, normal)
    elif kind is int:
        if not -MOST <= value <= MOST:
            raise ValueError("an integer beyond 2^53 − 1")
    elif kind is not bool:
        raise ValueError("a null")


def demand(holds: object, why: str) -> None:
    if not holds:
        raise ValueError(why)


def matches(pattern: re.Pattern, value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def is_time(value: object) -> bool:
    """Whether it is a real date in the form of SPEC §1."""
    match = TIME.fullmatch(value) if isinstance(value, str) else None
    return match is not None and is_day(match[1])


@functools.lru_cache(maxsize=64)
def is_day(text: str) -> bool:
    year, month, day = map(int, text.split("-"))
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def exactly(value: object, needed: str, optional: str = "") -> None:
    """ValueError unless the value is an object with all needed keys and no others than the optional ones."""
    least, most = keys_of(needed, optional)
    if not isinstance(value, dict) or not least <= value.keys() <= most:
        raise ValueError(f"an object with exactly these keys is expected: {needed}")


@functools.lru_cache(maxsize=64)
def keys_of(needed: str, optional: str) -> tuple:
    least = frozenset(needed.split())
    return least, least | frozenset(optional.split())


def check_links(links: object) -> None:
    demand(isinstance(links, list), "lots is a list")
    before = ""
    for link in links:
        exactly(link, "lot n prev")
        demand(matches(NAME, link["lot"]), "the form of a lot")
        demand(before < link["lot"], "lots are sorted, each once")
        demand(is_count(link["n"]) and matches(HEX, link["prev"]), "the form of a link")
        demand((link["n"] == 0) == (link["prev"] == ZEROS), "64 zeros stand exactly at n = 0")
        before = link["lot"]


def check_refs(refs: object) -> None:
    demand(isinstance(refs, list) and refs, "ref is a list, not empty")
    for ref in refs:
        exactly(ref, "leaf rel", "seq")
        demand(matches(HEX, ref["leaf"]) and matches(WORD, ref["rel"]), "the form of a ref")
        demand(is_count(ref.get("seq", 0)), "the seq of a ref")


def read_entry(data: bytes, origin: str) -> dict:
    """An entry whose form is right (SPEC §1, §2); what needs other entries is not looked at. ValueError."""
    entry = read_profile(data)
    demand(matches(TYPE, entry.get("t")), "t")
    demand(entry.get("log") == origin, "an entry of another log")
    demand(matches(NAME, entry.get("id")), "id")
    demand(is_time(entry.get("rec")), "rec")
    if "lots" in entry:
        check_links(entry["lots"])
    form = FORMS.get(entry["t"])
    if form is None:
        return entry
    exactly(entry, "t log id rec who ev lots", "dev c ref")
    demand(matches(NAME, entry["who"]), "who")
    demand(isinstance(entry["ev"], dict), "ev is an object")
    check_optional(entry)
    kind = entry["t"]
    demand(not (kind in WITHOUT_LOTS and entry["lots"]), "this type touches no lot")
    demand(not (kind in WITHOUT_REF and "ref" in entry), "this type has no ref")
    if kind in RELATIONS:
        check_target_form(entry)
    form(entry["ev"], entry)
    return entry


def check_optional(entry: dict) -> None:
    if "dev" in entry:
        exactly(entry["dev"], "at skew")
        demand(is_time(entry["dev"]["at"]) and type(entry["dev"]["skew"]) is int, "dev")
    if "c" in entry:
        demand(isinstance(entry["c"], dict) and entry["c"], "c is an object, not empty")
        demand(all(matches(HEX, value) for value in entry["c"].values()), "a commitment is 64 hex digits")
    if "ref" in entry:
        check_refs(entry["ref"])


def check_target_form(entry: dict) -> None:
    refs, kind = entry.get("ref", []), entry["t"]
    demand(all(ref["rel"] == RELATIONS[kind] for ref in refs), "the rel of this type")
    demand(kind == ERASE or len(refs) == 1, "this type names one target")
    demand(kind == REDACT or all("seq" in ref for ref in refs), "this type names the seq of its target")


def genesis_form(ev: dict, _entry: dict) -> None:
    exactly(ev, "keys policy profile", "root previous")
    demand(isinstance(ev["keys"], list), "keys is a list")
    demand(all(isinstance(key, str) for key in ev["keys"]), "a key is a string")
    demand(matches(HEX, ev["policy"]), "policy is a hash")
    demand(type(ev["profile"]) is int and ev["profile"] == 1, "profile is 1")
    demand(isinstance(ev.get("root", ""), str), "root is a string")
    demand("previous" not in ev or matches(FORMER, ev["previous"]), "previous is the checkpoint note of a former log")


def event_form(ev: dict, entry: dict) -> None:
    demand(is_time(ev.get("eventTime")), "eventTime is a time")
    demand(matches(NAME, ev.get("eventID")), "eventID")
    expected = ev["eventID"]
    if "errorDeclaration" in ev:
        declaration = ev["errorDeclaration"]
        demand(isinstance(declaration, dict) and isinstance(declaration.get("declarationTime"), str), "errorDeclaration")
        expected += "#" + declaration["declarationTime"]
    demand(entry["id"] == expected, "the id of an event is its eventID")


def correct_form(ev: dict, _entry: dict) -> None:
    exactly(ev, "fields reason")
    demand(isinstance(ev["fields"], dict) and ev["fields"], "fields is an object, not empty")
    demand(all(matches(POINTER, path) for path in ev["fields"]), "the path of a field")
    demand(matches(WORD, ev["reason"]), "reason is a word")


def reason_form(ev: dict, _entry: dict) -> None:
    exactly(ev, "reason")
    demand(matches(WORD, ev["reason"]), "reason is a word")


def right_form(ev: dict, _entry: dict) -> None:
    exactly(ev, "to right")
    demand(matches(NAME, ev["to"]) and ev["right"] == "certifier", "to and right")


def erase_form(ev: dict, entry: dict) -> None:
    exactly(ev, "paths ground")
    paths = ev["paths"]
    demand(isinstance(paths, dict) and paths and matches(WORD, ev["ground"]), "paths and ground")
    for leaf, some in paths.items():
        demand(matches(HEX, leaf) and isinstance(some, list) and some, "paths of a leaf")
        demand(all(matches(POINTER, path) for path in some), "a path")
    demand(sorted(ref["leaf"] for ref in entry.get("ref", [])) == sorted(paths), "one ref for each leaf")


def redact_form(ev: dict, entry: dict) -> None:
    exactly(ev, "leaf seq lots id reason")
    demand(matches(HEX, ev["leaf"]) and is_count(ev["seq"]), "leaf and seq")
    demand(matches(NAME, ev["id"]) and matches(WORD, ev["reason"]), "id and reason")
    check_links(ev["lots"])
    ref = entry["ref"][0]
    demand(ref["leaf"] == ev["leaf"] and ref.get("seq", ev["seq"]) == ev["seq"], "ref names the same entry")


def map_form(ev: dict, _entry: dict) -> None:
    exactly(ev, "size height lots root")
    demand(is_count(ev["size"]) and is_count(ev["lots"]), "size and lots")
    demand(is_count(ev["height"]) and ev["height"] <= 40 and matches(HEX, ev["root"]), "height and root")


def key_form(ev: dict, _entry: dict) -> None:
    if "add" in ev:
        exactly(ev, "add from")
        demand(matches(VKEY_TEXT, ev["add"]) and is_count(ev["from"]), "add and from")
    else:
        exactly(ev, "retire to")
        demand(matches(VKEY_TEXT, ev["retire"]) and is_count(ev["to"]), "retire and to")


FORMS = {
    GENESIS: genesis_form,
    EVENT: event_form,
    CORRECT: correct_form,
    VOID: reason_form,
    DISPUTE: reason_form,
    RECALL: reason_form,
    GRANT: right_form,
    REVOKE: right_form,
    ERASE: erase_form,
    REDACT: redact_form,
    MAP: map_form,
    KEY: key_form,
}


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Edge:
    """The right edge of a growing tree: O(log n) hashes. `grown(height, hash)` is told of every perfect subtree."""

    def __init__(self, grown: object = None) -> None:
        self.size, self.perfect, self.grown = 0, [], grown

    def push(self, leaf: bytes) -> None:
        rest, height = self.size, 0
        while rest & 1:
            leaf = node_hash(self.perfect.pop(), leaf)
            rest >>= 1
            height += 1
            if not height & 7 and self.grown:
                self.grown(height, leaf)
        self.perfect.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self.perfect:
            return hashlib.sha256(b"").digest()
        root = self.perfect[-1]
        for left in self.perfect[-2::-1]:
            root = node_hash(left, root)
        return root


def consistency_ranges(first: int, lo: int, hi: int, known: bool) -> list:
    """The leaf ranges whose hashes are the proof of RFC 6962 §2.1.2 from `first` leaves to the tree over [lo, hi)."""
    if first == hi - lo:
        return [] if known else [(lo, hi)]
    half = 1 << (hi - lo - 1).bit_length() - 1
    if first <= half:
        return [*consistency_ranges(first, lo, lo + half, known), (lo + half, hi)]
    return [*consistency_ranges(first - half, lo + half, hi, False), (lo, lo + half)]


def roots_of_proof(first: int, second: int, proof: list) -> tuple | None:
    """(older root, newer root) that a consistency proof leads to (RFC 9162 §2.1.4.2), None when its length is wrong.

    The hash the proof starts from always stands in front: for a power of two that is the older root itself.
    """
    if not 0 < first < second or not proof or any(len(one) != HASH for one in proof):
        return None
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    older = newer = proof[0]
    for one in proof[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            older, newer = node_hash(one, older), node_hash(one, newer)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            newer = node_hash(newer, one)
        fn, sn = fn >> 1, sn >> 1
    return (older, newer) if sn == 0 else None


def merged_root(leaves: dict, size: int, hashes: list) -> bytes:
    """The root that the merged proof of SPEC §8 leads to; ValueError when hashes are missing or left over."""
    seqs, rest = sorted(leaves), iter(hashes)

    def walk(lo: int, hi: int, first: int, last: int) -> bytes:
        if first == last:
            found = next(rest, None)
            demand(found is not None, "the merged proof is too short")
            return found
        if hi - lo == 1:
            return leaves[lo]
        half = lo + (1 << (hi - lo - 1).bit_length() - 1)
        middle = first
        while middle < last and seqs[middle] < half:
            middle += 1
        left = walk(lo, half, first, middle)
        return node_hash(left, walk(half, hi, middle, last))

    demand(not seqs or seqs[-1] < size, "an entry beyond the checkpoint")
    root = walk(0, size, 0, len(seqs)) if size else Edge().root()
    demand(next(rest, None) is None, "hashes of the merged proof are left over")
    return root


def spill() -> sqlite3.Connection:
    """A private database that SQLite keeps in memory while small and in a nameless temporary file beyond 16 MB."""
    connection = sqlite3.connect("", isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-16000", "temp_store=FILE"):
        connection.execute(f"PRAGMA {pragma}")
    # one transaction that is never committed: the database is gone with the program
    connection.execute("BEGIN")
    return connection


class Folder:
    """The files of an export in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, name: str) -> bytes | None:
        try:
            with open(self.path / name, "rb") as file:
                # asking for more than there is would make room for it
                return file.read(min(os.fstat(file.fileno()).st_size, MAX_FILE) + 1)
        except OSError:
            return None

    def has(self, name: str) -> bool:
        return (self.path / name).is_file()

    def close(self) -> None:
        """Nothing is kept open."""


class Archive:
    """The files of an export in a tar file, plain or compressed, read once into a temporary database."""

    def __init__(self, path: Path) -> None:
        self.files = spill()
        self.files.execute("CREATE TABLE file (name TEXT PRIMARY KEY, data BLOB)")
        try:
            with tarfile.open(path, "r|*") as archive:
                for member in archive:
                    if member.isfile():
                        data = archive.extractfile(member).read(min(member.size, MAX_FILE) + 1)
                        name = member.name[2:] if member.name.startswith("./") else member.name
                        self.files.execute("INSERT OR REPLACE INTO file VALUES (?, ?)", (name, data))
                    archive.members = []
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            self.close()
            raise Verdict(INCOMPLETE, f"the archive cannot be read to its end: {error}") from error
        found = self.files.execute(
            "SELECT name FROM file WHERE name = 'checkpoint' OR name LIKE '%/checkpoint' ORDER BY length(name), name"
        ).fetchone()
        self.prefix = found[0][: -len("checkpoint")] if found else ""

    def read(self, name: str) -> bytes | None:
        row = self.files.execute("SELECT data FROM file WHERE name = ?", (self.prefix + name,)).fetchone()
        return row[0] if row else None

    def has(self, name: str) -> bool:
        return self.files.execute("SELECT 1 FROM file WHERE name = ?", (self.prefix + name,)).fetchone() is not None

    def close(self) -> None:
        self.files.close()


def number_name(number: int) -> str:
    """The number in groups of three digits: 1234067 is x001/x234/067."""
    text = f"{number:03d}"
    text = text.zfill(-(-len(text) // 3) * 3)
    groups = [text[at : at + 3] for at in range(0, len(text), 3)]
    return "/".join([*("x" + group for group in groups[:-1]), groups[-1]])


def tile_name(level: int | str, number: int, width: int) -> str:
    """`tile/<L>/<N>[.p/<W>]`."""
    return f"tile/{level}/{number_name(number)}" + ("" if width == TILE else f".p/{width}")


class Tiles:
    """The tiles and entry bundles that a tree of `size` leaves needs, whichever way they lie there.

    A partial file that is gone may be replaced by the full one: its first hashes or records are meant.
    """

    def __init__(self, source: object, size: int) -> None:
        self.source, self.size = source, size
        self.load = functools.lru_cache(maxsize=6)(self.load_uncached)

    def width(self, level: int, number: int) -> int:
        return min(TILE, (self.size >> 8 * level) - number * TILE)

    def needed(self) -> list:
        """(level, number of tiles) for each level that is not empty."""
        levels, level = [], 0
        while self.size >> 8 * level:
            levels.append((level, -(-(self.size >> 8 * level) // TILE)))
            level += 1
        return levels

    def check_presence(self) -> None:
        for level, count in [*self.needed(), ("entries", -(-self.size // TILE))]:
            for number in range(count):
                name = tile_name(level, number, self.width(0 if level == "entries" else level, number))
                if not self.source.has(name) and not self.source.has(tile_name(level, number, TILE)):
                    raise Verdict(INCOMPLETE, f"{name} is missing")

    def load_uncached(self, level: int | str, number: int) -> tuple:
        """(bytes, whether a full file stands in for a partial one)."""
        width = self.width(0 if level == "entries" else level, number)
        data = self.source.read(tile_name(level, number, width))
        if data is not None:
            return data, False
        data = self.source.read(tile_name(level, number, TILE))
        if data is None:
            raise Verdict(INCOMPLETE, f"{tile_name(level, number, width)} cannot be read")
        return data, True

    def hashes(self, number: int) -> bytes:
        """A tile of leaf hashes, without what a full tile standing in for a partial one has beyond."""
        data, stand_in = self.load(0, number)
        return data[: self.width(0, number) * HASH] if stand_in else data

    def leaf(self, seq: int) -> bytes:
        """The leaf hash in the tile, shorter than 32 bytes when the tile is."""
        at = seq % TILE * HASH
        return self.hashes(seq // TILE)[at : at + HASH]

    def record(self, seq: int) -> bytes | None:
        """The entry as served; None when the bundle is cut short before it."""
        data, at = self.load("entries", seq // TILE)[0], 0
        for _ in range(seq % TILE):
            at += 2 + int.from_bytes(data[at : at + 2], "big")
        length = int.from_bytes(data[at : at + 2], "big")
        return data[at + 2 : at + 2 + length] if at + 2 + length <= len(data) else None


class TreeCheck:
    """Hashes the tiles of leaves up to the root, compares the tiles above and notes the roots of wanted sizes."""

    def __init__(self, tiles: Tiles, wanted: set) -> None:
        self.tiles, self.wanted, self.roots = tiles, wanted, {}
        self.levels: dict = {}
        self.wrong: dict = {}
        self.edge = Edge(self.grown)
        self.whole = self.run()

    def run(self) -> bool:
        """Whether every tile of leaves has its length."""
        for number in range(-(-self.tiles.size // TILE)):
            data, width = self.tiles.hashes(number), self.tiles.width(0, number)
            if len(data) != width * HASH:
                return False
            for at in range(0, len(data), HASH):
                if self.edge.size in self.wanted:
                    self.roots[self.edge.size] = self.edge.root()
                self.edge.push(data[at : at + HASH])
        self.roots[self.edge.size] = self.edge.root()
        for level, row in self.levels.items():
            if row[1]:
                self.compare(level, row)
        return True

    def grown(self, height: int, root: bytes) -> None:
        level = height // 8
        row = self.levels.setdefault(level, [0, []])
        row[1].append(root)
        if len(row[1]) == TILE:
            self.compare(level, row)
            row[0], row[1] = row[0] + 1, []

    def compare(self, level: int, row: list) -> None:
        number, hashes = row
        data, stand_in = self.tiles.load(level, number)
        expected = b"".join(hashes)
        if stand_in:
            data = data[: len(expected)]
        if data == expected or level in self.wrong:
            return
        at = 0
        while data[at : at + HASH] == expected[at : at + HASH] and at < len(expected):
            at += HASH
        self.wrong[level] = (number * TILE + at // HASH) << 8 * level


class Memory:
    """Ids, tails of lots, corrections: everything that grows with the log lies in the temporary database."""

    # so many rows wait to be written together; a busy lot is then written once for many of its entries
    AT_HAND = 4096
    TABLES = (
        "CREATE TABLE id (id TEXT PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE lot (key BLOB PRIMARY KEY, n INTEGER, leaf BLOB) WITHOUT ROWID",
        "CREATE TABLE changed (key BLOB PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE node (level INTEGER, number INTEGER, hash BLOB, PRIMARY KEY (level, number)) WITHOUT ROWID",
        "CREATE TABLE owner (key BLOB, who TEXT, PRIMARY KEY (key, who)) WITHOUT ROWID",
        "CREATE TABLE told (seq INTEGER PRIMARY KEY, target INTEGER, t TEXT, why TEXT)",
        "CREATE INDEX told_of ON told (target)",
        "CREATE TABLE strange (seq INTEGER, key BLOB, PRIMARY KEY (seq, key)) WITHOUT ROWID",
    )

    def __init__(self) -> None:
        self.sql = spill()
        for table in self.TABLES:
            self.sql.execute(table)
        self.lots = 0
        self.tails: dict = {}
        self.fresh: dict = {"changed": set(), "owner": set()}

    def claim(self, entry_id: str) -> None:
        """ValueError when an earlier entry has this id."""
        if not self.sql.execute("INSERT OR IGNORE INTO id VALUES (?)", (entry_id,)).rowcount:
            raise ValueError("the id was used before")

    def chain(self, links: list, leaf: bytes) -> None:
        """Take the lots' next links; ValueError when one does not follow its lot's last entry."""
        for link in links:
            lot = link["lot"]
            n, prev = self.tail(lot)
            if link["n"] != n:
                raise ValueError(f"lot {lot} has {n} entries before, the link says {link['n']}")
            if link["prev"] != prev:
                raise ValueError(f"lot {lot} is not linked to its last entry")
            self.lots += n == 0
            self.tails[lot] = (n + 1, leaf.hex())
            self.note("changed", (lot_key(lot),))

    def tail(self, lot: str) -> tuple:
        """(number of entries, last leaf in hex) of a lot."""
        found = self.tails.get(lot)
        if found is None:
            if len(self.tails) >= self.AT_HAND:
                self.settle()
            row = self.sql.execute("SELECT n, leaf FROM lot WHERE key = ?", (lot_key(lot),)).fetchone()
            found = (row[0], row[1].hex()) if row else (0, ZEROS)
        return found

    def settle(self) -> None:
        """Write the tails at hand into their table."""
        rows = [(lot_key(lot), n, bytes.fromhex(leaf)) for lot, (n, leaf) in self.tails.items()]
        self.sql.executemany("INSERT OR REPLACE INTO lot VALUES (?, ?, ?)", rows)
        self.tails.clear()

    def note(self, table: str, row: tuple) -> None:
        """Put a row into `changed` or `owner`, by and by: many rows at once cost a third."""
        self.fresh[table].add(row)
        if len(self.fresh[table]) >= self.AT_HAND:
            self.flush(table)

    def flush(self, table: str) -> None:
        marks = "?" if table == "changed" else "?, ?"
        self.sql.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", self.fresh[table])  # noqa: S608 (two fixed names)
        self.fresh[table].clear()


@functools.lru_cache(maxsize=1024)
def lot_key(lot: str) -> bytes:
    return hashlib.sha256(b"lot\x00" + lot.encode("utf-8")).digest()


def bucket_hash(records: bytes) -> bytes:
    return hashlib.sha256(b"bucket/1\x00" + records).digest()


class LotMap:
    """The map of SPEC §7 over the lots in a Memory, brought up to date only where lots changed."""

    EMPTY = functools.reduce(lambda row, _: [*row, node_hash(row[-1], row[-1])], range(40), [bucket_hash(b"")])

    def __init__(self, memory: Memory) -> None:
        self.memory, self.sql = memory, memory.sql
        self.height: int | None = None

    def heights(self) -> set:
        """The heights that a map may have now."""
        lots, smallest = self.memory.lots, 0
        while lots > 16 << smallest:
            smallest += 1
        kept = self.height
        if kept is not None and 4 << kept <= lots <= 32 << kept:
            return {smallest, kept}
        return {smallest}

    def root(self, height: int) -> bytes:
        self.memory.flush("changed")
        self.memory.settle()
        if height != self.height:
            self.sql.execute("DELETE FROM node")
            self.height, source = height, "SELECT key FROM lot ORDER BY key"
        else:
            source = "SELECT key FROM changed ORDER BY key"
        shift = 64 - height
        numbers = []
        for (key,) in self.sql.execute(source):
            number = int.from_bytes(key[:8], "big") >> shift
            if not numbers or numbers[-1] != number:
                numbers.append(number)
        self.store(0, ((number, self.bucket(number, shift)) for number in numbers))
        for level in range(1, height + 1):
            numbers = sorted({number >> 1 for number in numbers})
            self.store(level, ((number, self.parent(level, number)) for number in numbers))
        self.sql.execute("DELETE FROM changed")
        return self.node(height, 0)

    def store(self, level: int, rows: object) -> None:
        self.sql.executemany(
            "INSERT OR REPLACE INTO node VALUES (?, ?, ?)", ((level, number, data) for number, data in rows)
        )

    def bucket(self, number: int, shift: int) -> bytes:
        return bucket_hash(self.records(number, number + 1, shift))

    def records(self, first: int, stop: int, shift: int) -> bytes:
        """The records of the buckets from `first` up to `stop`, joined."""
        low = (first << shift).to_bytes(8, "big")
        high = ((stop << shift) - 1).to_bytes(8, "big") + b"\xff" * 24
        rows = self.sql.execute("SELECT key, n, leaf FROM lot WHERE key BETWEEN ? AND ? ORDER BY key", (low, high))
        return b"".join(key + n.to_bytes(4, "big") + leaf for key, n, leaf in rows)

    def node(self, level: int, number: int) -> bytes:
        row = self.sql.execute("SELECT hash FROM node WHERE level = ? AND number = ?", (level, number)).fetchone()
        return row[0] if row else self.EMPTY[level]

    def parent(self, level: int, number: int) -> bytes:
        return node_hash(self.node(level - 1, 2 * number), self.node(level - 1, 2 * number + 1))


def find(fields: object, path: str) -> tuple | None:
    """(container, key) that a JSON pointer names, None when only an object's last token may be missing and more is."""
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in path.split("/")[1:]]
    for token in tokens[:-1]:
        if isinstance(fields, dict) and token in fields:
            fields = fields[token]
        elif isinstance(fields, list) and re.fullmatch("0|[1-9][0-9]{0,8}", token) and int(token) < len(fields):
            fields = fields[int(token)]
        else:
            return None
    last = tokens[-1]
    if isinstance(fields, dict):
        return fields, last
    if isinstance(fields, list) and re.fullmatch("0|[1-9][0-9]{0,8}", last) and int(last) < len(fields):
        return fields, int(last)
    return None


def apply(fields: dict, changes: dict, original: dict) -> list | None:
    """Set each path in place; [path, old value, new value] of each, or None (nothing counts) when one may not be set."""
    trial, done = json.loads(json.dumps(fields)), []
    for path, new in sorted(changes.items()):
        place = find(trial, path) if find(original, path) else None
        if place is None:
            return None
        container, key = place
        old = container.get(key) if isinstance(container, dict) else container[key]
        container[key] = new
        done.append([path, old, new])
    fixed = ("eventID", "type")
    if any(trial.get(key) != original.get(key) for key in fixed) or not is_time(trial.get("eventTime")):
        return None
    fields.clear()
    fields.update(trial)
    return done


class Fold:
    """Which corrections, voidings, disputes and recalls count. `read(seq)` gives an earlier entry or None (withheld)."""

    def __init__(self, memory: Memory, read: object) -> None:
        self.memory, self.sql, self.read = memory, memory.sql, read
        self.operator: str | None = None
        self.certifiers: set = set()

    def take(self, seq: int, entry: dict) -> str | None:
        """Fold one entry in; the reason when it is one that does not count."""
        kind, who = entry["t"], entry.get("who")
        if kind == GENESIS:
            self.operator = who
        elif kind == GRANT:
            self.certifiers.add(entry["ev"]["to"])
        elif kind == REVOKE:
            self.certifiers.discard(entry["ev"]["to"])
        elif kind == EVENT:
            for link in entry["lots"]:
                self.memory.note("owner", (lot_key(link["lot"]), who))
        elif kind == RECALL:
            return self.tell(seq, None, entry, self.recall_fails(seq, entry))
        elif kind in (CORRECT, VOID, DISPUTE):
            target = entry["ref"][0]["seq"]
            return self.tell(seq, target, entry, self.fails(target, entry))
        return None

    def tell(self, seq: int, target: int | None, entry: dict, why: str | None) -> str | None:
        self.sql.execute("INSERT INTO told VALUES (?, ?, ?, ?)", (seq, target, entry["t"], why))
        return why

    def privileged(self, who: str) -> bool:
        return who == self.operator or who in self.certifiers

    def recall_fails(self, seq: int, entry: dict) -> str | None:
        """Which of its lots who recalls has no right over; each lot counts by itself (SPEC §5)."""
        if self.privileged(entry["who"]):
            return None
        self.memory.flush("owner")
        strange = [
            link["lot"]
            for link in entry["lots"]
            if not self.sql.execute(
                "SELECT 1 FROM owner WHERE key = ? AND who = ?", (lot_key(link["lot"]), entry["who"])
            ).fetchone()
        ]
        self.sql.executemany("INSERT INTO strange VALUES (?, ?)", [(seq, lot_key(lot)) for lot in strange])
        return "who recalls has no right over " + ", ".join(strange) if strange else None

    def fails(self, target: int, entry: dict) -> str | None:
        told, who = self.read(target), entry["who"]
        if told is not None and told["t"] != EVENT:
            return "the target is no event"
        owner = told["who"] if told else None
        if entry["t"] == DISPUTE:
            return "who recorded the event cannot dispute it" if owner == who else None
        if who != owner and not self.privileged(who):
            return "who corrects has no right over the event"
        voided = "SELECT 1 FROM told WHERE target = ? AND t = ? AND why IS NULL"
        if self.sql.execute(voided, (target, VOID)).fetchone():
            return "the event is void"
        if entry["t"] == VOID or told is None:
            return None
        fields = json.loads(json.dumps(told["ev"]))
        for seq in self.corrections(target):
            apply(fields, self.read(seq)["ev"]["fields"], told["ev"])
        if apply(fields, entry["ev"]["fields"], told["ev"]) is None:
            return "a path that is not there, or a field that must stay"
        return None

    def corrections(self, target: int) -> list:
        rows = self.sql.execute(
            "SELECT seq FROM told WHERE target = ? AND t = ? AND why IS NULL ORDER BY seq", (target, CORRECT)
        )
        return [seq for (seq,) in rows]

    def history(self, seqs: list, lot: str) -> list:
        """The folded story of a lot, one object for each of its entries that is no correction."""
        story: dict = {}
        for seq in seqs:
            entry = self.read(seq)
            if entry is None:
                story[seq] = {"seq": seq, "withheld": True}
                continue
            row = self.sql.execute("SELECT target, why FROM told WHERE seq = ?", (seq,)).fetchone()
            if entry["t"] == RECALL and row:
                counts = self.sql.execute("SELECT 1 FROM strange WHERE seq = ? AND key = ?", (seq, lot_key(lot))).fetchone() is None
                row = (row[0], None if counts else row[1])
            item = {key: entry[key] for key in ("t", "rec", "who") if key in entry} | {"seq": seq}
            if entry["t"] == EVENT:
                story[seq] = item | {"fields": json.loads(json.dumps(entry["ev"])), "told": []}
            elif row and row[0] in story:
                story[row[0]].setdefault("told", []).append(self.said(story[row[0]], item, entry, row))
            else:
                story[seq] = item | ({"counts": not row[1], "why": row[1], "ev": entry["ev"]} if row else {})
        return list(story.values())

    def said(self, event: dict, item: dict, entry: dict, row: tuple) -> dict:
        target, why = row
        item = item | {"counts": why is None, "why": why, "reason": entry["ev"]["reason"]}
        if entry["t"] == CORRECT and why is None and "fields" in event:
            item["changes"] = apply(event["fields"], entry["ev"]["fields"], self.read(target)["ev"])
        elif entry["t"] == CORRECT:
            item["changes"] = [[path, None, new] for path, new in sorted(entry["ev"]["fields"].items())]
        elif why is None:
            event["void" if entry["t"] == VOID else "disputed"] = True
        return item


class ExportCheck:
    """The whole check of an export. `run()` returns the report of a sound one and raises Verdict otherwise."""

    def __init__(self, source: object, policy: Policy | None, since: list, lot: str | None) -> None:
        self.source, self.policy, self.since, self.lot = source, policy, since, lot
        self.memory = Memory()
        self.map = LotMap(self.memory)
        self.read = functools.lru_cache(maxsize=64)(self.read_uncached)
        self.fold = Fold(self.memory, self.read)
        self.redactions: dict = {}
        self.snapshot: int | None = None
        self.genesis: dict = {}
        self.promises: dict = {}
        self.lot_seqs: list = []
        self.last_map: dict | None = None
        self.counted = {"types": {}, "not_understood": {}, "withheld": 0, "maps": 0, "erased": 0}
        self.not_counting: list = []
        self.warnings: list = []

    def run(self) -> dict:
        try:
            return self.check()
        finally:
            self.memory.sql.close()
            self.source.close()

    def check(self) -> dict:
        self.open()
        self.tiles = Tiles(self.source, self.checkpoint.size)
        self.tiles.check_presence()
        tree = TreeCheck(self.tiles, {note.size for note in self.since})
        sealed = tree.whole and tree.edge.root() == self.checkpoint.root
        if sealed:
            self.check_forks(tree.roots)
        self.redactions = self.read_redactions()
        self.snapshot = self.read_snapshot()
        for seq, record, leaf in self.records():
            try:
                if record:
                    self.take(seq, record, leaf)
                else:
                    self.take_withheld(seq, leaf)
            except ValueError as error:
                raise Verdict(TAMPERED, f"entry {seq}: {error}", seq) from error
        if not sealed:
            raise Verdict(TAMPERED, "the entries do not hash to the root of the checkpoint", self.checkpoint.size)
        if tree.wrong:
            level = min(tree.wrong)
            raise Verdict(TAMPERED, f"a tile of level {level} is not that of the entries", tree.wrong[level])
        self.check_promises()
        self.check_key_history()
        if any(note.size > self.checkpoint.size for note in self.since):
            raise Verdict(INCOMPLETE, "the export is older than a note you hold")
        return self.report()

    def open(self) -> None:
        """Read checkpoint and keys, check signatures and quorum (SPEC §3, C2SP signed-note)."""
        note, keys = self.source.read("checkpoint"), self.source.read("keys")
        if note is None or keys is None:
            raise Verdict(INCOMPLETE, "the export has no " + ("checkpoint" if note is None else "keys"))
        try:
            self.checkpoint = Checkpoint(note)
            listed = [VerifierKey(row) for row in keys.decode("utf-8").split("\n") if row]
            known = [*listed, *(self.policy.keys if self.policy else [])]
            logs = self.policy.logs if self.policy and self.policy.logs else listed
            self.times, self.own = self.checkpoint.signed_by(known, logs)
        except ValueError as error:
            raise Verdict(TAMPERED, f"checkpoint: {error}") from error
        if self.policy and not self.policy.met(self.times):
            raise Verdict(INCOMPLETE, "the checkpoint lacks signatures of witnesses that the policy asks for")
        if self.policy and not self.policy.logs:
            self.warnings.append("the policy names no key of a log: those of the export were taken")
        for held in self.since:
            self.check_held(held, known, logs)
        if self.checkpoint.size == 0:
            raise Verdict(TAMPERED, "a log begins with its genesis; this one has size 0")

    def check_held(self, held: Checkpoint, known: list, logs: list) -> None:
        try:
            demand(held.origin == self.checkpoint.origin, "it is of another log")
            held.signed_by(known, logs)
        except ValueError as error:
            raise Verdict(USAGE, f"a note given with --since cannot be used: {error}") from error

    def check_forks(self, roots: dict) -> None:
        """Compare the older notes with the roots this tree had at their sizes."""
        for held in self.since:
            if held.size in roots and roots[held.size] != held.root:
                raise Verdict(
                    FORK,
                    f"the log signed two histories: the tree of size {self.checkpoint.size} does not grow out of "
                    f"the note of size {held.size}",
                    evidence=evidence(held, self.checkpoint, self.tiles),
                )

    def read_redactions(self) -> dict:
        """seq of each withheld entry → seq of the redact entry that announces it (SPEC §6)."""
        found: dict = {}
        for row in (self.source.read("redactions") or b"").split(b"\n"):
            match = re.fullmatch(rb"([1-9][0-9]{0,15}) ([1-9][0-9]{0,15})", row)
            if not row:
                continue
            if not match or int(match[1]) in found or int(match[2]) <= int(match[1]):
                raise Verdict(TAMPERED, "redactions is malformed")
            found[int(match[1])] = int(match[2])
        return found

    def records(self) -> object:
        """(seq, entry bytes, leaf) in order; the bytes hash to the leaf, or are empty."""
        for number in range(-(-self.tiles.size // TILE)):
            data, stand_in = self.tiles.load("entries", number)
            hashes, width = self.tiles.hashes(number), self.tiles.width(0, number)
            at, start = 0, number * TILE
            for seq in range(start, start + width):
                end = at + 2 + int.from_bytes(data[at : at + 2], "big")
                leaf = hashes[(seq - start) * HASH : (seq - start + 1) * HASH]
                if end > len(data) or len(leaf) < HASH:
                    raise Verdict(TAMPERED, f"entry {seq}: its bundle or tile is cut short", seq)
                record = data[at + 2 : end]
                if record and leaf_hash(record) != leaf:
                    raise Verdict(TAMPERED, f"entry {seq} is not the one that was sealed", seq)
                at = end
                yield seq, record, leaf
            if (at != len(data) and not stand_in) or len(hashes) > width * HASH:
                raise Verdict(TAMPERED, "a bundle or a tile holds more than its entries", start + width)

    def read_uncached(self, seq: int) -> dict | None:
        """An entry that was checked before; None when it is withheld."""
        record = self.tiles.record(seq)
        return json.loads(record) if record else None

    def take(self, seq: int, record: bytes, leaf: bytes) -> None:
        """Check one entry against all before it and remember it. ValueError says what is wrong."""
        entry = read_entry(record, self.checkpoint.origin)
        kind = entry["t"]
        demand(seq not in self.redactions, "redactions says it is withheld, but it is served")
        demand((kind == GENESIS) == (seq == 0), "the genesis is entry 0 and no other")
        self.memory.claim(entry["id"])
        if kind in OPERATORS:
            demand(entry["who"] == self.fold.operator, "this type is the operator's")
        if kind in RELATIONS:
            self.check_targets(seq, entry)
        demand(kind == MAP or seq != self.snapshot, "map/latest names it, but it is no map")
        if kind == MAP:
            self.check_map(seq, entry)
        self.memory.chain(entry.get("lots", []), leaf)
        if kind in (GENESIS, KEY):
            self.take_keys(seq, entry)
        why = self.fold.take(seq, entry)
        if why and len(self.not_counting) < 1000:
            self.not_counting.append({"seq": seq, "t": kind, "why": why})
        row = self.counted["types" if kind in FORMS else "not_understood"]
        row[kind] = row.get(kind, 0) + 1
        self.counted["erased"] += sum(map(len, entry["ev"]["paths"].values())) if kind == ERASE else 0
        if self.lot and any(link["lot"] == self.lot for link in entry.get("lots", [])):
            self.lot_seqs.append(seq)

    def take_withheld(self, seq: int, leaf: bytes) -> None:
        """An empty record: the redact entry that announces it says how lots go on (SPEC §6)."""
        by = self.redactions.get(seq)
        demand(seq and by is not None and by < self.tiles.size, "it is withheld and no redact entry announces it")
        demand(seq != self.snapshot, "map/latest names it, but it is no map")
        record = self.tiles.record(by)
        demand(record and leaf_hash(record) == self.tiles.leaf(by), "the redact entry that announces it is damaged")
        redact = read_entry(record, self.checkpoint.origin)
        told = redact["ev"]
        demand(redact["t"] == REDACT and redact["who"] == self.fold.operator, "no redact entry announces it")
        demand(told["seq"] == seq and told["leaf"] == leaf.hex(), "the redact entry announces another one")
        self.memory.claim(told["id"])
        self.memory.chain(told["lots"], leaf)
        self.counted["withheld"] += 1
        if self.lot and any(link["lot"] == self.lot for link in told["lots"]):
            self.lot_seqs.append(seq)

    def check_targets(self, seq: int, entry: dict) -> None:
        kind, ev = entry["t"], entry["ev"]
        for ref in entry["ref"]:
            target = ref["seq"] if "seq" in ref else ev["seq"]
            demand(target < seq, "it names an entry that is not before it")
            demand(self.tiles.leaf(target).hex() == ref["leaf"], "it names a leaf that its target does not have")
            told = self.read(target)
            if kind in (CORRECT, VOID, DISPUTE):
                links = told.get("lots", []) if told else self.read(self.redactions[target])["ev"]["lots"]
                demand([one["lot"] for one in links] == [one["lot"] for one in entry["lots"]], "not its target's lots")
            if kind == REDACT and told:
                demand(told["id"] == ev["id"] and told.get("lots", []) == ev["lots"], "not its target's id and lots")

    def check_map(self, seq: int, entry: dict) -> None:
        ev = entry["ev"]
        demand(ev["size"] == seq, "the size of a map is its own seq")
        demand(ev["lots"] == self.memory.lots, f"the map says {ev['lots']} lots, there are {self.memory.lots}")
        demand(ev["height"] in self.map.heights(), "the height of the map")
        demand(self.map.root(ev["height"]).hex() == ev["root"], "the root of the map")
        if seq == self.snapshot:
            self.check_snapshot(seq, ev["height"])
        self.last_map = {"seq": seq, "rec": entry["rec"]}
        self.counted["maps"] += 1

    def read_snapshot(self) -> int | None:
        """The map entry whose records lie in the export (SPEC §9), None when there are none."""
        data = self.source.read("map/latest")
        if data is None:
            return None
        match = re.fullmatch(rb"([1-9][0-9]{0,15})\n", data)
        if not match:
            raise Verdict(TAMPERED, "map/latest is malformed")
        if int(match[1]) >= self.checkpoint.size:
            self.warnings.append("the map's records are of a map after the checkpoint: they were not checked")
        return int(match[1])

    def check_snapshot(self, seq: int, height: int) -> None:
        """The map's records as files are those of the lots in the entries before it."""
        for first in range(0, 1 << height, TILE):
            name = f"map/{seq}/{number_name(first // TILE)}"
            data = self.source.read(name)
            if data is None:
                raise Verdict(INCOMPLETE, f"{name} is missing")
            demand(data == self.map.records(first, min(first + TILE, 1 << height), 64 - height), f"{name} is not what the map says")

    def take_keys(self, seq: int, entry: dict) -> None:
        """Note from which size to which size a key is promised (SPEC §4); a promise holds only beyond its own entry."""
        ev = entry["ev"]
        if entry["t"] == GENESIS:
            self.genesis = ev
            self.promises = {key: [0, None] for key in ev["keys"]}
        elif "add" in ev:
            start, row = max(ev["from"], seq + 1), self.promises.setdefault(ev["add"], [None, None])
            row[0] = start if row[0] is None else min(row[0], start)
        else:
            end, row = max(ev["to"], seq + 1), self.promises.setdefault(ev["retire"], [None, None])
            row[1] = end if row[1] is None else min(row[1], end)

    def promised(self, key: str) -> bool:
        start, end = self.promises.get(key, (None, None))
        size = self.checkpoint.size
        return start is not None and start <= size and (end is None or end > size)

    def check_promises(self) -> None:
        if not any(self.promised(key) for key in self.own):
            raise Verdict(TAMPERED, "the key that signed the checkpoint is not promised for this size")

    def check_key_history(self) -> None:
        data, root = self.source.read("key-history"), self.genesis.get("root")
        if data is None or root is None:
            return
        try:
            key, note = VerifierKey(root), Note(data)
            demand(key.type == PLAIN and note.verified([key]), "not signed by the root key of the genesis")
            rows = note.text.split("\n")[:-1]
            demand(rows[0] == self.checkpoint.origin + "/key-history", "its first line")
            self.compare_history(rows[1:])
        except ValueError as error:
            raise Verdict(TAMPERED, f"key-history: {error}") from error

    def compare_history(self, rows: list) -> None:
        size, before, seen = self.checkpoint.size, 0, set()
        for row in rows:
            match = re.fullmatch(r"(0|[1-9][0-9]{0,15}) (-|0|[1-9][0-9]{0,15}) ([!-~]+)", row)
            demand(match and int(match[1]) >= before and match[3] not in seen, "its form")
            before, end = int(match[1]), None if match[2] == "-" else int(match[2])
            seen.add(match[3])
            start, retired = self.promises.get(match[3], (None, None))
            if start is None:
                demand(before > size, "a key that the log does not promise")
            else:
                demand(before == start, "the size from which a key is good")
                demand(end is None or end == retired or (retired is None and end > size), "the size to which a key is good")
        if any(start is not None and key not in seen for key, (start, _end) in self.promises.items()):
            self.warnings.append("a key that the log promises is not in key-history")

    def report(self) -> dict:
        policy = self.source.read("policy")
        if policy is not None and hashlib.sha256(policy).hexdigest() != self.genesis["policy"]:
            self.warnings.append("the policy served is not the one the genesis names; it may have changed since")
        size, up_to = self.checkpoint.size, self.last_map
        return {
            "origin": self.checkpoint.origin,
            "size": size,
            "root": self.checkpoint.root.hex(),
            "lots": self.memory.lots,
            **self.counted,
            "operator": self.fold.operator,
            "complete_up_to": up_to and {**up_to, "entries_after": size - up_to["seq"] - 1},
            "signed_by": [{"key": key, "time": stamp(at)} for key, at in self.times.items()],
            "notes_compared": len(self.since),
            "not_counting": self.not_counting,
            "warnings": self.warnings,
            **({"lot": {"id": self.lot, "entries": self.fold.history(self.lot_seqs, self.lot)}} if self.lot else {}),
        }


class Proof:
    """A proof of one entry (C2SP tlog-proof): `index`, `hashes`, `checkpoint`, and `extra` or None; ValueError when malformed."""

    def __init__(self, data: bytes) -> None:
        head, blank, note = data.partition(b"\n\n")
        try:
            rows = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise ValueError("a proof is ASCII up to its note") from error
        demand(blank and rows.pop(0) == "c2sp.org/tlog-proof@v1", "the first line is not that of a proof")
        extra = rows.pop(0)[6:] if rows and rows[0].startswith("extra ") else None
        self.extra = None if extra is None else strict_base64(extra)
        match = re.fullmatch("index (0|[1-9][0-9]{0,18})", rows.pop(0) if rows else "")
        demand(match, "the line with the index")
        self.index, self.hashes = int(match[1]), [strict_base64(row) for row in rows]
        demand(len(rows) <= 63 and all(len(one) == HASH for one in self.hashes), "at most 63 hashes of 32 bytes")
        self.checkpoint = Checkpoint(note)

    def root(self, leaf: bytes) -> bytes:
        """The root that the proof leads to from a leaf (RFC 9162 §2.1.3.2); ValueError when it has another length."""
        fn, sn, root = self.index, self.checkpoint.size - 1, leaf
        demand(fn <= sn, "an entry beyond the checkpoint")
        for one in self.hashes:
            demand(sn, "a hash too many")
            if fn & 1 or fn == sn:
                root = node_hash(one, root)
                while fn and not fn & 1:
                    fn, sn = fn >> 1, sn >> 1
            else:
                root = node_hash(root, one)
            fn, sn = fn >> 1, sn >> 1
        demand(sn == 0, "too few hashes")
        return root


def check_proof(data: bytes, policy: Policy, given: bytes | None) -> dict:
    """Whether the entry in the proof, or the one given beside it, is under its checkpoint. Raises Verdict."""
    try:
        proof = Proof(data)
    except ValueError as error:
        raise Verdict(USAGE, f"not a proof: {error}") from error
    point = proof.checkpoint
    try:
        times, _own = point.signed_by(policy.keys, policy.logs)
    except ValueError as error:
        raise Verdict(TAMPERED, f"checkpoint: {error}") from error
    if not policy.met(times):
        raise Verdict(INCOMPLETE, "the checkpoint lacks signatures of witnesses that the policy asks for")
    record = proof.extra if given is None else given
    if record is None:
        raise Verdict(INCOMPLETE, "the file holds no entry: give it with --entry FILE")
    try:
        demand(proof.root(leaf_hash(record)) == point.root, "the proof does not lead from this entry to the root of the checkpoint")
        entry = read_entry(record, point.origin)
    except ValueError as error:
        raise Verdict(TAMPERED, f"entry {proof.index}: {error}", proof.index) from error
    return {
        "origin": point.origin,
        "size": point.size,
        "index": proof.index,
        "leaf": leaf_hash(record).hex(),
        "says": "this entry is in the log; whether a later one corrects, voids or disputes it shows the bundle of its lot",
        "signed_by": [{"key": key, "time": stamp(at)} for key, at in times.items()],
        "entry": entry,
    }


def stamp(at: int) -> str | None:
    """The time of a cosignature for people; None for a plain signature."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) if 0 < at < 2**37 else None


def evidence(older: Checkpoint, newer: Checkpoint, tiles: Tiles) -> dict:
    """Both notes, and the proof that the newer tree's beginning is not the older tree (SPEC §9)."""
    proof = []
    if older.size < newer.size and older.size:
        ranges = consistency_ranges(older.size, 0, newer.size, False)
        for lo, hi in ranges:
            edge = Edge()
            for seq in range(lo, hi):
                edge.push(tiles.leaf(seq))
            proof.append(base64.b64encode(edge.root()).decode("ascii"))
    return {
        "format": "chonongsan/evidence/1",
        "notes": [older.note.whole, newer.note.whole],
        "proof": proof,
        "why": f"root of size {older.size} differs",
    }


def check_evidence(data: dict, policy: Policy) -> dict:
    """What a file saved by a page or by this program shows (SPEC §9): a fork, a log set back, a bundle that does not fit.

    Raises Verdict: 2 proven, 1 not what was signed, 3 not provable from the file, 4 no evidence.
    """
    notes, bundle = data.get("notes"), data.get("bundle")
    whole = isinstance(notes, list) and all(isinstance(note, str) for note in notes) and len(notes) in (1, 2)
    if not whole or not isinstance(bundle, (dict, type(None))) or (len(notes) == 1 and bundle is None):
        raise Verdict(USAGE, "not a file of evidence: it holds two notes of one log, or one note and the bundle of a lot")
    if len(notes) == 1:
        return check_saved_bundle(data, policy)
    older, newer = sorted((held_note(note, policy) for note in notes), key=lambda held: held.size)
    if older.origin != newer.origin:
        raise Verdict(TAMPERED, "this proves nothing: the notes are of two logs")
    return compare_notes(older, newer, data, [*policy.keys, *promised_keys(data, policy)])


def check_saved_bundle(data: dict, policy: Policy) -> dict:
    """One note, and what a page downloaded under it: does the log, as it signed, hold it?"""
    bundle = data["bundle"]
    if bundle.get("format") != "chonongsan/bundle/1" or bundle.get("checkpoint") != data["notes"][0]:
        raise Verdict(TAMPERED, "this proves nothing: the bundle in the file is not that of its note")
    try:
        report = BundleCheck(bundle, policy).run()
    except Verdict as verdict:
        if verdict.code != TAMPERED:
            raise
        why = f"{verdict.why}. What was downloaded is not what the log signed; who changed it, the log or somebody between, the file cannot say"
        raise Verdict(TAMPERED, why, verdict.index) from verdict
    report["says"] = f"the bundle fits the note that the log signed, so the file shows no fault; the page said: {data.get('why')}"
    return report


def held_note(note: str, policy: Policy) -> Checkpoint:
    """A note that a log of the policy signed."""
    try:
        point = Checkpoint(note.encode("utf-8"))
        point.signed_by(policy.keys, policy.logs)
    except ValueError as error:
        raise Verdict(TAMPERED, f"this proves nothing: {error}") from error
    return point


def promised_keys(data: dict, policy: Policy) -> list:
    """The log's keys that sign with time, when a bundle in the file shows the genesis that promises them."""
    bundle = data.get("bundle")
    if bundle is None or bundle.get("checkpoint") not in data["notes"]:
        return []
    try:
        check = BundleCheck(bundle, policy)
        check.run()
        keys = [VerifierKey(key) for key in check.entries[0]["ev"]["keys"]] if 0 in check.entries else []
    except (Verdict, ValueError):
        return []
    return [key for key in keys if key.type == COSIGNATURE and key.name == check.checkpoint.origin]


def compare_notes(older: Checkpoint, newer: Checkpoint, data: dict, keys: list) -> dict:
    """Whether two signed notes of one log conflict; the proof in the file leads to the root of the larger one."""
    report = {"origin": older.origin, "sizes": [older.size, newer.size]}
    if older.size == newer.size:
        if older.root != newer.root:
            raise Verdict(FORK, f"the log signed two trees of size {older.size}", evidence=data)
        return report | {"says": "both notes are of the same tree: no fork"}
    check_order(older, newer, data, keys)
    if older.size == 0:
        if older.root != Edge().root():
            raise Verdict(FORK, "the log signed an empty tree that is not empty", evidence=data)
        return report | {"says": "one note is of the empty log, which every log extends: no fork"}
    return report | {"says": told_by_proof(older, newer, data)}


def check_order(older: Checkpoint, newer: Checkpoint, data: dict, keys: list) -> None:
    """A log only grows: no key signs fewer entries later than more. A line that does not hold tells no time."""
    try:
        small, large = older.note.verified(keys), newer.note.verified(keys)
    except ValueError:
        return
    for key, at in small.items():
        if 0 < large.get(key, 0) < at:
            told = f"signed {newer.size} entries at {stamp(large[key])} and only {older.size} later, at {stamp(at)}"
            raise Verdict(FORK, f"the log was set back: {key} {told}", evidence=data)


def told_by_proof(older: Checkpoint, newer: Checkpoint, data: dict) -> str:
    try:
        proof = [strict_base64(one) for one in data.get("proof", [])]
    except (ValueError, TypeError, AttributeError) as error:
        raise Verdict(TAMPERED, f"this proves nothing: {error}") from error
    for start in ([], [older.root]):
        roots = roots_of_proof(older.size, newer.size, start + proof)
        if roots and roots[1] == newer.root:
            if roots[0] != older.root:
                raise Verdict(FORK, "the newer tree does not grow out of the older one", evidence=data)
            return "the larger tree extends the smaller one: no fork"
    if proof:
        raise Verdict(INCOMPLETE, "the proof in the file does not lead to the newer root: compare by export --since FILE")
    raise Verdict(
        INCOMPLETE,
        f"both notes are the log's, of {older.size} and {newer.size} entries; the file holds no proof that one does not grow out of "
        f"the other. If the log shows only {older.size} entries today, it was set back: keep the file, and check an export with --since FILE",
    )


class BundleCheck:
    """The check of SPEC §8 for what a phone gets. `run()` returns the report or raises Verdict."""

    def __init__(self, data: dict, policy: Policy) -> None:
        self.data, self.policy = data, policy
        self.entries: dict = {}
        self.leaves: dict = {}
        self.links: list = []

    def run(self) -> dict:
        try:
            self.checkpoint = Checkpoint(self.data["checkpoint"].encode("utf-8"))
            self.times, _own = self.checkpoint.signed_by(self.policy.keys, self.policy.logs)
            demand(self.checkpoint.origin == self.data["origin"], "the checkpoint is of another log")
            if not self.policy.met(self.times):
                raise Verdict(INCOMPLETE, "the checkpoint lacks signatures of witnesses that the policy asks for")
            self.lot = self.data["lot"]
            self.read_leaves()
            hashes = strict_base64(self.data["hashes"])
            demand(len(hashes) % HASH == 0, "hashes have 32 bytes")
            parts = [hashes[at : at + HASH] for at in range(0, len(hashes), HASH)]
            root = merged_root(self.leaves, self.checkpoint.size, parts)
            demand(root == self.checkpoint.root, "the entries do not lead to the root of the checkpoint")
            self.check_roles()
            self.check_chain()
            up_to = self.check_map()
            opened = self.check_openings()
            return self.report(up_to, opened)
        except (KeyError, TypeError, AttributeError) as error:
            raise Verdict(INCOMPLETE, f"the bundle lacks a part or has it in another form: {error!r}") from error
        except ValueError as error:
            raise Verdict(TAMPERED, str(error)) from error

    def read_leaves(self) -> None:
        """Entries, context and map by seq, and the leaves of what is withheld."""
        given = [*self.data["entries"], *self.data["context"], *([self.data["map"]] if "map" in self.data else [])]
        for item in given:
            seq, data = item["seq"], item["data"].encode("utf-8")
            demand(is_count(seq) and self.leaves.get(seq, leaf_hash(data)) == leaf_hash(data), f"entry {seq}: twice")
            try:
                self.entries[seq] = read_entry(data, self.checkpoint.origin)
            except ValueError as error:
                raise Verdict(TAMPERED, f"entry {seq}: {error}", seq) from error
            self.leaves[seq] = leaf_hash(data)
        for item in self.data.get("withheld", []):
            demand(is_count(item["seq"]) and item["seq"] not in self.leaves, "a withheld entry that is there")
            demand(matches(HEX, item["leaf"]), "the leaf of a withheld entry")
            self.leaves[item["seq"]] = bytes.fromhex(item["leaf"])

    def check_roles(self) -> None:
        """The genesis, when given, names the operator; its types are nobody else's."""
        self.operator = self.entries[0]["who"] if 0 in self.entries else None
        for seq, entry in self.entries.items():
            if (entry["t"] == GENESIS) != (seq == 0):
                raise Verdict(TAMPERED, f"entry {seq}: the genesis is entry 0 and no other", seq)
            if self.operator and entry["t"] in OPERATORS and entry["who"] != self.operator:
                raise Verdict(TAMPERED, f"entry {seq}: this type is the operator's", seq)

    def check_chain(self) -> None:
        """The lot's entries from n = 0 on, each linked to the one before, withheld ones by their redact entry."""
        rows = [(item["seq"], self.entries[item["seq"]].get("lots", [])) for item in self.data["entries"]]
        for item in self.data.get("withheld", []):
            redact = self.entries[item["by"]]
            demand(redact["t"] == REDACT, "a withheld entry is not announced")
            told = redact["ev"]
            demand(told["seq"] == item["seq"] and told["leaf"] == item["leaf"], "a withheld entry is not announced")
            rows.append((item["seq"], told["lots"]))
        before = ZEROS
        for n, (seq, links) in enumerate(sorted(rows)):
            link = next((link for link in links if link["lot"] == self.lot), None)
            if link is None or link["n"] != n or link["prev"] != before:
                raise Verdict(TAMPERED, f"entry {seq} is not number {n} of the lot", seq)
            before = self.leaves[seq].hex()
        self.links = sorted(seq for seq, _ in rows)
        given = [item["seq"] for item in self.data["entries"]]
        demand(given == sorted(given), "the entries are out of order")

    def check_map(self) -> dict | None:
        """The count and last leaf that the map entry promises for this lot (SPEC §7)."""
        if "map" not in self.data:
            return None
        part = self.data["map"]
        entry = self.entries[part["seq"]]
        demand(entry["t"] == MAP and entry["ev"]["size"] == part["seq"], "the map is no map entry")
        records, siblings = strict_base64(part["bucket"]), strict_base64(part["siblings"])
        height = entry["ev"]["height"]
        demand(len(records) % 68 == 0 and len(siblings) == height * HASH, "the lengths of the map's proof")
        rows = [records[at : at + 68] for at in range(0, len(records), 68)]
        keys = [row[:32] for row in rows]
        key = lot_key(self.lot)
        number = int.from_bytes(key[:8], "big") >> (64 - height)
        demand(keys == sorted(set(keys)), "the records of a bucket are sorted, each once")
        demand(all(int.from_bytes(one[:8], "big") >> (64 - height) == number for one in keys), "a record of another bucket")
        root = bucket_hash(records)
        for level in range(height):
            sibling = siblings[level * HASH : (level + 1) * HASH]
            root = node_hash(sibling, root) if number >> level & 1 else node_hash(root, sibling)
        demand(root.hex() == entry["ev"]["root"], "the map's proof does not lead to its root")
        earlier = [seq for seq in self.links if seq < part["seq"]]
        expected = key + len(earlier).to_bytes(4, "big") + self.leaves[earlier[-1]] if earlier else None
        found = next((row for row in rows if row[:32] == key), None)
        if found != expected:
            raise Verdict(TAMPERED, "the map knows another number of entries or another last one", part["seq"])
        return {"seq": part["seq"], "rec": entry["rec"], "entries_after": len(self.links) - len(earlier)}

    def check_openings(self) -> int:
        """Salt and value must make the commitment that stands in the entry (SPEC §6)."""
        openings = self.data.get("openings", [])
        for item in openings:
            entry = self.entries[item["seq"]]
            value = ENCODER.encode(item["value"]).encode("utf-8")
            words = ["chonongsan/commit/1", entry["log"], entry["id"], item["path"]]
            message = b"\x00".join([*(word.encode("utf-8") for word in words), value])
            salt = strict_base64(item["salt"])
            made = hmac.new(salt, message, hashlib.sha256).hexdigest()
            if len(salt) != 32 or entry.get("c", {}).get(item["path"]) != made:
                raise Verdict(TAMPERED, f"entry {item['seq']}: the value at {item['path']} is not the one promised", item["seq"])
        return len(openings)

    def warnings(self) -> list:
        """What an operator may do cannot be judged where the genesis, which names the operator, is not given."""
        if self.operator or {entry["t"] for entry in self.entries.values()} <= {EVENT, MAP}:
            return []
        return ["the bundle does not hold the genesis: who the operator is was not checked"]

    def report(self, up_to: dict | None, opened: int) -> dict:
        memory = Memory()
        fold = Fold(memory, self.entries.get)
        for seq in sorted(self.entries):
            if self.entries[seq]["t"] not in (CORRECT, VOID, DISPUTE) or seq in self.links:
                fold.take(seq, self.entries[seq])
        story = fold.history(self.links, self.lot)
        memory.sql.close()
        return {
            "origin": self.checkpoint.origin,
            "size": self.checkpoint.size,
            "root": self.checkpoint.root.hex(),
            "operator": self.operator,
            "complete_up_to": up_to,
            "openings": opened,
            "waiting": self.data.get("waiting", 0),
            "withheld": len(self.data.get("withheld", [])),
            "signed_by": [{"key": key, "time": stamp(at)} for key, at in self.times.items()],
            "warnings": self.warnings(),
            "lot": {"id": self.lot, "entries": story},
        }


def read_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_FILE)
    except OSError as error:
        raise Verdict(USAGE, f"{path}: {error.strerror}") from error


def read_policy(path: str | None) -> Policy | None:
    if path is None:
        sys.stderr.write("warning: no --policy: the keys are taken from what is checked, so this shows only that it fits itself\n")
        return None
    try:
        return Policy(read_file(path))
    except ValueError as error:
        raise Verdict(USAGE, f"{path}: {error}") from error


def read_since(path: str) -> list:
    """The note in a file, or the notes of a file of evidence."""
    data = read_file(path)
    try:
        if not data.startswith(b"{"):
            return [Checkpoint(data)]
        notes = json.loads(data.decode("utf-8"))["notes"]
        return [Checkpoint(note.encode("utf-8")) for note in notes]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise Verdict(USAGE, f"{path}: {error}") from error


def read_json(path: str, form: str) -> dict:
    try:
        data = json.loads(read_file(path).decode("utf-8"))
        demand(isinstance(data, dict) and data.get("format") == form, f"its format is not {form}")
    except (ValueError, RecursionError) as error:
        raise Verdict(USAGE, f"{path}: {error}") from error
    return data


def check(options: argparse.Namespace) -> dict:
    """Run the command; the report of what is sound. Raises Verdict."""
    policy = read_policy(options.policy)
    if options.command == "export":
        since = [note for path in options.since for note in read_since(path)]
        path = Path(options.path)
        if not path.exists():
            raise Verdict(INCOMPLETE, f"{path} is not there")
        source = Folder(path) if path.is_dir() else Archive(path)
        return ExportCheck(source, policy, since, options.lot).run()
    if policy is None or not policy.logs:
        raise Verdict(USAGE, "this command needs --policy with a key of the log")
    if options.command == "bundle":
        return BundleCheck(read_json(options.path, "chonongsan/bundle/1"), policy).run()
    if options.command == "proof":
        return check_proof(read_file(options.path), policy, read_file(options.entry) if options.entry else None)
    return check_evidence(read_json(options.path, "chonongsan/evidence/1"), policy)


class Parser(argparse.ArgumentParser):
    """Wrong usage ends with 4, as SPEC §9 wants, not with 2, which means a fork."""

    def error(self, message: str) -> None:
        self.print_usage(sys.stderr)
        sys.stderr.write(f"{self.prog}: {message}\n")
        raise SystemExit(USAGE)


def parse(arguments: list) -> argparse.Namespace:
    parser = Parser(prog="tlog_verify.py", description=__doc__.split("\n", maxsplit=1)[0])
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    for name, what in (
        ("export", "a folder or tar file of a whole log"),
        ("bundle", "what a phone gets of one lot (bundle.json)"),
        ("proof", "a C2SP tlog-proof of one entry"),
        ("evidence", "what a page or this program saved when the log did not fit"),
    ):
        one = commands.add_parser(name, help=what)
        one.add_argument("path")
        one.add_argument("--policy", metavar="FILE", help="C2SP tlog-policy, or plain lines of verifier keys")
        one.add_argument("--json", action="store_true", help="the report as one JSON object")
        if name == "proof":
            one.add_argument("--entry", metavar="FILE", help="the entry's exact bytes, where the proof does not hold them")
        if name == "export":
            one.add_argument("--since", metavar="NOTE", action="append", default=[], help="an older checkpoint you hold, or a file of evidence")
            one.add_argument("--lot", metavar="ID", help="print the folded history of this lot")
            one.add_argument("--evidence-out", metavar="FILE", default="tlog-evidence.json", help="where a fork is written")
    return parser.parse_args(arguments)


def main(arguments: list | None = None) -> int:
    options = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        report = {"verdict": WORDS[SOUND], "exit": SOUND, **check(options)}
    except Verdict as verdict:
        report = {"verdict": WORDS[verdict.code], "exit": verdict.code, "index": verdict.index, "why": verdict.why}
        if options.command == "export" and verdict.evidence:
            Path(options.evidence_out).write_text(json.dumps(verdict.evidence, ensure_ascii=False, indent=1), "utf-8")
            report["evidence"] = options.evidence_out
    sys.stdout.write(json.dumps(report, indent=1) + "\n" if options.json else shown(told(report)))
    return report["exit"]


def shown(text: str) -> str:
    """Text of a log we do not trust, fit for a terminal: control and format characters are spelled out."""
    return "".join(char if char.isprintable() or char == "\n" else f"\\u{ord(char):04x}" for char in text)


def told(report: dict) -> str:
    """The report for people."""
    if report["exit"]:
        at = "" if report["index"] is None else f" (first bad index {report['index']})"
        more = f"evidence written to {report['evidence']}\n" if "evidence" in report else ""
        return f"{report['verdict'].upper()}{at}: {report['why']}\n{more}"
    rows = [f"SOUND: {report['origin']}"]
    for key, value in report.items():
        if key not in ("verdict", "exit", "origin", "lot", "not_counting", "warnings", "signed_by") and value is not None:
            rows.append(f"  {key}: {value if isinstance(value, (str, int)) else json.dumps(value, ensure_ascii=False)}")
    rows += [f"  signed by {one['key']}" + (f" at {one['time']}" if one["time"] else "") for one in report.get("signed_by", [])]
    rows += [f"  does not count: entry {one['seq']} ({one['t']}): {one['why']}" for one in report.get("not_counting", [])]
    rows += [f"  warning: {warning}" for warning in report.get("warnings", [])]
    if "lot" in report and isinstance(report["lot"], dict):
        rows.append(f"lot {report['lot']['id']}")
        rows += [line for item in report["lot"]["entries"] for line in told_entry(item)]
    return "\n".join(rows) + "\n"


def told_entry(item: dict) -> list:
    """The lines of one entry of a lot's history; `old → new` for what was corrected."""
    if item.get("withheld"):
        return [f"  {item['seq']} withheld, announced by the operator"]
    marks = "".join(f" [{word}]" for word in ("void", "disputed") if item.get(word))
    rows = [f"  {item['seq']} {item['rec']} {item.get('who', '')} {item['t']}{marks}"]
    if "fields" in item:
        rows.append("      " + json.dumps(item["fields"], ensure_ascii=False, sort_keys=True))
    elif item.get("why"):
        rows.append(f"      does not count: {item['why']}")
    for one in item.get("told", []):
        rows.append(f"      {one['seq']} {one['rec']} {one['who']} {one['t']} {one['reason']}")
        for path, *values in one.get("changes") or []:
            rows.append(f"        {path}: " + " → ".join(json.dumps(value, ensure_ascii=False) for value in values))
        rows += [f"        does not count: {one['why']}"] if one["why"] else []
    return rows


if __name__ == "__main__":
    # a console of another encoding shows what it cannot as an escape
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main())
