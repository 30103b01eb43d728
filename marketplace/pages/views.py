"""Home, help, legal texts, the component gallery, and what machines ask: pictures, health, metrics, robots, sitemap."""

from xml.sax.saxutils import escape

from flask import Blueprint, Response, abort, current_app, render_template, send_file

from marketplace.catalogue import queries as catalogue
from marketplace.database import utcnow, vietnam_day
from marketplace.extensions import limiter
from marketplace.i18n import current_locale
from marketplace.pages import health, metrics
from marketplace.pages.gallery import page_values
from marketplace.search import queries as search
from marketplace.search.cards import card_arguments
from marketplace.web import images
from marketplace.web.access import public

bp = Blueprint("pages", __name__)
metrics.install(bp)

A_YEAR = 365 * 24 * 60 * 60
TEXTS = {
    "gioi-thieu": "about",
    "tro-giup": "help",
    "quyen-rieng-tu": "privacy",
    "quy-che": "terms",
    "tieu-chi-xep-hang": "ranking",
    "khieu-nai": "complaints",
    "lien-he": "contact",
}
PRIVATE = (
    "/tai-khoan",
    "/kenh-ban",
    "/so-nong-ho",
    "/quan-ly",
    "/gio-hang",
    "/thanh-toan",
    "/don-hang",
    "/dang-nhap",
    "/api/",
    "/webhooks/",
    "/metrics",
)


@bp.get("/")
@public
def home():
    day, locale = vietnam_day(utcnow()), current_locale()
    shelves = search.home_shelves(day=day)
    sellers, products, traced = search.market_figures()
    rail = [
        (f"/san-pham?danh-muc={row.slug}", row.title(locale), _drawing(row.slug), None)
        for row in catalogue.categories()
        if row.parent_id is None
    ]
    lists = {name: [card_arguments(card, day=day) for card in getattr(shelves, name)] for name in ("season", "ocop", "newest")}
    return render_template(
        "pages/home.html",
        rail=rail,
        sellers=sellers,
        products=products,
        traced=traced,
        month=day.month,
        address=current_app.extensions["settings"].public_url,
        **lists,
    )


@bp.get("/<any('gioi-thieu', 'tro-giup', 'quyen-rieng-tu', 'quy-che', 'tieu-chi-xep-hang', 'khieu-nai', 'lien-he'):name>")
@public
def text(name: str):
    """Help and the texts the law asks for."""
    return render_template(f"pages/{TEXTS[name]}.html")


@bp.get("/mau-giao-dien")
@public
def gallery():
    return render_template("pages/gallery.html", **page_values(current_app.jinja_env.globals["static"]))


@bp.get("/anh/<key>/<filename>")
@public
@limiter.exempt
def picture(key: str, filename: str):
    """A stored picture. Its key comes from its content, so it may be kept for ever."""
    file = images.path(current_app.extensions["settings"].uploads_dir, key, filename)
    if file is None:
        abort(404)
    response = send_file(
        file, mimetype=images.MEDIA_TYPES[file.suffix[1:]], max_age=A_YEAR, etag=f"{key}-{filename}", conditional=True
    )
    response.cache_control.immutable, response.cache_control.public, response.cache_control.no_cache = True, True, None
    return response


@bp.get("/healthz")
@public
def healthz():
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
@public
def readyz():
    """Able to serve: database, log head, disk. 503 names what is wrong."""
    checks = health.checks(current_app.extensions["settings"])
    sound = all(value == "ok" for value in checks.values())
    return {"status": "ok" if sound else "unavailable", **checks}, 200 if sound else 503


@bp.get("/metrics")
@public
def show_metrics():
    return Response(metrics.text(), mimetype="text/plain", headers={"Cache-Control": "no-store"})


@bp.get("/robots.txt")
@public
def robots():
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE)]
    lines += ["Disallow: /*?*sap-xep=", f"Sitemap: {_public('/sitemap.xml')}"]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@bp.get("/sitemap.xml")
@public
def sitemap():
    pages = [(_public(path), None) for path in ("/", "/san-pham", "/truy-xuat", "/thong-ke", *(f"/{name}" for name in TEXTS))]
    pages += [(_public(f"/san-pham/{id_}-{slug}"), changed) for id_, slug, changed in search.sitemap()]
    body = "".join(
        f"<url><loc>{escape(address)}</loc>{f'<lastmod>{changed:%Y-%m-%d}</lastmod>' if changed else ''}</url>"
        for address, changed in pages
    )
    xml = f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}</urlset>'
    return Response(xml, mimetype="application/xml", headers={"Cache-Control": "public, max-age=3600"})


def _public(path: str) -> str:
    return current_app.extensions["settings"].public_url + path


def _drawing(slug: str) -> str:
    return current_app.jinja_env.globals["static"](f"img/categories/{slug}.webp")
