"""Gateways that really run: our sandbox always, localstripe where it is installed."""

import importlib.util
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import requests

from marketplace.payments import services
from marketplace.payments.adapters.stripe import StripeGateway
from marketplace.payments.registry import Nobody
from tests.engines import free_port
from tests.marketplace.payments.market import Market, Site
from tests.marketplace.payments.processes import API_KEY, LOCALSTRIPE, SECRET, Endpoint, Sandbox, until


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory):
    """One process for all tests: starting it anew for each would cost more than the tests."""
    process = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield process
    process.kill()


@pytest.fixture
def sandbox(sandbox_process):
    """A sandbox gateway that knows nothing yet and sends no webhooks."""
    sandbox_process.reset()
    yield sandbox_process
    sandbox_process.reset()


@pytest.fixture
def hearing(sandbox):
    """A sandbox gateway and the endpoint that hears its webhooks."""
    endpoint = Endpoint((200, "{}"))
    sandbox.reset(webhook=endpoint.url + "/webhooks/stripe")
    yield sandbox, endpoint
    sandbox.reset()
    endpoint.close()


def _gateway(url):
    return StripeGateway(api_base=url, api_key=API_KEY, checkout_page=url + "/pay", backoff=0.01)


@pytest.fixture
def client_gateway(sandbox):
    """Our client, pointed at the sandbox."""
    return _gateway(sandbox.url)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code < 600
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="session")
def localstripe():
    """Address of a localstripe process (LOCALSTRIPE_PYTHON names the interpreter that has it, if not this one)."""
    python = os.environ.get("LOCALSTRIPE_PYTHON") or sys.executable
    if python == sys.executable and importlib.util.find_spec("localstripe") is None:
        pytest.skip("localstripe is not installed: set LOCALSTRIPE_PYTHON")
    port = free_port()
    process = subprocess.Popen(
        [python, "-W", "ignore", "-c", LOCALSTRIPE, str(port)], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    until(lambda: process.poll() is None and _answers(url), seconds=60)
    yield url
    process.kill()
    process.wait()


@pytest.fixture
def market(app, client_gateway, sandbox):
    """A market whose gateway is the sandbox; nothing arrives by webhook, only by asking."""
    yield Market(client_gateway, sandbox)
    services.gateways.bind(None)
    services.listeners.bind(Nobody())


@pytest.fixture
def live(app, sandbox):
    """A market whose webhook is open on a real port and known to the sandbox."""
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, stripe_webhook_secret=SECRET)
    site = Site(app)
    sandbox.reset(webhook=site.webhook)
    made = Market(_gateway(sandbox.url), sandbox)
    made.site = site
    yield made
    sandbox.reset()
    site.close()
    app.extensions["settings"] = settings
    services.gateways.bind(None)
    services.listeners.bind(Nobody())
