#!/usr/bin/env python3
"""A stand-alone witness for append-only logs: C2SP tlog-witness and tlog-cosignature, with Ed25519 (RFC 8032).

    tlog_witness.py init FOLDER --name witness.example.edu.vn/w1    make the key and the empty memory, once
    tlog_witness.py vkey FOLDER                                     print the verifier key to hand to the logs
    tlog_witness.py serve FOLDER [--listen HOST:PORT]               run

FOLDER holds `key` (only this user can read it), `logs` (one verifier key a line: the logs to witness; the key name is
the log's origin), `state.json` (the last checkpoint signed for each log), `lock`, `evidence/`. Python 3.9 or newer,
standard library only. The memory is written aside, flushed to disk and renamed before any signature leaves.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import fcntl
import hashlib
import json
import os
import re
import secrets
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

ED25519, COSIGNATURE_V1 = 0x01, 0x04
EMPTY_ROOT = hashlib.sha256(b"").digest()
MAX_BODY, MAX_PROOF, MAX_SIZE, MAX_EVIDENCE = 128 * 1024, 63, 2**63 - 1, 50
READ_SECONDS, CONNECTION_SECONDS, MAX_CONNECTIONS = 10, 60, 64
STATE_FORMAT = "tlog-witness/state/1"
DASH = "\N{EM DASH} "
DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


class Refused(Exception):
    """Ends a request with an HTTP status. `body` is a size for 409, a sentence otherwise."""

    def __init__(self, status: int, body: str, kind: str = "text/plain; charset=utf-8") -> None:
        super().__init__(f"{status} {body.strip()}")
        self.status, self.body, self.kind = status, body, kind


class Unusable(Exception):
    """The folder cannot be served; one line for the operator."""


# Ed25519: points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def _add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point, scalar = _add(point, point), scalar >> 1
    return result


def _x_of(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if y >= P or (x * x - square) % P or (not x and sign):
        raise ValueError("not a point of the curve")
    return P - x if x & 1 != sign else x


def _decode_point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = _x_of(y, sign)
    return x, y, 1, x * y % P


def _encode_point(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (_x_of(BASE_Y, 0), BASE_Y, 1, _x_of(BASE_Y, 0) * BASE_Y % P)


def _scalar_of(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L


def _expand(seed):
    digest = hashlib.sha512(seed).digest()
    return int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254, digest[32:]


def ed25519_public(seed: bytes) -> bytes:
    """The public key of a 32-byte seed (RFC 8032 §5.1.5)."""
    return _encode_point(_times(_expand(seed)[0], BASE))


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    """The 64-byte signature (RFC 8032 §5.1.6). Not in constant time: see README, The machine."""
    scalar, prefix = _expand(seed)
    public, r = ed25519_public(seed), _scalar_of(prefix, message)
    commitment = _encode_point(_times(r, BASE))
    s = (r + _scalar_of(commitment, public, message) * scalar) % L
    return commitment + s.to_bytes(32, "little")


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """RFC 8032 §5.1.7 without the cofactor, as common libraries do; s ≥ L and points off the curve are refused."""
    s = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or len(public) != 32 or s >= L:
        return False
    try:
        minus = _decode_point(public)
    except ValueError:
        return False
    k = _scalar_of(signature[:32], public, message)
    minus = (P - minus[0], minus[1], minus[2], P - minus[3])
    return _encode_point(_add(_times(s, BASE), _times(k, minus))) == signature[:32]


class Key(NamedTuple):
    """A verifier key of C2SP signed-note."""

    name: str
    type: int
    public: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_b64(bytes([self.type]) + self.public)}"


def parse_key(text: str, kind: int) -> Key:
    """`<name>+<id>+<base64(type ‖ key)>` with the type due. Raises ValueError."""
    name, identity, encoded = [*text.split("+", 2), "", ""][:3]
    data = _unb64(encoded, 33)
    key = Key(_check_name(name), data[0], data[1:])
    if key.type != kind:
        raise ValueError(f"the key of {name} has type {key.type:#04x}, {kind:#04x} is due")
    if identity != key.id.hex():
        raise ValueError(f"the key id of {name} is not its own")
    return key


def _check_name(name: str) -> str:
    if not name or "+" in name or not name.isprintable() or any(char.isspace() for char in name):
        raise ValueError("a key name is empty or has white space, a plus or a control character")
    return name


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str, length: int | None = None) -> bytes:
    data = base64.b64decode(text.encode(), validate=True)
    if _b64(data) != text or (length is not None and len(data) != length):
        raise ValueError("base64 with stray bits or of a wrong length")
    return data


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 §2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def consistent(first: int, second: int, first_root: bytes, second_root: bytes, proof: list[bytes]) -> bool:
    """Does `proof` show that the tree of `second` extends that of `first` (RFC 9162 §2.1.4.2)?"""
    if first == 0:
        return not proof and first_root == EMPTY_ROOT and (second > 0 or second_root == EMPTY_ROOT)
    if first == second:
        return not proof and first_root == second_root
    path = [*proof] if first & (first - 1) else [first_root, *proof]
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not path:
        return False
    old = new = path[0]
    for sibling in path[1:]:
        if not last:
            return False
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return not last and (old, new) == (first_root, second_root)


class Checkpoint(NamedTuple):
    """A note taken apart: signed text (C2SP tlog-checkpoint), its first three lines, the signatures."""

    text: str
    origin: str
    size: int
    root: bytes
    lines: tuple[tuple[str, bytes, str], ...]  # name, key id ‖ signature, the line itself


def parse_checkpoint(note: str) -> Checkpoint:
    """Raises ValueError for anything that is not a signed checkpoint."""
    if any(char < " " and char != "\n" for char in note):
        raise ValueError("a control character in the note")
    text, blank, tail = note.rpartition("\n\n")
    origin, size, root, *extensions = [*text.split("\n"), "", ""] if text.count("\n") < 2 else text.split("\n")
    if not blank or not origin or not DECIMAL.fullmatch(size) or int(size) > MAX_SIZE or "" in extensions:
        raise ValueError("not a checkpoint: origin, size, root, blank line, signatures")
    if not tail.endswith("\n") or tail.count("\n") > 100:
        raise ValueError("no signature lines, or more than a hundred")
    lines = []
    for line in tail[:-1].split("\n"):
        name, space, encoded = line[len(DASH) :].partition(" ")
        data = _unb64(encoded)
        if not line.startswith(DASH) or not space or len(data) < 5:
            raise ValueError("a malformed signature line")
        lines.append((_check_name(name), data, line))
    return Checkpoint(text + "\n", origin, int(size), _unb64(root, 32), tuple(lines))


class Request(NamedTuple):
    """The body of add-checkpoint."""

    old: int
    proof: list[bytes]
    checkpoint: Checkpoint
    note: str


def parse_request(body: bytes) -> Request:
    """Raises Refused(400)."""
    try:
        head, _blank, note = body.decode("utf-8").partition("\n\n")
        first, *proof = head.split("\n")
        if not first.startswith("old ") or not DECIMAL.fullmatch(first[4:]) or len(proof) > MAX_PROOF:
            raise ValueError("no `old <size>` line, or more than 63 proof lines")
        request = Request(int(first[4:]), [_unb64(line, 32) for line in proof], parse_checkpoint(note), note)
    except ValueError as error:
        raise Refused(400, f"malformed: {error}\n") from error
    if request.old > request.checkpoint.size:
        raise Refused(400, "the old size is above the checkpoint's\n")
    return request


class Witness:
    """The rules: which logs, what was signed last, what may be signed next. One process at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mutex = threading.Lock()
        self._only_one()
        self.name, self._seed = _read_secret(folder / "key")
        self.key = Key(self.name, COSIGNATURE_V1, ed25519_public(self._seed))
        self.logs = _read_logs(folder / "logs")
        self._notes: dict[str, str] = _read_state(folder / "state.json", self.key)

    def _only_one(self) -> None:
        try:
            self._lock = (self.folder / "lock").open("a")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError as error:
            raise Unusable(f"{self.folder} is not there: run `init` once") from error
        except BlockingIOError as error:
            raise Unusable(f"another witness is running on {self.folder}") from error

    def held(self, origin: str) -> tuple[int, bytes]:
        """Size and root signed last; the empty tree before the first."""
        note = self._notes.get(origin)
        held = parse_checkpoint(note) if note else None
        return (held.size, held.root) if held else (0, EMPTY_ROOT)

    def note(self, origin_hash: str) -> str | None:
        """The note signed last for the log whose origin has this SHA-256 (C2SP tlog-witness, monitoring)."""
        return next((note for origin, note in self._notes.items() if _hash_name(origin) == origin_hash), None)

    def add_checkpoint(self, body: bytes, now: int) -> str:
        """Check, remember, sign: the cosignature line with its line feed. Raises Refused."""
        request = parse_request(body)
        new = request.checkpoint
        if new.origin not in self.logs:
            raise Refused(404, "this log is not known here\n")
        trusted = self._signed_by_log(new)
        with self._mutex:
            size, root = self.held(new.origin)
            if request.old != size:
                raise Refused(409, f"{size}\n", "text/x.tlog.size")
            if not consistent(size, new.size, root, new.root, request.proof):
                self._keep_evidence(request)
                raise Refused(422, "the checkpoint does not extend the one signed here before\n")
            message = b"cosignature/v1\ntime %d\n" % now + new.text.encode()
            stamped = now.to_bytes(8, "big") + ed25519_sign(self._seed, message)
            line = f"{DASH}{self.name} {_b64(self.key.id + stamped)}\n"
            notes = {**self._notes, new.origin: new.text + "\n" + "".join(f"{item}\n" for item in trusted) + line}
            _write_aside(self.folder / "state.json", _state_text(self.key, notes))
            self._notes = notes
        return line

    def _signed_by_log(self, new: Checkpoint) -> list[str]:
        """The lines that the log's own keys signed; lines of unknown keys are passed over. Raises Refused(403)."""
        keys = {key.id: key for key in self.logs[new.origin]}
        known = {line: (keys[data[:4]], data[4:]) for name, data, line in new.lines if name == new.origin and data[:4] in keys}
        if not known or not all(ed25519_verify(key.public, new.text.encode(), value) for key, value in known.values()):
            raise Refused(403, "no known key of this log signed the checkpoint\n")
        return list(known)

    def _keep_evidence(self, request: Request) -> None:
        """Two notes the log signed that were not shown to agree. Bounded: anybody may send a signed note with a wrong
        proof, so only the same size with another root is proof by itself."""
        new, held = request.checkpoint, self._notes.get(request.checkpoint.origin)
        path = self.folder / "evidence" / f"{hashlib.sha256(new.text.encode()).hexdigest()}.json"
        if held is None or path.exists() or len(list(path.parent.iterdir())) >= MAX_EVIDENCE:
            return
        why = "same size, another root" if request.old == new.size else "the proof does not lead from one to the other"
        proof = [_b64(item) for item in request.proof]
        found = {"format": "chonongsan/evidence/1", "notes": [held, request.note], "proof": proof, "why": why}
        _write_aside(path, json.dumps(found, ensure_ascii=False, indent=1) + "\n")

    def status(self) -> str:
        """A page in plain text: who this is, and what was signed last for each log."""
        lines = [f"Witness {self.name} (C2SP tlog-witness)", f"Verifier key: {self.key}", ""]
        for origin in self.logs:
            lines.append(f"{origin}: {self.held(origin)[0]} entries signed, note at /{_hash_name(origin)}/checkpoint")
        return "\n".join(lines) + "\n"


