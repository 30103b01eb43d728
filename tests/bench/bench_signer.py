"""The signer against the least it could do: write the checkpoint into its file, fsync, one Ed25519 signature.

It does more for each checkpoint: it takes its lock, reads what it remembers, checks the consistency proof, and signs with
both kinds of keys.
"""

import os
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from tests.traceability.conftest import ORIGIN
from traceability.checkpoint import Checkpoint
from traceability.merkle import Edge, consistency_proof, leaf_hash
from traceability.signer import Client, Keeper, KeyFile, StateFile
from traceability.signer.server import Server, begin

ROUNDS = 1_000
_ASIDE = 20


def run(rounds: int = ROUNDS) -> list[dict]:
    """Rows {name, value, unit, base, ratio, mark}: milliseconds of a checkpoint signed in process and over the socket."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        state, keys = StateFile(folder / "state"), KeyFile(folder / "keys")
        begin(ORIGIN, state, keys)
        keeper = Keeper(state, keys)
        steps = _checkpoints(2 * (rounds + _ASIDE) + 1)
        server = Server(keeper, folder / "socket")
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            bare, here, there = _taken(folder, keeper, Client(folder / "socket"), steps, rounds)
        finally:
            server.stop()
            thread.join()
    base = f"file written, fsync, one signature, {bare * 1e3:.2f} ms"
    return [
        {"name": name, "value": taken * 1e3, "unit": "ms", "base": base, "ratio": taken / bare, "mark": 2.0}
        for name, taken in (("a checkpoint signed", here), ("a checkpoint signed, over the socket", there))
    ]


def _checkpoints(count: int) -> list[tuple[str, int, list[bytes]]]:
    """(text, size before, proof) of the tree that grows by one leaf each time."""
    leaves = [leaf_hash(sha256(b"%d" % number).digest()) for number in range(count)]
    roots: dict[tuple[int, int], bytes] = {}

    def root(start: int, stop: int) -> bytes:
        if (start, stop) not in roots:
            edge = Edge()
            for leaf in leaves[start:stop]:
                edge, _ = edge.push(leaf)
            roots[start, stop] = edge.root()
        return roots[start, stop]

    return [
        (Checkpoint(ORIGIN, size, root(0, size)).text(), size - 1, consistency_proof(size - 1, size, root) if size > 1 else [])
        for size in range(1, count)
    ]


def _taken(folder: Path, keeper: Keeper, client: Client, steps: list, rounds: int) -> list[float]:
    """Median seconds of the bare act, the keeper's and the client's, taken in turns."""
    plain, now = KeyFile(folder / "keys").read()[0], datetime.now(UTC)
    taken: list[list[float]] = [[], [], []]
    waiting = iter(steps)

    def bare(text: str) -> None:
        with (folder / "bare").open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        plain.sign(text, now)

    for number in range(rounds + _ASIDE):
        for which, work in enumerate((None, keeper.sign, client.sign)):
            text, old_size, proof = steps[0] if work is None else next(waiting)
            began = time.perf_counter()
            work(text, old_size=old_size, proof=proof) if work else bare(text)
            if number >= _ASIDE:
                taken[which].append(time.perf_counter() - began)
    return [statistics.median(times) for times in taken]
