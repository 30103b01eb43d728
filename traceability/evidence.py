"""Evidence of a fork (docs/log.md §9): two notes of one log that cannot both be true, and the proof between them."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from traceability.checkpoint import Checkpoint, parse_checkpoint, parse_note
from traceability.errors import NoteError
from traceability.merkle import EMPTY_ROOT, HASH_BYTES, Edge, Range, consistency_ranges, node_hash
from traceability.policy import Policy, signatures

FORMAT = "chonongsan/evidence/1"
NO_FORK, BAD, FORK, UNPROVEN, NO_EVIDENCE = range(5)
"""What `check_evidence` answers: the exit codes of the command."""


def of_fork(older: str, newer: str, leaf: Callable[[int], bytes]) -> dict[str, Any]:
    """The file of evidence for two notes, of which the newer one's tree does not grow out of the older one's; `leaf` gives
    the leaf hashes of the newer tree."""
    sizes = [parse_checkpoint(parse_note(note.encode()).text).size for note in (older, newer)]
    ranges: list[Range] = []
    if 0 < sizes[0] < sizes[1]:
        ranges = consistency_ranges(*sizes)
        # where the older tree is a node of the newer one, what stands there now comes first
        ranges = ranges if sizes[0] & (sizes[0] - 1) else [(0, sizes[0]), *ranges]
    proof = [base64.b64encode(Edge().grow(map(leaf, range(*found))).root()).decode() for found in ranges]
    return {"format": FORMAT, "notes": [older, newer], "proof": proof, "why": f"root of size {sizes[0]} differs"}


def check_evidence(document: Any, policy: Policy) -> tuple[int, str]:
    """What two notes and a proof show, and a sentence about it; both must be signed by a log of the policy."""
    notes = document.get("notes") if isinstance(document, Mapping) and document.get("format") == FORMAT else None
    if not isinstance(notes, list) or len(notes) not in (1, 2) or not all(isinstance(note, str) for note in notes):
        return NO_EVIDENCE, "this is no file of evidence"
    if len(notes) == 1:
        return NO_EVIDENCE, "the file holds the bundle of a lot, not a fork: tlog_verify.py evidence checks it"
    try:
        older, newer = sorted((_signed(note, policy) for note in notes), key=lambda point: point.size)
        proof = [base64.b64decode(item, validate=True) for item in document.get("proof", [])]
    except (NoteError, binascii.Error, TypeError, ValueError) as error:
        return BAD, f"this proves nothing: {error}"
    if older.origin != newer.origin:
        return BAD, "this proves nothing: the notes are of two logs"
    return _compare(older, newer, proof)


def _signed(note: str, policy: Policy) -> Checkpoint:
    parsed = parse_note(note.encode())
    checkpoint = parse_checkpoint(parsed.text)
    signatures(parsed, checkpoint.origin, policy.keys, [item.key for item in policy.logs])
    return checkpoint


def _compare(older: Checkpoint, newer: Checkpoint, proof: list[bytes]) -> tuple[int, str]:
    if older.size == newer.size:
        if older.root == newer.root:
            return NO_FORK, f"both notes are of the same tree of {older.size} entries"
        return FORK, f"the log signed two trees of {older.size} entries"
    if older.size == 0:
        if older.root == EMPTY_ROOT:
            return NO_FORK, "one note is of the empty log, which every log extends"
        return FORK, "the log signed an empty tree that is not empty"
    roots = _roots(older, newer, proof)
    if roots is None or roots[1] != newer.root:
        told = "the proof does not lead to the newer root" if proof else "there is no proof between the notes"
        return UNPROVEN, f"{told}: compare with an export and --since; tlog_verify.py evidence looks at signed times too"
    if roots[0] == older.root:
        return NO_FORK, f"the tree of {newer.size} entries extends that of {older.size}"
    return FORK, f"the tree of {newer.size} entries does not grow out of the note of {older.size}"


def _roots(older: Checkpoint, newer: Checkpoint, proof: list[bytes]) -> tuple[bytes, bytes] | None:
    """The roots of both sizes that the proof itself leads to; None when it has another length than one can have.

    Where the older tree is a node of the newer one, a consistency proof leaves it out; evidence may give it first.
    """
    ranges, whole = consistency_ranges(older.size, newer.size), (0, older.size)
    if older.size & (older.size - 1) == 0:
        ranges = [whole, *ranges]
        proof = proof if len(proof) == len(ranges) else [older.root, *proof]
    if len(proof) != len(ranges) or any(len(item) != HASH_BYTES for item in proof):
        return None
    nodes = dict(zip(ranges, proof, strict=True))
    return _top(nodes, *whole), _top(nodes, 0, newer.size)


def _top(nodes: Mapping[Range, bytes], start: int, stop: int) -> bytes:
    if (start, stop) in nodes:
        return nodes[start, stop]
    middle = start + (1 << (stop - start - 1).bit_length() - 1)
    return node_hash(_top(nodes, start, middle), _top(nodes, middle, stop))
