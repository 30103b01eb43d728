"""The fork drill: a log is copied together with its signer's state, both grow. The witness refuses the second history, a
phone that saw the first turns red, and what either of them saved convicts the log before a stranger's program."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from marketplace import provenance
from marketplace.app import create_app
from marketplace.database import db, utcnow
from marketplace.provenance.site import the_log
from tests.engines import settings
from tests.factories.lots import grow_lot
from tests.journeys.test_the_phone_checks_the_log import ALARM, GOOD
from tests.traceability.standalone.witness_process import PROGRAM, prepare, running
from traceability.witnessing import request

VERIFIER = PROGRAM.parents[1] / "verifier" / "tlog_verify.py"


class Copy:
    """One of the two sites: the database and the signer's folder as they were, under the same address."""

    def __init__(self, site, folder, **more) -> None:
        before = site.app.extensions["settings"]
        folder.mkdir()
        with closing(sqlite3.connect(before.data_dir / "market.db")) as source, closing(sqlite3.connect(folder / "market.db")) as copy:
            source.backup(copy)
        shutil.copytree(before.signer_dir, folder / "signer")
        self.folder = folder
        self.app = create_app(replace(settings(f"sqlite:///{folder / 'market.db'}", folder), **more))
        self.app.testing = False

    def do(self, act):
        with self.app.app_context():
            try:
                return act()
            finally:
                db.session.remove()

    def grow(self, lots: int) -> None:
        """More is written, signed, and shown to the witness."""
        for _ in range(lots):
            self.do(lambda: grow_lot(now=utcnow()))
        self.do(lambda: provenance.publish_checkpoint(now=utcnow()))
        self.do(lambda: provenance.ask_witnesses(now=utcnow(), at_once=True))

    def witness_says(self) -> str:
        return self.do(lambda: provenance.log_status().witnesses[0].state)

    def checkpoint(self):
        return self.do(lambda: the_log().latest_checkpoint(db.session.connection()))


class Address:
    """One address behind which one of the sites stands."""

    def __init__(self) -> None:
        self.shown = None
        self.server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _answer(self, environ, start):
        return self.shown.app(environ, start)


@pytest.fixture
def address():
    made = Address()
    yield made
    made.server.shutdown()


@pytest.fixture
def code(site):
    """A lot that both histories have."""
    with site.app.app_context():
        code = grow_lot(now=utcnow()).code
        provenance.publish_checkpoint(now=utcnow())
        db.session.remove()
    return code


@pytest.fixture
def witness(site, tmp_path):
    key = site.app.extensions["log"].log.signer.verifiers()[0]
    prepare(tmp_path / "witness", key)
    with running(tmp_path / "witness") as found:
        policy = f"log {key}\nwitness dai-hoc {found.key} http://127.0.0.1:{found.port}\n"
        (tmp_path / "policy").write_text(policy, encoding="utf-8")
        yield found


def verdict(path, policy) -> int:
    command = [sys.executable, VERIFIER, "evidence", path, "--policy", policy]
    return subprocess.run(command, capture_output=True, check=False).returncode


@pytest.mark.parametrize("quorum", ["none", "dai-hoc"])
def test_two_histories_of_one_log(phone, site, address, code, witness, tmp_path, quorum):
    policy = tmp_path / "policy"
    policy.write_text(f"{policy.read_text('utf-8')}quorum {quorum}\n", encoding="utf-8")
    known = {"public_url": address.url, "log_policy": policy}
    first, second = (Copy(site, tmp_path / name, **known) for name in ("first", "second"))
    first.grow(1)
    second.grow(2)

    assert (first.witness_says(), second.witness_says()) == ("signed", "fork")
    held, other = first.checkpoint().checkpoint, second.checkpoint()
    proof = second.do(lambda: the_log().tree(db.session.connection()).consistency(held.size, other.checkpoint.size))
    refused = [witness.post(request(size, hashes, other.note)) for size, hashes in ((0, []), (held.size, proof))]
    assert [answer.status for answer in refused] == [409, 422]
    assert refused[0].text == f"{held.size}\n"
    [saved] = (second.folder / "evidence").iterdir()
    assert verdict(saved, policy) == 2

    address.shown = first
    phone.goto(f"{address.url}/t/{code}")
    expect(phone.locator("[data-module=self-check]")).to_contain_text(GOOD)
    address.shown = second
    phone.goto(f"{address.url}/t/{code}")
    check = phone.locator("[data-module=self-check]")
    expect(check).to_contain_text(ALARM)
    expect(phone.locator(".verdict--good")).to_have_count(0)
    with phone.expect_download() as download:
        check.get_by_role("button", name="Lưu bằng chứng").click()
    kept = json.loads(download.value.path().read_text("utf-8"))
    assert re.match("fork", kept["why"]) and len(kept["notes"]) == 2
    assert verdict(download.value.path(), policy) == 2
