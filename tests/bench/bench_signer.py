"""The signer against the least it could do: write the checkpoint into its file, fsync, one Ed25519 signature.

It does more for each checkpoint: it takes its lock, reads what it remembers, checks the consistency proof, and signs with
both kinds of keys.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from tests.traceability.conftest import ORIGIN
from traceability.checkpoint import Checkpoint
from traceability.merkle import Edge, consistency_proof, leaf_hash
from traceability.signer import Client, Keeper, KeyFile, StateFile
from traceability.signer.server import begin

ROUNDS = 1_000
_ASIDE = 20


def run(rounds: int = ROUNDS) -> list[dict]:
    """Rows {name, value, unit, base, ratio, mark}: milliseconds of a checkpoint signed in process and over the socket."""
    with tempfile.TemporaryDirectory() as name, _process(Path(name) / "far") as client:
        near = Path(name) / "near"
        state, keys = StateFile(near / "state"), KeyFile(near / "keys")
        begin(ORIGIN, state, keys)
        bare, here, there = _taken(near, Keeper(state, keys), client, _checkpoints(rounds + _ASIDE + 1), rounds)
    base = f"file written, fsync, one signature, {bare * 1e3:.2f} ms"
    rows = [("a checkpoint signed", here, 2.0), ("a checkpoint signed by the process at its socket", there, None)]
    return [
        {"name": name, "value": taken * 1e3, "unit": "ms", "base": base, "ratio": taken / bare, "mark": mark}
        for name, taken, mark in rows
    ]


@contextmanager
def _process(folder: Path) -> Iterator[Client]:
    """A signer of its own, as in production."""
    files = ("--socket", folder / "socket", "--state", folder / "state", "--keys", folder / "keys")
    command = [sys.executable, "-m", "traceability", "signer", *map(str, files)]
    subprocess.run([*command, "--incept", ORIGIN], check=True, capture_output=True)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield Client(folder / "socket")
        process.terminate()


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

    def bare(text: str) -> None:
        with (folder / "bare").open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        plain.sign(text, now)

    for number in range(rounds + _ASIDE):
        for which, work in enumerate((None, keeper.sign, client.sign)):
            text, old_size, proof = steps[number]
            began = time.perf_counter()
            work(text, old_size=old_size, proof=proof) if work else bare(text)
            if number >= _ASIDE:
                taken[which].append(time.perf_counter() - began)
    return [statistics.median(times) for times in taken]
