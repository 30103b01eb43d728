"""Routes of the officers' desk; the figures pages are `officers/figures.py`."""

from flask import Blueprint

bp = Blueprint("officers", __name__)

from marketplace.officers.views import certificates, home, lots, products, reports, sellers  # noqa: E402, F401
