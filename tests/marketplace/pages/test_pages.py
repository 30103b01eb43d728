"""Help and legal texts, pictures, health, metrics, robots, sitemap."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from marketplace import provenance
from marketplace.database import db, utcnow
from marketplace.pages import health
from marketplace.web import images
from tests.factories.catalogue import make_product
from tests.factories.pictures import picture_bytes

TEXTS = ("/gioi-thieu", "/tro-giup", "/quyen-rieng-tu", "/quy-che", "/tieu-chi-xep-hang", "/khieu-nai", "/lien-he")


@pytest.mark.parametrize("path", [*TEXTS, "/mau-giao-dien", "/"])
def test_every_text_page_opens_and_keeps_the_house_rules(browser, path):
    browser.open(path)


def test_the_privacy_policy_has_its_eight_points(browser):
    browser.open("/quyen-rieng-tu")
    numbered = [h.get_text(strip=True)[:2] for h in browser.page.select("article h2")]
    assert numbered == [f"{n}." for n in range(1, 9)]


def test_the_privacy_policy_says_what_the_public_log_keeps_for_how_long_and_what_cannot_be_called_back(browser):
    words = browser.open("/quyen-rieng-tu").get_text(" ", strip=True)
    for said in ("không thu hồi được", "24 tháng", "là tùy ý", "Rút lại:", "Xóa:", "mỗi năm một mã"):
        assert said in words, said


def test_every_link_of_the_text_pages_leads_somewhere(browser, client):
    links = set()
    for path in TEXTS:
        browser.open(path)
        links |= {a["href"].partition("#")[0] for a in browser.page.select("main a[href^='/']")}
    broken = {link: status for link in links if (status := client.get(link).status_code) not in (200, 302)}
    assert broken == {}


def test_complaints_name_a_first_answer_and_an_end_for_each_kind(browser):
    browser.open("/khieu-nai")
    rows = browser.page.select("tbody tr")
    assert len(rows) >= 6 and all(len(row.select("td, th")) == 3 for row in rows)


def test_a_picture_is_served_for_ever_and_again_as_304(app, client):
    picture = images.store(picture_bytes(size=(700, 500)), name="a.jpg", uploads=app.extensions["settings"].uploads_dir)

    response = client.get(images.url(picture.key, 640, "webp"))

    assert (response.status_code, response.mimetype) == (200, "image/webp")
    assert {"public", "immutable", "max-age=31536000"} <= set(response.headers["Cache-Control"].split(", "))
    assert "no-cache" not in response.headers["Cache-Control"]
    again = client.get(images.url(picture.key, 640, "webp"), headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    ["/anh/x/640.jpg", "/anh/" + "0" * 32 + "/640.jpg", "/anh/" + "0" * 32 + "/..%2f..%2fmarket.db", "/anh/..%2f..%2f/log.key"],
)
def test_no_other_file_is_served_as_a_picture(client, path):
    assert client.get(path).status_code == 404


def test_a_living_site_says_it_is_ready(app, client):
    assert client.get("/healthz").json == {"status": "ok"}
    with durable(app):
        assert client.get("/readyz").json == {"status": "ok", "database": "ok", "log": "ok", "disk": "ok"}


@contextmanager
def durable(app, on: bool = True):
    """The site's connections wait for the disk, or do not: the tests' own PostgreSQL is told not to."""

    def told(connection, _record):
        word = {"postgresql": f"SET synchronous_commit = {'on' if on else 'off'}", "sqlite": f"PRAGMA synchronous = {2 if on else 1}"}
        connection.cursor().execute(word[db.engine.dialect.name])
        connection.commit()

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", told)
    yield
    event.remove(db.engine, "connect", told)
    db.session.remove()
    db.engine.dispose()


def test_a_database_that_may_lose_commits_is_named_by_readiness_and_check(app, client):
    provenance.publish_checkpoint(now=utcnow())
    for on, status, words in [(False, 503, "not durable: synchronous"), (True, 200, "ok")]:
        with durable(app, on):
            answer = client.get("/readyz")
            checked = app.test_cli_runner().invoke(args=["log", "check"])
        assert (answer.status_code, answer.json["database"].startswith(words)) == (status, True)
        assert (checked.exit_code, "not durable: synchronous" in checked.stderr) == (0, not on)


def test_a_full_disk_is_named_and_answers_503(client, monkeypatch):
    monkeypatch.setattr(health, "LEAST_DISK", 10**18)
    response = client.get("/readyz")
    assert (response.status_code, response.json["disk"]) == (503, "nearly full")


def test_metrics_count_requests_by_route_and_never_by_path(app, client):
    product = make_product()
    client.get(f"/san-pham/{product.id}-{product.slug}")
    client.get("/khong-co-trang-nay?phone=0912345678")

    text = client.get("/metrics").text

    assert 'endpoint="shop.product",method="GET",status="200"' in text
    assert "khong-co" not in text and "0912345678" not in text and product.slug not in text


def test_crawlers_are_kept_from_private_pages_and_told_of_products(app, client):
    product, hidden = make_product(), make_product(state="withdrawn")

    robots, sitemap = client.get("/robots.txt").text, client.get("/sitemap.xml").text

    assert "Disallow: /kenh-ban" in robots and "Sitemap: https://chonongsan.test/sitemap.xml" in robots
    assert f"<loc>https://chonongsan.test/san-pham/{product.id}-{product.slug}</loc>" in sitemap
    assert f"/san-pham/{hidden.id}-" not in sitemap
