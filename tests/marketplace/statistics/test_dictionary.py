"""docs/metrics.md is the metric dictionary of the code, word for word."""

from pathlib import Path

from marketplace.statistics.queries.metrics import METRICS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "metrics.md"
KINDS = {"stock": "cuối kỳ", "flow": "trong kỳ"}


def expected() -> str:
    rows = [
        f"| `{m.key}` | {m.name} | {m.unit} | {KINDS[m.kind]} | {m.definition} | `{m.source}` |" for m in METRICS.values()
    ]
    head = [
        "# Metric dictionary",
        "",
        "Each figure has one definition, used by pages, CSV and exports alike; it stands in `marketplace/statistics/queries/metrics.py`.",
        "A day, month or year is Vietnamese (UTC+7). Areas are today's units; sales of earlier years are shown under the unit that",
        "succeeded theirs. \"No data\" is not 0: a period before the first record shows no rows.",
        "",
        "| key | tên | đơn vị | tính | định nghĩa | nguồn |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows, ""])


def test_page_equals_the_code(sqlite_database):
    with sqlite_database.app.test_request_context():
        assert PAGE.read_text("utf-8") == expected()
