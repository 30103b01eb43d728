"""The look holds together: components on the gallery, pages with the sheets of what they draw, readable colours."""

import gzip
import re
from pathlib import Path

import pytest

from marketplace.web.assets import BUILT_FROM, sheet_file

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
CSS = ROOT / "static" / "css"
COMPONENTS = sorted(path.stem for path in (TEMPLATES / "components").glob("*.html"))
PAGES = [
    path
    for path in sorted(TEMPLATES.rglob("*.html"))
    if not path.name.startswith("_") and path.relative_to(TEMPLATES).parts[0] not in {"layouts", "components"}
]
# What draws nothing of its own, or wears another's sheet.
WITHOUT_SHEET = {"icon", "link_button", "styles"}


def reached(path: Path, seen: set[Path] | None = None) -> set[Path]:
    """The template and everything it extends, includes or imports, however far."""
    seen = seen if seen is not None else set()
    if path in seen or not path.is_file():
        return seen
    seen.add(path)
    for name in re.findall(r"\{%-?\s*(?:extends|include|from|import)\s+\"([^\"]+)\"", path.read_text("utf-8")):
        reached(TEMPLATES / name, seen)
    return seen


def linked(paths: set[Path]) -> set[str]:
    """Names given to styles(), common_sheets() or sheets() in these templates, with what each brings along."""
    named = {
        name
        for path in paths
        for call in re.findall(r"(?:styles|sheets)\(([^)]*)\)", path.read_text("utf-8"))
        for name in re.findall(r"\"([\w.]+)\"", call)
    }
    return named | {part for name in named for part in BUILT_FROM.get(name, ())}


# The trace page and print sheets bring a sheet of their own.
FULL_PAGES = [page for page in PAGES if TEMPLATES / "layouts" / "_sheets.html" in reached(page)]


@pytest.mark.parametrize("page", FULL_PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_page_links_the_sheet_of_every_component_it_draws(page):
    paths = reached(page)
    drawn = {path.stem for path in paths if path.parent.name == "components"}

    assert sorted(drawn - linked(paths) - WITHOUT_SHEET) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_page_asks_for_no_sheet_that_is_missing(page):
    names = linked(reached(page)) - WITHOUT_SHEET

    assert [name for name in sorted(names) if not (CSS / sheet_file(name)).is_file()] == []


@pytest.mark.parametrize("name", sorted(set(COMPONENTS) - WITHOUT_SHEET))
def test_component_has_a_sheet_of_its_name(name):
    assert (CSS / "components" / f"{name}.css").read_text("utf-8").strip()


@pytest.mark.parametrize("name", COMPONENTS)
def test_component_stands_on_the_gallery(name):
    assert TEMPLATES / "components" / f"{name}.html" in reached(TEMPLATES / "pages" / "gallery.html")


def test_gallery_renders_under_the_house_rules(browser):
    page = browser.open("/mau-giao-dien")

    assert page.select_one(".product-card") and page.select_one(".verdict--bad") and page.select_one(".error-summary")
    assert all(image.get("alt") is not None for image in page.select("img"))


def test_error_page_says_what_to_do_next(browser):
    page = browser.open("/khong-co-trang-nay", expect=404)

    assert page.select_one("main a.button[href='/']")


def test_icons_asked_for_are_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "img" / "icons.svg").read_text("utf-8")))
    asked = {
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r"\bicon\(\"([a-z-]+)\"|\bicon=\"([a-z-]+)\"", path.read_text("utf-8"))
        for name in name
        if name
    }

    assert asked - sprite == set()


def compressed(*paths: Path) -> int:
    return len(gzip.compress(b"".join(path.read_bytes() for path in paths), 9))


def test_sheets_stay_small():
    everything = [CSS / f"{name}.css" for name in ("tokens", "base", "layout")] + sorted(
        (CSS / "components").glob("*.css")
    )

    assert compressed(*everything) <= 12_000
    assert compressed(CSS / "trace.css") <= 3_000


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("ink", "paper"),
        ("ink-soft", "paper"),
        ("ink-soft", "mat"),
        ("ink-soft", "sheet"),
        ("river", "paper"),
        ("river", "river-wash"),
        ("river-deep", "mat"),
        ("ink-on-dark", "river"),
        ("mango", "river"),
        ("mango", "river-deep"),
        ("rambutan", "sheet"),
        ("good", "good-wash"),
        ("warn", "warn-wash"),
        ("bad", "bad-wash"),
        ("none", "none-wash"),
        ("alluvium", "sheet"),
        ("ink", "mango"),
    ],
)
def test_text_is_readable_on_its_ground(text, ground):
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", (CSS / "tokens.css").read_text("utf-8")))
    light, dark = sorted((luminance(tokens[text]), luminance(tokens[ground])), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 4.5
