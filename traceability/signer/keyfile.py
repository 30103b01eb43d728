"""The signer's secret keys: a file only its user can read, one encoded key a line."""

from pathlib import Path

from traceability.checkpoint import COSIGNATURE_V1, ED25519, Signer, generate_signer, parse_signer
from traceability.errors import NoteError, SignerError
from traceability.signer.state import replace_file


class KeyFile:
    """Keys in the order they were made. A file changed by another process is read again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_at: tuple[int, int, int] | None = None
        self._keys: list[Signer] = []

    def read(self) -> list[Signer]:
        """Every key in the file. Raises SignerError `keys-missing` or `keys-unreadable`; no message holds a key."""
        try:
            found = self.path.stat()
            mark = (found.st_ino, found.st_mtime_ns, found.st_size)
            if mark != self._read_at:
                lines = self.path.read_text(encoding="ascii").splitlines()
                self._keys, self._read_at = [parse_signer(line) for line in lines if line.strip()], mark
        except FileNotFoundError as error:
            raise SignerError("keys-missing", f"there are no keys at {self.path}") from error
        except (OSError, UnicodeDecodeError, NoteError) as error:
            raise SignerError("keys-unreadable", f"the keys at {self.path} cannot be read") from error
        return list(self._keys)

    def write(self, keys: list[Signer]) -> None:
        """Replace the file's keys."""
        replace_file(self.path, "".join(f"{key.secret()}\n" for key in keys).encode())
        self._read_at = None

    def add_pair(self, origin: str) -> list[Signer]:
        """Make a plain key and a cosignature key (C2SP forbids one key for both) and add them."""
        made = [generate_signer(origin, kind) for kind in (ED25519, COSIGNATURE_V1)]
        self.write([*(self.read() if self.path.exists() else []), *made])
        return made

    def remove(self, key_id: str) -> None:
        """Forget the key with this id (hex). Raises SignerError when it is not there or is the last one."""
        left = [key for key in self.read() if key.verifier.id.hex() != key_id]
        if not left or len(left) == len(self.read()):
            raise SignerError("no-such-key", f"no key {key_id} to remove, or it is the last one")
        self.write(left)
