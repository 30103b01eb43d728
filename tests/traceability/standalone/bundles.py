"""Writes the bundle of a lot literally from docs/log.md §8."""

import hmac
from hashlib import sha256

from tests.traceability.standalone.book import ORIGIN, Book, encoded, leaf_of, root_of, spelled

SALT = bytes(range(32))


def commitment(name: str, path: str, value: object) -> str:
    words = [b"chonongsan/commit/1", ORIGIN.encode(), name.encode(), path.encode(), spelled(value)]
    return hmac.new(SALT, b"\x00".join(words), sha256).hexdigest()


def merged(leaves: list, known: object, lo: int, hi: int) -> list:
    """The hashes of the merged proof over [lo, hi)."""
    if not any(lo <= number < hi for number in known):
        return [root_of(leaves[lo:hi])]
    if hi - lo == 1:
        return []
    half = 1
    while half * 2 < hi - lo:
        half *= 2
    return [*merged(leaves, known, lo, lo + half), *merged(leaves, known, lo + half, hi)]


def map_part(book: Book, seq: int, lot: str) -> dict:
    """The bucket and siblings of a lot in the map logged as entry `seq`."""
    before, tails = book.objects[:seq], {}
    for number, thing in enumerate(before):
        for link in thing["lots"]:
            tails[link["lot"]] = (link["n"] + 1, leaf_of(book.records[number]))
    height = book.objects[seq]["ev"]["height"]
    buckets = [[] for _ in range(2**height)]
    for name, (count, leaf) in tails.items():
        key = sha256(b"lot\x00" + name.encode()).digest()
        buckets[int.from_bytes(key, "big") >> (256 - height)].append(key + count.to_bytes(4, "big") + leaf)
    row = [sha256(b"bucket/1\x00" + b"".join(sorted(bucket))).digest() for bucket in buckets]
    number = int.from_bytes(sha256(b"lot\x00" + lot.encode()).digest(), "big") >> (256 - height)
    bucket, siblings = b"".join(sorted(buckets[number])), b""
    for _ in range(height):
        siblings += row[number ^ 1]
        row = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
        number >>= 1
    return {"seq": seq, "data": book.records[seq].decode(), "bucket": encoded(bucket), "siblings": encoded(siblings)}


def bundle(book: Book, lot: str, context: object = (0,), map_seq: int | None = None) -> dict:
    seqs = [seq for seq, thing in enumerate(book.objects) if any(link["lot"] == lot for link in thing["lots"])]
    withheld = {seq: by for seq, by in book.withheld.items() if seq in seqs}
    known = {*seqs, *context, *withheld.values(), *([map_seq] if map_seq else [])}
    made = {
        "format": "chonongsan/bundle/1",
        "origin": ORIGIN,
        "lot": lot,
        "checkpoint": book.checkpoint(),
        "entries": [{"seq": seq, "data": book.records[seq].decode()} for seq in seqs if seq not in withheld],
        "context": [{"seq": seq, "data": book.records[seq].decode()} for seq in sorted({*context, *withheld.values()})],
        "hashes": encoded(b"".join(merged(book.leaves, known, 0, len(book.records)))),
        "openings": [],
        "withheld": [{"seq": seq, "leaf": leaf_of(book.records[seq]).hex(), "by": by} for seq, by in withheld.items()],
        "waiting": 1,
    }
    return made | ({"map": map_part(book, map_seq, lot)} if map_seq else {})
