"""Checks a static export of a log without trusting who made it: no database, no network, the exported files alone.

What is recomputed: every leaf, the profile, links and rules of every entry, every map, uniqueness of ids, every tile,
the root of the signed checkpoint, whether its key was promised, and the root of an older checkpoint somebody kept.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from traceability.canonical.entry import Entry, read_entry
from traceability.canonical.keys import Term, terms
from traceability.checkpoint import (
    ED25519,
    Checkpoint,
    Note,
    Verified,
    VerifierKey,
    parse_checkpoint,
    parse_listed_key,
    parse_note,
    parse_verifier_key,
    verify_note,
)
from traceability.errors import NoteError, ProfileError, TileError
from traceability.exported import Export, Files
from traceability.merkle import HASH_BYTES, Edge, leaf_hash
from traceability.policy import Policy, signatures
from traceability.rules import Finding, Rules
from traceability.tiles import HEIGHT, LATEST_SNAPSHOT, WIDTH, Tile, tile_path, tiles_of_tree

SOUND, TAMPERED, FORK, INCOMPLETE, USAGE = 0, 1, 2, 3, 4

_REDACTION = re.compile(rb"([1-9][0-9]{0,15}) ([1-9][0-9]{0,15})")

_SNAPSHOT = re.compile(rb"([1-9][0-9]{0,15})\n")

_TERM = re.compile(r"(0|[1-9][0-9]{0,15}) (-|0|[1-9][0-9]{0,15}) ([!-~]+)")


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
    files: Files, *, policy: Policy | None = None, since: bytes | None = None, lot: str | None = None
) -> Verdict:
    """Check the export from its checkpoint over its first entry to its last and stop at the first thing that does not fit.

    `policy` names the keys of the log that the reader trusts and the witnesses whose signatures it asks for; without it,
    or where it names no log, the keys of the export are taken. `since` is an older note of this log, kept from before.
    Raises nothing: whatever the files hold becomes a verdict.
    """
    try:
        checkpoint, verified, older = _opened(files, policy, since)
        export = Export(files, checkpoint.size)
        export.check_presence()
        tree = _Tree(export, older)
        sealed = tree.whole and tree.edge.root() == checkpoint.root
        if sealed and older and tree.before not in (None, older.root):
            raise _Ended(FORK, f"the older note of {older.size} entries has another root", older.size)
        withheld, snapshot = _withheld(files.read("redactions") or b""), _snapshot(files.read(LATEST_SNAPSHOT))
        replay = _Replay(checkpoint.origin, lot, export, withheld, snapshot)
        for tile in export.leaves():
            replay.take_tile(tile)
        if not sealed:
            raise _Ended(TAMPERED, "the entries do not lead to the signed root", checkpoint.size)
        tree.check_above()
        if not {str(item.key) for item in verified} & set(replay.rules.promised(checkpoint.size)):
            raise _Ended(TAMPERED, "checkpoint: the log does not promise the key that signed it")
        _check_history(files.read("key-history"), checkpoint, replay.rules)
        if older and older.size > checkpoint.size:
            raise _Ended(INCOMPLETE, f"the export ends at {checkpoint.size}, the older note says {older.size}")
    except _Ended as end:
        return Verdict(end.outcome, str(end), index=end.index)
    except TileError as error:
        return Verdict(INCOMPLETE, error.message)
    return replay.verdict(checkpoint)


def _opened(files: Files, policy: Policy | None, since: bytes | None) -> tuple[Checkpoint, list[Verified], Checkpoint | None]:
    """The checkpoint, the log's own signatures under it, and the older note."""
    held = None if since is None else _held(since)
    data, listed = files.read("checkpoint"), files.read("keys")
    if data is None or listed is None:
        raise _Ended(INCOMPLETE, f"{'checkpoint' if data is None else 'keys'} is missing")
    try:
        note = parse_note(data)
        checkpoint = parse_checkpoint(note.text)
        served = [key for line in listed.decode("utf-8").split("\n") if line and (key := parse_listed_key(line))]
        known = [*served, *(policy.keys if policy else ())]
        logs = [item.key for item in policy.logs] if policy and policy.logs else served
        verified = signatures(note, checkpoint.origin, known, logs)
    except (NoteError, UnicodeDecodeError) as error:
        raise _Ended(TAMPERED, f"checkpoint: {error}") from error
    if policy and not policy.check(item.key for item in verified):
        raise _Ended(INCOMPLETE, "checkpoint: signatures that the policy asks for are missing")
    if held:
        _check_held(*held, checkpoint.origin, known, logs)
    if not checkpoint.size:
        raise _Ended(TAMPERED, "checkpoint: a log has its genesis at least, this one is empty")
    own = [item for item in verified if item.key in logs and item.key.type == ED25519 and item.key.name == checkpoint.origin]
    return checkpoint, own, held[1] if held else None


