"""Every route is guarded, wears a known guard, and no route appears or vanishes unnoticed."""

from pathlib import Path

from marketplace.database import db

LIST = Path(__file__).with_name("routes.txt")


def routes(app) -> list[str]:
    rows = []
    for rule in app.url_map.iter_rules():
        methods = ",".join(sorted(rule.methods - {"HEAD", "OPTIONS"}))
        guard = "public" if rule.endpoint == "static" else getattr(app.view_functions[rule.endpoint], "access", "NONE")
        rows.append(f"{rule.rule} {methods} {guard}")
    return sorted(rows)


def test_every_route_wears_a_guard(sqlite_database):
    assert [row for row in routes(sqlite_database.app) if row.endswith("NONE")] == []


def test_route_list_is_the_acknowledged_one(sqlite_database):
    assert routes(sqlite_database.app) == LIST.read_text("utf-8").splitlines()


def test_unguarded_view_is_refused(sqlite_database):
    app = sqlite_database.app
    view = app.view_functions["pages.healthz"]
    app.view_functions["pages.healthz"] = lambda: "open"
    try:
        with app.app_context():
            answer = app.test_client().get("/healthz")
            db.session.remove()
    finally:
        app.view_functions["pages.healthz"] = view

    assert answer.status_code == 403
