"""Administrative units and their succession."""

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('place_unit',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('district', sa.String(length=255), nullable=True),
    sa.Column('province', sa.String(length=255), nullable=False),
    sa.Column('former_area', sa.String(length=64), nullable=False),
    sa.Column('search_key', sa.String(length=255), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_place_unit')),
    sa.UniqueConstraint('code', 'valid_from', name=op.f('uq_place_unit_code_valid_from'))
    )
    op.create_table('place_succession',
    sa.Column('predecessor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('successor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['predecessor_id'], ['place_unit.id'], name=op.f('fk_place_succession_predecessor_id_place_unit')),
    sa.ForeignKeyConstraint(['successor_id'], ['place_unit.id'], name=op.f('fk_place_succession_successor_id_place_unit')),
    sa.PrimaryKeyConstraint('predecessor_id', 'successor_id', name=op.f('pk_place_succession'))
    )


def downgrade():
    op.drop_table("place_succession")
    op.drop_table("place_unit")
