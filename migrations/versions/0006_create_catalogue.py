"""Categories (with their rows) and products."""

import csv
from pathlib import Path

import sqlalchemy as sa
from alembic import op

import marketplace
from marketplace.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CATEGORIES = Path(marketplace.__file__).parent / "catalogue" / "data" / "categories.csv"


def upgrade():
    category = op.create_table('category',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('slug', sa.String(length=64), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('name_en', sa.String(length=255), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('picture', sa.String(length=64), nullable=True),
    sa.Column('perishable', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['parent_id'], ['category.id'], name=op.f('fk_category_parent_id_category')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_category')),
    sa.UniqueConstraint('slug', name=op.f('uq_category_slug'))
    )
    op.create_index(op.f('ix_category_parent_id'), 'category', ['parent_id'], unique=False)
    _load_categories(category)
    op.create_table('product',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seller_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('category_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('slug', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('name_key', sa.String(length=255), nullable=False),
    sa.Column('marked_key', sa.Text(), nullable=False),
    sa.Column('search_key', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('variety', sa.String(length=255), nullable=False),
    sa.Column('state', sa.String(length=64), nullable=False),
    sa.Column('measure', sa.String(length=64), nullable=False),
    sa.Column('unit_label', sa.String(length=64), nullable=False),
    sa.Column('grams_per_piece', sa.Integer(), nullable=True),
    sa.Column('price', sa.BigInteger(), nullable=True),
    sa.Column('step', sa.BigInteger(), nullable=False),
    sa.Column('minimum', sa.BigInteger(), nullable=False),
    sa.Column('perishable', sa.Boolean(), nullable=False),
    sa.Column('season_from', sa.Integer(), nullable=True),
    sa.Column('season_to', sa.Integer(), nullable=True),
    sa.Column('produced_by_seller', sa.Boolean(), nullable=False),
    sa.Column('created_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', UtcDateTime(timezone=True), nullable=False),
    sa.Column('submitted_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('listed_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decided_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('decision_reason', sa.Text(), nullable=True),
    sa.Column('withdrawn_at', UtcDateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("measure IN ('mass', 'piece')", name=op.f('ck_product_measure')),
    sa.CheckConstraint("state IN ('draft', 'submitted', 'listed', 'rejected', 'withdrawn')", name=op.f('ck_product_state')),
    sa.CheckConstraint('price > 0', name=op.f('ck_product_price')),
    sa.CheckConstraint('step > 0 AND minimum > 0', name=op.f('ck_product_step')),
    sa.CheckConstraint(
        "state IN ('draft', 'withdrawn') OR (price IS NOT NULL AND category_id IS NOT NULL AND name <> '')",
        name=op.f('ck_product_complete')),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_product_category_id_category')),
    sa.ForeignKeyConstraint(['decided_by_id'], ['person.id'], name=op.f('fk_product_decided_by_id_person')),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], name=op.f('fk_product_seller_id_seller')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product'))
    )
    op.create_index(op.f('ix_product_category_id'), 'product', ['category_id'], unique=False)
    op.create_index('ix_product_listing', 'product', ['state', 'category_id', 'listed_at'], unique=False)
    op.create_index('ix_product_newest', 'product', ['state', 'listed_at'], unique=False)
    op.create_index('ix_product_price', 'product', ['state', 'price'], unique=False)
    op.create_index('ix_product_seller_state', 'product', ['seller_id', 'state'], unique=False)
    op.create_table('product_photo',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=255), nullable=False),
    sa.Column('widths', sa.JSON(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('alt', sa.String(length=255), nullable=False),
    sa.Column('added_at', UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_photo_product_id_product')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product_photo'))
    )
    op.create_index(op.f('ix_product_photo_product_id'), 'product_photo', ['product_id'], unique=False)
    op.create_table('product_certificate',
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('certificate_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['certificate_id'], ['certificate.id'], name=op.f('fk_product_certificate_certificate_id_certificate')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_certificate_product_id_product')),
    sa.PrimaryKeyConstraint('product_id', 'certificate_id', name=op.f('pk_product_certificate'))
    )
    op.create_index(op.f('ix_product_certificate_certificate_id'), 'product_certificate', ['certificate_id'], unique=False)
    op.create_table('product_channel',
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.String(length=64), nullable=False),
    sa.Column('url', sa.String(length=255), nullable=False),
    sa.Column('since', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_channel_product_id_product')),
    sa.PrimaryKeyConstraint('product_id', 'channel', name=op.f('pk_product_channel'))
    )
    op.create_table('product_decision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('product_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('before', sa.String(length=64), nullable=False),
    sa.Column('after', sa.String(length=64), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['person.id'], name=op.f('fk_product_decision_actor_id_person')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_decision_product_id_product')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product_decision'))
    )
    op.create_index(op.f('ix_product_decision_product_id'), 'product_decision', ['product_id'], unique=False)


def _load_categories(table):
    with CATEGORIES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = {row["slug"]: number for number, row in enumerate(rows, start=1)}
    op.bulk_insert(table, [
        {
            "slug": row["slug"], "parent_id": ids.get(row["parent"]), "name": row["name"], "name_en": row["name_en"],
            "position": int(row["position"]), "picture": row["picture"], "perishable": row["perishable"] == "1",
        }
        for row in rows
    ])


def downgrade():
    op.drop_table("product_decision")
    op.drop_table("product_channel")
    op.drop_table("product_certificate")
    op.drop_table("product_photo")
    op.drop_table("product")
    op.drop_table("category")
