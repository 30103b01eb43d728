"""The operator's commands on what outsiders hold of the log: `flask log witness`, `flask log anchor`."""

import sys
from pathlib import Path

import click
import qrcode

from marketplace.database import utcnow
from marketplace.provenance.status import anchor_text
from marketplace.provenance.witnesses import ask_witnesses, witnesses
from traceability.errors import TraceabilityError


@click.command("witness")
@click.option("--at-once", is_flag=True, help="Do not wait for the pause between two requests to be over.")
def witness(at_once: bool) -> None:
    """Ask the witnesses that are due, and show how each answered last; exit 1 when one signed another history."""
    try:
        ask_witnesses(now=utcnow(), at_once=at_once)
        rows = witnesses()
    except (TraceabilityError, OSError) as error:
        raise click.ClickException(f"LOG_POLICY: {error}") from error
    for row in rows:
        signed = f"signed {row.signed_size} entries at {row.signed_at:%Y-%m-%d %H:%M:%SZ}" if row.signed_at else "never signed"
        click.echo(f"{row.name}: {row.state or 'not asked'}; {signed}{f'; {row.detail}' if row.detail else ''}")
    if not rows:
        click.echo("the policy names no witness (LOG_POLICY)")
    sys.exit(1 if any(row.differs for row in rows) else 0)


@click.command("anchor")
@click.option("--qr", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the text as a QR picture (PNG).")
def anchor(file: Path | None) -> None:
    """Print the latest checkpoint for a newspaper: three lines and the signature, a note anybody can check later."""
    text = anchor_text()
    if text is None:
        raise click.ClickException("nothing has been signed yet")
    if file:
        qrcode.make(text, error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=8).save(file)
    click.echo(text, nl=False)
