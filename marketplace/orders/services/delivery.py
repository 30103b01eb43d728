"""How a seller delivers: one flat fee a parcel, a sum from which it is free, and whether buyers may fetch it."""

from datetime import datetime

from marketplace.accounts.models import Person
from marketplace.database import transaction
from marketplace.errors import N_, DomainError
from marketplace.orders.models import DeliverySetting

HIGHEST_FEE = 500_000


class FeeTooHigh(DomainError):
    """A fee nobody would pay is a slip of the finger."""

    code = "fee-too-high"
    message = N_("Phí giao cao nhất là 500.000 ₫. Mời bạn kiểm tra lại số vừa nhập.")
    field = "fee"


def set_delivery(
    *, actor: Person, seller_id: int, fee: int, free_from: int | None, pickup: bool, now: datetime
) -> DeliverySetting:
    """Store the seller's terms for purchases placed from now on; orders already placed keep their frozen fee.

    Raises FeeTooHigh.
    """
    if not 0 <= fee <= HIGHEST_FEE:
        raise FeeTooHigh
    with transaction() as session:
        setting = session.get(DeliverySetting, seller_id) or DeliverySetting(seller_id=seller_id)
        setting.fee, setting.free_from, setting.pickup, setting.updated_at = fee, free_from, pickup, now
        session.add(setting)
        return setting
