"""Real processes and small real servers for the payment tests."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

API_KEY = "sk_test_payments"
SECRET = "whsec_payments"
LOCALSTRIPE = (
    "import sys; from aiohttp import web; from localstripe.server import app;"
    " web.run_app(app, host='127.0.0.1', port=int(sys.argv[1]), print=None)"
)


class Sandbox:
    """The sandbox gateway as its own process; `restart` keeps the state file."""

    def __init__(self, directory: Path, *, webhook: str = "", first_pause: float = 0.05) -> None:
        self.state = directory / "gateway.db"
        self._webhook = webhook
        self._first_pause = first_pause
        self._port = 0
        self.start()

    def start(self) -> None:
        """Start it and wait for the line that says it listens."""
        command = [
            *(sys.executable, "-m", "marketplace.payments.sandbox", "--port", str(self._port)),
            *("--state", str(self.state), "--webhook", self._webhook, "--first-pause", str(self._first_pause)),
        ]
        environment = os.environ | {"STRIPE_API_KEY": API_KEY, "STRIPE_WEBHOOK_SECRET": SECRET}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("sandbox gateway on "), line
        self.url = line.split()[-1]
        self._port = int(self.url.rsplit(":", 1)[1])

    def reset(self, *, webhook: str = "") -> None:
        """As new: nothing known, sending to `webhook`."""
        if self.process.poll() is not None:
            self.start()
        self._webhook = webhook
        self.control("reset", webhook=webhook)

    def kill(self) -> None:
        """SIGKILL: nothing is tidied."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def restart(self) -> None:
        """Kill it and start again on the same port and file."""
        self.kill()
        self.start()

    def control(self, name: str, **asked: Any) -> dict[str, Any]:
        """POST /_control/<name>."""
        answer = requests.post(f"{self.url}/_control/{name}", json=asked, headers=self._headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def buyer(self, intent_id: str, method: str = "pm_card_visa") -> requests.Response:
        """What the buyer does on the hosted page: confirm with a card."""
        url = f"{self.url}/v1/payment_intents/{intent_id}/confirm"
        return requests.post(url, data={"payment_method": method}, headers=self._headers, timeout=60)

    def forget_keys(self) -> None:
        """What the real gateway does after a day: idempotency keys are gone."""
        with closing(sqlite3.connect(self.state)) as db, db:
            db.execute("DELETE FROM request")

    def see(self) -> dict[str, Any]:
        """Everything the gateway knows."""
        return requests.get(f"{self.url}/_control/state", headers=self._headers, timeout=60).json()

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {API_KEY}"}


class Endpoint:
    """A small HTTP server that records what it is sent and answers as scripted (last answer repeats)."""

    def __init__(self, *answers: tuple[int, str] | Callable[[BaseHTTPRequestHandler], tuple[int, str] | None]) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers = list(answers) or [(200, "{}")]
        self.headers: dict[str, str] = {}
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                endpoint.requests.append((self.command, self.path, dict(self.headers), body))
                number = min(len(endpoint.requests), len(endpoint.answers)) - 1
                script = endpoint.answers[number]
                answer = script(self) if callable(script) else script
                if answer is None:
                    self.connection.close()
                    return
                self.send_response(answer[0])
                for name, value in endpoint.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer[1].encode())))
                self.end_headers()
                self.wfile.write(answer[1].encode())

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def until(seen: Callable[[], Any], *, seconds: float = 30) -> Any:
    """Wait until `seen` is truthy: for other processes only, with a limit far above what is needed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = seen()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("it never happened")


def error(kind: str, code: str, **more: str) -> str:
    """An error body in the shape of the Stripe API."""
    return json.dumps({"error": {"type": kind, "code": code, "message": "for the log", **more}})
