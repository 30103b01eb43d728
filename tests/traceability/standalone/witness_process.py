"""A real witness process, and a log that talks to it over HTTP."""

import base64
import http.client
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from traceability import witnessing
from traceability.checkpoint import Checkpoint, Note, Signer, VerifierKey, parse_signature_line, parse_verifier_key
from traceability.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, node_hash

PROGRAM = Path(__file__).resolve().parents[3] / "traceability" / "standalone" / "witness" / "tlog_witness.py"
NAME = "witness.test.example/w1"


@dataclass
class SimpleLog:
    """Leaves in a list, hashed by the definition; signs whatever it is told to."""

    signer: Signer
    leaves: list[bytes] = field(default_factory=list)

    def grow(self, count: int, word: str = "entry") -> "SimpleLog":
        self.leaves += [leaf_hash(f"{word} {len(self.leaves) + number}".encode()) for number in range(count)]
        return self

    def forked(self) -> "SimpleLog":
        return SimpleLog(self.signer, list(self.leaves))

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        size = len(self.leaves) if size is None else size
        return Checkpoint(self.signer.name, size, self._hash(0, size))

    def note(self, size: int | None = None) -> str:
        text = self.checkpoint(size).text()
        return str(Note(text, (self.signer.sign(text),)))

    def proof(self, first: int, second: int) -> list[bytes]:
        return consistency_proof(first, second, self._hash)

    def request(self, old: int, size: int | None = None, proof: Sequence[bytes] | None = None) -> bytes:
        size = len(self.leaves) if size is None else size
        return add_checkpoint(old, self.proof(old, size) if proof is None else proof, self.note(size))

    def _hash(self, start: int, stop: int) -> bytes:
        if stop - start < 2:
            return self.leaves[start] if start < stop else EMPTY_ROOT
        middle = start + (1 << (stop - start - 1).bit_length() - 1)
        return node_hash(self._hash(start, middle), self._hash(middle, stop))


def add_checkpoint(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """The request of C2SP tlog-witness, written here a second time."""
    lines = "".join(f"{base64.b64encode(item).decode()}\n" for item in proof)
    return f"old {old}\n{lines}\n{note}".encode()


@dataclass
class Answer:
    status: int
    kind: str
    text: str


@dataclass
class RunningWitness:
    process: subprocess.Popen
    key: VerifierKey
    port: int

    def post(self, body: bytes, path: str = "/add-checkpoint", headers: dict[str, str] | None = None) -> Answer:
        return self._ask("POST", path, body, headers or {})

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None, {})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.getheader("Content-Type"), response.read().decode())
        finally:
            connection.close()

    def signed_time(self, answer: Answer, text: str):
        """The time in the one cosignature line of the answer, which must hold over `text`."""
        line = parse_signature_line(answer.text.removesuffix("\n"))
        assert (line.name, line.key_id) == (self.key.name, self.key.id)
        return self.key.verify(text, line.value)


def over_http(url: str, body: bytes | None) -> witnessing.Answer:
    """How `traceability.witnessing` reaches a witness in tests: a POST with a body, a GET without."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    try:
        connection.request("GET" if body is None else "POST", parts.path, body)
        response = connection.getresponse()
        return witnessing.Answer(response.status, response.read())
    finally:
        connection.close()


def run(*arguments: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, PROGRAM, *arguments], capture_output=True, text=True, timeout=30)


def prepare(folder: Path, *keys: VerifierKey) -> VerifierKey:
    """`init` and the list of logs; returns the witness's verifier key."""
    made = run("init", folder, "--name", NAME)
    assert made.returncode == 0, made.stderr
    (folder / "logs").write_text("# logs\n\n" + "".join(f"{key}\n" for key in keys), encoding="utf-8")
    return parse_verifier_key(made.stdout.strip())


@contextmanager
def running(folder: Path, program: Sequence[str] = ()) -> Iterator[RunningWitness]:
    """`serve` on a free port until the block ends; `program` replaces the plain program."""
    command = [sys.executable, *(program or [PROGRAM]), "serve", folder, "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        words = process.stdout.readline().split()
        assert words, "the witness did not start"
        yield RunningWitness(process, parse_verifier_key(words[0]), int(words[-1].rstrip("/").rpartition(":")[2]))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
