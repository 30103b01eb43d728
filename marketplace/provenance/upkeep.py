"""The operator's commands on the keys of persons, erased bytes and the map's tables: `flask log copy-keys`,
`keys-lost`, `sweep`, `rebuild-map`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from marketplace.database import utcnow
from marketplace.provenance.personal import the_keys
from marketplace.provenance.resuming import give_up_unopened
from marketplace.provenance.site import the_log, writing
from marketplace.provenance.sweeping import NotSwept, sweep_all
from traceability.errors import TraceabilityError
from traceability.log.completeness import rebuild

KEEP_COPIES = timedelta(days=14)
"""So long an erased value could still be read by who holds a copy of the keys and an old backup."""


@click.command("copy-keys")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def copy_keys(folder: Path) -> None:
    """Copy the keys of persons into FOLDER and remove copies older than 14 days from it. For a nightly timer."""
    now = utcnow()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        the_keys().copy_to(folder / f"subjects-{now:%Y%m%dT%H%M%SZ}.db")
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    old = [path for path in folder.glob("subjects-*.db") if now - _made(path) > KEEP_COPIES]
    for path in old:
        path.unlink()
    click.echo(f"1 copy written, {len(old)} removed")


@click.command("sweep")
def sweep() -> None:
    """Overwrite in the database's files whatever was erased or withheld; exit 1 and where, when bytes are left."""
    try:
        sweep_all()
    except NotSwept as error:
        raise click.ClickException(str(error)) from error
    click.echo("nothing that was erased is left in the database's files")


@click.command("keys-lost")
@click.confirmation_option(prompt="Values without a key are given up for good. Is there really no copy of the keys?")
def keys_lost() -> None:
    """Keys of persons are gone and no copy has them: the log says that their values are lost."""
    try:
        click.echo(f"{give_up_unopened(now=utcnow())} values given up; the log says so")
    except TraceabilityError as error:
        raise click.ClickException(str(error)) from error


@click.command("rebuild-map")
def rebuild_map() -> None:
    """Build the tables of the completeness map again from the log."""
    try:
        with writing() as connection:
            state = rebuild(the_log().storage, connection)
    except TraceabilityError as error:
        raise click.ClickException(str(error)) from error
    click.echo("there is no map yet" if state is None else f"map entry {state.seq}: {state.lots} lots")


COMMANDS = (copy_keys, keys_lost, sweep, rebuild_map)


def _made(path: Path) -> datetime:
    return datetime.strptime(path.stem, "subjects-%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
