"""Commands of the operator. Each one is a thin wrapper around a service or a library call."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from flask_migrate import upgrade

from marketplace import backup, jobs, provenance
from marketplace.accounts import logins
from marketplace.accounts import queries as account_queries
from marketplace.accounts import services as accounts
from marketplace.accounts.models import ROLES, Person
from marketplace.accounts.services import second_factor
from marketplace.accounts.services.care import AREAS
from marketplace.database import db, not_durable, utcnow
from marketplace.lots import services as lots
from marketplace.lots.personal import subject_of
from marketplace.statistics import services as statistics


def _demo():
    """The demo's loader; imported late, because web workers have no use for its drawings."""
    from marketplace.demo import load

    return load


log_group = AppGroup("log", help="The traceability log.")
stats_group = AppGroup("stats", help="Statistics: facts and rollups.")
user_group = AppGroup("user", help="People and roles.")


@click.command("serve")
@click.option("--port", envvar="PORT", default=8000, show_default=True)
@with_appcontext
def serve(port: int) -> None:
    """Migrate, load the demo into an empty database, then run signer, web, worker and the card sandbox together."""
    upgrade()
    provenance.adopt_old_key(now=utcnow())
    if not provenance.started():
        provenance.incept(now=utcnow())
    if _demo().is_empty():
        _load_demo(scale=1)
    _print_welcome(port)
    db.engine.dispose()
    sys.exit(_supervise(_processes(port)))


def _processes(port: int) -> list[list[str]]:
    settings = current_app.extensions["settings"]
    python = sys.executable
    commands = [
        [
            python,
            "-m",
            "gunicorn",
            "wsgi:app",
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            "1",
            "--threads",
            "8",
            "--access-logfile",
            "/dev/null",
            "--log-level",
            "warning",
        ],
        [python, "-m", "flask", "--app", "wsgi", "worker"],
    ]
    if not settings.signer_socket:
        commands.insert(0, provenance.signer_command(settings))
    if not settings.production and settings.stripe_api_base.startswith("http://127.0.0.1:"):
        commands.append(
            [
                python,
                "-m",
                "marketplace.payments.sandbox",
                "--port",
                settings.stripe_api_base.rsplit(":", 1)[1],
                "--state",
                str(settings.data_dir / "sandbox.db"),
                "--webhook",
                f"http://127.0.0.1:{port}/webhooks/stripe",
                "--with-parent",
            ]
        )
    return commands


def _supervise(commands: list[list[str]]) -> int:
    """Run until one process ends or a signal comes, then stop them all; returns an exit code."""
    children = [subprocess.Popen(command) for command in commands]  # noqa: S603 - our own commands
    stopping = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.append(True))
    while not stopping and all(child.poll() is None for child in children):
        time.sleep(0.2)
    failed = [child.returncode for child in children if child.poll() not in (None, 0)]
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            child.kill()
    return 0 if stopping else (failed or [1])[0]


def _print_welcome(port: int) -> None:
    click.echo(f"\nChợ nông sản Cần Thơ: http://127.0.0.1:{port}\n")
    for account in _demo().accounts():
        second = f"  TOTP {account['totp_secret']}" if account["totp_secret"] else ""
        click.echo(f"  {account['role']:<12} {account['login']:<24} {account['password']}{second}")
    click.echo("")


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Run background jobs and the log's sealing loop until stopped."""
    app = current_app._get_current_object()
    loop = provenance.start_sealing(app)
    jobs.work(app)
    loop.stop()


@click.group("demo", cls=AppGroup, invoke_without_command=True)
@click.option("--scale", default=1, show_default=True, help="How many times the present-day activity.")
@click.pass_context
@with_appcontext
def demo_group(context: click.Context, scale: int) -> None:
    """Load the demonstration market; does nothing when it is there."""
    if context.invoked_subcommand is None:
        _load_demo(scale)


def _load_demo(scale: int) -> None:
    demo = _demo()
    with click.progressbar(length=demo.steps(scale), label="Loading the demo market", file=sys.stderr) as bar:
        demo.load(scale=scale, progress=bar.update, now=utcnow())


@demo_group.command("accounts")
@click.option("--json", "as_json", is_flag=True)
def demo_accounts(as_json: bool) -> None:
    """The demo people's sign-ins; demo people only exist outside production."""
    found = _demo().accounts()
    click.echo(
        json.dumps(found, ensure_ascii=False)
        if as_json
        else "\n".join(f"{a['role']} {a['login']} {a['password']}" for a in found)
    )


@log_group.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def log_export(folder: Path) -> None:
    """Write the static export: everything the latest signed checkpoint covers, cosigned by the policy's witnesses
    as far as they answer."""
    provenance.publish_checkpoint(now=utcnow())
    provenance.ask_witnesses(now=utcnow(), at_once=True)
    click.echo(f"{provenance.export(folder)} entries in {folder}")


@log_group.command("erase")
@click.option("--subject", help="Whose values: `seller:<id>`, or a subject told before.")
@click.option("--seller", "seller_id", type=int, help="The seller's number; with --worker, one who worked there.")
@click.option("--worker", help="Name as it was written in the diary.")
@click.option("--ground", default="request", show_default=True, help="One word for the public log.")
def log_erase(subject: str | None, seller_id: int | None, worker: str | None, ground: str) -> None:
    """Erase every personal value of a subject for good; a second time finds nothing. The log says that, not whose."""
    if (subject is None) == (seller_id is None):
        raise click.UsageError("name --subject or --seller")
    whose = subject or subject_of(seller_id, worker=worker)

    def work() -> str:
        names = lots.forget_aliases(seller_id=seller_id, now=utcnow()) if seller_id and worker is None else 0
        erased = provenance.erase(subject=whose, ground=ground, now=utcnow())
        if names:
            provenance.sweep("log_alias")
        return f"{erased} values erased" + (f", {names} names of past years forgotten" if names else "")

    _told_or_refused(work)


