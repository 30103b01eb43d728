"""Payments, events, refunds, gateway calls."""

import sqlalchemy as sa
from alembic import op

from marketplace.database import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('payment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reference', sa.String(length=64), nullable=False),
    sa.Column('method', sa.String(length=64), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('authorised', sa.BigInteger(), nullable=False),
    sa.Column('captured', sa.BigInteger(), nullable=False),
    sa.Column('refunded', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('provider_id', sa.String(length=255), nullable=True),
    sa.Column('client_secret', sa.String(length=255), nullable=True),
    sa.Column('return_url', sa.String(length=255), nullable=False),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('authorised_at', UtcDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('amount > 0', name=op.f('ck_payment_amount')),
    sa.CheckConstraint(
        "(method = 'card' AND state IN ('creating', 'awaiting', 'authorised', 'capturing', 'captured', 'closing', 'cancelled', 'failed'))"
        " OR (method = 'cod' AND state IN ('due', 'collected', 'written_off'))",
        name=op.f('ck_payment_state'),
    ),
    sa.CheckConstraint(
        'refunded >= 0 AND refunded <= captured AND captured <= authorised AND authorised <= amount', name=op.f('ck_payment_bounds')
    ),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment')),
    sa.UniqueConstraint('provider_id', name=op.f('uq_payment_provider_id')),
    sa.UniqueConstraint('reference', 'method', name=op.f('uq_payment_reference_method'))
    )
    op.create_index(op.f('ix_payment_authorised_at'), 'payment', ['authorised_at'], unique=False)
    op.create_table('payment_share',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reference', sa.String(length=64), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('accepted', sa.BigInteger(), nullable=True),
    sa.Column('captured', sa.BigInteger(), nullable=False),
    sa.Column('refunded', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('accepted IS NULL OR (accepted >= 0 AND accepted <= amount)', name=op.f('ck_payment_share_accepted')),
    sa.CheckConstraint('refunded >= 0 AND refunded <= captured AND captured <= amount', name=op.f('ck_payment_share_bounds')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_payment_share_payment_id_payment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_share')),
    sa.UniqueConstraint('payment_id', 'reference', name=op.f('uq_payment_share_payment_id_reference'))
    )
    op.create_index(op.f('ix_payment_share_reference'), 'payment_share', ['reference'], unique=False)
    op.create_table('payment_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('provider', sa.String(length=64), nullable=False),
    sa.Column('event_id', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('object_id', sa.String(length=255), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.Column('received_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('applied_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=255), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_event')),
    sa.UniqueConstraint('provider', 'event_id', name=op.f('uq_payment_event_provider_event_id'))
    )
    op.create_index('ix_payment_event_waiting', 'payment_event', ['applied_at', 'id'], unique=False)
    op.create_table('refund',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('share_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('provider_id', sa.String(length=255), nullable=True),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', UtcDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('amount > 0', name=op.f('ck_refund_amount')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_refund_payment_id_payment')),
    sa.ForeignKeyConstraint(['share_id'], ['payment_share.id'], name=op.f('fk_refund_share_id_payment_share')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund')),
    sa.UniqueConstraint('key', name=op.f('uq_refund_key'))
    )
    op.create_index(op.f('ix_refund_payment_id'), 'refund', ['payment_id'], unique=False)
    op.create_table('gateway_call',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('refund_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('verb', sa.String(length=64), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('due_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('done_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=255), nullable=True),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_gateway_call_payment_id_payment')),
    sa.ForeignKeyConstraint(['refund_id'], ['refund.id'], name=op.f('fk_gateway_call_refund_id_refund')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gateway_call')),
    sa.UniqueConstraint('key', name=op.f('uq_gateway_call_key')),
    sa.UniqueConstraint('refund_id', name=op.f('uq_gateway_call_refund_id'))
    )
    op.create_index(
        'ux_gateway_call_once', 'gateway_call', ['payment_id', 'verb'], unique=True,
        sqlite_where=sa.text('refund_id IS NULL'), postgresql_where=sa.text('refund_id IS NULL'),
    )
    op.create_index('ix_gateway_call_due', 'gateway_call', ['done_at', 'due_at'], unique=False)


def downgrade():
    op.drop_table("gateway_call")
    op.drop_table("refund")
    op.drop_table("payment_event")
    op.drop_table("payment_share")
    op.drop_table("payment")
