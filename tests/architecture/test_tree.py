"""The repository says nothing of one machine, leaves nothing half done, and documents its settings."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

from marketplace.config import Settings

ROOT = Path(__file__).resolve().parents[2]
HALF_DONE = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "(?i:lorem " + "ipsum)", "(?i:sắp ra " + "mắt)", "(?i:coming " + "soon)")))
MACHINE = re.compile("/(?:" + "|".join(("work", "farm", "root")) + ")/")
TEXT = {".py", ".html", ".css", ".js", ".md", ".cfg", ".toml", ".sh", ".txt", ""}


def tracked():
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def readable():
    return [
        path
        for path in tracked()
        if path.suffix in TEXT and path.stat().st_size < 1_000_000 and "vectors" not in path.parts
    ]


def test_nothing_names_a_path_of_this_machine():
    assert [str(p) for p in readable() if MACHINE.search(p.read_text("utf-8", errors="replace"))] == []


def test_nothing_is_left_half_done():
    assert [
        str(p)
        for p in readable()
        if p.name != "test_tree.py" and HALF_DONE.search(p.read_text("utf-8", errors="replace"))
    ] == []


def test_no_committed_file_is_large():
    assert [str(p) for p in tracked() if p.stat().st_size > 1_500_000] == []


def test_every_setting_is_in_the_readme():
    source = (ROOT / "marketplace" / "config.py").read_text("utf-8")
    variables = set(re.findall(r'"([A-Z][A-Z_]{3,})"', source))
    readme = (ROOT / "README.md").read_text("utf-8")

    assert len(fields(Settings)) >= len(variables) - 3
    assert [name for name in sorted(variables) if f"`{name}`" not in readme] == []