@log_group.command("redact")
@click.argument("seq", type=int)
@click.option("--reason", required=True, help="One word for the public log: phone_number, name …")
def log_redact(seq: int, reason: str) -> None:
    """EMERGENCY: withhold the content of entry SEQ (counted from 0) for ever. Its mark stays, everybody sees that.
    Exit 1 and what is left to do when it is still in some file."""

    def work() -> str:
        done = provenance.redact(seq=seq, reason=reason, now=utcnow())
        forgot = lots.forget_details(event_id=done.event_id)
        click.echo(f"entry {seq} is withheld; {forgot} rows of ours forgot its words")
        provenance.sweep_all()
        if done.remains:
            raise click.ClickException("; ".join(done.remains))
        return "its words are in no file of the database any more"

    _told_or_refused(work)


def _told_or_refused(work: Callable[[], str]) -> None:
    """Print what was done, or the log's refusal in one line with exit code 1."""
    try:
        click.echo(work())
    except (ValueError, provenance.Refused) as error:
        raise click.ClickException(str(error)) from error


@log_group.command("check")
@click.option("--quick", is_flag=True, help="Hashes only: every changed byte is found, what entries mean is not read.")
def log_check(quick: bool) -> None:
    """Re-hash everything and compare; exit 1 and the first bad index when something differs. Warns of a database that may
    lose what it has answered."""
    trouble = not_durable()
    report = provenance.check_quickly() if quick else provenance.check()
    click.echo(report.text)
    if trouble:
        click.echo(f"not durable: {trouble} in the database's settings; see docs/operation.md, Durability", err=True)
    sys.exit(0 if report.sound else 1)


@stats_group.command("check")
def stats_check() -> None:
    """Rollups equal facts, or say where not (exit 1)."""
    differences = statistics.check()
    for line in differences[:50]:
        click.echo(line)
    click.echo(f"{len(differences)} differences" if differences else "rollups equal facts")
    sys.exit(1 if differences else 0)


@stats_group.command("rebuild")
def stats_rebuild() -> None:
    """Compute every rollup again from the facts."""
    click.echo(f"{statistics.rebuild()} rollup rows")


@user_group.command("add")
@click.option("--login", required=True, help="Phone number or e-mail address.")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(["buyer", "officer", "inspector", "helper", "operator"]), default="buyer")
@click.option("--area", type=click.Choice(["can-tho", "hau-giang", "soc-trang"]), default=None)
@click.password_option()
def user_add(login: str, name: str, role: str, area: str | None, password: str) -> None:
    """Create a person, with a role when one is given."""
    person = accounts.register(full_name=name, login=login, password=password, consents=("account",), now=utcnow())
    if role != "buyer":
        accounts.grant_role(actor=None, person=person, role=role, area=area, now=utcnow())
    click.echo(f"{role} {login}")


def _person(login: str) -> Person:
    """The person who signs in with this number or address."""
    known = logins.normalise(login)
    person = account_queries.by_login(known) if known else None
    if person is None:
        raise click.ClickException(f"nobody signs in with {login}")
    return person


@user_group.command("grant")
@click.argument("login")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--area", type=click.Choice(AREAS), default=None)
def user_grant(login: str, role: str, area: str | None) -> None:
    """Give LOGIN a ROLE, for one former area or the whole city."""
    accounts.grant_role(actor=None, person=_person(login), role=role, area=area, now=utcnow())
    click.echo(f"{role} {area or 'whole city'}: {login}")


@user_group.command("revoke")
@click.argument("login")
@click.argument("role", type=click.Choice(ROLES))
def user_revoke(login: str, role: str) -> None:
    """Take ROLE from LOGIN; it ends with the next request."""
    accounts.revoke_role(actor=None, person=_person(login), role=role, now=utcnow())
    click.echo(f"no {role} any more: {login}")


@user_group.command("reset-second-factor")
@click.argument("login")
def user_reset_second_factor(login: str) -> None:
    """Forget LOGIN's lost device; every session ends and the next sign-in sets up a new one."""
    second_factor.reset(actor=None, person=_person(login), now=utcnow())
    click.echo(f"second factor forgotten: {login}")


@user_group.command("deactivate")
@click.argument("login")
@click.confirmation_option(prompt="This cannot be undone. Close the account?")
def user_deactivate(login: str) -> None:
    """Close LOGIN's account: sign-in, sessions, roles and consents end."""
    accounts.deactivate(actor=None, person=_person(login), now=utcnow())
    click.echo(f"closed: {login}")


@click.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
@with_appcontext
def make_backup(folder: Path) -> None:
    """Write database, uploads and papers into the new folder FOLDER. The log's key is not in it."""
    _told(lambda: backup.save(current_app.extensions["settings"], folder, utcnow()))


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@with_appcontext
def restore_backup(folder: Path) -> None:
    """Put the backup in FOLDER into an empty site; `log resume` then takes up the log."""
    db.engine.dispose()
    _told(lambda: backup.load(current_app.extensions["settings"], folder))


def _told(work) -> None:
    """Run a backup verb and print its manifest, or its one-line refusal with exit code 1."""
    try:
        click.echo(json.dumps(work(), ensure_ascii=False))
    except backup.BackupFailed as error:
        raise click.ClickException(str(error)) from error


def install(app: Flask) -> None:
    """Attach the commands to `flask --app wsgi`."""
    provenance.install_commands(log_group)
    for command in (serve, worker, make_backup, restore_backup, log_group, stats_group, user_group, demo_group):
        app.cli.add_command(command)
