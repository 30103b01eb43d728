"""No diary entry was ever checked in a way the log knows: two dead columns go. A problem report may bring evidence."""

import sqlalchemy as sa
from alembic import op

from marketplace.database import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CHECKER = op.f("fk_diary_entry_checked_by_id_person")


def upgrade():
    op.add_column("problem_report", sa.Column("evidence", sa.Text(), nullable=True))
    with _changes_aside(), op.batch_alter_table("diary_entry") as batch:
        batch.drop_constraint(CHECKER, type_="foreignkey")
        batch.drop_column("checked_at")
        batch.drop_column("checked_by_id")


def downgrade():
    with _changes_aside(), op.batch_alter_table("diary_entry") as batch:
        batch.add_column(sa.Column("checked_by_id", NUMBER, nullable=True))
        batch.add_column(sa.Column("checked_at", UtcDateTime(timezone=True), nullable=True))
        batch.create_foreign_key(CHECKER, "person", ["checked_by_id"], ["id"])
    op.drop_column("problem_report", "evidence")


class _changes_aside:  # noqa: N801 - used as a with-block only
    """SQLite makes the table anew and would refuse to drop the old one while rows of `diary_change` point at it."""

    def __enter__(self):
        if op.get_bind().dialect.name == "sqlite":
            op.execute("CREATE TEMPORARY TABLE kept_change AS SELECT * FROM diary_change")
            op.execute("DELETE FROM diary_change")

    def __exit__(self, failed, *_rest):
        if not failed and op.get_bind().dialect.name == "sqlite":
            op.execute("INSERT INTO diary_change SELECT * FROM kept_change")
            op.execute("DROP TABLE kept_change")
