"""The full-text index of migration 0011: ids that match, and the ranked best of them. The one place that knows both engines.

Each tier (marks as typed, whole words in the name, anywhere) is cut at RANKED_HITS, newest product first, before it is
ranked: ranking costs by hits looked at, not by the size of the market, and an exact hit is never lost among loose ones.
A looser tier is not looked into at all once a stricter one is full.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import CTE, ColumnElement, CompoundSelect, Select, column, func, literal, select, table, text, union_all

from marketplace.catalogue.models import Product
from marketplace.database import db, on_postgresql
from marketplace.search import words as reading
from marketplace.search.words import Words
from marketplace.sellers.models import Seller

RANKED_HITS = 240
_FTS5 = table("search_product", column("rowid"), column("name"))
_TSVECTOR = table("search_product", column("product_id"), column("name_key"))
_CONDITIONS = {
    "fts5": "search_product MATCH :{0}",
    "exact": "search_product.marked @@ CAST(:{0} AS tsquery)",
    "exact_within": "search_product.marked @@ CAST(:{0} AS tsquery) AND search_product.words @@ CAST(:within AS tsquery)",
    "name": "search_product.name @@ CAST(:{0} AS tsquery)",
    "words": "search_product.words @@ CAST(:{0} AS tsquery)",
}


def matching(words: Words) -> Select:
    """A subquery of the ids of all visible products that match anywhere."""
    postgresql = on_postgresql()
    kind, expression = _tiers(words, postgresql)[-1]
    index = _TSVECTOR if postgresql else _FTS5
    condition = text(_CONDITIONS[kind].format("anywhere")).bindparams(anywhere=expression)
    return select(next(iter(index.columns))).where(condition)


def ranked(words: Words, filters: Sequence[ColumnElement[bool]]) -> tuple[list[int], bool]:
    """Ids of the best hits, best first, at most RANKED_HITS, and whether there were more.

    `filters` are conditions on product and seller. One statement.
    """
    postgresql = on_postgresql()
    tiers = _tiers(words, postgresql)
    values = {f"m{number}": expression for number, (_, expression) in enumerate(tiers)}
    kinds = tuple(kind for kind, _ in tiers)
    if "exact_within" in kinds:
        values["within"] = tiers[-1][1]
    statement = _build(kinds, postgresql, filters) if filters else _unfiltered(kinds, postgresql)
    rows = db.session.execute(statement, values).all()
    best: dict[int, tuple[int, int, int]] = {}
    for product_id, tier, name_key in rows:
        if product_id not in best:  # strictest tier first, and a stricter one never ranks worse
            loose = 0 if tier == 0 and words.has_marks else 1
            best[product_id] = (loose, reading.closeness(name_key, words), -product_id)
    ids = sorted(best, key=best.__getitem__)
    full = max(Counter(tier for _, tier, _ in rows).values(), default=0) == RANKED_HITS
    return ids[:RANKED_HITS], len(ids) > RANKED_HITS or full


def _tiers(words: Words, postgresql: bool) -> list[tuple[str, str]]:
    """(kind of condition, match expression), the strictest tier first."""
    if not postgresql:
        match = reading.fts5(words)
        return [("fts5", expression) for expression in (match.exact, match.name, match.words) if expression]
    match = reading.tsquery(words)
    exact = "exact" if all(word.marked for word in words.words) else "exact_within"
    tiers = [(exact, match.exact), ("name", match.name), ("words", match.words)]
    return [(kind, expression) for kind, expression in tiers if expression]


def _build(kinds: tuple[str, ...], postgresql: bool, filters: Sequence[ColumnElement[bool]]) -> CompoundSelect:
    """All tiers in one statement, the expressions as parameters m0, m1 …"""
    make = _tsvector_tier if postgresql else _fts5_tier
    tiers: list[CTE] = []
    for number, kind in enumerate(kinds):
        condition = text(_CONDITIONS[kind].format(f"m{number}"))
        room = [select(func.count()).select_from(tier).scalar_subquery() < RANKED_HITS for tier in tiers]
        tiers.append(make(number, [condition, *room], filters).cte(f"tier{number}").prefix_with("MATERIALIZED"))
    return union_all(*(select(tier) for tier in tiers))


_unfiltered = lru_cache(maxsize=16)(lambda kinds, postgresql: _build(kinds, postgresql, ()))


def _fts5_tier(number: int, conditions: Sequence[ColumnElement[bool]], filters: Sequence[ColumnElement[bool]]) -> Select:
    hits = select(_FTS5.c.rowid.label("id"), literal(number).label("tier"), _FTS5.c.name.label("name_key")).where(*conditions)
    return _filtered(hits, _FTS5.c.rowid, filters)


def _tsvector_tier(number: int, conditions: Sequence[ColumnElement[bool]], filters: Sequence[ColumnElement[bool]]) -> Select:
    # Materialised: with ORDER BY and LIMIT in sight the planner walks the key backwards and tests every row instead.
    found = select(_TSVECTOR.c.product_id, _TSVECTOR.c.name_key).where(*conditions).cte(f"hits{number}")
    found = found.prefix_with("MATERIALIZED")
    hits = select(found.c.product_id.label("id"), literal(number).label("tier"), found.c.name_key)
    return _filtered(hits, found.c.product_id, filters)


def _filtered(hits: Select, key: ColumnElement[int], filters: Sequence[ColumnElement[bool]]) -> Select:
    if filters:
        hits = hits.join(Product, Product.id == key).join(Seller, Seller.id == Product.seller_id).where(*filters)
    return hits.order_by(key.desc()).limit(RANKED_HITS)
