"""`python -m traceability verify EXPORT`: the check of a static export; `evidence FILE`: the check of a fork's proof.

Exit 0 sound, 1 tampered (first bad index named), 2 fork, 3 incomplete, 4 usage.
"""

import argparse
import json
import sys
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

from traceability.checkpoint import parse_checkpoint, parse_note
from traceability.errors import PolicyError
from traceability.evidence import check_evidence, of_fork
from traceability.exported import Archive, Export, Files, Folder
from traceability.policy import Policy, parse_trust
from traceability.verify import FORK, INCOMPLETE, USAGE, Verdict, verify_export


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
    except (OSError, UnicodeDecodeError, PolicyError, json.JSONDecodeError, RecursionError) as error:
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
    verify.add_argument("--evidence-out", metavar="FILE", default="tlog-evidence.json", help="where a fork is written")
    verify.add_argument("--json", action="store_true", help="answer as JSON")
    verify.set_defaults(run=_verify)
    evidence = commands.add_parser("evidence", help="check a file of evidence that a log has forked")
    evidence.add_argument("file", help="as a page or a command saved it")
    evidence.add_argument("--policy", required=True, help="as for verify")
    evidence.set_defaults(run=_evidence)
    return parser


def _verify(options: argparse.Namespace) -> int:
    place, policy = Path(options.export), _trusted(options.policy) if options.policy else None
    since = Path(options.since).read_bytes() if options.since else None
    if not policy or not policy.logs:
        sys.stderr.write("the keys come from the export itself: compare them with a copy you trust, or give --policy\n")
    files = Archive(place) if place.is_file() else Folder(place)
    verdict = verify_export(files, policy=policy, since=since, lot=options.lot)
    if verdict.outcome == FORK and since is not None:
        _keep_evidence(files, since, Path(options.evidence_out))
    sys.stdout.write(_text(verdict, options) + "\n")
    return verdict.outcome


def _keep_evidence(files: Files, since: bytes, place: Path) -> None:
    """Write both notes and the proof between them, as `evidence` takes them."""
    newer = (files.read("checkpoint") or b"").decode()
    export = Export(files, parse_checkpoint(parse_note(newer.encode()).text).size)
    found = of_fork(since.decode(), newer, export.leaf)
    place.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    sys.stderr.write(f"evidence written to {place}\n")


def _evidence(options: argparse.Namespace) -> int:
    policy = _trusted(options.policy)
    if not policy.logs:
        return _usage("the policy names no key of a log")
    outcome, message = check_evidence(json.loads(Path(options.file).read_text(encoding="utf-8")), policy)
    sys.stdout.write(message + "\n")
    return outcome


def _trusted(path: str) -> Policy:
    return parse_trust(Path(path).read_bytes())


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
