"""What outsiders take away: the nightly archive, its address, the programs that check it."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from datetime import UTC, datetime, timedelta

import pytest

from marketplace import jobs, provenance
from marketplace.database import transaction, utcnow
from marketplace.provenance.archiving import TAKEN, TOOLS, archive_place, archived, tools
from tests.factories.lots import grow_lot

NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)  # in Can Tho; the night's hour is 19:00 UTC


def write(count: int = 1) -> list[str]:
    codes = [provenance.new_code() for _ in range(count)]
    with transaction():
        for code in codes:
            provenance.record(kind="irrigating", event={"at": NOON}, lots=[code], who="seller:a", now=NOON)
    provenance.publish_checkpoint(now=NOON)
    return codes


@pytest.fixture(autouse=True)
def nothing_yet(app):
    archive_place().unlink(missing_ok=True)
    yield
    archive_place().unlink(missing_ok=True)


def judged(*arguments) -> tuple[int, str]:
    command = [sys.executable, "-I", TOOLS["tlog_verify.py"], *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("later", "again"),
    [(timedelta(minutes=1), False), (timedelta(hours=13, minutes=59), False), (timedelta(hours=14), True), (timedelta(hours=40), True)],
)
def test_once_a_night(app, later, again):
    write()
    assert jobs.run_once(app, "archive", NOON) > 1
    assert archived().at == NOON
    write()

    assert (jobs.run_once(app, "archive", NOON + later) > 0) == again
    assert archived().at == (NOON + later if again else NOON)


def test_what_is_served_is_the_whole_log_and_needs_nobodys_help(app, client, tmp_path):
    [code, *_] = write(3)
    provenance.archive_at_night(now=NOON)

    answer = client.get("/log/1/archive.tar")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.headers["Content-Disposition"] == "attachment; filename=so-cai.tar"
    assert answer.headers["Content-Type"] == "application/x-tar"
    (tmp_path / "log.tar").write_bytes(answer.data)
    with tarfile.open(tmp_path / "log.tar") as tar:
        tar.extractall(tmp_path, filter="data")
    (tmp_path / "policy").write_bytes(client.get("/log/1/policy").data)
    for place in ("log.tar", "so-cai"):
        status, said = judged("export", tmp_path / place, "--policy", tmp_path / "policy", "--lot", code)
        assert (status, f"lot {code}" in said) == (0, True), said
    assert (tmp_path / "so-cai/map/latest").exists()
    assert client.get("/log/1/archive.tar", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    part = client.get("/log/1/archive.tar", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.data) == (206, answer.data[:10])


def test_before_the_first_night_it_is_not_there(app, client):
    assert archived() is None
    assert client.get("/log/1/archive.tar").status_code == 404


ASKED = """
import json
from marketplace.app import create_app
client = create_app().test_client()
asked = [("archive.tar", 7)] * 13 + [("archive.tar", 8), ("tools/log.md", 7)]
print(json.dumps([client.get(f"/log/1/{name}", environ_base={"REMOTE_ADDR": f"192.0.2.{who}"}).status_code for name, who in asked]))
"""


def test_taking_it_is_limited_for_each_address(tmp_path):
    """In a process of its own: the limits of this one are off."""
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "so-cai.tar").write_bytes(b"x")
    settings = {"CHO_ENV": "test", "DATA_DIR": str(tmp_path), "SECRET_KEY": "x", "RATE_LIMITS": "on", "REDIS_URL": ""}
    environment = os.environ | settings | {"PYTHONPATH": "."}
    environment.pop("DATABASE_URL", None)

    done = subprocess.run([sys.executable, "-c", ASKED], env=environment, capture_output=True, text=True, check=True)

    most = int(TAKEN.split()[0])
    assert json.loads(done.stdout.splitlines()[-1]) == [200] * most + [429] + [200, 200]


def test_withheld_entry_leaves_the_archive_at_once(app, tmp_path):
    [code, *_] = write(2)
    provenance.archive_at_night(now=NOON)
    [row] = provenance.lot_entries(code)
    needle = row.event_id.encode()
    assert needle in archive_place().read_bytes()

    provenance.redact(seq=row.seq, reason="phone_number", now=NOON)

    assert archived() is None
    assert provenance.archive_at_night(now=NOON) > 2
    with tarfile.open(archive_place()) as tar:
        bundles = b"".join(tar.extractfile(name).read() for name in tar.getnames() if "/entries/" in name)
    assert bundles.count(needle) == 1, "its id, in the entry that announces it"
    assert judged("export", archive_place())[0] == 0


def test_programs_are_served_as_they_are_with_their_digest(app, client):
    told = {tool.name: tool.sha256 for tool in tools()}

    assert set(told) == {"tlog_verify.py", "tlog_witness.py", "log.md"}
    for name, digest in told.items():
        answer = client.get(f"/log/1/tools/{name}")
        assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
        assert answer.data == TOOLS[name].read_bytes()
        assert hashlib.sha256(answer.data).hexdigest() == digest


def test_proof_of_an_entry_under_the_published_policy(app, client, tmp_path):
    [code, *_] = write(3)
    [row] = provenance.lot_entries(code)
    (tmp_path / "x.tlog-proof").write_bytes(client.get(f"/log/1/proof/{row.seq}.tlog-proof").data)
    (tmp_path / "policy").write_bytes(client.get("/log/1/policy").data)

    status, said = judged("proof", tmp_path / "x.tlog-proof", "--policy", tmp_path / "policy")

    assert (status, row.leaf_hex in said, row.event_id in said) == (0, True, True), said


def test_lots_page_has_the_proof_of_each_line(app, browser, client):
    lot = grow_lot(now=utcnow())
    provenance.publish_checkpoint(now=utcnow())
    rows = provenance.lot_entries(lot.code)

    links = [link["href"] for link in browser.open(f"/t/{lot.code}").select('a[href$=".tlog-proof"]')]

    assert links == [f"/log/1/proof/{row.seq}.tlog-proof" for row in rows]
    assert {client.get(link).status_code for link in links} == {200}
