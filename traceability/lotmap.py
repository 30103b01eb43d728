"""The completeness map: lot → (count, last leaf) as one root (docs/log.md §7). Pure; stores and readers share it.

The map's tree is complete: 2^height buckets under `height` levels of RFC 6962 nodes. It is kept in groups: the group
(level, index) holds the 16 hashes of height 4·level from number 16·index on, joined; the topmost group may be
narrower. A bucket or group that was never written is that of an empty map.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby

from traceability.errors import ProofError
from traceability.merkle import HASH_BYTES, fold_perfect, node_hash

RECORD_BYTES = 68
MAX_HEIGHT = 40
MAX_COUNT = 2**32 - 1
STEP = 4
WIDTH = 1 << STEP

Load = Callable[[int, list[int]], Mapping[int, bytes]]
"""Gives the stored groups of a level by their indexes; those never written are missing."""
Groups = dict[tuple[int, int], bytes]


def key_of(lot: str) -> bytes:
    """SHA-256(`lot` NUL lot id)."""
    return sha256(b"lot\0" + lot.encode("ascii")).digest()


def record_of(lot: str, count: int, leaf: bytes) -> bytes:
    """key ‖ count ‖ last leaf. Raises ProofError for a count outside 1 … 2^32 − 1."""
    if not 1 <= count <= MAX_COUNT:
        raise ProofError("bad-count", f"{count} entries of one lot do not fit a map")
    return key_of(lot) + count.to_bytes(4, "big") + leaf


def bucket_hash(records: bytes) -> bytes:
    """SHA-256(`bucket/1` NUL ‖ records)."""
    return sha256(b"bucket/1\0" + records).digest()


def bucket_of(key: bytes, height: int) -> int:
    """The number of the bucket that holds this key: its first `height` bits."""
    return int.from_bytes(key, "big") >> (256 - height)


def height_for(lots: int, before: int | None = None) -> int:
    """The height of a map of so many lots: that of the map before while it is within bounds, else the smallest h with
    lots ≤ 16 · 2^h."""
    if before is not None and lots <= 32 << before and (lots >= 4 << before or not before):
        return before
    return max(0, (max(lots, 1) - 1) // 16).bit_length()


def with_records(bucket: bytes, records: Iterable[bytes]) -> bytes:
    """The bucket with these records put in, each over the one with its key."""
    merged = {item[:HASH_BYTES]: item for item in split(bucket)}
    merged.update((item[:HASH_BYTES], item) for item in records)
    return b"".join(merged[key] for key in sorted(merged))


def split(bucket: bytes) -> Iterator[bytes]:
    """The records of a bucket. Raises ProofError unless they are whole, sorted and each key is there once."""
    if len(bucket) % RECORD_BYTES:
        raise ProofError("bad-bucket", f"{len(bucket)} bytes are not whole records")
    before = b""
    for at in range(0, len(bucket), RECORD_BYTES):
        record = bucket[at : at + RECORD_BYTES]
        if record[:HASH_BYTES] <= before:
            raise ProofError("bad-bucket", "the records are not in order of their keys")
        before = record[:HASH_BYTES]
        yield record


def buckets_from(records: Iterable[bytes], height: int) -> dict[int, bytes]:
    """All buckets that hold something, from records in order of their keys."""
    grouped = groupby(records, key=lambda record: bucket_of(record[:HASH_BYTES], height))
    return {index: b"".join(found) for index, found in grouped}


def verify_map(
    lot: str, *, height: int, root: bytes, bucket: bytes, siblings: Iterable[bytes]
) -> tuple[int, bytes] | None:
    """What the map with this root says of the lot: (count, last leaf), or None: no such lot.

    `bucket` is the records of the lot's bucket, `siblings` its `height` sibling hashes, leaf level first. Raises
    ProofError when they do not lead to the root.
    """
    path = list(siblings)
    if not 0 <= height <= MAX_HEIGHT or len(path) != height or any(len(item) != HASH_BYTES for item in path):
        raise ProofError("bad-map-proof", f"{len(path)} siblings for a map of height {height}")
    key = key_of(lot)
    found = None
    for record in split(bucket):
        if record[:HASH_BYTES] == key:
            found = int.from_bytes(record[HASH_BYTES : HASH_BYTES + 4], "big"), record[HASH_BYTES + 4 :]
    index, hash_ = bucket_of(key, height), bucket_hash(bucket)
    for sibling in path:
        hash_ = node_hash(sibling, hash_) if index & 1 else node_hash(hash_, sibling)
        index >>= 1
    if hash_ != root:
        raise ProofError("other-root", "the bucket and its siblings do not lead to the map's root")
    return found


def fold(height: int, changed: Mapping[int, bytes], load: Load) -> tuple[Groups, bytes]:
    """The groups to write and the root of the map, after the buckets numbered in `changed` got these hashes."""
    written: Groups = {}
    level = 0
    while True:
        width = min(WIDTH, 1 << (height - STEP * level))
        touched = sorted({number // WIDTH for number in changed} or {0})
        stored = load(level, touched)
        above: dict[int, bytes] = {}
        for index in touched:
            hashes = _hashes(stored.get(index), level, width)
            for offset in range(width):
                hashes[offset] = changed.get(index * WIDTH + offset, hashes[offset])
            written[level, index] = b"".join(hashes)
            above[index] = fold_perfect(hashes)
        if height <= STEP * (level + 1):
            return written, above[0]
        changed, level = above, level + 1


def siblings_of(height: int, bucket: int, load: Load) -> list[bytes]:
    """The `height` siblings of a bucket, leaf level first."""
    path: list[bytes] = []
    for level in range((height + STEP - 1) // STEP):
        levels = min(STEP, height - STEP * level)
        group, at = divmod(bucket >> (STEP * level), WIDTH)
        row = _hashes(load(level, [group]).get(group), level, 1 << levels)
        for _ in range(levels):
            path.append(row[at ^ 1])
            row = [node_hash(row[pair], row[pair + 1]) for pair in range(0, len(row), 2)]
            at >>= 1
    return path


@dataclass
class LotMap:
    """A map in memory, for readers that replay a log from its first entry."""

    height: int = 0
    lots: int = 0
    buckets: dict[int, bytes] = field(default_factory=dict)
    groups: Groups = field(default_factory=dict)

    def update(self, changed: Mapping[str, tuple[int, bytes]], height: int) -> bytes:
        """Put in lots with their (count, last leaf) and return the root at this height."""
        records = sorted(record_of(lot, count, leaf) for lot, (count, leaf) in changed.items())
        if height != self.height:
            kept = (record for index in sorted(self.buckets) for record in split(self.buckets[index]))
            self.buckets, self.groups, self.height = buckets_from(kept, height), {}, height
            touched = dict.fromkeys(self.buckets, b"")
        else:
            touched = {}
        for index, items in buckets_from(records, height).items():
            before = self.buckets.get(index, b"")
            self.buckets[index] = with_records(before, split(items))
            self.lots += (len(self.buckets[index]) - len(before)) // RECORD_BYTES
            touched[index] = b""
        hashes = {index: bucket_hash(self.buckets[index]) for index in touched}
        written, root = fold(height, hashes, self.load)
        self.groups |= written
        return root

    def load(self, level: int, indexes: list[int]) -> dict[int, bytes]:
        """The groups there are, as `fold` and `siblings_of` ask for them."""
        return {index: self.groups[level, index] for index in indexes if (level, index) in self.groups}

    def prove(self, lot: str) -> tuple[bytes, list[bytes]]:
        """Bucket and siblings for this lot, as `verify_map` takes them."""
        index = bucket_of(key_of(lot), self.height)
        return self.buckets.get(index, b""), siblings_of(self.height, index, self.load)


def _hashes(stored: bytes | None, level: int, width: int) -> list[bytes]:
    if stored is None:
        return [_empty(STEP * level)] * width
    return [stored[at : at + HASH_BYTES] for at in range(0, len(stored), HASH_BYTES)]


def _empty(height: int) -> bytes:
    """The hash of a subtree of this height over empty buckets."""
    while len(_EMPTY) <= height:
        _EMPTY.append(node_hash(_EMPTY[-1], _EMPTY[-1]))
    return _EMPTY[height]


_EMPTY = [bucket_hash(b"")]
