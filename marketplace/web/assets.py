"""Static files under addresses that change with their content, and stylesheets sent together.

`/static/v<hash>/…` names the whole folder's content: what a file refers to (fonts of a sheet, modules of a script) lies
under the same hash, so that everything may be kept for a year. A page asks for few sheets, each several files long: on
weak 4G a request costs more than a kilobyte.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, abort, g, request, send_from_directory
from markupsafe import Markup

from marketplace.web.access import public

BUILT_FROM = {
    "product_card": ("price", "photo", "badge", "ocop_stars"),
    "seller_card": ("badge", "ocop_stars"),
    "certificate": ("badge",),
    "timeline": ("badge",),
    "filters": ("field",),
    "upload": ("field",),
    "quantity_input": ("field",),
    "bar_chart": ("table",),
    "line_chart": ("table", "bar_chart"),
    "hero": ("search_box",),
}
"""Components drawn with others: whoever links the first needs the sheets of the rest."""

_MOST_SHEETS = 60
_YEAR = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Adds the route; the globals `static(filename)` and `sheets(*names)`; `extensions["static_version"]`, the hash."""
    folder = Path(app.static_folder)
    version = _digest(folder)
    prefix = f"{app.static_url_path}/v{version}"
    app.extensions["static_version"] = version
    app.jinja_env.globals.update(static=_address(prefix), sheets=_linker(prefix))

    @app.get(f"{app.static_url_path}/v<string(length=12):asked>/<path:filename>", endpoint="assets")
    @public
    def assets(asked: str, filename: str) -> Response:
        """A file, or the sheets joined by `+`. An address of an older release gets today's file, not kept."""
        kept = _YEAR if asked == version else 0
        if filename.startswith("css/") and "+" in filename:
            return _joined(folder, filename, kept)
        response = send_from_directory(folder, filename, max_age=kept)
        response.cache_control.immutable = True if kept else None
        return response


def sheet_file(name: str) -> str:
    """Where a sheet lies under css/: `tokens`, `base`, `layout`, `pages.<page>`, or a component's name."""
    if name in ("tokens", "base", "layout"):
        return f"{name}.css"
    return f"pages/{name.removeprefix('pages.')}.css" if name.startswith("pages.") else f"components/{name}.css"


def _address(prefix: str) -> Callable[[str], str]:
    def static(filename: str) -> str:
        return f"{prefix}/{filename}"

    return static


def _linker(prefix: str) -> Callable[..., Markup]:
    def sheets(*names: str) -> Markup:
        """One link to the sheets of these components, and of those they are built from, that the page has not yet."""
        linked = g.setdefault("linked_sheets", set())
        wanted = dict.fromkeys(part for name in names for part in (*BUILT_FROM.get(name, ()), name))
        new = [name for name in wanted if name not in linked]
        linked.update(new)
        if not new:
            return Markup("")
        # the trailing plus keeps a single sheet in the same form
        return Markup('<link rel="stylesheet" href="%s/css/%s.css">\n') % (prefix, "+".join(new) + ("+" if len(new) == 1 else ""))

    return sheets


def _joined(folder: Path, filename: str, kept: int) -> Response:
    names = filename.removeprefix("css/").removesuffix(".css").rstrip("+")
    text = _sheet(folder, names)
    if text is None:
        abort(404)
    response = Response(text, mimetype="text/css")
    response.cache_control.public = True
    response.cache_control.max_age = kept
    response.cache_control.immutable = True if kept else None
    response.add_etag()
    return response.make_conditional(request)


@lru_cache(maxsize=256)
def _sheet(folder: Path, names: str) -> str | None:
    parts = names.split("+")
    paths = [folder / "css" / sheet_file(name) for name in parts if name.replace("_", "").replace(".", "").isalnum()]
    if len(parts) > _MOST_SHEETS or len(paths) < len(parts) or not all(path.is_file() for path in paths):
        return None
    return "".join(path.read_text("utf-8") for path in paths)


@lru_cache(maxsize=8)
def _digest(folder: Path) -> str:
    """12 hex digits over names and bytes of every file."""
    found = hashlib.sha256()
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        found.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:12]
