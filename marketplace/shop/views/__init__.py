"""Routes of the public market; each module adds its pages to `bp`."""

from flask import Blueprint

bp = Blueprint("shop", __name__)

from marketplace.shop.views import catalogue, phone, seller, trace  # noqa: E402, F401
