"""The full-text index of migration 0011: ids that match, and the ranked best of them. The one place that knows both engines.

Each tier (marks as typed, whole words in the name, anywhere) is cut at RANKED_HITS, newest product first, before it is
ranked: ranking costs by hits looked at, not by the size of the market, and an exact hit is never lost among loose ones.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, column, literal, select, table, text, union_all

from marketplace.catalogue.models import Product
from marketplace.database import db, on_postgresql
from marketplace.search import words as reading
from marketplace.search.words import Words
from marketplace.sellers.models import Seller

RANKED_HITS = 240
_FTS5 = table("search_product", column("rowid"))
_TSVECTOR = table("search_product", column("product_id"))
_FTS5_MATCH = "search_product MATCH :{0}"
_EXACT = "search_product.marked @@ CAST(:{0} AS tsquery)"
_EXACT_WITHIN = "search_product.marked @@ CAST(:{0} AS tsquery) AND search_product.words @@ CAST(:{0}_within AS tsquery)"


def matching(words: Words) -> Select:
    """A subquery of the ids of all visible products that match anywhere."""
    index, key = _index()
    condition, values = _tiers(words)[-1]
    return select(key).select_from(index).where(_bound(condition, "any", values))


def ranked(words: Words, filters: Sequence[ColumnElement[bool]]) -> tuple[list[int], bool]:
    """Ids of the best hits, best first, at most RANKED_HITS, and whether there were more.

    `filters` are conditions on product and seller. One statement.
    """
    tiers = _tiers(words)
    rows = db.session.execute(
        union_all(*(_tier(f"t{i}", i, *tier, filters) for i, tier in enumerate(tiers)))
    ).all()
    best: dict[int, tuple[int, int, int]] = {}
    for product_id, tier, name_key in rows:
        score = (0 if tier == 0 and words.has_marks else 1, reading.closeness(name_key, words), -product_id)
        if product_id not in best or score < best[product_id]:
            best[product_id] = score
    ids = sorted(best, key=best.__getitem__)
    loosest = sum(1 for row in rows if row[1] == len(tiers) - 1)
    return ids[:RANKED_HITS], len(ids) > RANKED_HITS or loosest == RANKED_HITS


def _index():
    found = _TSVECTOR if on_postgresql() else _FTS5
    return found, next(iter(found.columns))


def _tiers(words: Words) -> list[tuple[str, dict[str, str]]]:
    """(condition with a place for a parameter name, values by suffix of that name), the strictest tier first."""
    if not on_postgresql():
        match = reading.fts5(words)
        return [(_FTS5_MATCH, {"": expression}) for expression in (match.exact, match.name, match.words) if expression]
    match = reading.tsquery(words)
    loose = [
        ("search_product.name @@ CAST(:{0} AS tsquery)", {"": match.name}),
        ("search_product.words @@ CAST(:{0} AS tsquery)", {"": match.words}),
    ]
    if not match.exact:
        return loose
    if all(word.marked for word in words.words):
        return [(_EXACT, {"": match.exact}), *loose]
    return [(_EXACT_WITHIN, {"": match.exact, "_within": match.words}), *loose]


def _bound(condition: str, name: str, values: dict[str, str]) -> ColumnElement[bool]:
    return text(condition.format(name)).bindparams(**{name + suffix: value for suffix, value in values.items()})


def _tier(
    name: str, number: int, condition: str, values: dict[str, str], filters: Sequence[ColumnElement[bool]]
) -> Select:
    index, key = _index()
    hits = (
        select(key.label("id"), literal(number).label("tier"), Product.name_key.label("name_key"))
        .select_from(index).join(Product, Product.id == key)
        .where(_bound(condition, name, values), *filters).order_by(key.desc()).limit(RANKED_HITS)
    )
    if filters:
        hits = hits.join(Seller, Seller.id == Product.seller_id)
    return select(hits.subquery())
