"""Checks a static export of a log without trusting who made it: no database, no network, the exported files alone.

What is recomputed: every leaf, the profile, links and rules of every entry, every map, uniqueness of ids, every tile,
the root of the signed checkpoint, whether its key was promised, and the root of an older checkpoint somebody kept.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from traceability.canonical.entry import Entry, read_entry
from traceability.checkpoint import Checkpoint, Verified, VerifierKey, parse_checkpoint, parse_note, verify_note
from traceability.errors import NoteError, ProfileError, TileError
from traceability.merkle import Edge, leaf_hash
from traceability.policy import Policy
from traceability.rules import Finding, Rules
from traceability.tiles import WIDTH, Tile, bundle_path, decode_bundle, hashes_at_level, tile_path, tiles_of_tree

SOUND, TAMPERED, FORK, INCOMPLETE = 0, 1, 2, 3

_REDACTION = re.compile(rb"([1-9][0-9]{0,15}) ([1-9][0-9]{0,15})")

Read = Callable[[str], bytes | None]
"""Gives the bytes of an exported file by its path in the export, or None when it is not there."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome. `outcome` is the exit code of INTERFACE; `index` the first entry that does not fit, if one does not;
    `withheld` how many bodies were withheld, each announced; `mapped` the seq of the last map, which says that up to
    there nothing is missing; `lot_entries` the numbers of the entries of the lot asked for."""

    outcome: int
    message: str
    size: int = 0
    index: int | None = None
    lot_entries: tuple[int, ...] = ()
    withheld: int = 0
    mapped: int | None = None


class _Ended(Exception):
    def __init__(self, outcome: int, message: str, index: int | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.index = index


def verify_export(
    read: Read,
    keys: Sequence[VerifierKey],
    *,
    policy: Policy | None = None,
    since: bytes | None = None,
    lot: str | None = None,
) -> Verdict:
    """Check the export from its first entry to its checkpoint and stop at the first thing that does not fit.

    `keys` are the verifier keys the reader trusts, `policy` whose signatures it asks for besides; `since` is an older
    note of this log, kept from before. Raises nothing: whatever the files hold becomes a verdict.
    """
    try:
        checkpoint, signed = _checkpoint(_file(read, "checkpoint"), keys)
        older = _checkpoint(since, keys)[0] if since is not None else None
        if policy and not policy.check(item.key for item in signed):
            raise _Ended(INCOMPLETE, "checkpoint: signatures that the policy asks for are missing")
        if older and older.size > checkpoint.size:
            raise _Ended(INCOMPLETE, f"the export ends at {checkpoint.size}, the older note says {older.size}")
        replay = _Replay(checkpoint.origin, lot, Rules(_announced(read, checkpoint.size)))
        _walk(read, checkpoint, older, replay)
        if not {str(item.key) for item in signed} & set(replay.rules.promised(checkpoint.size)):
            raise _Ended(TAMPERED, "checkpoint: the log does not promise the key that signed it", checkpoint.size)
    except _Ended as end:
        return Verdict(end.outcome, str(end), index=end.index)
    rules = replay.rules
    withheld = f", {rules.withheld} withheld and announced" if rules.withheld else ""
    message = f"sound: {checkpoint.size} entries of {checkpoint.origin}{withheld}"
    mapped = rules.last_map[0] if rules.last_map else None
    return Verdict(SOUND, message, checkpoint.size, None, tuple(replay.found), rules.withheld, mapped)


def _checkpoint(note: bytes, keys: Sequence[VerifierKey]) -> tuple[Checkpoint, list[Verified]]:
    try:
        parsed = parse_note(note)
        verified = verify_note(parsed, keys)
        checkpoint = parse_checkpoint(parsed.text)
    except NoteError as error:
        raise _Ended(TAMPERED, f"checkpoint: {error.message}") from error
    if all(item.key.name != checkpoint.origin for item in verified):
        raise _Ended(TAMPERED, "checkpoint: not signed by a key of its own log")
    return checkpoint, verified


def _announced(read: Read, size: int) -> dict[int, tuple[int, Entry]]:
    """The redact entries that the file `redactions` names, read ahead: they say how a lot goes on."""
    found: dict[int, tuple[int, Entry]] = {}
    for line in filter(None, (read("redactions") or b"").split(b"\n")):
        told = _REDACTION.fullmatch(line)
        if not told or int(told[1]) >= int(told[2]) or int(told[1]) in found:
            raise _Ended(TAMPERED, "the file redactions names something else than earlier entries, each once")
        seq, by = int(told[1]), int(told[2])
        if by >= size:
            continue  # as if it were not announced
        width = min(WIDTH, size - by // WIDTH * WIDTH)
        data = _bundle(read, Tile(0, by // WIDTH, width))[by % WIDTH]
        try:
            found[seq] = (by, read_entry(data))
        except ProfileError as error:
            raise _Ended(TAMPERED, error.message, by) from error
    return found


def _walk(read: Read, checkpoint: Checkpoint, older: Checkpoint | None, replay: "_Replay") -> None:
    if older and older.size == 0 and older.root != Edge().root():
        raise _Ended(FORK, "the older note of the empty log has another root")
    for tile in tiles_of_tree(checkpoint.size):
        if tile.level == 0:
            hashes = _file(read, tile_path(tile))
            _compare(replay, tile, _bundle(read, tile), hashes, older)
    if replay.edge.root() != checkpoint.root:
        raise _Ended(TAMPERED, "the entries do not lead to the signed root", checkpoint.size)
    for tile in tiles_of_tree(checkpoint.size):
        if tile.level and _file(read, tile_path(tile)) != replay.tile(tile):
            raise _Ended(TAMPERED, f"{tile_path(tile)} differs from the entries", tile.start << (8 * tile.level))


def _compare(replay: "_Replay", tile: Tile, entries: list[bytes], hashes: bytes, older: Checkpoint | None) -> None:
    if len(hashes) % 32 or len(hashes) > 32 * tile.width:
        raise _Ended(TAMPERED, f"{tile_path(tile)} has another length", tile.start)
    for index, data in enumerate(entries, tile.start):
        at = 32 * (index - tile.start)
        leaf = hashes[at : at + 32]
        if not leaf or (data and leaf_hash(data) != leaf):
            raise _Ended(TAMPERED, "the entry does not have the leaf in its tile", index)
        replay.take(index, data, leaf)
        if older and replay.edge.size == older.size and replay.edge.root() != older.root:
            raise _Ended(FORK, f"the older note of {older.size} entries has another root", older.size)


def _bundle(read: Read, tile: Tile) -> list[bytes]:
    try:
        entries = decode_bundle(_file(read, bundle_path(tile.index, tile.width)))
    except TileError as error:
        raise _Ended(TAMPERED, error.message, tile.start) from error
    if len(entries) != tile.width:
        raise _Ended(TAMPERED, f"a bundle has {len(entries)} entries instead of {tile.width}", tile.start)
    return entries


def _file(read: Read, path: str) -> bytes:
    data = read(path)
    if data is None:
        raise _Ended(INCOMPLETE, f"{path} is missing")
    return data


@dataclass
class _Replay:
    """The log as built up again, entry by entry."""

    origin: str
    lot: str | None
    rules: Rules
    edge: Edge = field(default_factory=Edge)
    found: list[int] = field(default_factory=list)
    levels: list[list[bytes]] = field(default_factory=list)

    def take(self, index: int, data: bytes, leaf: bytes) -> None:
        """Check one entry (empty: withheld) and add it."""
        findings = self._entry(index, data, leaf) if data else self.rules.take_withheld(index, leaf)
        if findings:
            raise _Ended(TAMPERED, findings[0].message, index)
        if self.lot in self.rules.last_lots:
            self.found.append(index)
        self.edge, completed = self.edge.push(leaf)
        for node in completed:
            level, above = divmod(node.height, 8)
            if level and not above:
                while len(self.levels) < level:
                    self.levels.append([])
                self.levels[level - 1].append(node.hash)

    def tile(self, tile: Tile) -> bytes:
        """The bytes a tile above the leaves must have."""
        count = hashes_at_level(self.edge.size, tile.level)
        hashes = self.levels[tile.level - 1][tile.index * WIDTH : min(tile.stop, count)]
        return b"".join(hashes)

    def _entry(self, index: int, data: bytes, leaf: bytes) -> list[Finding]:
        try:
            entry = read_entry(data)
        except ProfileError as error:
            raise _Ended(TAMPERED, error.message, index) from error
        if entry.log != self.origin:
            raise _Ended(TAMPERED, f"the entry belongs to {entry.log}", index)
        if index in self.rules.announced:
            raise _Ended(TAMPERED, "the file redactions says this entry is withheld, but it is here", index)
        return self.rules.take(index, leaf, entry)
