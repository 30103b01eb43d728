"""Files, functions, views and templates stay small enough to read; nothing is a catch-all."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(p for folder in ("marketplace", "traceability") for p in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# programs of one file, so that an auditor or a witness can read it and carry it away
ONE_FILE = {"traceability/standalone/verifier/tlog_verify.py", "traceability/standalone/witness/tlog_witness.py"}
CATCH_ALLS = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [p for p in [*CODE, *TESTS] if name(p) not in ONE_FILE], ids=name)
def test_python_file_is_at_most_400_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_is_at_most_150_lines(path):
    assert len(path.read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", CODE, ids=name)
def test_functions_are_at_most_40_lines_and_views_30(path):
    limit = 30 if "views" in path.parts or path.stem == "views" else 40
    exempt = {"create_app": 60}
    long = [
        f"{node.name} {node.end_lineno - node.lineno + 1}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > exempt.get(node.name, limit)
    ]

    assert not long


@pytest.mark.parametrize("path", [*CODE, *TESTS], ids=name)
def test_file_is_no_catch_all(path):
    assert path.name not in CATCH_ALLS


@pytest.mark.parametrize("path", CODE, ids=name)
def test_module_says_what_it_is_for(path):
    source = path.read_text("utf-8")

    assert not source.strip() or ast.get_docstring(ast.parse(source))


def test_median_module_is_short():
    lengths = sorted(len(p.read_text("utf-8").splitlines()) for p in CODE if p.name != "__init__.py")

    assert lengths[len(lengths) // 2] <= 150
