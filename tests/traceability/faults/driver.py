"""A site's log as one real process, made to die: `python -m tests.traceability.faults.driver FOLDER URL [POINT TIMES]`.

It queues, acknowledges on standard output, seals, signs, exports and asks its witness in rounds until it is killed. With a
POINT it kills itself the TIMES-th time it passes there; points bear the letters of the steps in which an entry becomes
public: A business row, B sequencer, C checkpoint row, D signer, E export, F witness. The signer's journal is a file to
which every signature given out is added.
"""

import os
import signal
import sys
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url

from tests.traceability.conftest import ORIGIN, sqlite_engine
from tests.traceability.standalone.witness_process import over_http
from traceability.checkpoint import parse_checkpoint
from traceability.errors import LogStateError
from traceability.log import Log
from traceability.log import export as export_module
from traceability.log.checkpoints import keep_signature
from traceability.policy import parse_policy
from traceability.signer import Keeper, KeyFile, StateFile
from traceability.signer.state import record_of
from traceability.storage.sql import SqlStorage
from traceability.witnessing import Outcome, cosign

POINTS = (
    "A1 queued, not committed",
    "A2 committed, not acknowledged",
    "B1 numbered, head not moved",
    "B2 head moved, queue not emptied",
    "B3 queue emptied, not committed",
    "B4 sealed and committed",
    "C1 checkpoint written, not committed",
    "C2 checkpoint committed, not signed",
    "D1 signer's state half written",
    "D2 signer's state kept, not signed",
    "D3 signed, note not stored",
    "E1 tiles and bundles written, checkpoint file not",
    "E2 checkpoint file written",
    "F1 cosigned by the witness, not stored",
    "F2 cosignature stored, not committed",
    "F3 cosignature committed, export without it",
)


class Killer:
    """Ends the process without a chance to tidy up, the `times`-th time it passes the chosen point."""

    def __init__(self, point: str, times: int) -> None:
        self.point, self.left = point, times

    def passes(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)


class DyingStorage(SqlStorage):
    def __init__(self, killer: Killer) -> None:
        self.killer = killer

    def enqueue(self, connection, entry):
        super().enqueue(connection, entry)
        self.killer.passes("A1")

    def append(self, connection, start, batch):
        super().append(connection, start, batch)
        self.killer.passes("B1")

    def set_head(self, connection, edge):
        super().set_head(connection, edge)
        self.killer.passes("B2")

    def dequeue(self, connection, qids):
        super().dequeue(connection, qids)
        self.killer.passes("B3")

    def add_checkpoint(self, connection, size, root):
        super().add_checkpoint(connection, size, root)
        self.killer.passes("C1")

    def add_note(self, connection, note):
        super().add_note(connection, note)
        if not note.line.startswith(f"\N{EM DASH} {ORIGIN} "):
            self.killer.passes("F2")


class DyingState(StateFile):
    killer: Killer

    def write(self, checkpoint):
        record = record_of(checkpoint)
        with self.path.open("r+b") as file:
            file.seek(self._last()[1])
            file.truncate()
            file.write(record[: len(record) // 2])
        self.killer.passes("D1")
        super().write(checkpoint)
        self.killer.passes("D2")


class JournalKeeper(Keeper):
    """Adds what it gives out to the journal, before it does."""

    journal: Path
    killer: Killer

    def sign(self, text, *, old_size, proof):
        self.killer.passes("C2")
        lines = super().sign(text, old_size=old_size, proof=proof)
        checkpoint = parse_checkpoint(text)
        with self.journal.open("a") as file:
            file.write(f"{checkpoint.size} {checkpoint.root.hex()}\n")
        self.killer.passes("D3")
        return lines


def open_engine(url: str) -> Engine:
    """The test's database: an SQLite file, or a PostgreSQL schema named in the address's `schema`."""
    if url.startswith("sqlite"):
        return sqlite_engine(Path(make_url(url).database))
    parts = make_url(url)
    options = f"-csearch_path={parts.query['schema']}"
    return create_engine(parts.difference_update_query(["schema"]), connect_args={"options": options})


def open_log(folder: Path, killer: Killer | None = None) -> Log:
    """The log over the signer's files in `folder`."""
    killer = killer or Killer("", 0)
    state = DyingState(folder / "state")
    state.killer = killer
    keeper = JournalKeeper(state, KeyFile(folder / "keys"))
    keeper.journal, keeper.killer = folder / "journal", killer
    return Log(ORIGIN, DyingStorage(killer), keeper)


def one_round(log: Log, engine: Engine, folder: Path, killer: Killer) -> None:
    """Three business acts on two lots, a drain, a checkpoint, an export, the witness, an export with its line."""
    for number in range(3):
        with engine.begin() as connection:
            receipt = _submit(log, connection, number)
        killer.passes("A2")
        sys.stdout.write(f"{receipt.id} {receipt.leaf.hex()}\n")
        sys.stdout.flush()
    with engine.begin() as connection:
        log.sequence(connection, wait=False)
    killer.passes("B4")
    log.checkpoint(engine.begin, datetime.now(UTC))
    write_export(log, engine, folder)
    ask_witness(log, engine, folder, killer)
    write_export(log, engine, folder)


def write_export(log: Log, engine: Engine, folder: Path) -> None:
    with engine.begin() as connection:
        export_module.export(log, connection, folder / "export")


def ask_witness(log: Log, engine: Engine, folder: Path, killer: Killer | None = None) -> Outcome:
    """Have the latest checkpoint cosigned by the witness of `folder`/policy and keep its line. What the witness holds is
    never remembered here: its 409 tells."""
    killer, now = killer or Killer("", 0), datetime.now(UTC)
    [witness] = parse_policy((folder / "policy").read_bytes()).witnesses
    with engine.begin() as connection:
        signed = log.latest_checkpoint(connection)

    def prove(old: int):
        with engine.begin() as connection:
            return log.tree(connection).consistency(old, signed.checkpoint.size)

    outcome = cosign(over_http, witness, signed.note, known=0, prove=prove, now=now)
    assert outcome.line, outcome
    killer.passes("F1")
    with engine.begin() as connection:
        keep_signature(log.storage, connection, signed.checkpoint.size, outcome.line, now)
    killer.passes("F3")
    return outcome


def _submit(log: Log, connection, number: int):
    event = {"eventID": uuid.uuid4().urn, "eventTime": "2026-01-31T02:00:00.000Z"}
    lots = ["HOT", f"LOT{number % 2}"]
    return log.submit(connection, event=event, lots=lots, who="org:coop", recorded_at=datetime.now(UTC))


@contextmanager
def export_watched(killer: Killer):
    """Points E1 and E2 lie before and after the export's checkpoint file."""
    write = export_module._write

    def watched(path, data):
        if path.name == "checkpoint":
            killer.passes("E1")
        write(path, data)
        if path.name == "checkpoint":
            killer.passes("E2")

    export_module._write = watched
    try:
        yield
    finally:
        export_module._write = write


def main(arguments: list[str]) -> int:
    """Run rounds for ever, or `rounds` of them when no point is given and a number is."""
    folder, url = Path(arguments[0]), arguments[1]
    point, times = (arguments[2], int(arguments[3])) if len(arguments) > 3 else ("", 0)
    killer = Killer(point, times)
    engine, log = open_engine(url), open_log(folder, killer)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with export_watched(killer):
        while True:
            try:
                one_round(log, engine, folder, killer)
            except LogStateError as error:
                sys.stderr.write(f"{error}\n")
                return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
