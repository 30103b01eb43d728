"""The trace page as a fraction of a bare hello on the same server, catalogue and product pages against a bare page of one read.

Processor time only, of the worker process or of the WSGI call: other work on the machine moves it least. Marks:
the project's first marks for prepared, unchanged and uncached trace pages.
"""

import gc
import logging
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from pathlib import Path

import structlog
from werkzeug.test import EnvironBuilder, run_wsgi_app

from marketplace.database import db, utcnow
from tests.bench import web_apps
from tests.engines import ROOT, SqliteDatabase
from tests.factories.accounts import make_officer, make_person
from tests.factories.catalogue import make_product
from tests.factories.lots import make_lot
from tests.factories.market import make_stall
from tests.factories.sellers import make_certificate, make_seller

PRODUCTS, SELLERS = 130, 12
ROUNDS, REQUESTS = 7, 250
BATCHES, CALLS = 9, 25
SHELVES = ("xoai", "gao", "cam-quyt-buoi", "rau-an-la")


def run() -> list[dict]:
    """Rows of name, value (ms of processor), unit, base, ratio, mark; trace ratios are hello / page (1 is as fast as hello)."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        database = SqliteDatabase(Path(name))
        stack.callback(database.close)
        database.reset()
        with database.app.app_context():
            code, product = _fill()
            db.session.remove()
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        url = f"sqlite:///{database.file}"
        return [*_over_http(stack, url, Path(name), code), *_in_process(database.app, url, product)]


def _fill() -> tuple[str, str]:
    """A market of demo size; returns a trace code and a product's address."""
    stall = make_stall(utcnow(), make_officer(), make_person())
    for number in range(SELLERS):
        seller = make_seller(name=f"Hợp tác xã số {number}")
        certificate = make_certificate(seller)
        for place in range(PRODUCTS // SELLERS):
            product = make_product(seller, category=SHELVES[place % len(SHELVES)], certificates=(certificate,), photos=1)
            make_lot(product)
    listed = stall.products["listed"]
    return stall.lots["released"].code, f"/san-pham/{listed.id}-{listed.slug}"


# --- over HTTP: gunicorn, one sync worker each, in turns ------------------------------------------------------------

def _over_http(stack: ExitStack, url: str, folder: Path, code: str) -> list[dict]:
    place = {"BENCH_DATABASE": url, "BENCH_FOLDER": str(folder)}
    hello = stack.enter_context(_server("hello_app", {}))
    site = stack.enter_context(_server("site_app", place))
    bare = stack.enter_context(_server("site_app", place | {"BENCH_UNPREPARED": "1"}))
    path, packed = f"/t/{code}", "Accept-Encoding: gzip\r\n"
    tag = _header(_get(site.port, path, packed), b"etag")
    asked = {
        "hello": lambda: hello.cost("/", ""),
        "prepared": lambda: site.cost(path, packed),
        "unchanged (304)": lambda: site.cost(path, f"{packed}If-None-Match: {tag}\r\n"),
        "uncached": lambda: bare.cost(path, packed),
    }
    assert b" 304 " in _get(site.port, path, f"If-None-Match: {tag}\r\n")[:20]
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for _round in range(ROUNDS):
        for name, cost in asked.items():
            taken[name].append(cost())
    marks = {"prepared": ">= 0.60", "unchanged (304)": ">= 0.50", "uncached": ">= 0.12"}
    return [
        {
            "name": f"trace page, {name}", "value": statistics.median(taken[name]), "unit": "ms", "base": "hello",
            "ratio": statistics.median(h / t for h, t in zip(taken["hello"], taken[name], strict=True)), "mark": mark,
        }
        for name, mark in marks.items()
    ]


class _Server:
    """A running gunicorn with one worker."""

    def __init__(self, port: int, worker: int) -> None:
        self.port, self.worker = port, worker

    def cost(self, path: str, headers: str) -> float:
        """Processor milliseconds of the worker for one request, over REQUESTS of them."""
        before = _processor_ns(self.worker)
        for _request in range(REQUESTS):
            _get(self.port, path, headers)
        return (_processor_ns(self.worker) - before) / REQUESTS / 1e6


@contextmanager
def _server(factory: str, environment: dict):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "gunicorn", f"tests.bench.web_apps:{factory}()", "--bind", f"127.0.0.1:{port}", "--workers", "1",
        "--worker-class", "sync", "--log-level", "critical", "--access-logfile", "/dev/null",
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL)
    try:
        yield _Server(port, _worker_of(process.pid, port))
    finally:
        process.terminate()
        process.wait(timeout=20)


def _worker_of(master: int, port: int) -> int:
    """The worker's process, once it answers."""
    for _attempt in range(200):
        children = Path(f"/proc/{master}/task/{master}/children").read_text("ascii").split()
        try:
            if children and _get(port, "/", ""):
                return int(children[0])
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("gunicorn did not start")


def _processor_ns(pid: int) -> int:
    """Nanoseconds all threads of a process have run."""
    return sum(int(task.joinpath("schedstat").read_text("ascii").split()[0]) for task in Path(f"/proc/{pid}/task").iterdir())


def _get(port: int, path: str, headers: str) -> bytes:
    """The whole answer; the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: bench\r\nConnection: close\r\n{headers}\r\n".encode())
        parts = []
        while part := line.recv(65536):
            parts.append(part)
    return b"".join(parts)


def _header(answer: bytes, name: bytes) -> str:
    head = answer.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return next(line.partition(b": ")[2].decode() for line in head if line.lower().startswith(name + b":"))


# --- in process: the WSGI call alone --------------------------------------------------------------------------------

def _in_process(app, url: str, product: str) -> list[dict]:
    app.testing = False
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # a line a request would drown ours
    core = web_apps.core_app(url)
    calls = {
        "core": lambda: _call(core, "/"), "home": lambda: _call(app, "/"), "catalogue": lambda: _call(app, "/san-pham"),
        "product": lambda: _call(app, product), "search xoai": lambda: _call(app, "/san-pham?q=xoai"),
    }
    least = {name: _least(call) for name, call in calls.items()}
    return [
        {"name": f"{name} page, in process", "value": least[name], "unit": "ms", "base": "bare Flask + one Core read of 20",
         "ratio": least[name] / least["core"], "mark": "<= 2.5 (6 x oscar)" if name in {"catalogue", "product"} else ""}
        for name in calls if name != "core"
    ]


def _call(app, path: str) -> None:
    environ = EnvironBuilder(path=path.partition("?")[0], query_string=path.partition("?")[2]).get_environ()
    body, status, _headers = run_wsgi_app(app, environ, buffered=True)
    b"".join(body)
    assert status.startswith("200"), f"{path}: {status}"


def _least(call: Callable[[], None]) -> float:
    """Milliseconds of processor for one call: the least mean of BATCHES."""
    for _warm in range(5):
        call()
    means = []
    for _batch in range(BATCHES):
        gc.collect()
        began = time.process_time()
        for _repeat in range(CALLS):
            call()
        means.append((time.process_time() - began) * 1000 / CALLS)
    return min(means)
