"""kill -9 between the gateway's yes and our commit, and a gateway that is down for a while."""

import subprocess
import sys

import pytest

from marketplace.database import db
from marketplace.payments import services
from marketplace.payments.gateway import GatewayRefused
from marketplace.payments.services.calling import LEASE
from tests.marketplace.payments.market import kinds, refunded_at_gateway
from tests.marketplace.payments.processes import until


@pytest.fixture
def killed(app, market, tmp_path):
    """Run the job in another process and kill it once the gateway has done what `happened` sees, before our commit."""

    def run(happened):
        market.sandbox.control("delay", wait=100, where="after", requests=1)
        url = db.engine.url.render_as_string(hide_password=False)
        arguments = [url, str(tmp_path), market.sandbox.url, market.now.isoformat()]
        command = [sys.executable, "-m", "tests.marketplace.payments.worker", *arguments]
        process = subprocess.Popen(command)
        until(happened, seconds=90)
        assert process.poll() is None, "the worker ended by itself"
        process.kill()
        process.wait()

    return run


def authorised(market):
    market.buy()
    market.pay()
    market.wait(minutes=1)
    market.work_until_quiet()
    market.accept(A=100_000, B=50_001)


def test_a_capture_survives_kill_9_and_is_made_once(market, killed):
    authorised(market)
    killed(lambda: kinds(market.sandbox, "payment_intent.succeeded"))
    assert market.payment().state == "capturing"
    market.work()
    assert market.payment().captured == 0, "the lease of the dead worker still holds"
    market.wait(seconds=LEASE.total_seconds())
    market.work_until_quiet()
    assert market.payment().captured == 150_001
    assert market.told() == ["authorised", "captured"]
    assert kinds(market.sandbox, "payment_intent.succeeded") == 1


def test_a_refund_survives_kill_9_and_is_made_once(market, killed):
    authorised(market)
    market.work_until_quiet()
    services.give_back(reference="M-1", share="M-1-A", amount=60_000, reason="spoilt", key="claim", now=market.now)
    killed(lambda: market.sandbox.see()["refund"])
    market.wait(seconds=LEASE.total_seconds())
    market.work_until_quiet()
    assert market.payment().refunded == 60_000
    assert refunded_at_gateway(market.sandbox) == 60_000


def test_a_refund_is_found_again_when_the_gateway_has_forgotten_the_key(market, killed):
    authorised(market)
    market.work_until_quiet()
    services.give_back(reference="M-1", share="M-1-A", amount=60_000, reason="spoilt", key="claim", now=market.now)
    killed(lambda: market.sandbox.see()["refund"])
    market.sandbox.forget_keys()
    market.wait(days=2)
    market.work_until_quiet()
    assert refunded_at_gateway(market.sandbox) == 60_000


def test_an_opening_survives_kill_9_without_a_second_payment(market, killed):
    market.sandbox.control("outage", mode="503")
    market.buy()
    market.sandbox.control("outage", requests=0)
    market.wait(minutes=1)
    killed(lambda: market.sandbox.see()["payment_intent"])
    assert market.payment().state == "creating"
    market.wait(seconds=LEASE.total_seconds())
    market.work_until_quiet()
    assert market.payment().state == "awaiting"
    assert len(market.sandbox.see()["payment_intent"]) == 1


def test_letting_go_survives_kill_9(market, killed):
    market.buy()
    market.pay()
    assert market.expire()
    killed(lambda: kinds(market.sandbox, "payment_intent.canceled"))
    market.wait(seconds=LEASE.total_seconds())
    market.work_until_quiet()
    assert market.payment().state == "cancelled"
    assert market.told() == []


def test_a_gateway_that_is_down_for_a_while_delays_and_loses_nothing(market):
    market.sandbox.control("outage", mode="drop")
    market.buy()
    assert market.payment().state == "creating"
    for _ in range(5):
        market.wait(minutes=10)
        market.work()
    market.sandbox.control("outage", requests=0)
    market.wait(minutes=10)
    market.work_until_quiet()
    assert market.payment().state == "awaiting"
    market.pay()
    market.wait(minutes=10)
    market.work_until_quiet()
    market.accept(A=100_000, B=50_001)
    market.sandbox.control("outage", mode="500")
    market.work()
    market.sandbox.restart()
    market.sandbox.control("outage", requests=0)
    market.wait(minutes=10)
    market.work_until_quiet()
    assert market.payment().captured == 150_001
    assert market.told() == ["authorised", "captured"]


def test_a_lost_yes_is_not_taken_for_a_no(market):
    authorised(market)
    market.sandbox.control("lose", requests=9)
    market.work()
    assert market.payment().state == "capturing"
    market.sandbox.control("lose", requests=0)
    market.wait(minutes=10)
    market.work_until_quiet()
    assert market.payment().captured == 150_001
    assert kinds(market.sandbox, "payment_intent.succeeded") == 1


def test_an_opening_whose_answer_is_lost_is_found_and_let_go_when_nobody_waits_any_more(market):
    market.sandbox.control("lose", requests=9)
    market.buy()
    market.sandbox.control("lose", requests=0)
    assert market.payment().state == "creating"
    assert market.expire()
    market.wait(minutes=10)
    market.work_until_quiet()
    assert market.payment().state == "cancelled"
    assert [intent["status"] for intent in market.sandbox.see()["payment_intent"]] == ["canceled"]


def test_a_refused_capture_of_money_still_held_is_tried_again(market):
    authorised(market)
    refuse_once = Refusing(market.gateway, "capture_intent")
    services.gateways.bind(refuse_once)
    market.work_until_quiet()
    assert market.payment().state == "capturing"
    market.wait(minutes=6)
    market.work_until_quiet()
    assert market.payment().captured == 150_001
    assert len(set(refuse_once.keys)) == 2


class Refusing:
    """The sandbox's client, whose first call of one verb is answered with a no that the state does not explain."""

    name = "stripe"

    def __init__(self, gateway, verb):
        self._gateway = gateway
        self._verb = verb
        self.keys = []

    def __getattr__(self, name):
        if name != self._verb:
            return getattr(self._gateway, name)

        def call(*args, **kwargs):
            self.keys.append(kwargs["idempotency_key"])
            if len(self.keys) == 1:
                raise GatewayRefused("lock_timeout")
            return getattr(self._gateway, name)(*args, **kwargs)

        return call
