"""The market's catalogue and product pages."""

import re

from flask import abort, current_app, redirect, render_template, request
from werkzeug.exceptions import Gone

from marketplace.catalogue import queries as catalogue
from marketplace.database import utcnow, vietnam_day
from marketplace.i18n import current_locale
from marketplace.lots import queries as lots
from marketplace.places import queries as places
from marketplace.search import queries as search
from marketplace.search.cards import card_arguments, per_kilogram
from marketplace.search.criteria import from_url
from marketplace.shop import filters, words
from marketplace.shop.views import bp
from marketplace.web.access import public
from marketplace.web.forms import Form

ADDRESS = re.compile(r"([1-9][0-9]{0,14})(?:-(.*))?", re.ASCII | re.DOTALL)
CATALOGUE = "/san-pham"


@bp.get(CATALOGUE)
@public
def products():
    day = vietnam_day(utcnow())
    shelves = catalogue.categories()
    units = places.present_units()
    criteria = from_url(request.args, categories={s.slug for s in shelves}, places={u.id for u in units})
    found = search.search_products(criteria, day=day)
    shelf = next((s for s in shelves if s.slug == criteria.category), None)
    return render_template(
        "shop/products.html", criteria=criteria, page=found.page, hits=words.hits_in_words(found.page.total, found.more),
        items=[card_arguments(card, day=day) for card in found.page.rows], more=found.more,
        groups=filters.groups(criteria, shelves=shelves, units=units, locale=current_locale()),
        shelf=shelf, shelf_name=shelf.title(current_locale()) if shelf else "", search_text=criteria.text,
        prefix=f"{CATALOGUE}?{criteria.query_string()}{'&' if criteria.query_string() else ''}trang=",
        canonical=f"{public_url()}{CATALOGUE}{'?danh-muc=' + criteria.category if criteria.category else ''}",
    )


@bp.get(f"{CATALOGUE}/<address>")
@public
def product(address: str):
    """One product; a wrong or missing slug is led to the right one, a product that left the market says so (410)."""
    match = ADDRESS.fullmatch(address)
    found = catalogue.product_page(int(match[1])) if match else None
    if found is None or found.listed_at is None:
        abort(404)
    if not found.visible:
        return render_template("shop/product_gone.html", product=found), Gone.code
    right = f"{CATALOGUE}/{found.id}-{found.slug}"
    if address != f"{found.id}-{found.slug}":
        return redirect(right, 301)
    return render_template("shop/product.html", form=Form(), address=f"{public_url()}{right}", **_parts(found))


def _parts(found: catalogue.ProductPage) -> dict:
    """Everything on the page besides the product itself."""
    day = vietnam_day(utcnow())
    photos = catalogue.photos_of(found.id)
    related = search.related(product_id=found.id, category_id=found.category.id, seller_id=found.seller_id)
    available = lots.stock_of([found.id]).get(found.id, 0)
    certificates = catalogue.certificates_of([found.id], day).get(found.id, [])
    return {
        "product": found, "photos": photos, "certificates": [c for c in certificates if c.state in ("checked", "declared")],
        "ocop": catalogue.ocop_stars(certificates), "available": available, "locale": current_locale(),
        "lots": lots.lots_for_packing(seller_id=found.seller_id, product_id=found.id, day=day)[:5],
        "stock": words.stock_in_words(
            available, minimum=found.minimum, measure=found.measure, unit_label=found.unit_label
        ),
        "bounds": [words.typed(n, found.measure) for n in (found.minimum, available, found.step)],
        "unit": words.unit_in_words(found.measure, found.unit_label, found.grams_per_piece),
        "season": words.season_in_words(found.season_from, found.season_to, day),
        "per_kilogram": per_kilogram(found.price_per_kilogram),
        "related": [card_arguments(card, day=day) for card in related],
        "share_image": _share_image(photos),
    }


def _share_image(photos: list[catalogue.PhotoRow]) -> str:
    """Absolute address of a picture wide enough for Zalo and Facebook (600 × 315), or ""."""
    wide = next((photo for photo in photos if photo.width >= 600 and photo.height >= 315), None)
    return public_url() + wide.at(1280)["src"] if wide else ""


def public_url() -> str:
    """The site's own address, as printed in codes."""
    return current_app.extensions["settings"].public_url
