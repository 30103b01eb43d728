"""The quick audit: every stored body hashed again, up to the tiles, the head and the last signed root.

It finds any changed, swapped or missing byte of an entry. What entries mean (profile, links, rights, map) is for the full
audit, whose time goes into reading them.
"""

from collections.abc import Sequence

from traceability.log.audit import Audit, Problem
from traceability.merkle import EMPTY_ROOT, Edge, fold_perfect, leaf_hash
from traceability.storage.base import Connection, Storage
from traceability.tiles import WIDTH, split_hashes

Row = tuple[int, bytes, bytes | None]
"""Number, leaf and body of an entry."""

_TILES = 4
_MOST_PROBLEMS = 100


def rehash(storage: Storage, connection: Connection) -> Audit:
    """Hash all bodies again and compare with leaves, full tiles of the lowest level, head and the last signed
    checkpoint's root. Bodies withheld are counted, their leaves used. Reads only; at most 100 problems are kept."""
    head = storage.head(connection) or Edge()
    withheld = storage.withheld(connection)
    problems: list[Problem] = []
    roots, rest = [], []
    for at in range(0, head.size, _TILES * WIDTH):
        rows = storage.bodies(connection, at, at + _TILES * WIDTH)
        tiles = {tile.index: tile.hashes for tile in storage.tiles(connection, 0, at // WIDTH, at // WIDTH + _TILES)}
        for start in range(0, len(rows), WIDTH):
            part = rows[start : start + WIDTH]
            leaves = _leaves(part, at + start, withheld.keys(), problems)
            if len(part) < WIDTH:
                rest = leaves
            else:
                _compare(tiles.get((at + start) // WIDTH), leaves, at + start, problems)
                roots.append(fold_perfect(leaves))
    edge = _edge(roots).grow(rest)
    if edge != head:
        problems.append(Problem(min(edge.size, head.size), "head", f"the head says {head.size} entries or another edge"))
    problems += _signed(storage, connection, roots, rest, edge)
    problems.sort(key=lambda problem: problem.index)
    return Audit(edge.size, edge.root(), tuple(problems[:_MOST_PROBLEMS]), len(withheld))


def _leaves(rows: Sequence[Row], start: int, withheld: Sequence[int], problems: list[Problem]) -> list[bytes]:
    found = []
    for seq, (stored, leaf, data) in enumerate(rows, start):
        if stored != seq:
            problems.append(Problem(seq, "entry", "the entry row is missing"))
            break
        if data is None:
            if seq not in withheld:
                problems.append(Problem(seq, "body", "the body is missing"))
        elif leaf_hash(data) != leaf:
            problems.append(Problem(seq, "body", "the body does not hash to the leaf"))
        found.append(leaf)
    return found


def _compare(tile: bytes | None, leaves: list[bytes], start: int, problems: list[Problem]) -> None:
    if tile == b"".join(leaves):
        return
    hashes = split_hashes(tile) if tile else []
    wrong = next((seq for seq, pair in enumerate(zip(leaves, hashes, strict=False), start) if pair[0] != pair[1]), start)
    problems.append(Problem(wrong, "tile", f"tile 0/{start // WIDTH} {'differs' if tile else 'is missing'}"))


def _edge(roots: Sequence[bytes]) -> Edge:
    """The edge over full tiles, from their roots: that of a tree whose leaves the roots are, only higher."""
    return Edge(len(roots) * WIDTH, Edge().grow(roots).hashes)


def _signed(
    storage: Storage, connection: Connection, roots: Sequence[bytes], rest: Sequence[bytes], edge: Edge
) -> list[Problem]:
    """The last signed checkpoint, if its root is not the root of the entries below it."""
    signed = storage.latest_signed(connection)
    if signed is None:
        return []
    root, size = signed[0], signed[1][0].size
    if size > edge.size:
        return [Problem(edge.size, "checkpoint", f"there is a checkpoint of {size} entries")]
    full = size // WIDTH
    inside = rest if full == len(roots) else storage.leaves(connection, full * WIDTH, size)
    due = _edge(roots[:full]).grow(inside[: size - full * WIDTH]).root() if size else EMPTY_ROOT
    return [] if due == root else [Problem(size, "checkpoint", "the stored root is not the root of the entries")]
