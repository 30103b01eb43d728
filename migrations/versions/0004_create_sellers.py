"""Sellers, members, papers, certificates."""

import sqlalchemy as sa
from alembic import op

from marketplace.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('seller',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('slug', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('search_key', sa.String(length=255), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('tax_code', sa.String(length=64), nullable=True),
    sa.Column('phone', sa.String(length=64), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=True),
    sa.Column('show_phone', sa.Boolean(), nullable=False),
    sa.Column('address_line', sa.String(length=255), nullable=False),
    sa.Column('place_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('logo_key', sa.String(length=64), nullable=True),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('submitted_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('decided_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decision_reason', sa.Text(), nullable=True),
    sa.Column('approved_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.CheckConstraint("kind IN ('company', 'cooperative', 'cooperative_group', 'household', 'service_centre', 'establishment')", name=op.f('ck_seller_kind')),
    sa.CheckConstraint("state IN ('draft', 'submitted', 'approved', 'refused', 'suspended', 'closed')", name=op.f('ck_seller_state')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_seller_decided_by_id_person')),
    sa.ForeignKeyConstraint(['place_id'], ['place_unit.id'], name=op.f('fk_seller_place_id_place_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seller')),
    sa.UniqueConstraint('slug', name=op.f('uq_seller_slug')),
    sa.UniqueConstraint('tax_code', name=op.f('uq_seller_tax_code'))
    )
    op.create_index(op.f('ix_seller_place_id'), 'seller', ['place_id'], unique=False)
    op.create_index('ix_seller_state_kind', 'seller', ['state', 'kind'], unique=False)
    op.create_table('seller_member',
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.String(length=64), nullable=False),
    sa.Column('added_at', UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_seller_member_person_id_person')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_seller_member_seller_id_seller')),
    sa.PrimaryKeyConstraint('seller_id', 'person_id', name=op.f('pk_seller_member'))
    )
    op.create_index(op.f('ix_seller_member_person_id'), 'seller_member', ['person_id'], unique=False)
    op.create_table('seller_invitation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('login', sa.String(length=255), nullable=False),
    sa.Column('role', sa.String(length=64), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('invited_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('closed_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('accepted_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['accepted_by_id'], ['person.id'], name=op.f('fk_seller_invitation_accepted_by_id_person')),
    sa.ForeignKeyConstraint(['invited_by_id'], ['person.id'], name=op.f('fk_seller_invitation_invited_by_id_person')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_seller_invitation_seller_id_seller')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seller_invitation')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_seller_invitation_token_hash'))
    )
    op.create_index(op.f('ix_seller_invitation_seller_id'), 'seller_invitation', ['seller_id'], unique=False)
    op.create_table('seller_document',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('file_key', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=64), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size_bytes', sa.Integer(), nullable=False),
    sa.Column('uploaded_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('uploaded_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('reviewed_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('reviewed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['reviewed_by_id'], ['person.id'], name=op.f('fk_seller_document_reviewed_by_id_person')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_seller_document_seller_id_seller')),
    sa.ForeignKeyConstraint(['uploaded_by_id'], ['person.id'], name=op.f('fk_seller_document_uploaded_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seller_document'))
    )
    op.create_index(op.f('ix_seller_document_seller_id'), 'seller_document', ['seller_id'], unique=False)
    op.create_table('certificate',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('number', sa.String(length=255), nullable=False),
    sa.Column('issuer', sa.String(length=255), nullable=False),
    sa.Column('scope', sa.String(length=255), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=False),
    sa.Column('stars', sa.Integer(), nullable=True),
    sa.Column('file_key', sa.String(length=255), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('declared_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('checked_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('checked_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('revoked_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('revoked_reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['checked_by_id'], ['person.id'], name=op.f('fk_certificate_checked_by_id_person')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_certificate_seller_id_seller')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate')),
    sa.UniqueConstraint('seller_id', 'kind', 'number', name=op.f('uq_certificate_seller_id_kind_number'))
    )
    op.create_index(op.f('ix_certificate_seller_id'), 'certificate', ['seller_id'], unique=False)
    op.create_table('seller_decision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('before', sa.String(length=64), nullable=False),
    sa.Column('after', sa.String(length=64), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['person.id'], name=op.f('fk_seller_decision_actor_id_person')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_seller_decision_seller_id_seller')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seller_decision'))
    )
    op.create_index(op.f('ix_seller_decision_seller_id'), 'seller_decision', ['seller_id'], unique=False)


def downgrade():
    op.drop_table("seller_decision")
    op.drop_table("certificate")
    op.drop_table("seller_document")
    op.drop_table("seller_invitation")
    op.drop_table("seller_member")
    op.drop_table("seller")