def _hash_name(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


def _read_secret(path: Path) -> tuple[str, bytes]:
    try:
        if path.stat().st_mode & 0o077:
            raise Unusable(f"{path} can be read by others: chmod 600")
        text = path.read_text("utf-8").strip()
        name, identity, encoded = text[len("PRIVATE+KEY+") :].split("+", 2)
        data = _unb64(encoded, 33)
        key = Key(_check_name(name), data[0], ed25519_public(data[1:]))
    except (OSError, ValueError) as error:
        raise Unusable(f"{path}: no readable key of a witness: run `init` once, or put the key back") from error
    if key.type != COSIGNATURE_V1 or key.id.hex() != identity or not text.startswith("PRIVATE+KEY+"):
        raise Unusable(f"{path}: not the key of a witness")
    return name, data[1:]


def _read_logs(path: Path) -> dict[str, list[Key]]:
    logs: dict[str, list[Key]] = {}
    try:
        for line in path.read_text("utf-8").splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                key = parse_key(line.strip(), ED25519)
                logs.setdefault(key.name, []).append(key)
    except (OSError, ValueError) as error:
        raise Unusable(f"{path}: {error}") from error
    if not logs:
        raise Unusable(f"{path} names no log: write the verifier key of each log on a line of its own")
    return logs


def _read_state(path: Path, key: Key) -> dict[str, str]:
    """A lost memory is never begun anew: with it gone, the key could sign a second history."""
    try:
        state = json.loads(path.read_text("utf-8"))
        if state["format"] != STATE_FORMAT or state["witness"] != str(key):
            raise Unusable(f"{path} is the memory of another witness")
        notes = {str(origin): str(note) for origin, note in state["logs"].items()}
        if any(parse_checkpoint(note).origin != origin for origin, note in notes.items()):
            raise ValueError("a note stands under another origin")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Unusable(f"{path} is lost or damaged: retire this key, `init` a new folder, tell the logs") from error
    return notes


def _state_text(key: Key, notes: dict[str, str]) -> str:
    return json.dumps({"format": STATE_FORMAT, "witness": str(key), "logs": notes}, ensure_ascii=False, indent=1) + "\n"


def _write_aside(path: Path, text: str) -> None:
    aside = path.with_name(path.name + ".new")
    with aside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class Server(ThreadingHTTPServer):
    """Threads, at most 64 connections at once, none longer than a minute."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.witness = witness
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(address, Handler)

    def process_request(self, request, client_address) -> None:
        if self._free.acquire(timeout=READ_SECONDS):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request, client_address) -> None:
        end = threading.Timer(CONNECTION_SECONDS, _cut, [request])
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._free.release()

    def handle_error(self, request, client_address) -> None:
        sys.stderr.write(f"{client_address[0]} went away: {sys.exc_info()[0].__name__}\n")


def _cut(request: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended by itself
        request.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """POST /add-checkpoint, GET /<SHA-256 of an origin>/checkpoint, GET / for people."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "tlog-witness/1", ""
    timeout = READ_SECONDS
    server: Server

    def do_POST(self) -> None:
        try:
            if self.path != "/add-checkpoint":
                raise Refused(404, "checkpoints are sent to /add-checkpoint\n")
            self.answer(200, self.server.witness.add_checkpoint(self._body(), int(time.time())))
        except Refused as refused:
            self.answer(refused.status, refused.body, refused.kind)
        except OSError as error:
            sys.stderr.write(f"the memory was not written, nothing was signed: {error}\n")
            self.answer(500, "the witness could not write its memory; nothing was signed\n")

    def do_GET(self) -> None:
        origin_hash, _slash, rest = self.path[1:].partition("/")
        found = self.server.witness.status() if self.path == "/" else None
        if rest == "checkpoint":
            found = self.server.witness.note(origin_hash)
        self.answer(200 if found else 404, found or "nothing is here\n")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not DECIMAL.fullmatch(length) or int(length) > MAX_BODY:
            self.close_connection = True  # what was not read would be taken for the next request
            raise Refused(413 if DECIMAL.fullmatch(length) else 411, "a Content-Length of at most 128 kB is due\n")
        data = self.rfile.read(int(length))
        if len(data) < int(length):
            self.close_connection = True
            raise Refused(400, "the body ended early\n")
        return data

    def answer(self, status: int, text: str, kind: str = "text/plain; charset=utf-8") -> None:
        data = text.encode()
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(data))), ("Access-Control-Allow-Origin", "*")):
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, form: str, *values: object) -> None:
        sys.stderr.write(f"{self.log_date_time_string()} {self.address_string()} {(form % values)[:200]!r}\n")


