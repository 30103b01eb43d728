"""URL converters of the whole site."""

from flask import Flask
from werkzeug.routing import IntegerConverter


class RowId(IntegerConverter):
    """`<int:…>` in a route: digits that fit a BIGINT.

    A longer number names nothing, so the address does not exist (404).
    """

    regex = r"[0-9]{1,18}"


def install(app: Flask) -> None:
    """Must run before the blueprints are registered."""
    app.url_map.converters["int"] = RowId
