"""Migrations: numbered, one head, up and down on both engines, and equal to the models."""

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

import marketplace.orders.models
import marketplace.statistics.models  # noqa: F401 - all tables must be known
from marketplace.database import Base, db, utcnow
from marketplace.lots.models import DiaryChange, DiaryEntry
from tests.engines import migrate
from tests.factories.lots import grow_lot
from tests.marketplace.shop.test_trace_corrections import corrected

VERSIONS = sorted((Path(__file__).resolve().parents[2] / "migrations" / "versions").glob("*.py"))


def test_migrations_are_numbered_without_gaps_in_one_line():
    numbers = [path.name[:4] for path in VERSIONS]
    downs = [re.search(r'^down_revision = (?:"(\d{4})"|None)$', path.read_text(), re.M)[1] for path in VERSIONS]

    assert numbers == [f"{n:04d}" for n in range(1, len(VERSIONS) + 1)]
    assert downs == [None, *numbers[:-1]]


def test_database_can_go_down_to_nothing_and_up_again(database):
    with database.app.app_context():
        migrate(database.app, "base", down=True)
        left = set(inspect(db.engine).get_table_names()) - {"alembic_version"}
        migrate(database.app)
        tables = set(inspect(db.engine).get_table_names())

    assert left == set()
    assert set(Base.metadata.tables) <= tables


def test_diaries_and_their_changes_outlive_a_table_made_anew(database):
    with database.app.app_context():
        lot = grow_lot(now=utcnow())
        corrected(lot)
        before = rows()
        db.session.remove()
        migrate(database.app, "0014", down=True)
        migrate(database.app)

        assert rows() == before
        corrected(lot, seen=1, dose="0.7")
        assert len(rows()[1]) == 2


def rows() -> list[list]:
    with db.engine.connect() as connection:
        tables = (DiaryEntry.__table__, DiaryChange.__table__)
        return [sorted(map(tuple, connection.execute(table.select()))) for table in tables]


def test_migrated_schema_equals_the_models(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "table" or not name.startswith(("tlog_", "search_")),
            },
        )
        differences = [d for d in compare_metadata(context, Base.metadata) if not _index_of_search(d)]

    assert differences == []


def _index_of_search(difference) -> bool:
    """The text index of PostgreSQL is made by the search migration and lives beside the product table."""
    return difference[0] in {"remove_index", "remove_column"} and "search" in str(difference)
