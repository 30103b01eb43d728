"""The log's tables and their append-only guards."""

from alembic import op

from traceability.storage import guards

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    guards.create_core(op.get_bind())


def downgrade():
    guards.drop_core(op.get_bind())
