"""What a page costs a phone and the database: compressed bytes against the budgets, statements that do not grow with the market."""

import gzip
import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import insert

from marketplace.catalogue.keys import keys_of, slug_of
from marketplace.catalogue.models import Product
from marketplace.database import db, transaction, utcnow
from tests.addresses import pages
from tests.factories.catalogue import make_category
from tests.factories.lots import make_lot
from tests.statements import counted

TRACE_BUDGET, PAGE_BUDGET, MOST_STATEMENTS = 14 * 1024, 60 * 1024, 8
IMPORT = re.compile(r'(?:from|import)\s+"\./([\w-]+\.js)"')
TABLE: list[str] = []


def packed(data: bytes) -> int:
    """Bytes after gzip, as the site and any proxy in front of it send them."""
    return len(gzip.compress(data, 6))


def weight(client, html: bytes) -> dict[str, int]:
    """Compressed bytes of a page by kind: html, css, js (with what its modules import)."""
    soup = BeautifulSoup(html, "html.parser")
    sheets = {link["href"] for link in soup.select("link[rel=stylesheet]")}
    scripts, queue = set(), [script["src"] for script in soup.select("script[src]")]
    while queue:
        address = queue.pop()
        if address.partition("?")[0] not in scripts:
            scripts.add(address.partition("?")[0])
            folder = address.partition("?")[0].rpartition("/")[0]
            queue += [f"{folder}/{name}" for name in IMPORT.findall(client.get(address).text)]
    return {
        "html": packed(html), "css": sum(packed(client.get(address).data) for address in sheets),
        "js": sum(packed(client.get(address).data) for address in scripts),
    }


@pytest.fixture(scope="module", autouse=True)
def _print_table(request):
    """The table of pages against budgets, at the end of the run."""
    yield
    from tests.conftest import MEASURED

    MEASURED.extend(TABLE)


def test_every_public_page_keeps_its_budget(living_on_sqlite):
    living, over, seen = living_on_sqlite, [], set()
    client = living.client("visitor")
    for address in pages(living.app, living.market):
        if address.role != "visitor" or address.endpoint in seen:
            continue
        answer = client.get(address.path)
        if answer.mimetype != "text/html" or answer.status_code != 200:
            continue
        seen.add(address.endpoint)
        found = weight(client, answer.data)
        trace = address.path.startswith("/t/")
        total, budget = (found["html"] + found["css"], TRACE_BUDGET) if trace else (sum(found.values()), PAGE_BUDGET)
        line = f"{address.endpoint:<26} html {found['html']:>6} css {found['css']:>6} js {found['js']:>6} of {budget:>6}: {total / budget:4.0%}"
        TABLE.append(line)
        if total > budget:
            over.append(line)

    assert {"pages.home", "shop.products", "shop.product", "shop.trace", "orders.show_basket", "orders.checkout"} <= seen
    assert over == []


def test_the_trace_page_asks_for_its_script_last_and_without_waiting(living_on_sqlite):
    client = living_on_sqlite.client("visitor")
    page = BeautifulSoup(client.get(f"/t/{living_on_sqlite.market.first.lots['released'].code}").text, "html.parser")

    [script] = page.select("script")
    assert script["type"] == "module" and not script.get_text()
    assert script.find_next_sibling() is None and script.parent.name == "body"


def statements(living, path: str) -> int:
    """SQL statements of the second opening of a page (the first fills what a process keeps)."""
    client = living.client("visitor")
    assert client.get(path).status_code == 200
    with living.app.app_context(), counted() as seen:
        assert client.get(path, headers={"Cache-Control": "no-cache"}).status_code == 200
    return len(seen)


def stock(seller, count: int) -> None:
    """So many more listed products of a seller."""
    shelf, began = make_category("xoai").id, utcnow() - timedelta(days=30)
    rows = []
    for number in range(count):
        name = f"Xoài cát số {number}"
        keys = keys_of(name=name)
        rows.append({
            "seller_id": seller.id, "category_id": shelf, "name": name, "slug": slug_of(name), "name_key": keys.name,
            "marked_key": keys.marked, "search_key": keys.search, "description": "", "variety": "", "state": "listed", "measure": "mass",
            "unit_label": "kg", "price": 45_000, "step": 500, "minimum": 1000, "perishable": True, "produced_by_seller": True,
            "created_at": began, "updated_at": began, "listed_at": began + timedelta(minutes=number), "version": 1,
        })
    with transaction() as session:
        session.execute(insert(Product), rows)


@pytest.mark.parametrize("page", ["home", "catalogue", "search", "product", "trace"])
def test_statements_are_few_and_the_same_with_a_thousand_products(living, page):
    stall = living.market.first
    product = stall.products["listed"]

    def path() -> str:
        """A trace page not yet prepared in this process: each time another lot."""
        if page != "trace":
            return {"home": "/", "catalogue": "/san-pham", "search": "/san-pham?q=xoai", "product": f"/san-pham/{product.id}-{product.slug}"}[page]
        with living.app.app_context():
            code = make_lot(product, created_by_id=stall.owner.id).code
            db.session.remove()
        return f"/t/{code}"

    few = first_opening(living, path()) if page == "trace" else statements(living, path())
    with living.app.app_context():
        stock(stall.seller, 1000)
        db.session.remove()
    many = first_opening(living, path()) if page == "trace" else statements(living, path())

    assert few == many <= MOST_STATEMENTS


def first_opening(living, path: str) -> int:
    """SQL statements of a page this process has not prepared yet."""
    client = living.client("visitor")
    with living.app.app_context(), counted() as seen:
        assert client.get(path).status_code == 200
    return len(seen)
