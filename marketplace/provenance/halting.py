"""The mark that keeps the log read-only until a person takes it away: a file in DATA_DIR, for every process of the site.

What store and signer show by themselves needs no mark; what they cannot know does: that the database came out of a
backup, that a witness holds another history, that the operator has frozen the log.
"""

from dataclasses import dataclass
from pathlib import Path

from traceability.durable import replacing, settle

RESTORED, WITNESS, FROZEN = "restored", "witness-differs", "frozen"

_NAME = "log-stopped"


@dataclass(frozen=True)
class Halt:
    """Why the log is read-only: `code` is one of the words above, `detail` a sentence for the operator."""

    code: str
    detail: str


def halted(data_dir: Path) -> Halt | None:
    """The mark, if there is one. One that cannot be read halts too."""
    try:
        code, _, detail = (data_dir / _NAME).read_text("utf-8").partition("\n")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        return Halt("halted", f"{data_dir / _NAME} cannot be read: {error}")
    return Halt(code or "halted", detail.strip())


def halt(data_dir: Path, code: str, detail: str) -> None:
    """Leave the mark, in place of an earlier one, through a power cut too; a frozen log stays frozen. Raises OSError."""
    earlier = halted(data_dir)
    if earlier is None or earlier.code != FROZEN:
        with replacing(data_dir / _NAME) as file:
            file.write(f"{code}\n{detail}\n".encode())
        settle(data_dir)


def release(data_dir: Path) -> None:
    """Take the mark away."""
    (data_dir / _NAME).unlink(missing_ok=True)
