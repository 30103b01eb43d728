"""Baskets, purchases, seller orders, delivery settings, and the market's first limits and clocks."""

from datetime import date

import sqlalchemy as sa
from alembic import op

from marketplace.database import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('basket',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_basket_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_basket')),
    sa.UniqueConstraint('token', name=op.f('uq_basket_token'))
    )
    op.create_index(op.f('ix_basket_person_id'), 'basket', ['person_id'], unique=False)
    op.create_table('basket_line',
    sa.Column('basket_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('seen_price', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_basket_line_quantity')),
    sa.ForeignKeyConstraint(['basket_id'], ['basket.id'], name=op.f('fk_basket_line_basket_id_basket'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_basket_line_product_id_product')),
    sa.PrimaryKeyConstraint('basket_id', 'product_id', name=op.f('pk_basket_line'))
    )
    op.create_table('purchase',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('client_key', sa.String(length=64), nullable=False),
    sa.Column('buyer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('method', sa.String(length=64), nullable=False),
    sa.Column('items_total', sa.BigInteger(), nullable=False),
    sa.Column('delivery_total', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('recipient', sa.String(length=255), nullable=False),
    sa.Column('phone', sa.String(length=64), nullable=False),
    sa.Column('address_line', sa.String(length=255), nullable=False),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('items_total >= 0 AND delivery_total >= 0 AND total = items_total + delivery_total', name=op.f('ck_purchase_sum')),
    sa.ForeignKeyConstraint(['buyer_id'], ['person.id'], name=op.f('fk_purchase_buyer_id_person')),
    sa.ForeignKeyConstraint(['place_id'], ['place_unit.id'], name=op.f('fk_purchase_place_id_place_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_purchase')),
    sa.UniqueConstraint('client_key', name=op.f('uq_purchase_client_key')),
    sa.UniqueConstraint('code', name=op.f('uq_purchase_code'))
    )
    op.create_index(op.f('ix_purchase_buyer_id'), 'purchase', ['buyer_id'], unique=False)
    op.create_index(op.f('ix_purchase_phone'), 'purchase', ['phone'], unique=False)
    op.create_table('seller_order',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('purchase_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('delivery', sa.String(length=64), nullable=False),
    sa.Column('due_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('items_total', sa.BigInteger(), nullable=False),
    sa.Column('delivery_fee', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('perishable', sa.Boolean(), nullable=False),
    sa.Column('carrier', sa.String(length=255), nullable=True),
    sa.Column('collected', sa.BigInteger(), nullable=True),
    sa.Column('collected_by', sa.String(length=255), nullable=True),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('delivered_at', UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("delivery IN ('ship', 'pickup')", name=op.f('ck_seller_order_delivery')),
    sa.CheckConstraint("state IN ('PENDING_PAYMENT', 'PENDING_SELLER', 'ACCEPTED', 'PACKED', 'SHIPPED', 'READY_FOR_PICKUP', 'DELIVERED', 'COMPLETED', 'DELIVERY_FAILED', 'EXPIRED', 'CANCELLED', 'RETURNED')", name=op.f('ck_seller_order_state')),
    sa.CheckConstraint('items_total >= 0 AND delivery_fee >= 0 AND total = items_total + delivery_fee', name=op.f('ck_seller_order_sum')),
    sa.ForeignKeyConstraint(['purchase_id'], ['purchase.id'], name=op.f('fk_seller_order_purchase_id_purchase')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_seller_order_seller_id_seller')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seller_order')),
    sa.UniqueConstraint('code', name=op.f('uq_seller_order_code'))
    )
    op.create_index('ix_seller_order_desk', 'seller_order', ['seller_id', 'state', 'id'], unique=False)
    op.create_index(op.f('ix_seller_order_purchase_id'), 'seller_order', ['purchase_id'], unique=False)
    op.create_index('ix_seller_order_timer', 'seller_order', ['state', 'due_at'], unique=False)
    op.create_table('order_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_name', sa.String(length=255), nullable=False),
    sa.Column('category_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ocop_stars', sa.Integer(), nullable=True),
    sa.Column('measure', sa.String(length=64), nullable=False),
    sa.Column('unit_label', sa.String(length=64), nullable=False),
    sa.Column('grams_per_piece', sa.Integer(), nullable=True),
    sa.Column('price', sa.BigInteger(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('accepted', sa.BigInteger(), nullable=True),
    sa.Column('packed', sa.BigInteger(), nullable=True),
    sa.Column('line_total', sa.BigInteger(), nullable=False),
    sa.Column('certificates', sa.JSON(), nullable=False),
    sa.CheckConstraint('quantity > 0 AND line_total >= 0', name=op.f('ck_order_line_amounts')),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_order_line_category_id_category')),
    sa.ForeignKeyConstraint(['order_id'], ['seller_order.id'], name=op.f('fk_order_line_order_id_seller_order')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_order_line_product_id_product')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_line'))
    )
    op.create_index(op.f('ix_order_line_order_id'), 'order_line', ['order_id'], unique=False)
    op.create_index(op.f('ix_order_line_product_id'), 'order_line', ['product_id'], unique=False)
    op.create_table('order_line_lot',
    sa.Column('line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_code', sa.String(length=64), nullable=False),
    sa.Column('harvested_on', sa.Date(), nullable=True),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['line_id'], ['order_line.id'], name=op.f('fk_order_line_lot_line_id_order_line')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_order_line_lot_lot_id_lot')),
    sa.PrimaryKeyConstraint('line_id', 'lot_id', name=op.f('pk_order_line_lot'))
    )
    op.create_index(op.f('ix_order_line_lot_lot_id'), 'order_line_lot', ['lot_id'], unique=False)
    op.create_table('stock_hold',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('expires_at', UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['seller_order.id'], name=op.f('fk_stock_hold_order_id_seller_order')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_stock_hold_product_id_product')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_hold')),
    sa.UniqueConstraint('order_id', 'product_id', name=op.f('uq_stock_hold_order_id_product_id'))
    )
    op.create_index('ix_stock_hold_live', 'stock_hold', ['state', 'expires_at'], unique=False)
    op.create_index(op.f('ix_stock_hold_product_id'), 'stock_hold', ['product_id'], unique=False)
    op.create_table('order_transition',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('order_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('before', sa.String(length=64), nullable=False),
    sa.Column('after', sa.String(length=64), nullable=False),
    sa.Column('actor', sa.String(length=64), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.Column('request_id', sa.String(length=64), nullable=False),
    sa.Column('at', UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['person.id'], name=op.f('fk_order_transition_actor_id_person')),
    sa.ForeignKeyConstraint(['order_id'], ['seller_order.id'], name=op.f('fk_order_transition_order_id_seller_order')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_transition'))
    )
    op.create_index(op.f('ix_order_transition_order_id'), 'order_transition', ['order_id'], unique=False)
    op.create_table('delivery_setting',
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fee', sa.BigInteger(), nullable=False),
    sa.Column('free_from', sa.BigInteger(), nullable=True),
    sa.Column('pickup', sa.Boolean(), nullable=False),
    sa.Column('updated_at', UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('fee >= 0 AND (free_from IS NULL OR free_from >= 0)', name=op.f('ck_delivery_setting_fee')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_delivery_setting_seller_id_seller')),
    sa.PrimaryKeyConstraint('seller_id', name=op.f('pk_delivery_setting'))
    )
    rules = op.create_table('order_rule',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'valid_from', name=op.f('pk_order_rule'))
    )
    op.bulk_insert(rules, [{'name': name, 'valid_from': date(2020, 1, 1), 'value': value} for name, value in FIRST_RULES])


FIRST_RULES = (
    ('delivery-fee', 25_000),  # đồng per seller order
    ('cash-most', 5_000_000),  # đồng one parcel may cost at the door
    ('cash-open', 8),  # unfinished cash orders one phone number may have
    ('cash-refusals', 3),  # parcels refused at the door in 180 days before cash is closed
    ('card-minutes', 30),  # to pay by card
    ('accept-hours-fresh', 12), ('accept-hours', 24),  # for the seller to answer
    ('cancel-minutes', 120),  # after acceptance, while the buyer may still cancel
    ('complete-hours-fresh', 48), ('complete-hours', 168),  # after delivery, until the order is complete
)


def downgrade():
    op.drop_table("order_rule")
    op.drop_table("delivery_setting")
    op.drop_table("order_transition")
    op.drop_table("stock_hold")
    op.drop_table("order_line_lot")
    op.drop_table("order_line")
    op.drop_table("seller_order")
    op.drop_table("purchase")
    op.drop_table("basket_line")
    op.drop_table("basket")
