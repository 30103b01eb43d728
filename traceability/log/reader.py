"""Roots, proofs, tiles and bundles of any past size, from full tiles and leaf rows."""

from collections.abc import Collection

from traceability.errors import LogStateError, TamperError
from traceability.merkle import consistency_proof, fold_perfect, hash_of_range, inclusion_proof, merged_proof
from traceability.storage.base import Connection, Storage
from traceability.tiles import HEIGHT, WIDTH, Tile, encode_bundle, split_hashes


class TreeReader:
    """Reads one log's tree within one transaction; each tile is fetched once. Sizes must not exceed the head's."""

    def __init__(self, storage: Storage, connection: Connection) -> None:
        self._storage = storage
        self._connection = connection
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def root(self, size: int) -> bytes:
        """The root of the tree of `size`."""
        return self._range(0, size)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The audit path of entry `index` in the tree of `size`. Raises ProofError unless 0 ≤ index < size."""
        return inclusion_proof(index, size, self._range)

    def merged(self, indexes: Collection[int], size: int) -> list[bytes]:
        """One proof for all entries `indexes` in the tree of `size`. Raises ProofError unless all are below it."""
        return merged_proof(indexes, size, self._range)

    def consistency(self, first: int, second: int) -> list[bytes]:
        """The proof that the tree of `second` extends that of `first`. Raises ProofError unless first ≤ second."""
        return consistency_proof(first, second, self._range)

    def tile(self, tile: Tile) -> bytes:
        """The tile's hashes, joined. Raises LogStateError when the log does not have them all."""
        hashes = self._hashes(tile.level, tile.index)[: tile.width]
        if len(hashes) < tile.width:
            raise LogStateError("not-that-long", "the log does not reach that tile")
        return b"".join(hashes)

    def bundle(self, tile: Tile) -> bytes:
        """The entry bundle of a level-0 tile; a withheld entry is a record of length zero. Raises LogStateError as above,
        TamperError for a body that is missing without announcement."""
        rows = self._storage.sealed(self._connection, tile.start, tile.stop)
        if len(rows) < tile.width:
            raise LogStateError("not-that-long", "the log does not reach that bundle")
        missing = {row.seq for row in rows if row.data is None}
        if missing and not missing <= self._storage.redactions(self._connection).keys():
            raise TamperError("body-missing", "an entry of that bundle has no body")
        return encode_bundle([row.data or b"" for row in rows])

    def _range(self, start: int, stop: int) -> bytes:
        return hash_of_range(start, stop, self._node)

    def _node(self, height: int, index: int) -> bytes:
        level, above = divmod(height, HEIGHT)
        first = index << above
        offset = first % WIDTH
        hashes = self._hashes(level, first // WIDTH)[offset : offset + (1 << above)]
        if len(hashes) < 1 << above:
            raise LogStateError("not-that-long", "the log does not reach that size")
        return fold_perfect(hashes)

    def _hashes(self, level: int, index: int) -> list[bytes]:
        """All hashes there are of a tile: stored when full, else the rows below it."""
        if (level, index) not in self._tiles:
            self._tiles[level, index] = self._load(level, index)
        return self._tiles[level, index]

    def _load(self, level: int, index: int) -> list[bytes]:
        stored = self._storage.tile(self._connection, level, index)
        if stored:
            return split_hashes(stored)
        start = index * WIDTH
        if level:
            return self._storage.tile_roots(self._connection, level - 1, start, start + WIDTH)
        return self._storage.leaves(self._connection, start, start + WIDTH)
