"""A backup holds one moment of everything and is only ever put into an empty site."""

from dataclasses import replace

import pytest

from marketplace import backup
from marketplace.app import create_app
from marketplace.database import db
from marketplace.statistics import services as statistics
from tests.engines import SqliteDatabase
from tests.factories.accounts import make_person


@pytest.fixture
def source(tmp_path):
    database = SqliteDatabase(tmp_path / "site")
    with database.app.app_context():
        make_person(full_name="Trần Thị Sen")
        folder = database.app.extensions["settings"].uploads_dir
        folder.mkdir()
        (folder / "anh.jpg").write_bytes(b"anh")
    yield database.app.extensions["settings"]
    database.close()


def test_restored_site_has_people_log_and_files(source, tmp_path, now):
    backup.save(source, tmp_path / "copy", now)
    target = replace(source, data_dir=tmp_path / "new", database_url=f"sqlite:///{tmp_path / 'new' / 'market.db'}")

    manifest = backup.load(target, tmp_path / "copy")

    app = create_app(target)
    with app.app_context():
        names = [row[0] for row in db.session.execute(db.text("SELECT full_name FROM person"))]
        entries = db.session.scalar(db.text("SELECT count(*) FROM tlog_entry"))
        differences = statistics.check()
        db.session.remove()
        db.engine.dispose()
    assert (names, entries, differences) == (["Trần Thị Sen"], 1, [])
    assert (target.uploads_dir / "anh.jpg").read_bytes() == b"anh"
    assert (target.data_dir / "log-stopped").exists()
    assert manifest["log_origin"] == source.log_origin


def test_backup_is_never_written_over_another(source, tmp_path, now):
    backup.save(source, tmp_path / "copy", now)

    with pytest.raises(backup.BackupFailed, match="not empty"):
        backup.save(source, tmp_path / "copy", now)


@pytest.mark.parametrize("spoil", ["manifest", "origin", "occupied"])
def test_unfit_backup_changes_nothing(source, tmp_path, now, spoil):
    backup.save(source, tmp_path / "copy", now)
    target = replace(source, data_dir=tmp_path / "new", database_url=f"sqlite:///{tmp_path / 'new' / 'market.db'}")
    if spoil == "manifest":
        (tmp_path / "copy" / "manifest.json").unlink()
    if spoil == "origin":
        target = replace(target, log_origin="other.test/log/1")
    if spoil == "occupied":
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "market.db").write_bytes(b"a site lives here")

    with pytest.raises(backup.BackupFailed):
        backup.load(target, tmp_path / "copy")

    assert not (tmp_path / "new" / "uploads").exists()
    assert not (tmp_path / "new" / "log-stopped").exists()
