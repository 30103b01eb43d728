"""Runs every benchmark of this folder; prints ratios against named ceilings of the same run and writes bench.json.

Each module `bench_*.py` has `run()` that returns rows {name, value, unit, base, ratio, mark}: `base` names the ceiling,
`ratio` is this to that, `mark` the first mark to pass; or {name, missing}: what could not be measured here, and why. Rows
are reported, never asserted: machines differ.
"""

import importlib
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent


def main(wanted: list[str]) -> None:
    """Run the named benchmarks (all when none is named)."""
    rows = []
    for path in sorted(HERE.glob("bench_*.py")):
        if wanted and path.stem.removeprefix("bench_") not in wanted:
            continue
        began = time.monotonic()
        print(f"-- {path.stem}", flush=True)
        for row in importlib.import_module(f"tests.bench.{path.stem}").run():
            rows.append({"bench": path.stem, **row})
            print(line(row), flush=True)
        print(f"   {time.monotonic() - began:.0f} s", flush=True)
    report = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "rows": rows,
    }
    Path("bench.json").write_text(json.dumps(report, ensure_ascii=False, indent=1), "utf-8")


def line(row: dict) -> str:
    """One row for people."""
    if "missing" in row:
        return f"   {row['name']:<58} not run: {row['missing']}"
    mark = f"  (mark {row['mark']})" if row.get("mark") is not None else ""
    return f"   {row['name']:<58} {row['value']:>12.4g} {row['unit']:<6} {row['ratio']:>8.3g} x {row['base']}{mark}"


if __name__ == "__main__":
    main(sys.argv[1:])
