"""`python -m traceability verify EXPORT`: the check of a static export; `evidence FILE`: the check of a fork's proof.

Exit 0 sound, 1 tampered (first bad index named), 2 fork, 3 incomplete, 4 usage.
"""

import argparse
import json
import sys
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

from traceability.checkpoint import VerifierKey, parse_verifier_key
from traceability.errors import NoteError, PolicyError
from traceability.evidence import check_evidence
from traceability.policy import Policy, parse_policy
from traceability.verify import INCOMPLETE, TAMPERED, USAGE, Verdict, verify_export

_POLICY_WORDS = ("log", "witness", "group", "quorum")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except (OSError, UnicodeDecodeError, NoteError, PolicyError, json.JSONDecodeError, RecursionError) as error:
        return _usage(str(error))
    except (tarfile.TarError, EOFError) as error:
        sys.stdout.write(f"the archive is cut short or damaged: {error}\n")
        return INCOMPLETE


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m traceability", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    verify = commands.add_parser("verify", help="check a static export of a log")
    verify.add_argument("export", help="folder, or TAR of one, with checkpoint and tile/")
    verify.add_argument("--policy", help="file with the policy, or with the verifier keys to trust, one a line")
    verify.add_argument("--since", help="file with an older note of this log")
    verify.add_argument("--lot", help="list the entries of this lot")
    verify.add_argument("--json", action="store_true", help="answer as JSON")
    verify.set_defaults(run=_verify)
    evidence = commands.add_parser("evidence", help="check a file of evidence that a log has forked")
    evidence.add_argument("file", help="as a page or a command saved it")
    evidence.add_argument("--policy", required=True, help="as for verify")
    evidence.set_defaults(run=_evidence)
    return parser


def _verify(options: argparse.Namespace) -> int:
    place = Path(options.export)
    if not place.exists():
        return _usage(f"{place} is not there")
    read = _folder(place) if place.is_dir() else _archive(place)
    keys, policy = _trusted(Path(options.policy).read_bytes()) if options.policy else ([], None)
    listed = read("keys")
    if listed is None:
        sys.stdout.write("keys is missing\n")
        return INCOMPLETE
    try:
        served = _plain(listed)
    except (NoteError, UnicodeDecodeError) as error:
        sys.stdout.write(f"the export's keys are malformed: {error}\n")
        return TAMPERED
    if not keys or (policy and not policy.logs):
        keys = [*keys, *served]
    if not options.policy:
        sys.stderr.write("the keys come from the export itself: compare them with a copy you trust, or give --policy\n")
    since = Path(options.since).read_bytes() if options.since else None
    verdict = verify_export(read, keys, policy=policy, since=since, lot=options.lot)
    sys.stdout.write(_text(verdict, options) + "\n")
    return verdict.outcome


def _evidence(options: argparse.Namespace) -> int:
    keys, _ = _trusted(Path(options.policy).read_bytes())
    outcome, message = check_evidence(json.loads(Path(options.file).read_text(encoding="utf-8")), keys)
    sys.stdout.write(message + "\n")
    return outcome


def _trusted(data: bytes) -> tuple[list[VerifierKey], Policy | None]:
    """The keys of a policy and the policy, or of plain lines with a key each."""
    lines = (line.split() for line in data.decode("utf-8", "replace").splitlines())
    if any(line and line[0] in _POLICY_WORDS for line in lines):
        policy = parse_policy(data)
        return list(policy.keys), policy
    return _plain(data), None


def _plain(data: bytes) -> list[VerifierKey]:
    lines = (line.strip() for line in data.decode("utf-8").splitlines())
    return [parse_verifier_key(line) for line in lines if line and not line.startswith("#")]


def _folder(folder: Path) -> Callable[[str], bytes | None]:
    def read(path: str) -> bytes | None:
        try:
            return (folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    return read


def _archive(place: Path) -> Callable[[str], bytes | None]:
    """Reads members in place, wherever the export's folder stands in the archive."""
    archive = tarfile.open(place)  # noqa: SIM115 - it is read until the command ends
    names = {member.name.removeprefix("./"): member for member in archive if member.isfile()}
    [top, *_] = sorted((name for name in names if name == "checkpoint" or name.endswith("/checkpoint")), key=len) or [""]
    prefix = top.removesuffix("checkpoint")

    def read(path: str) -> bytes | None:
        member = names.get(prefix + path)
        file = archive.extractfile(member) if member else None
        return None if file is None else file.read()

    return read


def _text(verdict: Verdict, options: argparse.Namespace) -> str:
    if options.json:
        names = ("outcome", "message", "size", "index", "withheld", "mapped")
        body = {name: getattr(verdict, name) for name in names}
        return json.dumps(body | ({"lot": options.lot, "entries": verdict.lot_entries} if options.lot else {}))
    at = "" if verdict.index is None else f" (first bad index {verdict.index})"
    lot = f"\nlot {options.lot}: entries {list(verdict.lot_entries)}" if options.lot and not verdict.outcome else ""
    return f"{verdict.message}{at}{lot}"


def _usage(message: str) -> int:
    sys.stderr.write(f"python -m traceability: {message}\n")
    return USAGE
