"""Checks a static export of a log without trusting who made it: no database, no network, the exported files alone.

What is recomputed: every leaf, the profile and links of every entry, uniqueness of ids, every tile, the root of the
signed checkpoint, and the root of an older checkpoint somebody kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from traceability.canonical.chain import Chains
from traceability.canonical.entry import read_entry
from traceability.canonical.types import GENESIS
from traceability.checkpoint import Checkpoint, VerifierKey, parse_checkpoint, parse_note, verify_note
from traceability.errors import ChainError, NoteError, ProfileError, TileError
from traceability.merkle import Edge, leaf_hash
from traceability.tiles import WIDTH, Tile, bundle_path, decode_bundle, hashes_at_level, tile_path, tiles_of_tree

SOUND, TAMPERED, FORK, INCOMPLETE = 0, 1, 2, 3

Read = Callable[[str], bytes | None]
"""Gives the bytes of an exported file by its path in the export, or None when it is not there."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome. `outcome` is the exit code of INTERFACE; `index` the first entry that does not fit, if one does not;
    `lot_entries` the numbers of the entries of the lot asked for."""

    outcome: int
    message: str
    size: int = 0
    index: int | None = None
    lot_entries: tuple[int, ...] = ()


class _Finding(Exception):
    def __init__(self, outcome: int, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.index = index


def verify_export(
    read: Read, keys: Sequence[VerifierKey], *, since: bytes | None = None, lot: str | None = None
) -> Verdict:
    """Check the export from its first entry to its checkpoint and stop at the first thing that does not fit.

    `keys` are the verifier keys the reader trusts; `since` is an older note of this log, kept from before.
    Raises nothing: whatever the files hold becomes a verdict.
    """
    try:
        checkpoint = _checkpoint(_file(read, "checkpoint"), keys)
        older = _checkpoint(since, keys) if since is not None else None
        if older and older.size > checkpoint.size:
            raise _Finding(INCOMPLETE, f"the export ends at {checkpoint.size}, the older note says {older.size}")
        replay = _Replay(checkpoint.origin, lot)
        _walk(read, checkpoint, older, replay)
    except _Finding as finding:
        return Verdict(finding.outcome, str(finding), index=finding.index)
    message = f"sound: {checkpoint.size} entries of {checkpoint.origin}"
    return Verdict(SOUND, message, checkpoint.size, lot_entries=tuple(replay.found))


def _checkpoint(note: bytes, keys: Sequence[VerifierKey]) -> Checkpoint:
    try:
        parsed = parse_note(note)
        verified = verify_note(parsed, keys)
        checkpoint = parse_checkpoint(parsed.text)
    except NoteError as error:
        raise _Finding(TAMPERED, f"checkpoint: {error.message}") from error
    if all(item.key.name != checkpoint.origin for item in verified):
        raise _Finding(TAMPERED, "checkpoint: not signed by a key of its own log")
    return checkpoint


def _walk(read: Read, checkpoint: Checkpoint, older: Checkpoint | None, replay: "_Replay") -> None:
    if older and older.size == 0 and older.root != Edge().root():
        raise _Finding(FORK, "the older note of the empty log has another root")
    for tile in tiles_of_tree(checkpoint.size):
        if tile.level == 0:
            hashes = _file(read, tile_path(tile))
            _compare(replay, tile, _bundle(read, tile), hashes, older)
    if replay.edge.root() != checkpoint.root:
        raise _Finding(TAMPERED, "the entries do not lead to the signed root", checkpoint.size)
    for tile in tiles_of_tree(checkpoint.size):
        if tile.level and _file(read, tile_path(tile)) != replay.tile(tile):
            raise _Finding(TAMPERED, f"{tile_path(tile)} differs from the entries", tile.start << (8 * tile.level))


def _compare(replay: "_Replay", tile: Tile, entries: list[bytes], hashes: bytes, older: Checkpoint | None) -> None:
    for index, data in enumerate(entries, tile.start):
        leaf = replay.take(index, data)
        at = 32 * (index - tile.start)
        if hashes[at : at + 32] != leaf:
            raise _Finding(TAMPERED, "the entry does not have the leaf in its tile", index)
        if older and replay.edge.size == older.size and replay.edge.root() != older.root:
            raise _Finding(FORK, f"the older note of {older.size} entries has another root", older.size)
    if len(hashes) != 32 * tile.width:
        raise _Finding(TAMPERED, f"{tile_path(tile)} has another length", tile.start)


def _bundle(read: Read, tile: Tile) -> list[bytes]:
    try:
        entries = decode_bundle(_file(read, bundle_path(tile.index, tile.width)))
    except TileError as error:
        raise _Finding(TAMPERED, error.message, tile.start) from error
    if len(entries) != tile.width:
        raise _Finding(TAMPERED, f"a bundle has {len(entries)} entries instead of {tile.width}", tile.start)
    return entries


def _file(read: Read, path: str) -> bytes:
    data = read(path)
    if data is None:
        raise _Finding(INCOMPLETE, f"{path} is missing")
    return data


@dataclass
class _Replay:
    """The log as built up again, entry by entry."""

    origin: str
    lot: str | None
    edge: Edge = field(default_factory=Edge)
    chains: Chains = field(default_factory=Chains)
    ids: set[bytes] = field(default_factory=set)
    found: list[int] = field(default_factory=list)
    levels: list[list[bytes]] = field(default_factory=list)

    def take(self, index: int, data: bytes) -> bytes:
        """Check one entry and add it; returns its leaf."""
        leaf = leaf_hash(data)
        try:
            entry = read_entry(data)
            self.chains.follow(entry.links, leaf)
        except (ProfileError, ChainError) as error:
            raise _Finding(TAMPERED, error.message, index) from error
        if entry.log != self.origin:
            raise _Finding(TAMPERED, f"the entry belongs to {entry.log}", index)
        if (entry.type == GENESIS) != (index == 0):
            raise _Finding(TAMPERED, "a log has one genesis entry, its first", index)
        name = leaf_hash(entry.id.encode())  # 32 bytes instead of up to 200
        if name in self.ids:
            raise _Finding(TAMPERED, f"the id {entry.id} is there twice", index)
        self.ids.add(name)
        if any(link.lot == self.lot for link in entry.links):
            self.found.append(index)
        self.edge, completed = self.edge.push(leaf)
        for node in completed:
            level, above = divmod(node.height, 8)
            if level and not above:
                while len(self.levels) < level:
                    self.levels.append([])
                self.levels[level - 1].append(node.hash)
        return leaf

    def tile(self, tile: Tile) -> bytes:
        """The bytes a tile above the leaves must have."""
        count = hashes_at_level(self.edge.size, tile.level)
        hashes = self.levels[tile.level - 1][tile.index * WIDTH : min(tile.stop, count)]
        return b"".join(hashes)
