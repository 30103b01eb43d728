"""The verbs of buying and selling: basket, placing, the seller's steps, the buyer's steps, the clock, payment's news."""

from marketplace.orders.services.answering import (
    AcceptedMore,
    CancelTooLate,
    NothingAccepted,
    ReasonMissing,
    SellerNotSelling,
)
from marketplace.orders.services.basket import (
    BadQuantity,
    BasketFull,
    BasketState,
    NotEnough,
    NotOnSale,
    add_to_basket,
    merge_at_sign_in,
    remove,
    set_quantity,
)
from marketplace.orders.services.buyer_verbs import cancel_by_buyer, confirm_received, opens
from marketplace.orders.services.codes import new_client_key, well_formed
from marketplace.orders.services.delivery import FeeTooHigh, set_delivery
from marketplace.orders.services.fulfilling import (
    CarrierMissing,
    CashMissing,
    CollectorMissing,
    LotMissing,
    LotUnfit,
    NotPaidYet,
    PackedTooMuch,
    WrongWay,
)
from marketplace.orders.services.listener import PaymentListener
from marketplace.orders.services.machine import Moved, StepTooLate
from marketplace.orders.services.placing import (
    BasketEmpty,
    CashClosed,
    Details,
    Placed,
    QuoteChanged,
    SoldMeanwhile,
    place_order,
)
from marketplace.orders.services.seller_verbs import accept, deliver, pack, ready_for_pickup, refuse, ship
from marketplace.orders.services.timers import expire_due

__all__ = [
    "AcceptedMore", "BadQuantity", "BasketEmpty", "BasketFull", "BasketState", "CancelTooLate", "CarrierMissing",
    "CashClosed", "CashMissing", "CollectorMissing", "Details", "FeeTooHigh", "LotMissing", "LotUnfit", "Moved",
    "NotEnough", "NotOnSale", "NotPaidYet", "NothingAccepted", "PackedTooMuch", "PaymentListener", "Placed",
    "QuoteChanged", "ReasonMissing", "SellerNotSelling", "SoldMeanwhile", "StepTooLate", "WrongWay", "accept",
    "add_to_basket", "cancel_by_buyer", "confirm_received", "deliver", "expire_due", "merge_at_sign_in",
    "new_client_key", "opens", "pack", "place_order", "ready_for_pickup", "refuse", "remove", "set_delivery",
    "set_quantity", "ship", "well_formed",
]
