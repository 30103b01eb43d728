"""`python -m traceability verify EXPORT`: the independent check of a static export.

Exit 0 sound, 1 tampered (first bad index named), 2 fork, 3 incomplete, 4 usage.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from traceability.checkpoint import VerifierKey, parse_verifier_key
from traceability.errors import NoteError
from traceability.verify import Verdict, verify_export

USAGE = 4


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    folder = Path(options.export)
    if not folder.is_dir():
        return _usage(f"{folder} is not a folder")
    try:
        keys = _keys(folder, options.policy)
        since = Path(options.since).read_bytes() if options.since else None
    except (OSError, UnicodeDecodeError, NoteError) as error:
        return _usage(str(error))
    if not options.policy:
        sys.stderr.write("the keys come from the export itself: compare them with a copy you trust, or give --policy\n")
    verdict = verify_export(lambda path: _read(folder, path), keys, since=since, lot=options.lot)
    sys.stdout.write(_text(verdict, options) + "\n")
    return verdict.outcome


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m traceability", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    verify = commands.add_parser("verify", help="check a static export of a log")
    verify.add_argument("export", help="folder with checkpoint and tile/")
    verify.add_argument("--policy", help="file with the verifier keys to trust, one a line")
    verify.add_argument("--since", help="file with an older note of this log")
    verify.add_argument("--lot", help="list the entries of this lot")
    verify.add_argument("--json", action="store_true", help="answer as JSON")
    return parser


def _keys(folder: Path, policy: str | None) -> list[VerifierKey]:
    source = Path(policy) if policy else folder / "keys"
    lines = (line.strip() for line in source.read_text(encoding="utf-8").splitlines())
    return [parse_verifier_key(line) for line in lines if line and not line.startswith("#")]


def _read(folder: Path, path: str) -> bytes | None:
    try:
        return (folder / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _text(verdict: Verdict, options: argparse.Namespace) -> str:
    if options.json:
        body = {"outcome": verdict.outcome, "message": verdict.message, "size": verdict.size, "index": verdict.index}
        return json.dumps(body | ({"lot": options.lot, "entries": verdict.lot_entries} if options.lot else {}))
    at = "" if verdict.index is None else f" (first bad index {verdict.index})"
    lot = f"\nlot {options.lot}: entries {list(verdict.lot_entries)}" if options.lot and not verdict.outcome else ""
    return f"{verdict.message}{at}{lot}"


def _usage(message: str) -> int:
    sys.stderr.write(f"python -m traceability: {message}\n")
    return USAGE
