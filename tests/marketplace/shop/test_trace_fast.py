"""The short way before Flask says exactly what Flask says, and steps aside for everything unusual."""

import pytest
from sqlalchemy.exc import OperationalError

from marketplace import provenance
from marketplace.database import db, transaction, utcnow
from marketplace.lots import services
from marketplace.pages import metrics
from marketplace.sellers.models import Seller
from marketplace.shop import scans
from tests.factories.accounts import make_officer
from tests.factories.lots import grow_lot, owner_of
from tests.statements import counted

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 10)", "Accept-Encoding": "gzip, deflate, br", "X-Request-ID": "same-id-1"}


@pytest.fixture
def lot(app):
    return grow_lot(now=utcnow())


@pytest.fixture
def passed_on(app, monkeypatch):
    """The paths that went on to Flask."""
    seen, behind = [], app.wsgi_app._behind

    def note(environ, start_response):
        if app.wsgi_app is not note:  # `scan` with slow=True asks here directly
            seen.append(environ["PATH_INFO"])
        return behind(environ, start_response)

    monkeypatch.setattr(app.wsgi_app, "_behind", note)
    return seen


@pytest.fixture
def scan(app, client, monkeypatch):
    """Ask as a phone without cookies does; `slow=True` asks Flask itself."""

    def ask(path, *, slow=False, method="GET", **headers):
        fast = app.wsgi_app
        with monkeypatch.context() as patch:
            if slow:
                patch.setattr(app, "wsgi_app", fast._behind)
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return app.test_client(use_cookies=False).open(path, method=method, headers=PHONE | named)

    return ask


def recalled(lot):
    services.recall_lot(actor=make_officer(), lot_id=lot.id, reason_code="quality", reason="Hàng bị dập", now=utcnow())


def blocked(lot):
    services.block_lot(
        actor=owner_of(lot.seller_id), lot_id=lot.id, reason_code="packaging", reason="Nhãn in sai", now=utcnow())


def closed(lot):
    services.close_lot(actor=owner_of(lot.seller_id), seller_id=lot.seller_id, lot_id=lot.id)


def suspended(lot):
    with transaction() as session:
        session.get(Seller, lot.seller_id).state = "suspended"


def sealed(_lot):
    provenance.publish_checkpoint(now=utcnow())


def said(answer):
    """Status, bytes and headers; the visit's cookie without its time."""
    headers = sorted((name, value.split("Expires=")[0]) for name, value in answer.headers)
    return answer.status, answer.data, headers


