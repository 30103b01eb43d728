"""How outside witnesses answered last, and what the full checks of the log found."""

import sqlalchemy as sa
from alembic import op

from marketplace.database import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade():
    op.create_table(
        "log_witness",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("tried_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("holds", sa.BigInteger(), nullable=False),
        sa.Column("signed_size", sa.BigInteger(), nullable=True),
        sa.Column("signed_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_witness")),
        sa.UniqueConstraint("key", name=op.f("uq_log_witness_key")),
    )
    op.create_table(
        "log_audit",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("sound", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_audit")),
    )


def downgrade():
    op.drop_table("log_audit")
    op.drop_table("log_witness")