def _held(since: bytes) -> tuple[Note, Checkpoint]:
    try:
        note = parse_note(since)
        return note, parse_checkpoint(note.text)
    except NoteError as error:
        raise _Ended(USAGE, f"the older note cannot be used: {error.message}") from error


def _check_held(
    note: Note, older: Checkpoint, origin: str, known: Sequence[VerifierKey], logs: Sequence[VerifierKey]
) -> None:
    """An older note that says nothing of this log is no finding about the log."""
    if older.origin != origin:
        raise _Ended(USAGE, "the older note is of another log")
    try:
        signatures(note, origin, known, logs)
    except NoteError as error:
        raise _Ended(USAGE, f"the older note cannot be used: {error.message}") from error


def _withheld(data: bytes) -> dict[int, int]:
    """The file `redactions`: seq of a withheld entry → seq of its redact entry."""
    found: dict[int, int] = {}
    for line in filter(None, data.split(b"\n")):
        told = _REDACTION.fullmatch(line)
        if not told or int(told[1]) >= int(told[2]) or int(told[1]) in found:
            raise _Ended(TAMPERED, "the file redactions names something else than earlier entries, each once")
        found[int(told[1])] = int(told[2])
    return found


def _snapshot(data: bytes | None) -> int | None:
    """The map entry whose records lie beside it, if any do."""
    if data is None:
        return None
    told = _SNAPSHOT.fullmatch(data)
    if not told:
        raise _Ended(TAMPERED, f"{LATEST_SNAPSHOT} does not name an entry")
    return int(told[1])


def _check_history(data: bytes | None, checkpoint: Checkpoint, rules: Rules) -> None:
    """The key history, signed by the offline root key that the genesis names, says what the entries say."""
    root = rules.promises[0][1].event.get("root")
    if data is None or root is None:
        return
    try:
        key, note = parse_verifier_key(root), parse_note(data)
        verify_note(note, [key])
    except NoteError as error:
        raise _Ended(TAMPERED, f"key-history: {error.message}") from error
    first, *lines = note.text.removesuffix("\n").split("\n")
    good = key.type == ED25519 and first == f"{checkpoint.origin}/key-history"
    if not good or not _tells(lines, {term.key: term for term in terms(rules.promises)}, checkpoint.size):
        raise _Ended(TAMPERED, "key-history: it does not say what the log says of its keys")


def _tells(lines: Sequence[str], promised: dict[str, Term], size: int) -> bool:
    """Does every line of a key history, in order of their first sizes, say the term of a promised key? What begins or
    ends beyond the size the log cannot know yet."""
    seen: set[str] = set()
    before = 0
    for line in lines:
        row = _TERM.fullmatch(line)
        if not row or int(row[1]) < before or row[3] in seen:
            return False
        before, stop, term = int(row[1]), None if row[2] == "-" else int(row[2]), promised.get(row[3])
        seen.add(row[3])
        if term is None and before <= size:
            return False
        if term and (before != term.start or not (stop in (None, term.stop) or (term.stop is None and stop > size))):
            return False
    return True


class _Tree:
    """The tree over the hashes in the tiles of leaves. `whole`: every such tile has its length; `before`: the root at the
    older note's size, where the tree has been that small."""

    def __init__(self, export: Export, older: Checkpoint | None) -> None:
        self.export, self.edge, self.before = export, Edge(), None
        self.whole = True
        self._above: list[list[bytes]] = []
        for tile in export.leaves():
            data = export.hashes(tile)
            self.whole = self.whole and len(data) == HASH_BYTES * tile.width
            if not self.whole:
                break
            for at in range(0, len(data), HASH_BYTES):
                self._note(older)
                self._push(data[at : at + HASH_BYTES])
        self._note(older)

    def check_above(self) -> None:
        """The tiles above the leaves hold the hashes of this tree."""
        for tile in tiles_of_tree(self.edge.size):
            if not tile.level:
                continue
            due = self._above[tile.level - 1][tile.start : tile.stop]
            data = self.export.hashes(tile)
            if data != b"".join(due):
                wrong = (at for at, item in enumerate(due) if data[HASH_BYTES * at : HASH_BYTES * (at + 1)] != item)
                first = (tile.start + next(wrong, tile.width)) << (HEIGHT * tile.level)
                raise _Ended(TAMPERED, f"{tile_path(tile)} differs from the entries", first)

    def _note(self, older: Checkpoint | None) -> None:
        if older and older.size == self.edge.size:
            self.before = self.edge.root()

    def _push(self, leaf: bytes) -> None:
        self.edge, completed = self.edge.push(leaf)
        for node in completed:
            level, between = divmod(node.height, HEIGHT)
            if level and not between:
                if len(self._above) < level:
                    self._above.append([])
                self._above[level - 1].append(node.hash)


