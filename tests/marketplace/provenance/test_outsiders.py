"""Which checkpoint phones are given once the policy asks for outside signatures."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from marketplace import provenance
from marketplace.database import db, transaction
from marketplace.extensions import jobs
from marketplace.provenance import outsiders
from marketplace.provenance.outsiders import for_outsiders, met_size
from marketplace.provenance.site import the_log, the_site
from marketplace.provenance.witnesses import LogWitness
from tests.marketplace.provenance.test_witnesses import VERIFIER, own_key, set_policy, size, witness, write  # noqa: F401 - fixtures
from tests.node import run_node
from tests.phone.conftest import SCRIPT
from tests.statements import counted
from traceability.checkpoint import COSIGNATURE_V1, Checkpoint, generate_signer
from traceability.log.checkpoints import keep_signature

LOT = "A1"


@pytest.fixture
def now() -> datetime:
    """The true time: a witness signs it."""
    return datetime.now(UTC)


def tell(now: datetime, lot: str = LOT) -> None:
    with transaction():
        provenance.record(kind="irrigating", event={"at": now}, lots=[lot], who="seller:a", now=now)
    provenance.publish_checkpoint(now=now)


def judged(client, lot: str = LOT) -> dict:
    """What the page's modules say of the lot's bundle."""
    bundle = client.get(f"/t/{lot}/bundle.json").json if lot != LOT else provenance.phone_bundle(LOT)
    keys, policy = client.get("/log/1/keys").text.split(), client.get("/log/1/policy").text
    pins = {"origin": bundle["origin"], "operator": provenance.OPERATOR, "keys": keys, "policy": policy}
    [found] = run_node(SCRIPT, [["bundle", {"bundle": bundle, "lot": lot, "pins": pins}]])
    return found["value"]


def given() -> int:
    return for_outsiders(db.session.connection()).checkpoint.size


def test_entries_after_the_cosignature_wait_and_the_phone_goes_on_saying_good(client, witness, now):  # noqa: F811
    tell(now)
    provenance.ask_witnesses(now=now)
    cosigned = size()
    for _ in range(3):
        tell(now)
    found = judged(client)

    assert (found["ok"], found["size"], found["count"], found["waiting"]) == (True, cosigned, 1, 3)
    assert [item["name"] for item in found["witnesses"]] == ["dai-hoc"]
    assert size() > cosigned

    provenance.ask_witnesses(now=now, at_once=True)
    found = judged(client)
    assert (found["size"], found["count"], found["waiting"]) == (size(), 4, 0)


def test_before_anybody_outside_signed_the_phone_hears_that(client, witness, now):  # noqa: F811
    tell(now)

    assert judged(client)["code"] == "too-few-witnesses"
    assert given() == size()


def test_policy_that_asks_for_nobody_gives_the_newest_and_costs_nothing(app, set_policy, now):  # noqa: F811
    tell(now)

    with counted() as seen:
        newest = given()
    assert (newest, len(seen)) == (size(), 1)


def test_policy_that_cannot_be_read_is_told_and_stops_no_phone(app, set_policy, now, monkeypatch):  # noqa: F811
    told = []
    monkeypatch.setattr(outsiders.log, "critical", lambda event, **_more: told.append(event))
    tell(now)
    set_policy("quorum nobody\n")

    assert (given(), told) == (size(), ["log-policy-unreadable"])


def test_withheld_entry_that_only_later_entries_announce_is_no_tampering(client, witness, now):  # noqa: F811
    tell(now)
    tell(now)
    provenance.ask_witnesses(now=now)
    seq = provenance.phone_bundle(LOT)["entries"][0]["seq"]
    provenance.redact(seq=seq, reason="phone_number", now=now)

    assert judged(client)["code"] == "too-few-witnesses"
    provenance.ask_witnesses(now=now, at_once=True)
    found = judged(client)
    assert (found["ok"], found["withheld"]) == (True, 1)


@pytest.fixture
def three(app, set_policy):  # noqa: F811
    """`three(size, *names)`: those of three witnesses sign the checkpoint of this size. Two of them are needed."""
    signers = {name: generate_signer(f"{name}.example", COSIGNATURE_V1) for name in ("a", "b", "c")}
    named = "".join(f"witness {name} {signer.verifier}\n" for name, signer in signers.items())
    set_policy(f"log {own_key()}\n{named}group two 2 a b c\nquorum two\n")

    def sign(size: int, *names: str, at: datetime) -> None:
        with transaction() as session:
            connection = session.connection()
            root = dict(the_log().storage.checkpoints(connection))[size]
            for name in names:
                signer = signers[name]
                line = signer.sign(Checkpoint(the_log().origin, size, root).text(), at)
                keep_signature(the_log().storage, connection, size, line, at)
                row = session.scalar(select(LogWitness).where(LogWitness.key == str(signer.verifier)))
                if row is None:
                    session.add(row := LogWitness(key=str(signer.verifier), holds=0, state="signed", detail="", tried_at=at))
                row.signed_size, row.signed_at = size, at

    return sign


def test_two_of_three_must_have_signed_the_same_checkpoint(app, three, now, monkeypatch):
    sizes = []
    for step in range(4):
        tell(now + timedelta(minutes=step))
        sizes.append(size())
    three(sizes[0], "a", "b", at=now)
    three(sizes[1], "a", at=now)
    three(sizes[2], "b", at=now)
    monkeypatch.setattr(outsiders, "_CHUNK", 5)

    assert met_size(db.session.connection()) == sizes[0]
    three(sizes[2], "c", at=now)
    assert met_size(db.session.connection()) == sizes[2]
    three(sizes[3], "c", at=now)
    assert (met_size(db.session.connection()), given()) == (sizes[2], sizes[2])


def test_number_of_statements_does_not_grow_while_a_witness_is_silent(client, witness, now):  # noqa: F811
    tell(now)
    provenance.ask_witnesses(now=now)

    def statements() -> int:
        with counted() as seen:
            given()
        return len(seen)

    few = statements()
    for _ in range(5):
        tell(now)

    assert statements() <= few + 3


def test_mirror_gets_the_cosigned_checkpoint_and_passes_the_policy(app, witness, tmp_path, now):  # noqa: F811
    tell(now)
    provenance.ask_witnesses(now=now)
    cosigned = size()
    tell(now)

    assert provenance.export(tmp_path / "export") == size() > cosigned
    note = (tmp_path / "export" / "checkpoint").read_text("utf-8")
    command = [sys.executable, VERIFIER, "export", tmp_path / "export", "--policy", tmp_path / "policy"]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert (note.split("\n")[1], checked.returncode) == (str(cosigned), 0), checked.stdout + checked.stderr


def test_round_of_the_witnesses_signs_a_map_of_the_moment_and_renews_the_mirror(client, witness, tmp_path, now):  # noqa: F811
    site = the_site()
    site.settings = replace(site.settings, log_export_dir=str(tmp_path / "mirror"))
    tell(now - timedelta(minutes=5))
    tell(now)

    assert provenance.gather_cosignatures(now=now) == 1
    found = judged(client)
    assert (found["ok"], found["count"], found["complete"]["later"]) == (True, 2, 0)
    assert (tmp_path / "mirror" / "checkpoint").read_text("utf-8").split("\n")[1] == str(found["size"])

    tell(now + timedelta(minutes=1))
    assert provenance.gather_cosignatures(now=now + timedelta(minutes=2)) == 0
    found = judged(client)
    assert (found["ok"], found["count"], found["waiting"], bool(found["complete"])) == (True, 2, 1, True)


def test_new_map_calls_for_the_witnesses(app, now):
    woken: list[str] = []
    jobs.bind(woken.append)
    try:
        tell(now - timedelta(minutes=11))
        tell(now - timedelta(minutes=5))
        tell(now)
    finally:
        jobs.bind(None)

    assert woken.count("witness") == 2
