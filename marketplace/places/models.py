"""Administrative units with validity, and which unit succeeded which. A unit's key is (code, valid_from)."""

from datetime import date

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.database import Base, Id, Line, Short


class PlaceUnit(Base):
    """A ward or commune as it stood between two days; codes are re-used, so the code alone names nothing."""

    __tablename__ = "place_unit"
    __table_args__ = (UniqueConstraint("code", "valid_from"),)

    id: Mapped[Id]
    code: Mapped[Short]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]  # last day; None = present unit
    name: Mapped[Line]  # full: "Phường Cái Khế"
    kind: Mapped[Short]  # phường, xã, thị trấn
    district: Mapped[Line | None]  # "Quận Ninh Kiều"; None since 2025-07-01
    province: Mapped[Line]  # as it was named then
    former_area: Mapped[Short]  # can-tho, hau-giang, soc-trang: grouping that survives the merger
    search_key: Mapped[Line]  # folded name + district + province


class PlaceSuccession(Base):
    """Old unit -> present unit; several rows for an old unit that was truly split."""

    __tablename__ = "place_succession"

    predecessor_id: Mapped[int] = mapped_column(ForeignKey("place_unit.id"), primary_key=True)
    successor_id: Mapped[int] = mapped_column(ForeignKey("place_unit.id"), primary_key=True, index=True)
    kind: Mapped[Short]  # whole, split
