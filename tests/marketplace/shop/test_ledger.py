"""The page of the log: the verdict, ages in words and colour, numbers, what it costs."""

import gzip
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from marketplace import provenance
from marketplace.database import db, transaction
from marketplace.provenance.archiving import drop_archive
from marketplace.provenance.auditing import LogAudit
from marketplace.provenance.site import the_log, the_site
from marketplace.provenance.witnesses import LogWitness
from marketplace.shop.ledger import KINDS, age
from tests.statements import counted
from traceability.canonical import types
from traceability.checkpoint import COSIGNATURE_V1, VerifierKey, generate_signer

WITNESS = VerifierKey("witness.example/1", COSIGNATURE_V1, generate_signer("x").verifier.public)


@pytest.fixture
def now() -> datetime:
    """The true time, which the page compares with."""
    return datetime.now(UTC)


def write(now: datetime, count: int = 1) -> None:
    for _ in range(count):
        with transaction():
            provenance.record(kind="irrigating", event={"at": now}, lots=[provenance.new_code()], who="seller:a", now=now)
    provenance.publish_checkpoint(now=now)


@pytest.fixture
def policy(app, tmp_path, now):
    """A policy with one witness, and a row for how it answered: `policy(age, state)`."""
    site, before = the_site(), the_site().settings
    (tmp_path / "policy").write_text(f"witness Đại_học_Cần_Thơ {WITNESS} https://w.example.vn/a\nquorum Đại_học_Cần_Thơ\n", "utf-8")
    site.settings = replace(before, log_policy=tmp_path / "policy")

    def answered(signed: timedelta | None, state: str = "signed") -> None:
        row = {"signed_at": now - signed, "signed_size": 2} if signed is not None else {}
        with transaction() as session:
            session.add(LogWitness(key=str(WITNESS), tried_at=now, state=state, detail="", holds=2, **row))

    yield answered
    site.settings = before


def verdict(page) -> tuple[str, str]:
    [found] = page.select(".verdict")
    return found["class"][1].removeprefix("verdict--"), found.select_one(".verdict__title").get_text(strip=True)


def test_without_a_witness_it_says_so(app, browser, now):
    write(now)

    assert verdict(browser.open("/so-cai")) == ("none", "Sổ chưa có đơn vị bên ngoài cùng ký")
    assert "Chưa có đơn vị nào" in browser.text()


@pytest.mark.parametrize(
    ("signed", "tone", "words"),
    [
        (timedelta(minutes=5), "good", "5 phút trước"),
        (timedelta(hours=23), "good", "23 giờ trước"),
        (timedelta(hours=25), "warn", "25 giờ trước"),
        (timedelta(days=6), "warn", "6 ngày trước"),
        (timedelta(days=8), "bad", "8 ngày trước"),
    ],
)
def test_age_of_the_last_outside_signature(app, browser, policy, signed, tone, words, now):
    write(now)
    policy(signed)

    page = browser.open("/so-cai")

    assert verdict(page)[0] == tone
    [badge] = page.select("#lam-chung ~ * .badge")
    assert (badge.get_text(strip=True), f"badge--{tone}" in badge["class"]) == (words, True)
    assert f"Lần cuối: Đại học Cần Thơ, {words}." in browser.text()


def test_witness_that_never_signed_is_amber(app, browser, policy, now):
    write(now)
    policy(None, "unreachable")

    assert verdict(browser.open("/so-cai"))[0] == "warn"
    assert "chưa ký lần nào" in browser.text()


def test_fork_outweighs_a_fresh_signature(app, browser, policy, now):
    write(now)
    policy(timedelta(minutes=1), "fork")

    assert verdict(browser.open("/so-cai")) == ("bad", "Có bên làm chứng giữ một bản sổ khác")


def test_link_to_the_note_at_the_witness(app, browser, policy, now):
    write(now)
    policy(timedelta(minutes=1))

    [link] = browser.open("/so-cai").select('a[href^="https://w.example.vn/a/"]')
    assert link["href"].endswith("/checkpoint")
    assert len(link["href"].split("/")[-2]) == 64


def test_everything_needed_to_check_is_there_to_take_away(app, browser, client, now):
    write(now)
    drop_archive()
    page = browser.open("/so-cai")
    assert not page.select('a[href="/log/1/archive.tar"]')
    assert "Tệp đầu tiên chưa ghi xong" in browser.text()

    provenance.archive_at_night(now=now)
    page = browser.open("/so-cai")

    assert page.select_one('a[href="/log/1/archive.tar"]').get_text(strip=True) == "Tải cả sổ thành một tệp tar"
    rows = page.select(".ledger-tools li")
    assert [row.a.get_text() for row in rows] == ["tlog_verify.py", "tlog_witness.py", "log.md"]
    for row in rows:
        assert hashlib.sha256(client.get(row.a["href"]).data).hexdigest() == row.code.get_text()
    drop_archive()


def test_numbers_of_the_log(app, browser, now):
    write(now, 3)
    assert provenance.audit_at_night(now=now - timedelta(hours=3)) > 3

    page = browser.open("/so-cai")

    text = browser.text()
    assert "3 giờ trước: khớp cả" in text
    assert "không có dòng nào chờ" in text
    rows = {row.select_one("th").get_text(strip=True): row.select_one("td").get_text(strip=True) for row in page.select("tbody tr")}
    assert (rows["mở sổ"], rows["việc của các lô hàng"]) == ("1", "3")


def test_failed_check_is_red(app, browser, now):
    write(now)
    with transaction() as session:
        session.add(LogAudit(at=now, sound=False, size=2, detail="not sound: 1 findings in 2 entries\nindex 1: body: changed", kinds={}))

    assert verdict(browser.open("/so-cai"))[0] == "bad"
    assert "index 1: body: changed" in browser.text()


def test_note_and_keys_can_be_copied(app, browser, now):
    write(now)

    page = browser.open("/so-cai")

    [note] = page.select("pre.ledger-note:not(.ledger-note--command)")
    assert note.get_text() == provenance.latest_checkpoint().note
    assert [item.get_text(strip=True) for item in page.select(".ledger-keys li")] == [
        str(key) for key in the_log().verifiers(db.session.connection())
    ]


def test_costs_few_statements_whatever_the_size(app, client, policy, now):
    write(now)
    policy(timedelta(minutes=1))
    provenance.audit_at_night(now=now)
    client.get("/so-cai")
    found = []
    for _ in range(2):
        with counted() as statements:
            client.get("/so-cai")
        found.append(len(statements))
        write(now, 30)

    assert found[0] == found[1] <= 8


def test_weighs_little(app, client, now):
    write(now)

    assert len(gzip.compress(client.get("/so-cai").data)) < 20_000


def test_english(app, browser, policy, now):
    write(now)
    policy(timedelta(minutes=5))

    assert browser.open("/so-cai?lang=en")


def test_ages_in_words(app, now):
    with app.test_request_context():
        spoken = [age(now - timedelta(minutes=minutes), now) for minutes in (-5, 0, 3, 119, 121, 47 * 60, 49 * 60)]

    assert spoken == ["vừa xong", "vừa xong", "3 phút trước", "119 phút trước", "2 giờ trước", "47 giờ trước", "2 ngày trước"]


def test_every_kind_of_entry_has_words():
    names = {value for name, value in vars(types).items() if name.isupper() and isinstance(value, str) and value.endswith("/1")}

    assert names == set(KINDS) - {"withheld"}
