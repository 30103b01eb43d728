"""Openings of personal values, the completeness map, announced redactions."""

from alembic import op

from traceability.storage import guards

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade():
    guards.create_derived(op.get_bind())


def downgrade():
    guards.drop_derived(op.get_bind())
