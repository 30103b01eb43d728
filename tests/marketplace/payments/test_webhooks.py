"""Signed notices over real HTTP: repeated, reordered, concurrent, forged, old, and while we are unable to store."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests
from sqlalchemy import select, text

from marketplace.database import db, transaction
from marketplace.payments import services
from marketplace.payments.adapters.signatures import sign
from marketplace.payments.models import PaymentEvent
from tests.marketplace.payments.market import kinds
from tests.marketplace.payments.processes import SECRET, until


def events(market):
    db.session.rollback()
    return db.session.execute(select(PaymentEvent).order_by(PaymentEvent.id)).scalars().all()


def delivered(market):
    """Wait until the sandbox has no delivery left to make."""
    until(lambda: set(market.sandbox.see()["deliveries"]) <= {"delivered", "held"})


def post(market, body, *, age=0, secret=SECRET, header=None):
    stamp = int(market.now.timestamp()) - age
    headers = {"Stripe-Signature": sign(body, secret=secret, timestamp=stamp)} if header is None else header
    return requests.post(market.site.webhook, data=body, headers=headers, timeout=30)


def notice(**changed):
    about = {"object": "payment_intent", "id": "pi_x"}
    event = {
        "id": "evt_x",
        "object": "event",
        "type": "payment_intent.created",
        "created": 1,
        "data": {"object": about},
    }
    return json.dumps(event | changed).encode()


def test_a_notice_moves_the_order_without_anybody_asking(live):
    live.buy()
    live.pay()
    delivered(live)
    live.work()
    assert live.order_state() == "PENDING_SELLER"
    assert {event.kind for event in events(live)} == {
        "payment_intent.created",
        "payment_intent.amount_capturable_updated",
    }
    assert all(event.applied_at for event in events(live))


def test_ten_deliveries_at_once_are_stored_once_and_act_once(live):
    live.sandbox.control("webhooks", held=True)
    live.buy()
    live.pay()
    answers = live.sandbox.control("release", copies=10, at_once=8, order="shuffle")["delivered"]
    assert len(answers) == 20
    assert {answer["status"] for answer in answers} == {200}
    live.work_until_quiet()
    assert len(events(live)) == 2
    assert live.told() == ["authorised"]


def test_the_order_of_arrival_does_not_matter(live):
    live.sandbox.control("webhooks", held=True)
    live.buy()
    assert live.pay(card="pm_card_visa_chargeDeclined").status_code == 402
    live.pay()
    live.sandbox.control("release", order="reverse")
    live.work_until_quiet()
    assert live.told() == ["authorised"]
    live.accept(A=100_000, B=50_001)
    live.work_until_quiet()
    live.sandbox.control("release", order="reverse")
    for event in reversed(live.sandbox.see()["event"]):
        assert live.sandbox.control("replay", event=event["id"])["status"] == 200
    live.work_until_quiet()
    assert live.told() == ["authorised", "captured"]
    assert live.payment().captured == 150_001
    assert kinds(live.sandbox, "payment_intent.succeeded") == 1


@pytest.mark.parametrize("workers", [4])
def test_several_workers_and_deliveries_together_pay_once(live, app, workers):
    live.sandbox.control("webhooks", held=True)
    live.buy()
    live.pay()
    live.wait(minutes=1)

    def work(_):
        with app.app_context():
            done = services.run_due(live.now)
            db.session.remove()
            return done

    with ThreadPoolExecutor(workers + 1) as pool:
        release = pool.submit(live.sandbox.control, "release", copies=10, at_once=4)
        list(pool.map(work, range(workers * 4)))
        release.result()
    live.work_until_quiet()
    live.accept(A=100_000, B=50_001)
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers * 2)))
    live.work_until_quiet()
    assert live.told() == ["authorised", "captured"]
    assert kinds(live.sandbox, "payment_intent.succeeded") == 1


def test_a_forged_or_old_notice_is_refused_and_not_stored(live):
    live.buy()
    delivered(live)
    before = len(events(live))
    event = live.sandbox.see()["event"][0]["id"]
    assert live.sandbox.control("replay", event=event, secret="whsec_guess")["status"] == 400
    assert live.sandbox.control("replay", event=event, age=360)["status"] == 400
    forged = live.sandbox.control("replay", event=event, secret="whsec_guess", change={"id": "evt_forged"})
    assert forged["status"] == 400
    assert len(events(live)) == before


def test_a_signed_lie_about_a_payment_moves_nothing(live):
    live.buy()
    about = {"object": "payment_intent", "id": live.intent_id(), "status": "succeeded", "amount_received": 150_001}
    lie = notice(type="payment_intent.succeeded", data={"object": about})
    assert post(live, lie).status_code == 200
    live.work_until_quiet()
    assert live.order_state() == "PENDING_PAYMENT"
    assert live.payment().captured == 0


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (b"", None),
        (b"{}", None),
        (b"\xff\x00\xfe", None),
        (notice(id=5), None),
        (notice(), {}),
        (notice(), {"Stripe-Signature": "t=1,v1=" + "0" * 64}),
        (notice(), {"Stripe-Signature": "x" * 5000}),
    ],
)
def test_nonsense_is_refused_with_a_problem_document(live, body, header):
    answer = post(live, body, header=header)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert events(live) == []


def test_an_oversized_notice_is_refused(live):
    assert post(live, notice(note="x" * 300_000)).status_code == 413
    assert events(live) == []


def test_an_unknown_kind_is_stored_and_answered_and_left_alone(live):
    body = notice(
        type="radar.early_fraud_warning.created", data={"object": {"object": "radar.early_fraud_warning", "id": "x"}}
    )
    assert post(live, body).status_code == 200
    assert post(live, body).status_code == 200
    (stored,) = events(live)
    assert (stored.outcome, stored.applied_at is not None) == ("ignored", True)
    assert stored.payload == body.decode()


def test_a_notice_about_somebody_elses_payment_is_kept_and_closed(live):
    assert post(live, notice()).status_code == 200
    live.work()
    assert [event.outcome for event in events(live)] == ["unknown at the gateway"]


def test_what_could_not_be_stored_is_answered_5xx_and_comes_again(live):
    live.sandbox.control("webhooks", held=True)
    live.buy()
    live.pay()
    _rename("payment_event", "payment_event_away")
    answers = live.sandbox.control("release")["delivered"]
    assert {answer["status"] // 100 for answer in answers} == {5}
    _rename("payment_event_away", "payment_event")
    until(lambda: len(events(live)) == 2)
    live.work_until_quiet()
    assert live.told() == ["authorised"]


def _rename(before, after):
    with transaction() as session:
        session.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))


def test_a_waiting_notice_stops_the_expiry(live):
    live.buy()
    live.pay()
    delivered(live)
    assert live.expire() is False
    live.work()
    assert live.order_state() == "PENDING_SELLER"


def test_a_notice_that_overtakes_the_lost_answer_of_our_own_call_opens_the_payment(live):
    live.sandbox.control("lose", requests=9)
    live.buy()
    live.sandbox.control("lose", requests=0)
    assert live.payment().state == "creating"
    delivered(live)
    live.work()
    assert live.payment().state == "awaiting"
    live.wait(minutes=10)
    live.pay()
    delivered(live)
    live.work_until_quiet()
    assert live.told() == ["authorised"]
    assert len(live.sandbox.see()["payment_intent"]) == 1


def test_the_timer_and_the_money_racing_end_in_one_of_two_sound_ways(live, app):
    """Either the order lives and its money is held, or it is expired and no money is kept. Never a mixture."""
    names = [f"R-{number}" for number in range(6)]
    for name in names:
        live.buy(name)
        live.pay(name)

    def run(work):
        with app.app_context():
            work()
            db.session.remove()

    jobs = [lambda name=name: live.expire(name) for name in names] + [live.work] * 6
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, jobs[::2] + jobs[1::2]))
    delivered(live)
    live.wait(minutes=5)
    live.work_until_quiet()
    held = {intent["metadata"]["reference"]: intent["status"] for intent in live.sandbox.see()["payment_intent"]}
    ends = {(live.order_state(name), live.payment(name).state, held[name]) for name in names}
    assert ends <= {("PENDING_SELLER", "authorised", "requires_capture"), ("EXPIRED", "cancelled", "canceled")}


def test_notices_wait_while_the_gateway_cannot_be_asked(live):
    live.buy()
    live.pay()
    delivered(live)
    live.sandbox.control("outage", mode="drop")
    live.work()
    assert live.order_state() == "PENDING_PAYMENT"
    assert any(event.applied_at is None for event in events(live))
    live.sandbox.control("outage", requests=0)
    live.work()
    assert live.order_state() == "PENDING_SELLER"


def test_a_refund_that_fails_later_is_told_by_its_notice(live):
    live.buy()
    live.pay()
    delivered(live)
    live.work_until_quiet()
    live.accept(A=100_000, B=50_001)
    live.work_until_quiet()
    services.give_back(reference="M-1", share="M-1-A", amount=7_000, reason="x", key="k", now=live.now)
    live.work_until_quiet()
    assert live.payment().refunded == 7_000
    live.sandbox.control("fail-refund", refund=live.sandbox.see()["refund"][0]["id"])
    delivered(live)
    live.work_until_quiet()
    assert live.payment().refunded == 0


def test_without_a_secret_the_address_does_not_exist(app, client, monkeypatch):
    settings = replace(app.extensions["settings"], stripe_webhook_secret="")
    monkeypatch.setitem(app.extensions, "settings", settings)
    assert client.post("/webhooks/stripe", data=notice()).status_code == 404
