"""What every verb of the slice asks first: is this person a member in the right role, and is the lot theirs."""

from datetime import datetime

from sqlalchemy import select, update

from marketplace import provenance
from marketplace.accounts.models import Person
from marketplace.database import db, vietnam_day
from marketplace.errors import N_, Conflict, Forbidden, NotFound
from marketplace.lots.models import LogAlias, Lot
from marketplace.lots.policies import NATURAL_PERSONS
from marketplace.sellers import queries as sellers
from marketplace.sellers.models import Seller


class WrongState(Conflict):
    """The lot's state does not allow the step."""

    code = "lot-state"
    message = N_("Lô hàng đã chuyển sang trạng thái khác. Mời bạn tải lại trang.")


def require_member(actor: Person, seller_id: int, roles: tuple[str, ...]) -> sellers.Member:
    """The actor's membership. Raises NotFound for somebody outside the seller, Forbidden for another role."""
    member = sellers.membership(person_id=actor.id, seller_id=seller_id)
    if member is None:
        raise NotFound
    if member.role not in roles:
        raise Forbidden
    return member


def lock_lot(*, lot_id: int, seller_id: int, states: tuple[str, ...]) -> Lot:
    """The seller's lot, its row locked until the transaction ends. Raises NotFound, or WrongState outside `states`.

    A conditional UPDATE that changes nothing takes the lock: SELECT FOR UPDATE would block the foreign keys of others.
    """
    locked = db.session.execute(
        update(Lot).where(Lot.id == lot_id, Lot.seller_id == seller_id, Lot.state.in_(states)).values(state=Lot.state)
        .execution_options(synchronize_session=False)
    ).rowcount
    lot = db.session.execute(
        select(Lot).where(Lot.id == lot_id, Lot.seller_id == seller_id).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if lot is None:
        raise NotFound
    if not locked:
        raise WrongState
    return lot


def log_name(seller_id: int, *, now: datetime) -> str:
    """Under which name the seller's entries stand in the log: the organisation's, or a household's alias of this year.

    Call inside the transaction: the first entry of a year makes the alias.
    """
    seller = db.session.get(Seller, seller_id)
    if seller.kind not in NATURAL_PERSONS:
        return f"seller:{seller.slug}"
    season = vietnam_day(now).year
    alias = db.session.get(LogAlias, (seller_id, season))
    if alias is None:
        alias = LogAlias(seller_id=seller_id, season=season, alias=provenance.new_alias())
        db.session.add(alias)
        db.session.flush()
    return alias.alias
