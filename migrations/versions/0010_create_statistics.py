"""Sale facts, rollup, visits, outreach."""

import sqlalchemy as sa
from alembic import op

from marketplace.database import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('sale_fact',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source', sa.String(length=64), nullable=False),
    sa.Column('source_line', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seller_kind', sa.String(length=64), nullable=False),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('category_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('ocop', sa.Boolean(), nullable=False),
    sa.Column('channel', sa.String(length=64), nullable=False),
    sa.Column('method', sa.String(length=64), nullable=False),
    sa.Column('transactions', sa.Integer(), nullable=False),
    sa.Column('grams', sa.BigInteger(), nullable=False),
    sa.Column('pieces', sa.BigInteger(), nullable=False),
    sa.Column('dong', sa.BigInteger(), nullable=False),
    sa.Column('declared', sa.Boolean(), nullable=False),
    sa.Column('recorded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('transactions IN (-1, 0, 1)', name=op.f('ck_sale_fact_transactions')),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_sale_fact_category_id_category')),
    sa.ForeignKeyConstraint(['place_id'], ['place_unit.id'], name=op.f('fk_sale_fact_place_id_place_unit')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_sale_fact_product_id_product')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['person.id'], name=op.f('fk_sale_fact_recorded_by_id_person')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_sale_fact_seller_id_seller')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sale_fact')),
    sa.UniqueConstraint('source', 'source_line', name=op.f('uq_sale_fact_source_source_line'))
    )
    op.create_index('ix_sale_fact_day', 'sale_fact', ['day', 'seller_id'], unique=False)
    op.create_table('sale_rollup',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('seller_kind', sa.String(length=64), nullable=False),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('category_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ocop', sa.Boolean(), nullable=False),
    sa.Column('channel', sa.String(length=64), nullable=False),
    sa.Column('method', sa.String(length=64), nullable=False),
    sa.Column('transactions', sa.Integer(), nullable=False),
    sa.Column('grams', sa.BigInteger(), nullable=False),
    sa.Column('pieces', sa.BigInteger(), nullable=False),
    sa.Column('dong', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_sale_rollup_category_id_category')),
    sa.ForeignKeyConstraint(['place_id'], ['place_unit.id'], name=op.f('fk_sale_rollup_place_id_place_unit')),
    sa.PrimaryKeyConstraint('day', 'seller_kind', 'place_id', 'category_id', 'ocop', 'channel', 'method', name=op.f('pk_sale_rollup'))
    )
    op.create_table('visit_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('day', 'kind', name=op.f('pk_visit_day'))
    )
    op.create_table('outreach_record',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.String(length=64), nullable=False),
    sa.Column('households', sa.Integer(), nullable=False),
    sa.Column('products', sa.Integer(), nullable=False),
    sa.Column('source', sa.String(length=255), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('recorded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['place_id'], ['place_unit.id'], name=op.f('fk_outreach_record_place_id_place_unit')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['person.id'], name=op.f('fk_outreach_record_recorded_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outreach_record'))
    )
    op.create_index(op.f('ix_outreach_record_day'), 'outreach_record', ['day'], unique=False)


def downgrade():
    op.drop_table("outreach_record")
    op.drop_table("visit_day")
    op.drop_table("sale_rollup")
    op.drop_table("sale_fact")
