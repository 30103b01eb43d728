"""A real site on a free port, a real Chromium, phones of 360 px: what a person does from start to end."""

import os
import shutil
import socket
import threading
from dataclasses import replace

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from marketplace.app import create_app
from marketplace.database import db
from marketplace.payments import services
from tests.conftest import MISSING
from tests.engines import begin_log, migrate, settings
from tests.marketplace.payments.processes import API_KEY, SECRET, Sandbox

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="session")
def chromium():
    """Debian's Chromium, driven without a window."""
    if CHROMIUM is None:
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail("REQUIRE_ALL: Chromium is not installed")
        MISSING.append("Chromium is not installed: the browser journeys were not run")
        pytest.skip("Chromium is not installed")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    """The card sandbox as its own process."""
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    sandbox.kill()


class Site:
    """The running site: `url`, and its `app` for running due jobs."""

    def __init__(self, app, url: str) -> None:
        self.app, self.url = app, url
        self._gateway, self._listener = services.gateways.bound, services.listeners.bound

    def bind(self) -> None:
        """Gateway and listener belong to the process: every app that another test made since has put its own there."""
        services.gateways.bind(self._gateway)
        services.listeners.bind(self._listener)


@pytest.fixture(scope="session")
def site(tmp_path_factory, gateway):
    """The site on an empty migrated SQLite database, served by threads, with the card sandbox behind it."""
    folder = tmp_path_factory.mktemp("site")
    listener = socket.create_server(("127.0.0.1", 0))  # held from here on: nobody else gets the port meanwhile
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    chosen = settings(f"sqlite:///{folder / 'market.db'}", folder)
    card = {"stripe_api_base": gateway.url, "stripe_checkout_page": f"{gateway.url}/pay", "stripe_api_key": API_KEY}
    app = create_app(replace(chosen, public_url=url, stripe_webhook_secret=SECRET, **card))
    gateway.reset(webhook=f"{url}/webhooks/stripe")
    app.testing = False  # a fault of ours is logged and answered as in production
    migrate(app)
    begin_log(app)
    server = make_server("127.0.0.1", 0, app, threaded=True, fd=listener.fileno())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(app, url)
    server.shutdown()
    thread.join(timeout=10)
    listener.close()
    with app.app_context():
        db.engine.dispose()


def _is_fault(message) -> bool:
    """Chromium also calls a form that comes back with its sentences (422) an error; that is none."""
    return message.type == "error" and "status of 422" not in message.text


@pytest.fixture
def phones(chromium, site, request):
    """Makes fresh phones: 360 px wide, no cookies; any page error or console error of any of them fails the journey.

    `phones(script=False)` is one whose browser runs no script.
    """
    contexts, faults, failed_before = [], [], request.session.testsfailed
    site.bind()

    def phone(*, script: bool = True):
        context = chromium.new_context(
            viewport=PHONE,
            device_scale_factor=2,
            base_url=site.url,
            locale="vi-VN",
            java_script_enabled=script,
            accept_downloads=True,
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if _is_fault(message) else None)
        return page

    yield phone
    for context in contexts:
        if request.session.testsfailed > failed_before:
            for page in context.pages:
                print(f"--- {page.url}\n{page.locator('main').inner_text()[:900] if page.locator('main').count() else ''}")
        context.close()
    assert faults == []


@pytest.fixture
def phone(phones):
    """One fresh phone."""
    return phones()
