"""Every page of the site as addresses, read from the app's own map of routes: a new page cannot be forgotten.

A parameter nobody here knows how to fill fails the test that asks, with the name of the route.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

from flask import Flask
from werkzeug.routing import AnyConverter, Rule

from tests.factories.market import Market, Stall

NEVER_PAGES = frozenset({"static", "assets"})
UNKNOWN_CODE = "7K3M9Q2X5R8T1W"
SELLER_SIDE = ("/kenh-ban", "/so-nong-ho")


@dataclass(frozen=True)
class Address:
    """One address: what serves it, which methods, who may open it ("visitor", "buyer", "seller", "officer")."""

    endpoint: str
    path: str
    methods: frozenset[str]
    role: str


def addresses(app: Flask, market: Market, stall: Stall | None = None) -> list[Address]:
    """All routes with their parameters filled from `stall` (the first one unless told)."""
    stall = stall or market.first
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in NEVER_PAGES:
            continue
        role = _role(rule, app)
        for values in _values(rule, market, stall):
            path = app.url_map.bind("localhost").build(rule.endpoint, values) if values or not rule.arguments else None
            found.append(Address(rule.endpoint, path, frozenset(rule.methods), role))
    return sorted(set(found), key=lambda address: address.path)


def pages(app: Flask, market: Market) -> list[Address]:
    """The addresses a browser can open."""
    return [address for address in addresses(app, market) if "GET" in address.methods]


def _role(rule: Rule, app: Flask) -> str:
    guard = getattr(app.view_functions[rule.endpoint], "access", "public")
    if guard.startswith("role:"):
        return "officer"
    if rule.rule.startswith(SELLER_SIDE):
        return "seller"
    return "visitor" if guard == "public" else "buyer"


def _values(rule: Rule, market: Market, stall: Stall) -> list[dict]:
    """The parameter sets of one route: several where states look different."""
    if not rule.arguments:
        return [{}]
    if rule.endpoint in BY_ENDPOINT:
        return list(BY_ENDPOINT[rule.endpoint](market, stall))
    ways = []
    for name in sorted(rule.arguments):
        converter = rule._converters[name]
        if isinstance(converter, AnyConverter):
            ways.append([(name, item) for item in sorted(converter.items)])
        elif name in BY_NAME:
            ways.append([(name, BY_NAME[name](market, stall))])
        else:
            raise LookupError(f"tests/addresses.py does not know how to fill <{name}> of {rule.rule} ({rule.endpoint})")
    return [dict(way) for way in product(*ways)]


def _trace(market: Market, stall: Stall) -> Iterable[dict]:
    return [{"code": lot.code} for lot in stall.lots.values()] + [{"code": UNKNOWN_CODE}]


def _lots(market: Market, stall: Stall) -> Iterable[dict]:
    return [{"lot_id": lot.id} for lot in stall.lots.values()]


def _diary(market: Market, stall: Stall) -> Iterable[dict]:
    from marketplace.lots.labels import KIND_SLUGS

    return [{"lot_id": stall.lots["draft"].id, "slug": slug} for slug in KIND_SLUGS]


def _orders(market: Market, stall: Stall) -> Iterable[dict]:
    return [{"code": code} for code in stall.orders.values()]


def _purchases(market: Market, stall: Stall) -> Iterable[dict]:
    return [{"code": placed.purchase_code, "k": placed.guest_token} for placed in stall.purchases.values()]


def _own_products(market: Market, stall: Stall) -> Iterable[dict]:
    return [{"product_id": listing.id} for listing in stall.products.values()]


def _listing(market: Market, stall: Stall) -> Iterable[dict]:
    listing = stall.products["listed"]
    return [{"address": f"{listing.id}-{listing.slug}"}]


def _photo(market: Market, stall: Stall) -> Iterable[dict]:
    return [{"key": stall.photo_key, "filename": "320.jpg"}]


def _review(market: Market, stall: Stall) -> Iterable[dict]:
    return [{"product_id": stall.products[state].id} for state in ("listed", "submitted", "rejected", "withdrawn")]


def _sellers(market: Market, stall: Stall) -> Iterable[dict]:
    return [{"seller_id": stall.seller.id}, {"seller_id": market.waiting.id}]


def _entries(market: Market, stall: Stall) -> Iterable[dict]:
    return [{"lot_id": stall.lots[state].id, "entry_id": stall.entries[state]} for state in ("draft", "released", "corrected")]


def _inspected(market: Market, stall: Stall) -> Iterable[dict]:
    return [{"code": stall.lots[state].code, "entry_id": stall.entries[state]} for state in ("released", "corrected")]


Filler = Callable[[Market, Stall], Iterable[dict]]
BY_ENDPOINT: dict[str, Filler] = {
    "shop.trace": _trace,
    "shop.trace_printed": _trace,
    "shop.report": _trace,
    "shop.trace_events": lambda market, stall: [{"code": stall.lots["released"].code}],
    "shop.trace_bundle": lambda market, stall: [{"code": stall.lots["released"].code}],
    "shop.trace_svg": lambda market, stall: [{"code": stall.lots["released"].code}],
    "shop.trace_png": lambda market, stall: [{"code": stall.lots["released"].code}],
    "shop.product": _listing,
    "pages.picture": _photo,
    "catalogue.edit": _own_products,
    "lots.lot": _lots,
    "lots.diary": _lots,
    "lots.write_diary": _diary,
    "lots.edit_lot": lambda market, stall: [{"lot_id": stall.lots["draft"].id}],
    "lots.correct_diary": _entries,
    "lots.void_diary": _entries,
    "officers.lot": lambda market, stall: [{"code": stall.lots[state].code} for state in ("released", "corrected")],
    "officers.dispute": lambda market, stall: [{"code": stall.lots["released"].code}],
    "officers.correct_entry": _inspected,
    "officers.void_entry": _inspected,
    "officers.seller": _sellers,
    "officers.product": _review,
    "orders.show_purchase": _purchases,
    "orders.received": lambda market, stall: [{"code": stall.purchases["DELIVERED"].purchase_code}],
    "orders.cancel": lambda market, stall: [{"code": stall.purchases["PENDING_SELLER"].purchase_code}],
    "orders.desk_order": _orders,
    "orders.accept": lambda market, stall: [{"code": stall.orders["PENDING_SELLER"]}],
    "orders.refuse": lambda market, stall: [{"code": stall.orders["PENDING_SELLER"]}],
    "orders.pack": lambda market, stall: [{"code": stall.orders["ACCEPTED"]}],
    "orders.ship": lambda market, stall: [{"code": stall.orders["PACKED"]}],
    "orders.ready": lambda market, stall: [{"code": stall.orders["PACKED"]}],
    "orders.deliver": lambda market, stall: [{"code": stall.orders["SHIPPED"]}],
    "shop.seller": lambda market, stall: [{"slug": stall.seller.slug}],
    "tlog.tile": lambda market, stall: [{"level": "0", "rest": "000.p/5"}, {"level": "entries", "rest": "000.p/5"}],
    "tlog.entry_proof": lambda market, stall: [{"index": "0"}],
}
BY_NAME: dict[str, Callable[[Market, Stall], object]] = {
    "seller_id": lambda market, stall: stall.seller.id,
    "certificate_id": lambda market, stall: stall.certificate_id,
    "document_id": lambda market, stall: stall.paper_id,
    "product_id": lambda market, stall: stall.products["listed"].id,
    "lot_id": lambda market, stall: stall.lots["released"].id,
    "area_id": lambda market, stall: stall.area.id,
    "person_id": lambda market, stall: stall.member.id,
    "invitation_id": lambda market, stall: stall.invitation.invitation_id,
    "token": lambda market, stall: stall.invitation.token,
    "report_id": lambda market, stall: market.report_id,
}
