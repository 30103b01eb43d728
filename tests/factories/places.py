"""Administrative units for tests: the real ones the migration loaded."""

from sqlalchemy import select

from marketplace.database import db
from marketplace.places.models import PlaceUnit


def any_place(name: str = "Phường Cái Khế") -> PlaceUnit:
    """A present unit by its full name."""
    return db.session.execute(
        select(PlaceUnit).where(PlaceUnit.name == name, PlaceUnit.valid_to.is_(None))
    ).scalar_one()


def old_place(name: str = "Phường An Hòa", province: str = "Thành phố Cần Thơ") -> PlaceUnit:
    """A former unit by its full name and province."""
    return db.session.execute(
        select(PlaceUnit).where(PlaceUnit.name == name, PlaceUnit.province == province, PlaceUnit.valid_to.is_not(None))
    ).scalar_one()
