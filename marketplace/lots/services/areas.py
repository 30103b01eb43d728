"""Growing areas: plots, orchards, ponds, with the code the plant-protection office gave, where there is one."""

import re
from datetime import datetime

from sqlalchemy import select, update

from marketplace.accounts.models import Person
from marketplace.database import db, transaction
from marketplace.errors import N_, DomainError, NotFound
from marketplace.lots.models import GrowingArea
from marketplace.lots.policies import EDITORS
from marketplace.lots.revealing import reveals
from marketplace.lots.services.access import require_member
from marketplace.lots.vocabulary import PersonalDetail
from marketplace.places import queries as places

MAX_SQUARE_METRES = 1_000_000_000
MAX_AREAS = 500

_AREA_CODE = re.compile(r"VN-?[A-Z]{2,4}-?(?:OR|PH)?-?[0-9]{3,6}|[0-9]{11}|[0-9]{2}-[0-9]{2}-[0-9]{4}-[0-9]{3}")


class BadArea(DomainError):
    """The area is empty, too large or lies nowhere; `field` names what is wrong."""

    code = "bad-area"
    message = N_("Mời bạn xem lại ô này.")


class TooManyAreas(DomainError):
    """Nobody has this many plots."""

    code = "too-many-areas"
    message = N_("Gian hàng đã có quá nhiều vùng trồng. Mời bạn liên hệ Sở để được hỗ trợ.")


def code_state(code: str | None) -> str:
    """`looks_right` for a shape seen on real codes (TCCS 774:2020/BVTV; pond codes of Decree 55/2017), else `declared`.

    Other shapes are kept too: codes are text given by an office, and only an officer confirms them.
    """
    return "looks_right" if code and _AREA_CODE.fullmatch(code) else "declared"


def create_growing_area(
    *, actor: Person, seller_id: int, name: str, crop: str, code: str | None, place_id: int, square_metres: int,
    now: datetime,
) -> GrowingArea:
    """A new area of the seller. Raises NotFound, Forbidden, BadArea, PersonalDetail, TooManyAreas."""
    require_member(actor, seller_id, EDITORS)
    values = _checked(name=name, crop=crop, code=code, place_id=place_id, square_metres=square_metres)
    with transaction() as session:
        existing = session.scalars(select(GrowingArea.id).where(GrowingArea.seller_id == seller_id)).all()
        if len(existing) >= MAX_AREAS:
            raise TooManyAreas
        area = GrowingArea(seller_id=seller_id, created_at=now, **values)
        session.add(area)
    return area


def update_growing_area(
    *, actor: Person, seller_id: int, area_id: int, name: str, crop: str, code: str | None, place_id: int,
    square_metres: int,
) -> None:
    """Change an area. A changed code loses its confirmation. Raises NotFound, Forbidden, BadArea, PersonalDetail."""
    require_member(actor, seller_id, EDITORS)
    values = _checked(name=name, crop=crop, code=code, place_id=place_id, square_metres=square_metres)
    with transaction():
        area = db.session.scalar(_own(area_id, seller_id))
        if area is None:
            raise NotFound
        if area.code == values["code"]:
            del values["code_state"]
        for column, value in values.items():
            setattr(area, column, value)


def retire_growing_area(*, actor: Person, seller_id: int, area_id: int, now: datetime) -> None:
    """Take an area out of the choices for new lots; old lots keep showing it. Raises NotFound, Forbidden."""
    require_member(actor, seller_id, EDITORS)
    with transaction() as session:
        done = session.execute(
            update(GrowingArea)
            .where(GrowingArea.id == area_id, GrowingArea.seller_id == seller_id, GrowingArea.retired_at.is_(None))
            .values(retired_at=now)
        ).rowcount
        if not done:
            raise NotFound


def _own(area_id: int, seller_id: int):
    return select(GrowingArea).where(
        GrowingArea.id == area_id, GrowingArea.seller_id == seller_id, GrowingArea.retired_at.is_(None)
    )


def _checked(*, name: str, crop: str, code: str | None, place_id: int, square_metres: int) -> dict:
    for field, text in (("name", name), ("crop", crop)):
        if not 1 <= len(text.strip()) <= 120:
            raise BadArea(field=field)
    code = (code or "").strip().upper() or None
    if code and len(code) > 64:
        raise BadArea(field="code")
    if code and reveals(code, digits=False):
        raise PersonalDetail(field="code")
    if not 1 <= square_metres <= MAX_SQUARE_METRES:
        raise BadArea(field="area")
    if places.get(place_id) is None:
        raise BadArea(field="place")
    return {
        "name": name.strip(), "crop": crop.strip(), "code": code, "code_state": code_state(code), "place_id": place_id,
        "square_metres": square_metres,
    }
