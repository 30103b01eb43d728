"""Growing areas, lots, diary, stock, reports."""

import sqlalchemy as sa
from alembic import op

from marketplace.database import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('growing_area',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('crop', sa.String(length=255), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=True),
    sa.Column('code_state', sa.String(length=64), nullable=False),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('square_metres', sa.BigInteger(), nullable=False),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('retired_at', UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['place_id'], ['place_unit.id'], name=op.f('fk_growing_area_place_id_place_unit')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_growing_area_seller_id_seller')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_growing_area'))
    )
    op.create_index(op.f('ix_growing_area_seller_id'), 'growing_area', ['seller_id'], unique=False)
    op.create_table('lot',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('growing_area_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('number', sa.String(length=64), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=True),
    sa.Column('harvested_on', sa.Date(), nullable=True),
    sa.Column('packed_on', sa.Date(), nullable=True),
    sa.Column('best_before', sa.Date(), nullable=True),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('released_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('state_reason', sa.Text(), nullable=True),
    sa.CheckConstraint("state IN ('draft', 'released', 'blocked', 'recalled', 'closed', 'cancelled')", name=op.f('ck_lot_state')),
    sa.CheckConstraint('quantity >= 0', name=op.f('ck_lot_quantity')),
    sa.ForeignKeyConstraint(['created_by_id'], ['person.id'], name=op.f('fk_lot_created_by_id_person')),
    sa.ForeignKeyConstraint(['growing_area_id'], ['growing_area.id'], name=op.f('fk_lot_growing_area_id_growing_area')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_lot_product_id_product')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_lot_seller_id_seller')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot')),
    sa.UniqueConstraint('code', name=op.f('uq_lot_code')),
    sa.UniqueConstraint('seller_id', 'number', name=op.f('uq_lot_seller_id_number'))
    )
    op.create_index('ix_lot_product_state', 'lot', ['product_id', 'state'], unique=False)
    op.create_table('diary_entry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('event_id', sa.String(length=255), nullable=False),
    sa.Column('leaf', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('happened_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('recorded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.Column('client_key', sa.String(length=64), nullable=True),
    sa.Column('checked_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('checked_at', UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['checked_by_id'], ['person.id'], name=op.f('fk_diary_entry_checked_by_id_person')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_diary_entry_lot_id_lot')),
    sa.ForeignKeyConstraint(['recorded_by_id'], ['person.id'], name=op.f('fk_diary_entry_recorded_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_diary_entry')),
    sa.UniqueConstraint('client_key', name=op.f('uq_diary_entry_client_key')),
    sa.UniqueConstraint('event_id', name=op.f('uq_diary_entry_event_id'))
    )
    op.create_index('ix_diary_entry_lot_time', 'diary_entry', ['lot_id', 'happened_at'], unique=False)
    op.create_table('lot_stock',
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('on_hand', sa.BigInteger(), nullable=False),
    sa.Column('allocated', sa.BigInteger(), nullable=False),
    sa.Column('withdrawn', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('allocated >= 0 AND withdrawn >= 0 AND on_hand - allocated - withdrawn >= 0', name=op.f('ck_lot_stock_covered')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_lot_stock_lot_id_lot')),
    sa.PrimaryKeyConstraint('lot_id', name=op.f('pk_lot_stock'))
    )
    op.create_table('stock',
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('on_hand', sa.BigInteger(), nullable=False),
    sa.Column('allocated', sa.BigInteger(), nullable=False),
    sa.Column('held', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('held >= 0 AND allocated >= 0 AND on_hand - allocated - held >= 0', name=op.f('ck_stock_covered')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_stock_product_id_product')),
    sa.PrimaryKeyConstraint('product_id', name=op.f('pk_stock'))
    )
    op.create_table('problem_report',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('contact', sa.String(length=255), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('answered_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('answered_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['answered_by_id'], ['person.id'], name=op.f('fk_problem_report_answered_by_id_person')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_problem_report_lot_id_lot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_problem_report'))
    )
    op.create_index(op.f('ix_problem_report_code'), 'problem_report', ['code'], unique=False)
    op.create_index(op.f('ix_problem_report_state'), 'problem_report', ['state'], unique=False)
    op.create_table('log_alias',
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('season', sa.Integer(), nullable=False),
    sa.Column('alias', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_log_alias_seller_id_seller')),
    sa.PrimaryKeyConstraint('seller_id', 'season', name=op.f('pk_log_alias')),
    sa.UniqueConstraint('alias', name=op.f('uq_log_alias_alias'))
    )


def downgrade():
    op.drop_table("log_alias")
    op.drop_table("problem_report")
    op.drop_table("stock")
    op.drop_table("lot_stock")
    op.drop_table("diary_entry")
    op.drop_table("lot")
    op.drop_table("growing_area")
