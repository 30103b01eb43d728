"""What a lot's page says of outside signatures, with and without them, fresh and old, also when the page was kept."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace import provenance
from marketplace.database import db, transaction
from marketplace.lots.queries import trace as queries
from marketplace.provenance.site import the_log
from tests.factories.lots import grow_lot
from tests.marketplace.shop.test_ledger import policy  # noqa: F401 - a fixture
from tests.statements import counted
from traceability.canonical.entry import Entry
from traceability.log.submission import submit


@pytest.fixture
def now() -> datetime:
    """The true time, which the page compares with."""
    return datetime.now(UTC)


@pytest.fixture
def lot(app, now):
    lot = grow_lot(now=now)
    provenance.publish_checkpoint(now=now)
    return lot


def row(browser, lot, language="") -> tuple[str, str]:
    """(fresh, late or stale; words) of the line on outside signatures."""
    page = browser.open(f"/t/{lot.code}{language}")
    [found] = page.select("[data-age]")
    return found["data-age"], " ".join(found.select_one("dd").get_text(" ", strip=True).split())


def test_without_a_policy_nobody_outside_signs(browser, lot):
    assert row(browser, lot) == ("fresh", "chưa có đơn vị nào")
    assert "Sổ hiện chưa có chữ ký nào từ bên ngoài." in browser.text()


@pytest.mark.parametrize(
    ("signed", "age", "warning"),
    [(timedelta(hours=23), "fresh", ""), (timedelta(hours=25), "late", "đã hơn một ngày"), (timedelta(days=8), "stale", "đã hơn 7 ngày")],
)
def test_name_and_time_of_the_last_outside_signature(browser, lot, policy, now, signed, age, warning):  # noqa: F811
    policy(signed)

    found, words = row(browser, lot)

    assert found == age
    assert words.startswith("Đại học Cần Thơ, ") and warning in words and ("đã hơn" in words) == bool(warning)
    [time] = browser.open(f"/t/{lot.code}").select("time[data-ago]")
    assert time["datetime"] == (now - signed).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "Sổ hiện chưa có chữ ký nào từ bên ngoài." not in browser.text()


def test_policy_nobody_ever_met_is_said_plainly(browser, lot, policy):  # noqa: F811
    policy(None, "unreachable")

    assert row(browser, lot) == ("fresh", "Đại học Cần Thơ chưa ký lần nào Chưa lần chốt nào đủ chữ ký bên ngoài như quy tắc của sổ đòi.")


def test_witness_with_another_history_is_red(browser, lot, policy):  # noqa: F811
    policy(timedelta(minutes=1), "fork")

    age, words = row(browser, lot)
    assert (age, "giữ một bản sổ khác" in words) == ("stale", True)


def test_kept_page_is_made_anew_when_somebody_signs_and_when_that_grows_old(lot, policy, now, monkeypatch):  # noqa: F811
    seen = [queries.trace_head(lot.code).version]
    policy(timedelta(minutes=1))
    seen.append(queries.trace_head(lot.code).version)
    for later in (timedelta(hours=25), timedelta(days=8)):
        monkeypatch.setattr(queries, "utcnow", lambda later=later: now + later)
        seen.append(queries.trace_head(lot.code).version)
        assert queries.trace_version(db.session.connection(), lot.code) == seen[-1]

    assert len(set(seen)) == 4


def test_page_with_a_policy_costs_a_few_statements_more(client, lot, policy, now):  # noqa: F811
    policy(timedelta(minutes=1))
    path = f"/t/{lot.code}"
    with counted() as seen:
        assert client.get(path).status_code == 200
    with counted() as kept:
        client.get(path)

    assert (len(seen) <= 9, len(kept)) == (True, 1)


def test_entry_of_a_type_not_understood_is_mentioned(browser, lot, now):
    with transaction() as session:
        draft = Entry("later/kind/9", the_log().origin, "urn:uuid:later", now, "org:market", {})
        submit(the_log().storage, session.connection(), draft, (lot.code,))
        provenance.seal_at_commit(session)
    provenance.publish_checkpoint(now=now)

    browser.open(f"/t/{lot.code}")
    assert "1 dòng thuộc loại trang này chưa hiểu, vẫn nằm trong sổ" in browser.text()


def test_english(browser, lot, policy):  # noqa: F811
    policy(timedelta(hours=25))

    assert "more than a day ago" in row(browser, lot, "?lang=en")[1]


@pytest.mark.parametrize(("signed", "claims"), [(None, False), (timedelta(minutes=1), True)])
def test_page_of_the_log_claims_completeness_only_with_an_outside_signature(browser, lot, policy, signed, claims):  # noqa: F811
    policy(signed, "signed" if signed else "unreachable")

    browser.open("/so-cai")
    assert ("Lô hàng không bị giấu bớt dòng nào" in browser.text()) == claims
    assert ("hiện chỉ có chợ tự nói" in browser.text()) != claims
