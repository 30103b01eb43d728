"""Templates: no inline code, no unused imports, every page extends a layout and has a title."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "templates"
TEMPLATES = sorted(ROOT.rglob("*.html"))
PAGES = [
    p for p in TEMPLATES if not p.name.startswith("_") and p.relative_to(ROOT).parts[0] not in {"layouts", "components"}
]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_has_no_inline_style_script_or_handler(path):
    source = path.read_text("utf-8")

    assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style|<script(?![^>]*(src=|type=\"application/ld\+json\"))", source)


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_imported_macros_are_used(path):
    source = path.read_text("utf-8")
    unused = [
        macro
        for names in re.findall(r"\{%-?\s*from\s+\"[^\"]+\"\s+import\s+([^%]+?)\s*-?%\}", source)
        for macro in re.findall(r"(\w+)(?:\s+as\s+(\w+))?", names.replace("with context", ""))
        if not re.search(rf"\b{macro[1] or macro[0]}\(", source)
    ]

    assert unused == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_page_extends_a_layout_and_sets_a_title(path):
    source = path.read_text("utf-8")

    assert re.search(r"\{%-?\s*extends", source)
    assert re.search(r"\{%-?\s*block title", source) or "errors/" in name(path)