@pytest.mark.parametrize("change", [None, recalled, blocked, closed, suspended, sealed])
@pytest.mark.parametrize("door", ["/t/", "/T/"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_both_ways_say_the_same_in_every_state(scan, passed_on, lot, change, door, method):
    path = door + lot.code
    if change:
        change(lot)
    scan(path)
    passed_on.clear()
    slow = scan(path, slow=True, method=method)

    assert said(scan(path, method=method)) == said(slow)
    assert slow.status_code == 200 and passed_on == []


def test_both_ways_say_the_same_about_a_lot_not_released(scan, passed_on, app):
    path = f"/t/{grow_lot(now=utcnow(), release=False).code}"
    scan(path)
    passed_on.clear()

    assert said(scan(path)) == said(scan(path, slow=True))
    assert passed_on == []


@pytest.mark.parametrize("headers", [
    {"User_Agent": "curl/8"}, {"User_Agent": ""}, {"X_Request_ID": "given-by-the-proxy"}, {"Cookie": "tham=1"},
    {"Accept_Encoding": ""}, {"If_None_Match": '"another"'},
])
def test_both_ways_say_the_same_to_every_reader(scan, passed_on, lot, headers):
    path = f"/t/{lot.code}"
    scan(path)
    passed_on.clear()

    assert said(scan(path, **headers)) == said(scan(path, slow=True, **headers))
    assert passed_on == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_unchanged_page_is_answered_the_same_by_both_ways(scan, passed_on, lot, method):
    path = f"/t/{lot.code}"
    tag = scan(path).headers["ETag"]
    passed_on.clear()
    fast = scan(path, method=method, If_None_Match=tag)

    assert said(fast) == said(scan(path, slow=True, method=method, If_None_Match=tag))
    assert fast.status_code == 304 and passed_on == []


def test_recall_shows_at_the_next_scan(scan, lot):
    path = f"/t/{lot.code}"
    tag = [scan(path).headers["ETag"] for _ in range(2)][1]
    recalled(lot)
    answer = scan(path, If_None_Match=tag, Accept_Encoding="")

    assert answer.status_code == 200
    assert "Hàng bị dập" in answer.text


@pytest.mark.parametrize("change", [{"Cookie": "session=x"}, {"Cookie": "tham=1; session=x"}, {"Accept_Encoding": "br"}])
def test_reader_with_a_session_or_another_encoding_goes_to_flask(scan, passed_on, lot, change):
    scan(f"/t/{lot.code}")
    passed_on.clear()

    assert scan(f"/t/{lot.code}", **change).status_code == 200
    assert len(passed_on) == 1


@pytest.mark.parametrize(("tail", "status"), [("?lang=en", 200), ("?", 200), ("/qr.svg", 200), ("/phan-anh", 200), ("/", 404)])
def test_question_and_deeper_address_get_flasks_answer(scan, lot, tail, status):
    scan(f"/t/{lot.code}")

    assert scan(f"/t/{lot.code}{tail}").status_code == status
    assert ('<html lang="en">' in scan(f"/t/{lot.code}{tail}", Accept_Encoding="").text) == (tail == "?lang=en")


@pytest.mark.parametrize("code", ["", "ABC", "K7MQ2XW9TB4RDD", "k7mq2xw9tb4rdd", "%00" * 14, "é" * 14, "🥭" * 14, "A" * 5000])
def test_wrong_code_goes_to_flask(scan, passed_on, app, code):
    assert scan(f"/t/{code}").status_code == 404
    assert len(passed_on) == 1


def test_other_spelling_is_led_to_the_one_address(scan, lot):
    assert scan(f"/t/{lot.code.lower()}").location == f"/t/{lot.code}"


def test_post_goes_to_flask(scan, lot):
    assert scan(f"/t/{lot.code}", method="POST").status_code in {400, 405}


def test_scan_takes_one_statement_and_keeps_no_connection(scan, passed_on, lot):
    path = f"/t/{lot.code}"
    scan(path)
    passed_on.clear()
    db.session.remove()
    before = db.engine.pool.checkedout()
    with counted() as seen:
        for _ in range(20):
            scan(path)

    assert len(seen) == 20 and passed_on == []
    assert db.engine.pool.checkedout() == before


def test_database_that_does_not_answer_is_told_by_flask(scan, passed_on, lot, monkeypatch):
    def broken(*_args):
        raise OperationalError("select", {}, Exception("gone"))

    scan(f"/t/{lot.code}")
    monkeypatch.setattr(scans.lots, "trace_version", broken)

    assert scan(f"/t/{lot.code}").status_code == 200
    assert len(passed_on) == 2


def test_scan_is_counted_as_a_visit_and_in_the_metrics(app, scan, passed_on, lot):
    path = f"/t/{lot.code}"
    scan(path)
    passed_on.clear()
    app.extensions["visits"].take()
    child = metrics.REQUESTS.labels("GET", "shop.trace", "200")
    before = child._value.get()
    scan(path)
    scan(path, Cookie="tham=1")
    scan(path, User_Agent="Googlebot")

    counts = {kind: number for (_day, kind), number in app.extensions["visits"].take().items()}
    assert counts == {"trace": 2, "visit": 1}
    assert child._value.get() == before + 3 and passed_on == []
