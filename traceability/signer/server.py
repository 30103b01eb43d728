"""`python -m traceability signer`: the signer as a process of its own, behind a Unix socket.

With `--incept ORIGIN` it makes keys and state once and ends; with `--add-keys ORIGIN` it adds a pair of keys for a
rotation and prints their public halves; with `--remove-key ID` it forgets one.
"""

import argparse
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from traceability.checkpoint import Checkpoint, parse_checkpoint, parse_note, verify_note
from traceability.errors import NoteError, SignerError
from traceability.merkle import EMPTY_ROOT
from traceability.signer import protocol
from traceability.signer.keeper import Keeper
from traceability.signer.keyfile import KeyFile
from traceability.signer.state import StateFile

_PATIENCE = 5.0
USAGE = 4


class Server:
    """Answers one question after another; whoever may open the socket may ask. `mode` is the socket's."""

    def __init__(self, keeper: Keeper, path: Path, mode: int = 0o660) -> None:
        self._keeper = keeper
        self._path = path
        path.unlink(missing_ok=True)  # the state's lock is held, so nobody answers there any more
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(protocol.address(path))
        path.chmod(mode)
        self._socket.listen(32)
        self._socket.settimeout(0.5)
        self._stopping = threading.Event()

    def stop(self) -> None:
        self._stopping.set()

    def serve(self) -> None:
        """Until `stop`. A question that is late, too long or nonsense is answered or dropped, never fatal."""
        while not self._stopping.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(_PATIENCE)
                try:
                    with connection.makefile("rb") as stream:
                        answer = self._answer(stream.readline(protocol.MAX_BYTES))
                    connection.sendall(protocol.write(answer))
                except OSError:
                    continue
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            return self._do(protocol.read(line))
        except SignerError as error:
            return {"error": error.code, "message": error.message}

    def _do(self, question: dict[str, Any]) -> dict[str, Any]:
        verb = question.get("do")
        if verb == "sign":
            note, old_size, proof = (question.get(name) for name in ("note", "old_size", "proof"))
            if not isinstance(note, str) or not isinstance(old_size, int) or not isinstance(proof, list):
                raise SignerError("bad-message", "sign needs note, old_size and proof")
            lines = self._keeper.sign(note, old_size=old_size, proof=[protocol.decode(item) for item in proof])
            return {"lines": [str(line).rstrip("\n") for line in lines]}
        if verb == "state":
            state = self._keeper.state()
            return {"size": state[0], "root": protocol.encode(state[1])} if state else {}
        if verb == "keys":
            return {"keys": [str(key) for key in self._keeper.verifiers()]}
        raise SignerError("bad-message", "no such verb")


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    options = _options(arguments)
    state, keys = StateFile(options.state), KeyFile(options.keys)
    try:
        if options.incept:
            begin(options.incept, state, keys, options.at and options.at.read_bytes())
        elif options.add_keys:
            keys.add_pair(options.add_keys)
        elif options.remove_key:
            keys.remove(options.remove_key)
        else:
            return _serve(state, keys, options)
        for key in keys.read():
            sys.stdout.write(f"{key.verifier}\n")
    except (SignerError, OSError) as error:
        sys.stderr.write(f"signer: {error}\n")
        return 1
    return 0


def begin(origin: str, state: StateFile, keys: KeyFile, note: bytes | None = None) -> None:
    """Make the keys and the state of a new log; of a log whose signer has lost its state, the state from the newest
    `note` that anybody holds. Raises SignerError: `state-taken`; `keys-without-state` (keys are here and no `note` is
    given: they may have signed, and from nothing they would sign a second history); `bad-note` (not signed with the
    keys here, or of another log)."""
    state.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    last = Checkpoint(origin, 0, EMPTY_ROOT)
    if not keys.path.exists() and state.read() == last:
        keys.add_pair(origin)  # the inception was cut short between the two
        return
    if note is not None:
        try:
            parsed = parse_note(note)
            verify_note(parsed, [key.verifier for key in keys.read()])
            last = parse_checkpoint(parsed.text)
        except NoteError as error:
            raise SignerError("bad-note", f"the note was not signed with these keys: {error.message}") from error
        if last.origin != origin:
            raise SignerError("bad-note", f"the note belongs to {last.origin}")
    elif keys.path.exists() and state.read() is None:
        raise SignerError("keys-without-state", f"there are keys at {keys.path} and no state: name the newest note with --at")
    Keeper(state, keys).incept(origin, size=last.size, root=last.root)
    if not keys.path.exists():
        keys.add_pair(origin)


def _serve(state: StateFile, keys: KeyFile, options: argparse.Namespace) -> int:
    state.hold()
    keeper = Keeper(state, keys)
    keeper.verifiers()
    server = Server(keeper, options.socket)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    if options.with_parent:
        threading.Thread(target=_end_with_parent, args=(server, os.getppid()), daemon=True).start()
    sys.stdout.write(f"signer at {options.socket}\n")
    sys.stdout.flush()
    server.serve()
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m traceability signer", description=__doc__)
    parser.add_argument("--socket", type=Path, help="where to listen; needed to serve")
    parser.add_argument("--state", type=Path, required=True, help="what was signed last; never part of a backup")
    parser.add_argument("--keys", type=Path, required=True, help="the secret keys, one a line")
    parser.add_argument("--incept", metavar="ORIGIN", help="make keys and state of a new log, and end")
    parser.add_argument("--at", type=Path, metavar="NOTE", help="with --incept: a lost state again, from the newest note")
    parser.add_argument("--add-keys", metavar="ORIGIN", help="add a pair of keys, and end")
    parser.add_argument("--remove-key", metavar="ID", help="forget the key with this id (8 hex digits), and end")
    parser.add_argument("--with-parent", action="store_true", help="end when the process that started this ends")
    options = parser.parse_args(arguments)
    if not options.socket and not (options.incept or options.add_keys or options.remove_key):
        parser.exit(USAGE, "signer: --socket is missing\n")
    return options


def _end_with_parent(server: Server, parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    server.stop()
