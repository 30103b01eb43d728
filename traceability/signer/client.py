"""Asks the signer process over its Unix socket."""

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from traceability.checkpoint import SignatureLine, VerifierKey, parse_signature_line, parse_verifier_key
from traceability.errors import NoteError, SignerError
from traceability.signer import protocol

_PATIENCE = 10.0


class Client:
    """A signer at the other end of a socket: the same three verbs as `Keeper`.

    Raises SignerError: the signer's own refusals by their codes, `unreachable` when it does not answer.
    """

    def __init__(self, path: Path, patience: float = _PATIENCE) -> None:
        self._path = path
        self._patience = patience

    def sign(self, text: str, *, old_size: int, proof: Sequence[bytes]) -> list[SignatureLine]:
        """See `Keeper.sign`."""
        hashes = [protocol.encode(value) for value in proof]
        lines = self._ask({"do": "sign", "note": text, "old_size": old_size, "proof": hashes}).get("lines", [])
        return [_understood(parse_signature_line, line) for line in lines]

    def state(self) -> tuple[int, bytes] | None:
        """See `Keeper.state`."""
        answer = self._ask({"do": "state"})
        return (answer["size"], protocol.decode(answer["root"])) if "size" in answer else None

    def verifiers(self) -> list[VerifierKey]:
        """See `Keeper.verifiers`."""
        return [_understood(parse_verifier_key, key) for key in self._ask({"do": "keys"}).get("keys", [])]

    def answers(self) -> bool:
        """Does a signer listen there?"""
        if not self._path.exists():
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._patience)
                connection.connect(protocol.address(self._path))
        except OSError:
            return False
        return True

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._patience)
                connection.connect(protocol.address(self._path))
                connection.sendall(protocol.write(question))
                with connection.makefile("rb") as stream:
                    answer = protocol.read(stream.readline(protocol.MAX_BYTES))
        except OSError as error:
            raise SignerError("unreachable", f"the signer at {self._path} does not answer: {error}") from error
        if "error" in answer:
            raise SignerError(str(answer["error"]), str(answer.get("message", "")))
        return answer


def _understood(parse: Callable[[str], Any], text: Any) -> Any:
    try:
        return parse(text)
    except (NoteError, AttributeError, TypeError) as error:
        raise SignerError("bad-message", "the signer's answer is not what it should be") from error
