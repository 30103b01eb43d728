"""The applications bench_web compares: a bare hello, a bare page of one Core read, and the site on a prepared database."""

import os
from pathlib import Path

from flask import Flask, jsonify, render_template_string
from sqlalchemy import create_engine, text

PAGE = """<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>Nông sản</title></head><body><h1>Nông sản</h1><ul>
{% for row in rows %}<li class="card"><a href="/san-pham/{{ row.id }}-{{ row.slug }}"><h3>{{ row.name }}</h3>
<img src="/anh/{{ row.id }}/320.jpg" alt="{{ row.name }}" width="320" height="320" loading="lazy">
<p class="price">{{ row.price }} ₫/{{ row.unit_label }}</p><p class="seller">{{ row.seller }}</p></a></li>
{% endfor %}</ul></body></html>"""
TWENTY = text(
    "SELECT p.id, p.slug, p.name, p.price, p.unit_label, s.name AS seller FROM product p JOIN seller s ON s.id = p.seller_id"
    " WHERE p.state = 'listed' ORDER BY p.id LIMIT 20"
)


def hello_app() -> Flask:
    """The ceiling of this server."""
    app = Flask("hello")

    @app.get("/")
    def hello():
        return jsonify(hello="world")

    return app


def core_app(url: str) -> Flask:
    """One Core read of twenty rows and a template."""
    app, engine = Flask("core"), create_engine(url)

    @app.get("/")
    def page():
        with engine.connect() as connection:
            return render_template_string(PAGE, rows=connection.execute(TWENTY).all())

    return app


def site_app() -> Flask:
    """The site on the database named by BENCH_DATABASE; with BENCH_UNPREPARED set, no trace page is kept."""
    from marketplace.app import create_app
    from marketplace.shop import scans
    from marketplace.shop.prepared import Shelf
    from marketplace.shop.views import trace
    from marketplace.web import logs
    from tests.engines import settings

    app = create_app(settings(os.environ["BENCH_DATABASE"], Path(os.environ["BENCH_FOLDER"])))
    app.testing = False
    logs.configure(production=True)
    if os.environ.get("BENCH_UNPREPARED"):
        scans.shelf = trace.shelf = Shelf(0)
    return app
