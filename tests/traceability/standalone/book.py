"""Writes logs and exports literally from docs/log.md, to be checked by programs that share nothing with it."""

import base64
import json
import shutil
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORIGIN = "trace.book.example/log/1"
OPERATOR = "org:market"
ZEROS = "0" * 64


def kind(word: str) -> str:
    return f"chonongsan/{word}/1"


def spelled(thing: object) -> bytes:
    return json.dumps(thing, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")


def read(record: bytes) -> object:
    try:
        return json.loads(record)
    except (ValueError, RecursionError):
        return None


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Key:
    """A made-up key; `line` signs a note's text with it."""

    def __init__(self, name: str, number: int, type_: int = 1) -> None:
        self.name, self.type = name, type_
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        data = bytes([type_]) + public
        self.id = sha256(name.encode() + b"\n" + data).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{encoded(data)}"

    def line(self, text: str, at: int = 1_790_000_000) -> str:
        if self.type == 1:
            signature = self.private.sign(text.encode())
        else:
            signature = at.to_bytes(8, "big") + self.private.sign(f"cosignature/v1\ntime {at}\n{text}".encode())
        return f"— {self.name} {encoded(self.id + signature)}\n"


LOG = Key(ORIGIN, 1)
LATER = Key(ORIGIN, 2)
TIMED = Key(ORIGIN, 3, 4)
WITNESS = Key("witness.example/w", 4, 4)
ROOT = Key(ORIGIN + "/root", 5)
STRANGER = Key(ORIGIN, 6)
UNKNOWN = Key("nobody.example", 7)
SIGNERS = (LOG, LATER, TIMED, WITNESS)
POLICY = f"# asked for\nlog {LOG.vkey}\nlog {LATER.vkey} https://trace.book.example\nwitness w {WITNESS.vkey}\nquorum w\n"


def note(text: str, signers: tuple = SIGNERS) -> str:
    return text + "\n" + "".join(key.line(text) for key in signers)


def checkpoint_text(size: int, root: bytes, origin: str = ORIGIN) -> str:
    return f"{origin}\n{size}\n{encoded(root)}\n"


def leaf_of(record: bytes) -> bytes:
    return sha256(b"\x00" + record).digest()


def root_of(leaves: list) -> bytes:
    """RFC 6962 §2.1 word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def tile_path(level: object, number: int, width: int) -> str:
    assert number < 1000
    return f"tile/{level}/{number:03d}" + ("" if width == 256 else f".p/{width}")


def map_event(tails: dict, size: int, height: int | None = None) -> dict:
    """SPEC §7, every bucket anew; `tails`: lot → (count, last leaf)."""
    if height is None:
        height = 0
        while len(tails) > 16 * 2**height:
            height += 1
    leaves = [sha256(b"bucket/1\x00" + bucket).digest() for bucket in map_buckets(tails, height)]
    return {"size": size, "height": height, "lots": len(tails), "root": root_of(leaves).hex()}


def map_buckets(tails: dict, height: int) -> list:
    """The records of each bucket, joined."""
    buckets: list = [[] for _ in range(2**height)]
    for lot, (count, leaf) in tails.items():
        key = sha256(b"lot\x00" + lot.encode("utf-8", "surrogatepass")).digest()
        buckets[int.from_bytes(key, "big") >> (256 - height)].append(key + count.to_bytes(4, "big") + leaf)
    return [b"".join(sorted(bucket)) for bucket in buckets]


class Book:
    """Entries in order, as objects; `tails` knows the lots."""

    def __init__(self) -> None:
        self.objects: list = []
        self.records: list = []
        self.tails: dict = {}
        self.withheld: dict = {}
        self.snapshots: dict = {}

    @property
    def leaves(self) -> list:
        return [leaf_of(record) for record in self.records]

    def links(self, lots: tuple) -> list:
        found = []
        for lot in sorted(lots):
            count, leaf = self.tails.get(lot, (0, b""))
            found.append({"lot": lot, "n": count, "prev": leaf.hex() or ZEROS})
        return found

    def put(self, thing: object) -> int:
        """Append an object as it stands, or exact bytes; its links become the tails of their lots."""
        record = thing if isinstance(thing, bytes) else spelled(thing)
        self.objects.append(thing)
        self.records.append(record)
        thing = read(record)
        self.keep_snapshot(len(self.records) - 1, thing)
        links = thing.get("lots", []) if isinstance(thing, dict) else []
        for link in links if isinstance(links, list) else []:
            if isinstance(link, dict) and isinstance(link.get("lot"), str):
                self.tails[link["lot"]] = (self.tails.get(link["lot"], (0, b""))[0] + 1, leaf_of(record))
        return len(self.records) - 1

    def entry(self, word: str, ev: dict, *, lots: tuple = (), who: str = OPERATOR, **more: object) -> dict:
        seq = len(self.records)
        made = {
            "t": kind(word),
            "log": ORIGIN,
            "id": f"urn:entry:{seq}",
            "rec": f"2026-03-01T00:{seq // 60 % 60:02d}:{seq % 60:02d}.000Z",
            "who": who,
            "ev": ev,
            "lots": self.links(lots),
        }
        return made | more

    def add(self, word: str, ev: dict, **more: object) -> int:
        return self.put(self.entry(word, ev, **more))

    def genesis(self, *, keys: tuple = (LOG, TIMED), **more: object) -> int:
        ev = {"keys": [key.vkey for key in keys], "policy": sha256(POLICY.encode()).hexdigest(), "profile": 1}
        return self.add("genesis", ev | more)

    def event(self, *lots: str, who: str = "org:coop", more: dict | None = None, **fields: object) -> int:
        name = f"urn:event:{len(self.records)}"
        ev = {"type": "ObjectEvent", "eventID": name, "eventTime": "2026-02-01T00:00:00.000Z", "note": "tưới nước"}
        return self.add("event", ev | fields, lots=lots, who=who, id=name, **(more or {}))

    def ref(self, word: str, seq: int) -> list:
        return [{"rel": word, "seq": seq, "leaf": leaf_of(self.records[seq]).hex()}]

    def lots_of(self, seq: int) -> tuple:
        return tuple(link["lot"] for link in self.objects[seq].get("lots", []))

    def correct(self, seq: int, fields: dict, *, who: str = "org:coop", **more: object) -> int:
        ev = {"fields": fields, "reason": "typo"}
        return self.add("correct", ev, lots=self.lots_of(seq), who=who, ref=self.ref("corrects", seq), **more)

    def about(self, word: str, rel: str, seq: int, *, who: str = "org:coop") -> int:
        return self.add(word, {"reason": "mistake"}, lots=self.lots_of(seq), who=who, ref=self.ref(rel, seq))

    def redact(self, seq: int, *, withhold: bool = True, who: str = OPERATOR) -> int:
        told = self.objects[seq]
        ev = {"leaf": leaf_of(self.records[seq]).hex(), "seq": seq, "lots": told["lots"], "id": told["id"], "reason": "phone"}
        by = self.add("redact", ev, ref=self.ref("redacts", seq), who=who)
        if withhold:
            self.withheld[seq] = by
        return by

    def erase(self, seq: int, *paths: str) -> int:
        leaf = leaf_of(self.records[seq]).hex()
        return self.add("erase", {"paths": {leaf: list(paths)}, "ground": "request"}, ref=self.ref("erases", seq))

    def map(self, height: int | None = None, **wrong: object) -> int:
        return self.add("map", map_event(self.tails, len(self.records), height) | wrong)

    def keep_snapshot(self, seq: int, thing: object) -> None:
        """The files of SPEC §9 for a map over the entries so far."""
        ev = thing.get("ev") if isinstance(thing, dict) and thing.get("t") == kind("map") else None
        height = ev.get("height") if isinstance(ev, dict) else None
        if type(height) is int and 0 <= height <= 16:
            buckets = map_buckets(self.tails, height)
            self.snapshots[seq] = [b"".join(buckets[at : at + 256]) for at in range(0, len(buckets), 256)]

    def checkpoint(self, size: int | None = None, signers: tuple = SIGNERS) -> str:
        size = len(self.records) if size is None else size
        return note(checkpoint_text(size, root_of(self.leaves[:size])), signers)

    def write(
        self,
        folder: Path,
        *,
        size: int | None = None,
        signers: tuple = SIGNERS,
        history: str | None = None,
        snapshot: int | None = None,
    ) -> Path:
        """The export of the first `size` entries as SPEC §9 lays it out; `snapshot`: another map than the last one."""
        size = len(self.records) if size is None else size
        if folder.exists():
            shutil.rmtree(folder)
        leaves = self.leaves[:size]
        files = tile_files(leaves) | bundle_files(self.records[:size], self.withheld)
        files["keys"] = "".join(key.vkey + "\n" for key in (LOG, TIMED, LATER)).encode()
        files["policy"] = POLICY.encode()
        files["redactions"] = "".join(f"{seq} {by}\n" for seq, by in sorted(self.withheld.items())).encode()
        if history is not None:
            files["key-history"] = history.encode()
        if snapshot is None:
            snapshot = max((seq for seq in self.snapshots if seq < size), default=None)
        if snapshot:
            files |= {f"map/{snapshot}/{number:03d}": data for number, data in enumerate(self.snapshots[snapshot])}
            files["map/latest"] = b"%d\n" % snapshot
        files["checkpoint"] = self.checkpoint(size, signers).encode()
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder


def tile_files(leaves: list) -> dict:
    """Every tile of the tree, level by level; a hash above level 0 stands for 256 of the level below."""
    files, level, row = {}, 0, leaves
    while row:
        for at in range(0, len(row), 256):
            files[tile_path(level, at // 256, len(row[at : at + 256]))] = b"".join(row[at : at + 256])
        row = [root_of(row[at : at + 256]) for at in range(0, len(row) // 256 * 256, 256)]
        level += 1
    return files


def bundle_files(records: list, withheld: dict) -> dict:
    files = {}
    for at in range(0, len(records), 256):
        some = [b"" if at + i in withheld else record for i, record in enumerate(records[at : at + 256])]
        data = b"".join(len(record).to_bytes(2, "big") + record for record in some)
        files[tile_path("entries", at // 256, len(some))] = data
    return files


def key_history(rows: list | None = None, signer: Key = ROOT) -> str:
    rows = [f"0 - {LOG.vkey}", f"0 - {TIMED.vkey}", f"6 - {LATER.vkey}"] if rows is None else rows
    return note(ORIGIN + "/key-history\n" + "".join(row + "\n" for row in rows), (signer,))


FORMER = f"log.example/before/1\n12\n{'A' * 43}=\n\n\u2014 log.example/before/1 AAAAAAAA\n\u2014 nhân.chứng AAAAAAA=\n"
"""The last good checkpoint of the log before this one, as the genesis names it."""


def full_book() -> Book:
    """About forty entries: every type, an unknown one, two keys, two maps, a withheld entry, an error declaration."""
    book = Book()
    book.genesis(root=ROOT.vkey, previous=FORMER)
    for number in range(4):
        book.event(f"LOT{number}")
    book.add("key", {"add": LATER.vkey, "from": 5})
    sold = book.event("LOT0", "LOT1", details={"kg": "12.5", "list": [1, {"a": True}]})
    book.correct(sold, {"/details/kg": "13", "/details/new": "x"})
    book.add("grant", {"to": "org:lab", "right": "certifier"})
    book.correct(sold, {"/note": "phun thuốc"}, who="org:lab")
    book.correct(sold, {"/note": "sai"}, who="org:stranger")
    secret = book.event("LOT2", more={"c": {"/details/note": "ab" * 32}, "dev": {"at": "2026-02-28T23:59:59.999Z", "skew": -12}})
    book.map()
    book.erase(secret, "/details/note")
    hidden = book.event("LOT2", "LOT3", phone="0900")
    book.event("LOT2")
    book.redact(hidden)
    book.about("void", "voids", sold)
    book.correct(sold, {"/note": "late"})
    book.about("dispute", "disputes", 2, who="org:buyer")
    book.put(book.entry("recall", {"reason": "salmonella"}, lots=("LOT1", "LOT2"), who="org:coop"))
    book.add("revoke", {"to": "org:lab", "right": "certifier"})
    book.correct(3, {"/note": "no right any more"}, who="org:lab")
    book.put({"t": "chonongsan/weather/2", "log": ORIGIN, "id": "w:1", "rec": "2026-03-01T00:00:00.000Z", "more": ["mưa"]})
    book.put(book.entry("event", {}, lots=("LOT3",)) | {"t": "other/type", "c": [], "id": "w:2"})
    declared = "2026-02-02T00:00:00.000Z"
    name = book.objects[1]["id"]
    ev = book.objects[1]["ev"] | {"errorDeclaration": {"declarationTime": declared}}
    book.add("event", ev, lots=("LOT0",), who="org:coop", id=f"{name}#{declared}")
    for number in range(9):
        book.event(f"LOT{number}", f"MIX{number % 3}")
    book.redact(1, withhold=False)
    book.map()
    book.event("LOT9")
    return book


def long_book(count: int = 300) -> Book:
    """A log over a tile boundary, with maps of several heights and a withheld entry in the full tile."""
    book = Book()
    book.genesis()
    hidden = book.event("LOT0", "LOT1")
    book.add("key", {"add": LATER.vkey, "from": 3})
    while len(book.records) < count:
        seq = len(book.records)
        if seq % 60 == 0:
            book.map()
        elif seq == 270:
            book.redact(hidden)
        elif seq % 41 == 0:
            book.correct(seq - 3 if seq % 60 > 3 else 4, {"/note": f"lần {seq}"})
        else:
            book.event(f"LOT{seq * 7 % 90}")
    return book
