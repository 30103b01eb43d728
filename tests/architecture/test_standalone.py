"""What auditors and witnesses take away stands alone: one file, the standard library, Python 3.9."""

import ast
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "traceability" / "standalone"
PROGRAMS = sorted(path for path in FOLDER.rglob("*.py") if path.name != "__init__.py")
AFTER_39 = {"tomllib", "_colorize"}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_program_needs_only_the_standard_library(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module.split(".")[0])

    assert imported
    assert imported <= sys.stdlib_module_names - AFTER_39


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_program_reads_as_python_39(path):
    tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 9))
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.alias)}
    strict_zips = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and any(keyword.arg in ("strict", "slots") for keyword in node.keywords)
    ]

    assert "annotations" in names, "X | None in annotations needs the __future__ import on 3.9"
    assert not strict_zips
    assert not any(isinstance(node, ast.Match) for node in ast.walk(tree))
