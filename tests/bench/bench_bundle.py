"""What a phone downloads to check a lot of eight events in a log of a million, and how long the check takes.

Sizes are bytes before compression, against the table of the log's design (11.7 kB, the map's part 3.7 kB on top). Times
are of a whole check in Chromium and in Node, with a bare SHA-256 of the same bytes in the same place as the ceiling.
"""

import json
import random
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import sync_playwright

from tests.bench.wide_log import LOT, WideLog
from tests.engines import ROOT

SIZE = 1_000_000
EVENTS = 8
ROUNDS = 30
BUNDLE_BUDGET, MAP_BUDGET = 11_700, 3_700
TIMED = """
async ([bundle, lot, pins, rounds]) => {
  const { verifyBundle } = await import("/js/log/verify.js");
  const bytes = new TextEncoder().encode(JSON.stringify(bundle));
  const least = async (work) => {
    const taken = [];
    for (let round = 0; round < rounds; round += 1) {
      const began = performance.now();
      await work();
      taken.push(performance.now() - began);
    }
    return taken.sort((a, b) => a - b)[Math.floor(rounds / 2)];
  };
  const found = await verifyBundle(bundle, lot, pins);
  if (!found.ok) throw new Error(found.code);
  const check = await least(() => verifyBundle(bundle, lot, pins));
  return [check, await least(() => crypto.subtle.digest("SHA-256", bytes))];
}
"""
WITHOUT_ED25519 = """
const native = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (form, key, way, ...rest) => (way.name ?? way) === "Ed25519"
  ? Promise.reject(new DOMException("", "NotSupportedError")) : native(form, key, way, ...rest);
"""


def run() -> list[dict]:
    """Rows of name, value, unit, base, ratio, mark."""
    chance = random.Random(1)
    spread = sorted(chance.sample(range(1, SIZE - 2), EVENTS))
    season = sorted(chance.sample(range(SIZE // 2, SIZE // 2 + SIZE // 100), EVENTS))
    rows, kept = [], None
    for name, places in (("a season long", season), ("over the whole log", spread)):
        log = WideLog(SIZE, places)
        bundle, mapped = log.bundle(with_map=False), log.bundle()
        size = length(bundle)
        rows += [
            row(f"bundle, 8 events {name}", size, "B", "11.7 kB", size / BUNDLE_BUDGET, "<= 1"),
            row(f"map on top, 8 events {name}", length(mapped) - size, "B", "3.7 kB", (length(mapped) - size) / MAP_BUDGET, "<= 1"),
        ]
        kept = (mapped, log.pins())
    return [*rows, *_in_browser(*kept)]


def row(name: str, value: float, unit: str, base: str, ratio: float, mark: str = "") -> dict:
    return {"name": name, "value": value, "unit": unit, "base": base, "ratio": ratio, "mark": mark}


def length(bundle: dict) -> int:
    return len(json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode())


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, *_args) -> None:
        """Quiet."""


def _in_browser(bundle: dict, pins: dict) -> list[dict]:
    chromium = shutil.which("chromium")
    if chromium is None:
        return []
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(ROOT / "static")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, script in (("its own Ed25519", ""), ("the library's Ed25519", WITHOUT_ED25519)):
            page = browser.new_page()
            page.add_init_script(script)
            page.goto(f"http://127.0.0.1:{server.server_port}/js/")
            check, bare = page.evaluate(TIMED, [bundle, LOT, pins, ROUNDS])
            rows.append(row(f"check in Chromium, {name}", check, "ms", "SHA-256 of the bundle", check / max(bare, 0.05)))
        browser.close()
    server.shutdown()
    return rows
