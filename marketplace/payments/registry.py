"""What the composition root binds: the card gateway below, and whoever wants to hear of money above."""

from datetime import datetime
from typing import Protocol

from marketplace.payments.gateway import Gateway


class Listener(Protocol):
    """Told inside the payments transaction, with the payment's row locked. Every call may come more than once."""

    def authorised(self, *, reference: str, now: datetime) -> bool:
        """The whole amount is held. False: nobody waits for it any more, let it go."""
        ...

    def captured(self, *, reference: str, now: datetime) -> None:
        """The accepted sum was taken."""
        ...

    def failed(self, *, reference: str, now: datetime) -> None:
        """No money will come: the payment could not be opened, or the hold was lost before it was taken."""
        ...


class Nobody:
    """The listener of a site whose orders are not bound: it wants no money, so none is kept."""

    def authorised(self, *, reference: str, now: datetime) -> bool:
        """Nobody waits."""
        return False

    def captured(self, *, reference: str, now: datetime) -> None:
        """Nothing to do."""

    def failed(self, *, reference: str, now: datetime) -> None:
        """Nothing to do."""


class Listeners:
    """Holder of the one bound listener."""

    def __init__(self) -> None:
        self.bound: Listener = Nobody()

    def bind(self, listener: Listener) -> None:
        """Called once by the composition root."""
        self.bound = listener


class Gateways:
    """Holder of the one bound gateway; None when the site takes no cards."""

    def __init__(self) -> None:
        self.bound: Gateway | None = None

    def bind(self, gateway: Gateway | None) -> None:
        """Called once by the composition root."""
        self.bound = gateway


listeners = Listeners()
gateways = Gateways()