@dataclass
class _Replay:
    """The log as read again, entry by entry. `redactions`: which entries are said to be withheld, and by which;
    `snapshot`: the map entry whose records lie in the export."""

    origin: str
    lot: str | None
    export: Export
    redactions: dict[int, int]
    snapshot: int | None = None
    rules: Rules = field(default_factory=Rules)
    found: list[int] = field(default_factory=list)

    def take_tile(self, tile: Tile) -> None:
        """Check the entries of one bundle against the tile of their leaves."""
        hashes = self.export.hashes(tile)
        records, left_over = self.export.records(tile)
        for at, index in enumerate(range(tile.start, tile.stop)):
            if at >= len(records):
                raise _Ended(TAMPERED, "the bundle is cut short at this entry", index)
            leaf = hashes[HASH_BYTES * at : HASH_BYTES * (at + 1)]
            if len(leaf) < HASH_BYTES or (records[at] and leaf_hash(records[at]) != leaf):
                raise _Ended(TAMPERED, "the entry does not have the leaf in its tile", index)
            self._take(index, records[at], leaf)
        if left_over:
            raise _Ended(TAMPERED, "the bundle holds more than its entries", tile.stop)
        if len(hashes) != HASH_BYTES * tile.width:
            raise _Ended(TAMPERED, f"{tile_path(tile)} has another length", tile.stop)

    def verdict(self, checkpoint: Checkpoint) -> Verdict:
        """What there is to say of a log in which everything fits."""
        rules = self.rules
        withheld = f", {rules.withheld} withheld and announced" if rules.withheld else ""
        message = f"sound: {checkpoint.size} entries of {checkpoint.origin}{withheld}"
        mapped = rules.last_map[0] if rules.last_map else None
        return Verdict(SOUND, message, checkpoint.size, None, tuple(self.found), rules.withheld, mapped)

    def _take(self, index: int, data: bytes, leaf: bytes) -> None:
        if data:
            findings = self._entry(index, data, leaf)
        else:
            self._announce(index)
            findings = self.rules.take_withheld(index, leaf)
        if findings:
            raise _Ended(TAMPERED, findings[0].message, index)
        if index == self.snapshot:
            self._check_snapshot(index)
        if any(link.lot == self.lot for link in self.rules.last_links):
            self.found.append(index)

    def _check_snapshot(self, seq: int) -> None:
        if not self.rules.last_map or self.rules.last_map[0] != seq:
            raise _Ended(TAMPERED, f"{LATEST_SNAPSHOT} names this entry, which is no map", seq)
        buckets = 1 << self.rules.map_height
        for first in range(0, buckets, WIDTH):
            path, data = self.export.snapshot(seq, first // WIDTH)
            if data != self.rules.map_records(first, min(first + WIDTH, buckets)):
                raise _Ended(TAMPERED, f"{path} is not what the map says", seq)

    def _entry(self, index: int, data: bytes, leaf: bytes) -> list[Finding]:
        try:
            entry = read_entry(data)
        except ProfileError as error:
            raise _Ended(TAMPERED, error.message, index) from error
        if entry.log != self.origin:
            raise _Ended(TAMPERED, f"the entry belongs to {entry.log}", index)
        if index in self.redactions:
            raise _Ended(TAMPERED, "the file redactions says this entry is withheld, but it is here", index)
        return self.rules.take(index, leaf, entry)

    def _announce(self, index: int) -> None:
        """Read the redact entry that is said to announce this one ahead of its turn; a spoilt one announces nothing."""
        by = self.redactions.get(index, self.export.size)
        if by < self.export.size:
            data, leaf = self.export.entry(by)
            with suppress(ProfileError):
                entry: Entry | None = read_entry(data) if leaf_hash(data) == leaf else None
                if entry and entry.log == self.origin:
                    self.rules.announced[index] = (by, entry)
