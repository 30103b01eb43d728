"""The restore drill on a whole site: backup, a hundred entries published since, restore, refusal, resume."""

from dataclasses import replace

import pytest

from marketplace import backup, provenance
from marketplace.app import create_app
from marketplace.database import db, transaction
from tests.engines import migrate, settings
from tests.marketplace.test_provenance import spray
from traceability.errors import LogStateError


@pytest.fixture
def site(tmp_path, now):
    """A site that keeps its export at every checkpoint, in an app context."""
    chosen = replace(
        settings(f"sqlite:///{tmp_path / 'market.db'}", tmp_path), log_export_dir=str(tmp_path / "export")
    )
    app = create_app(chosen)
    migrate(app)
    with app.app_context():
        provenance.incept(now=now)
        yield app
        db.session.remove()
        db.engine.dispose()


def put(number, now):
    code = provenance.new_code()
    with transaction():
        for _ in range(number):
            spray(now, [code])
    return code


def restore(site, folder) -> None:
    db.session.remove()
    db.engine.dispose()
    for file in site.extensions["settings"].data_dir.glob("market.db*"):
        file.unlink()
    backup.load(site.extensions["settings"], folder)


def test_a_hundred_published_entries_come_back_after_a_restore(site, tmp_path, now):
    put(5, now)
    provenance.publish_checkpoint(now=now)
    backup.save(site.extensions["settings"], tmp_path / "copy", now)
    code = put(100, now)
    provenance.publish_checkpoint(now=now)
    published = provenance.latest_checkpoint()
    restore(site, tmp_path / "copy")

    elsewhere = put(1, now)
    assert [entry.seq for entry in provenance.lot_entries(elsewhere)] == [None]
    assert provenance.publish_checkpoint(now=now) == 0
    assert provenance.read_only() == "behind-signer"

    runner = site.test_cli_runner()
    assert runner.invoke(args=["log", "check"]).exit_code == 1
    done = runner.invoke(args=["log", "resume"])
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "the log goes on")
    db.session.rollback()
    assert provenance.latest_checkpoint() == replace(published, at=provenance.latest_checkpoint().at)
    assert len(provenance.lot_entries(code)) == 100
    provenance.publish_checkpoint(now=now)
    assert [entry.seq for entry in provenance.lot_entries(elsewhere)] == [published.size]
    assert provenance.check().sound


def test_the_signer_is_in_no_backup(site, tmp_path, now):
    provenance.publish_checkpoint(now=now)
    backup.save(site.extensions["settings"], tmp_path / "copy", now)
    names = {path.name for path in (tmp_path / "copy").rglob("*")}
    assert names.isdisjoint({"signer", "keys", "state"})


def test_resuming_without_any_export_is_refused_in_one_line(site, tmp_path, now):
    backup.save(site.extensions["settings"], tmp_path / "copy", now)
    put(1, now)
    provenance.publish_checkpoint(now=now)
    restore(site, tmp_path / "copy")
    (tmp_path / "export" / "checkpoint").unlink()
    done = site.test_cli_runner().invoke(args=["log", "resume"])
    assert (done.exit_code, done.output.count("\n"), "give an export" in done.output) == (1, 1, True)
    with pytest.raises(LogStateError):
        provenance.incept(now=now)
