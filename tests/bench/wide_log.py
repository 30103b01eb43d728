"""A log of a million entries of which a dozen are real: enough for true proofs, without a million bodies."""

import uuid
from datetime import UTC, datetime
from hashlib import sha256

from traceability.canonical.entry import NO_PREVIOUS, Entry, Link, read_entry, write_entry
from traceability.canonical.types import EVENT, GENESIS, MAP
from traceability.checkpoint import Checkpoint, Note, Signer, generate_signer
from traceability.log.bundle import build
from traceability.log.checkpoints import SignedCheckpoint
from traceability.log.completeness import MapProof
from traceability.log.reader import TreeReader
from traceability.lotmap import bucket_hash, bucket_of, buckets_from, fold, height_for, key_of, record_of, siblings_of
from traceability.merkle import fold_perfect, leaf_hash
from traceability.storage.base import Sealed
from traceability.storage.memory import MemoryStorage
from traceability.tiles import WIDTH

ORIGIN, LOT, OPERATOR = "trace.bench.example/log/1", "K7MQ2XW9TB4RDC", "org:market"
NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
ENTRY_BYTES = 620
LOTS = 125_000
"""A lot has eight entries or so."""


class WideStorage(MemoryStorage):
    """Leaves of all entries, bodies of the real ones. Reads only."""

    def __init__(self, leaves: list[bytes], bodies: dict[int, bytes], of_lot: list[int]) -> None:
        super().__init__()
        self.all, self.bodies, self.of_lot = leaves, bodies, of_lot
        self.levels = [leaves]
        while len(self.levels[-1]) >= WIDTH:
            below = self.levels[-1]
            self.levels.append([fold_perfect(below[at : at + WIDTH]) for at in range(0, len(below) // WIDTH * WIDTH, WIDTH)])

    def leaves(self, _connection, start, stop):
        return self.all[start:stop]

    def tile(self, _connection, level, index):
        hashes = self.levels[level][index * WIDTH : (index + 1) * WIDTH]
        return b"".join(hashes) if len(hashes) == WIDTH else None

    def tile_roots(self, _connection, level, start, stop):
        return self.levels[level + 1][start:stop] if level + 1 < len(self.levels) else []

    def sealed(self, _connection, start, stop):
        return [self._row(seq) for seq in sorted(self.bodies) if start <= seq < stop]

    def sealed_of_lot(self, _connection, lot):
        return [self._row(seq) for seq in self.of_lot] if lot == LOT else []

    def _row(self, seq: int) -> Sealed:
        return Sealed(seq, read_entry(self.bodies[seq]).id, self.all[seq], self.bodies[seq])


class WideLog:
    """`places`: numbers of the lot's entries. Number 0 is the genesis, the last one a map."""

    def __init__(self, size: int, places: list[int]) -> None:
        self.size, self.signer = size, generate_signer(ORIGIN)
        bodies = {0: _genesis(self.signer)}
        previous = NO_PREVIOUS
        for n, seq in enumerate(places):
            bodies[seq] = _event(seq, Link(LOT, n, previous))
            previous = leaf_hash(bodies[seq])
        self.proof, bodies[size - 1] = _map(size - 1, len(places), previous)
        leaves = [sha256(b"%d" % number).digest() for number in range(size)]
        for seq, data in bodies.items():
            leaves[seq] = leaf_hash(data)
        self.storage = WideStorage(leaves, bodies, places)
        checkpoint = Checkpoint(ORIGIN, size, TreeReader(self.storage, None).root(size))
        self.signed = SignedCheckpoint(checkpoint, Note(checkpoint.text(), (self.signer.sign(checkpoint.text()),)), NOW)

    def bundle(self, *, with_map: bool = True) -> dict:
        return build(self.storage, None, lot=LOT, signed=self.signed, proof=self.proof if with_map else None)

    def pins(self) -> dict:
        return {"origin": ORIGIN, "operator": OPERATOR, "keys": [str(self.signer.verifier)], "policy": ""}


def _genesis(signer: Signer) -> bytes:
    promise = {"keys": [str(signer.verifier)], "policy": sha256(b"").hexdigest(), "profile": 1}
    return write_entry(Entry(GENESIS, ORIGIN, "urn:uuid:genesis", NOW, OPERATOR, promise))


def _event(seq: int, link: Link) -> bytes:
    """An EPCIS event, filled up to the size of a usual one."""
    name = uuid.UUID(int=seq).urn
    event = {
        "type": "ObjectEvent", "eventID": name, "eventTime": "2026-01-31T02:00:00.000Z", "eventTimeZoneOffset": "+07:00",
        "action": "OBSERVE", "bizStep": "cns:bs-irrigating", "cns:material": "",
    }  # fmt: skip
    entry = Entry(EVENT, ORIGIN, name, NOW, "alias:0f1e2d3c4b5a69788796a5b4c3d2e1f0", event, (link,))
    event["cns:material"] = "x" * (ENTRY_BYTES - len(write_entry(entry)))
    return write_entry(entry)


def _map(seq: int, count: int, last: bytes) -> tuple[MapProof, bytes]:
    records = [record_of(f"LOT{number}", 1, sha256(b"%d" % number).digest()) for number in range(LOTS - 1)]
    records = sorted([*records, record_of(LOT, count, last)])
    height = height_for(len(records))
    buckets = buckets_from(records, height)
    groups, root = fold(height, {index: bucket_hash(bucket) for index, bucket in buckets.items()}, lambda _level, _indexes: {})
    index = bucket_of(key_of(LOT), height)
    path = siblings_of(height, index, lambda level, indexes: {at: groups[level, at] for at in indexes if (level, at) in groups})
    told = {"size": seq, "height": height, "lots": len(records), "root": root.hex()}
    data = write_entry(Entry(MAP, ORIGIN, "urn:uuid:map", NOW, OPERATOR, told))
    return MapProof(seq, seq, height, root, buckets[index], b"".join(path)), data
