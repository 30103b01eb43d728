"""``python -m marketplace.payments.sandbox``: run the sandbox gateway on the loopback address."""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from werkzeug.serving import BaseWSGIServer, make_server

from .app import create_sandbox
from .events import Postman
from .store import Store

HOST = "127.0.0.1"


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; prints one line with the address when ready."""
    options = _options(arguments)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    store = Store(options.state)
    postman = Postman(store, url=options.webhook, secret=options.secret, first_pause=options.first_pause)
    app = create_sandbox(store=store, postman=postman, api_key=options.api_key, public_url="")
    server = make_server(HOST, options.port, app, threaded=True)
    app.config["PUBLIC_URL"] = options.public_url.rstrip("/") or f"http://{HOST}:{server.server_port}"
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: threading.Thread(target=server.shutdown).start())
    if options.with_parent:
        threading.Thread(target=_end_with_parent, args=(server, os.getppid()), daemon=True).start()
    postman.start()
    sys.stdout.write(f"sandbox gateway on http://{HOST}:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
    postman.stop()
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m marketplace.payments.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8421, help="0 takes a free one and prints it")
    parser.add_argument("--state", type=Path, required=True, help="SQLite file; survives restarts")
    parser.add_argument("--webhook", default="", help="address that gets the signed events; none: no deliveries")
    # the environment is the better place: a command line can be read by every user of the machine
    parser.add_argument("--secret", default=os.environ.get("STRIPE_WEBHOOK_SECRET", "whsec_demo"))
    parser.add_argument("--api-key", default=os.environ.get("STRIPE_API_KEY", "sk_test_demo"))
    parser.add_argument("--public-url", default="", help="own address in the buyer's browser")
    parser.add_argument("--first-pause", type=float, default=1.0, help="seconds before the first webhook retry")
    parser.add_argument("--with-parent", action="store_true", help="end when the process that started this ends")
    return parser.parse_args(arguments)


def _end_with_parent(server: BaseWSGIServer, parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
