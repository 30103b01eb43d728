"""Later entries about diary entries, and the name under which an inspector writes in the log."""

import sqlalchemy as sa
from alembic import op

from marketplace.database import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "diary_change",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("entry_id", NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("log_id", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", NUMBER, nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("client_key", sa.String(length=64), nullable=True),
        sa.CheckConstraint("kind IN ('correct', 'void', 'dispute')", name=op.f("ck_diary_change_kind")),
        sa.ForeignKeyConstraint(["entry_id"], ["diary_entry.id"], name=op.f("fk_diary_change_entry_id_diary_entry")),
        sa.ForeignKeyConstraint(["recorded_by_id"], ["person.id"], name=op.f("fk_diary_change_recorded_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diary_change")),
        sa.UniqueConstraint("client_key", name=op.f("uq_diary_change_client_key")),
        sa.UniqueConstraint("log_id", name=op.f("uq_diary_change_log_id")),
    )
    op.create_index(op.f("ix_diary_change_entry_id"), "diary_change", ["entry_id"], unique=False)
    op.add_column("diary_entry", sa.Column("voided_at", UtcDateTime(timezone=True), nullable=True))
    op.add_column("role_grant", sa.Column("log_name", sa.String(length=64), nullable=True))


def downgrade():
    op.drop_column("role_grant", "log_name")
    op.drop_column("diary_entry", "voided_at")
    op.drop_index(op.f("ix_diary_change_entry_id"), table_name="diary_change")
    op.drop_table("diary_change")
