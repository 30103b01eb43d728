"""axe finds nothing on any page: every route the app has, in every state the market has, at 360 and 1280 px."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from marketplace.database import db, utcnow
from tests.addresses import Address, pages
from tests.factories.accounts import sign_in
from tests.factories.market import make_market
from tests.factories.orders import make_basket

pytestmark = pytest.mark.browser
WIDTHS = ({"width": 360, "height": 740}, {"width": 1280, "height": 800})
ONCE = frozenset({"shop.report", "lots.diary", "shop.trace_printed"})
"""Endpoints whose addresses all look alike: the first one stands for them."""
MISTAKES = {
    "visitor": ("/dang-ky", "/dang-nhap", "/thanh-toan", "/t/7K3M9Q2X5R8T1W/phan-anh"),
    "seller": ("/kenh-ban/san-pham/moi", "/kenh-ban/vung-trong/them", "/kenh-ban/chung-nhan/moi", "/kenh-ban/giay-to"),
    "officer": ("/quan-ly/so-lieu/ho-tro", "/quan-ly/dang-ky-ho"),
}
"""Pages whose form is sent empty: the refusals must be readable too."""


@pytest.fixture(scope="module")
def living(site):
    """The market on the running site, and the session cookie of each role."""
    with site.app.app_context():
        market = make_market(utcnow())
        basket = make_basket({market.first.products["listed"].id: 3000}, now=market.now)
        people = {"visitor": None, "buyer": market.buyer, "seller": market.first.owner, "officer": market.officer}
        cookies = {role: _cookie(site.app, person, basket, market.officer) for role, person in people.items()}
        found = pages(site.app, market)
        db.session.remove()
    return found, cookies


def _cookie(app, person, basket: str, officer) -> str:
    client = app.test_client()
    if person is not None:
        sign_in(client, person)
    with client.session_transaction() as cookie:
        cookie["basket"], cookie["basket_count"] = basket, 1
        if person is None:
            cookie["half"] = {"who": officer.get_id(), "at": utcnow().timestamp(), "remember": False}
    return client.get_cookie("session").value


def chosen(found: list[Address], role: str) -> list[str]:
    """The role's own addresses, one of those that look alike; a visitor also meets a page that is not there."""
    seen, paths = set(), []
    for address in found:
        if address.role == role and not (address.endpoint in ONCE and address.endpoint in seen):
            seen.add(address.endpoint)
            paths.append(address.path)
    return [*paths, "/khong-co-trang-nay", "/san-pham?q=khong-co-gi"] if role == "visitor" else paths


@pytest.fixture
def desk(chromium, site, living):
    """A browser signed in as a role."""
    contexts = []

    def open_as(role: str):
        context = chromium.new_context(viewport=WIDTHS[0], base_url=site.url, locale="vi-VN", reduced_motion="reduce")
        context.add_cookies([{"name": "session", "value": living[1][role], "url": site.url}])
        contexts.append(context)
        return context.new_page()

    yield open_as
    for context in contexts:
        context.close()


def violations(page, path: str) -> list[str]:
    """What axe says about the open page at both widths, one line a rule; and whether the page fits the phone."""
    lines = []
    for size in WIDTHS:
        page.set_viewport_size(size)
        for rule in Axe().run(page).response["violations"]:
            nodes = "; ".join(str(node["target"][0]) for node in rule["nodes"][:3])
            lines.append(f"{path} at {size['width']}: {rule['id']} ({rule['impact']}) {nodes}")
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            lines.append(f"{path} at {size['width']}: scrolls sideways")
    page.set_viewport_size(WIDTHS[0])
    return lines


@pytest.mark.parametrize("role", ["visitor", "buyer", "seller", "officer"])
def test_axe_finds_nothing_on_the_pages_of(role, living, desk, site):
    page, faults, looked_at = desk(role), [], 0
    for path in chosen(living[0], role):
        answer = page.request.get(path, max_redirects=0)
        if "text/html" not in answer.headers.get("content-type", "") or 300 <= answer.status < 400:
            continue
        page.goto(path)
        looked_at += 1
        faults += violations(page, path)

    assert faults == []
    assert looked_at >= {"visitor": 30, "buyer": 6, "seller": 40, "officer": 12}[role]


@pytest.mark.parametrize("role", MISTAKES)
def test_axe_finds_nothing_on_forms_that_came_back_for(role, desk, living):
    page, faults = desk(role), []
    for path in MISTAKES[role]:
        page.goto(path)
        if page.locator("#price").count():  # an empty listing is a draft, an unreadable price is not
            page.locator("#price").fill("abc")
        page.locator("main form[method=post] button[type=submit]:visible").last.click()
        page.locator("[aria-invalid=true], .field__error, .error-summary").first.wait_for()
        assert urlsplit(page.url).path.startswith(path[:8])
        faults += violations(page, f"{path}, sent empty")

    assert faults == []


def test_axe_would_find_something(desk):
    page = desk("visitor")
    page.goto("/truy-xuat")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=/static/img/logo.svg>')")

    assert any("image-alt" in line for line in violations(page, "/truy-xuat"))


def test_axe_finds_nothing_on_a_refusal(desk, living):
    page = desk("buyer")
    page.goto("/quan-ly")

    assert violations(page, "/quan-ly refused") == []