def init(folder: Path, name: str) -> Key:
    """Make the folder, the key and the empty memory; never over another."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if (folder / "key").exists() or (folder / "state.json").exists():
        raise Unusable(f"{folder} has a key or a memory already")
    seed = secrets.token_bytes(32)
    key = Key(_check_name(name), COSIGNATURE_V1, ed25519_public(seed))
    (folder / "evidence").mkdir(mode=0o700, exist_ok=True)
    if not (folder / "logs").exists():
        _write_aside(folder / "logs", "# One verifier key of a log a line; its name is the log's origin.\n")
    _write_aside(folder / "state.json", _state_text(key, {}))
    secret = f"PRIVATE+KEY+{name}+{key.id.hex()}+{_b64(bytes([COSIGNATURE_V1]) + seed)}\n"
    with os.fdopen(os.open(folder / "key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return key


def main(arguments: list[str] | None = None) -> int:
    """Run one command; exit 1 with one line when it cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for command in ("init", "vkey", "serve"):
        commands.add_parser(command).add_argument("folder", type=Path)
    commands.choices["init"].add_argument("--name", required=True, help="a host and path you own, without https://")
    commands.choices["serve"].add_argument("--listen", default="127.0.0.1:8080", help="HOST:PORT")
    options = parser.parse_args(arguments)
    try:
        if options.command == "init":
            sys.stdout.write(f"{init(options.folder, options.name)}\n")
        elif options.command == "vkey":
            name, seed = _read_secret(options.folder / "key")
            sys.stdout.write(f"{Key(name, COSIGNATURE_V1, ed25519_public(seed))}\n")
        else:
            serve(options.folder, options.listen)
    except (Unusable, ValueError, OSError) as error:
        sys.stderr.write(f"tlog_witness: {error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def serve(folder: Path, listen: str) -> None:
    """Answer until stopped."""
    witness = Witness(folder)
    host, _colon, port = listen.rpartition(":")
    with Server((host, int(port)), witness) as server:
        sys.stdout.write(f"{witness.key} on http://{host}:{server.server_address[1]}/\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
