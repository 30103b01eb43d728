"""Administrative units and their succession, with the city's 103 present and 263 former units."""

import sqlalchemy as sa
from alembic import op

from marketplace.places import gazetteer

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
    op.create_index(op.f('ix_place_succession_successor_id'), 'place_succession', ['successor_id'], unique=False)
    _load(op.get_bind())


def _load(connection):
    unit = sa.table('place_unit', *(sa.column(name) for name in (
        'id', 'code', 'valid_from', 'valid_to', 'name', 'kind', 'district', 'province', 'former_area', 'search_key')))
    unit.c.valid_from.type = unit.c.valid_to.type = sa.Date()
    connection.execute(sa.insert(unit), [{
        'code': row.code, 'valid_from': row.valid_from, 'valid_to': row.valid_to, 'name': row.name, 'kind': row.kind,
        'district': row.district, 'province': row.province, 'former_area': row.former_area, 'search_key': row.search_key,
    } for row in gazetteer.units()])
    ids = {(row.code, row.valid_to is None): row.id for row in connection.execute(sa.select(unit.c.id, unit.c.code, unit.c.valid_to))}
    succession = sa.table('place_succession', *(sa.column(name) for name in ('predecessor_id', 'successor_id', 'kind')))
    connection.execute(sa.insert(succession), [{
        'predecessor_id': ids[row.predecessor_code, False], 'successor_id': ids[row.successor_code, True], 'kind': row.kind,
    } for row in gazetteer.successions()])


def downgrade():
    op.drop_table("place_succession")
    op.drop_table("place_unit")
