"""A worker in a process of its own, to be killed (arguments: database URL, folder, gateway URL, time)."""

import sys
from datetime import datetime
from pathlib import Path

from marketplace.app import create_app
from marketplace.payments import services
from marketplace.payments.adapters.stripe import StripeGateway
from tests.engines import settings
from tests.marketplace.payments.market import Orders
from tests.marketplace.payments.processes import API_KEY


def main(database_url: str, folder: str, gateway_url: str, now: str) -> None:
    """One run of the payments job."""
    app = create_app(settings(database_url, Path(folder)))
    services.gateways.bind(StripeGateway(api_base=gateway_url, api_key=API_KEY, read_timeout=120.0))
    services.listeners.bind(Orders())
    with app.app_context():
        services.run_due(datetime.fromisoformat(now))


if __name__ == "__main__":
    main(*sys.argv[1:])
