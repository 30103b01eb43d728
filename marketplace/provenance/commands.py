"""The operator's commands on the log's beginning, keys, standing and database roles: `flask log …`."""

import sys
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import inspect, text

from marketplace.database import db, on_postgresql, transaction, utcnow
from marketplace.provenance import anchoring, beginning, halting, keys, resuming, site, sweeping, upkeep
from traceability.errors import TraceabilityError
from traceability.storage.roles import role_statements

keys_group = AppGroup("keys", help="Keys the log promises: list, add, retire, history, root.")


class _Refusals(click.Command):
    """A refusal of the log or its signer is one line and exit code 1."""

    def invoke(self, context: click.Context) -> object:
        try:
            return super().invoke(context)
        except (TraceabilityError, OSError) as error:
            raise click.ClickException(str(error)) from error


@click.command("start", cls=_Refusals)
@click.option("--root", help="Verifier key of the offline root key (`log keys root`); only possible now.")
@click.option(
    "--previous", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="After a compromise: last good note of the log before."
)
def start(root: str | None, previous: Path | None) -> None:
    """Begin the log, once: keys, signer state, first entry. On a site older than its signer: give it one, once."""
    if beginning.adopt_old_key(now=utcnow()):
        click.echo("the old key is now with the signer; a second one was made and promised")
    elif site.started():
        if previous:
            raise click.ClickException("this database holds a log: the next one begins in a database without (docs/operation.md)")
        click.echo("the log was begun before")
    else:
        beginning.incept(now=utcnow(), root=root, previous=previous and previous.read_bytes())
        click.echo("the log has begun")


@click.command("resume", cls=_Refusals)
@click.option("--from", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Static export.")
def resume(folder: Path | None) -> None:
    """After a restore: read back from the export what the database lacks, until it is what the signer has signed."""
    done = resuming.resume(folder=folder, now=utcnow())
    click.echo(f"{done.before} entries were here, {done.size} are now, {done.signed} are signed")
    if done.met_in_queue:
        click.echo(f"{done.met_in_queue} waiting entries were among them")
    if not done.level:
        click.echo("still read-only: the export ends before what is signed; a newer export is needed")
        sys.exit(1)
    if done.lost:
        click.echo(f"{done.lost} personal values were lost with the database; the log says so")
    click.echo("the log goes on")
    if done.size > done.before:
        resuming.forget_lost_keys(now=utcnow())


@click.command("freeze", cls=_Refusals)
@click.confirmation_option(prompt="After a compromise: this log is never written again. Freeze it?")
def freeze() -> None:
    """After a compromise: seal and sign nothing more, for good. The next log then names the last good checkpoint."""
    here = site.the_site()
    here.refuse_when_frozen()
    here.halt(halting.FROZEN, f"by the operator at {utcnow():%Y-%m-%dT%H:%M:%SZ}")
    click.echo(f"frozen at {site.the_log().size(db.session.connection())} entries; docs/log.md §4 says how the next log begins")


@keys_group.command("list", cls=_Refusals)
def list_keys() -> None:
    """Every key the log has promised: from size, to size, verifier key."""
    for row in keys.key_rows():
        click.echo(str(row))


@keys_group.command("add", cls=_Refusals)
def add() -> None:
    """Begin a rotation: promise the signer's new pair of keys (made here, when the signer runs under DATA_DIR)."""
    added = keys.add_keys(now=utcnow())
    click.echo("\n".join(added) if added else "the signer holds no key that is new to the log; add a pair there first")


@keys_group.command("retire", cls=_Refusals)
@click.argument("key_id")
@click.option("--early", is_flag=True, help="Before 90 days are over: after a compromise.")
def retire(key_id: str, early: bool) -> None:
    """End the term of the key with this id (8 hex digits)."""
    click.echo(f"retired {keys.retire_key(key_id=key_id, now=utcnow(), early=early)}")


@keys_group.command("root", cls=_Refusals)
@click.argument("file", type=click.Path(path_type=Path))
def root(file: Path) -> None:
    """Make the offline root key in FILE: print it, keep it in two places on paper, then destroy the file."""
    click.echo(keys.make_root(file))


@keys_group.command("history", cls=_Refusals)
@click.option("--root", "key", type=click.Path(exists=True, path_type=Path), help="File with the root key: sign, publish.")
@click.option("--note", type=click.Path(exists=True, path_type=Path), help="Publish this note, signed elsewhere.")
def history(key: Path | None, note: Path | None) -> None:
    """Print the key history, to be signed offline; or sign it here and publish it."""
    if key:
        click.echo(keys.sign_history(key), nl=False)
    elif note:
        click.echo(keys.publish_history(note.read_text(encoding="utf-8")), nl=False)
    else:
        click.echo(keys.key_history_text(), nl=False)


@click.command("roles")
@click.option("--prefix", default="cho", show_default=True, help="Roles are named <prefix>_owner, _web, _sequencer.")
@click.option("--apply", "now", is_flag=True, help="Run the statements instead of printing them.")
def roles(prefix: str, now: bool) -> None:
    """PostgreSQL: print the statements that make the log's roles and grants; run again after a migration."""
    if not on_postgresql():
        raise click.ClickException("SQLite knows no roles; its connections are guarded by an authorizer")
    tables = inspect(db.engine).get_table_names()
    statements = role_statements(prefix, db.engine.url.database, tables, swept=sweeping.OF_THE_SITE)
    if now:
        with transaction() as session:
            for statement in statements:
                session.execute(text(statement))
    else:
        click.echo("".join(f"{statement};\n" for statement in statements), nl=False)


def install_commands(group: click.Group) -> None:
    """Attach the commands to `flask log`."""
    for command in (start, resume, freeze, keys_group, roles, anchoring.witness, anchoring.anchor, *upkeep.COMMANDS):
        group.add_command(command)
