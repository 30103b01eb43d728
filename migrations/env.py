"""Alembic environment: the application's own engine and metadata, batch mode on SQLite."""

from alembic import context

from marketplace.database import db


def run() -> None:
    engine = db.engine
    if context.is_offline_mode():
        raise SystemExit("Offline migration scripts are not made: the guards need a live connection.")
    given = context.config.attributes.get("connection")
    if given is not None:
        _migrate(given)
        return
    with engine.connect().execution_options(writing=True) as connection:
        _migrate(connection)
        connection.commit()


def _migrate(connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        include_name=lambda name, kind, _parents: not (kind == "table" and name.startswith(("tlog_", "search_"))),
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
