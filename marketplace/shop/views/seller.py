"""The public page of a seller: who they are, what vouches for them, what they sell."""

from flask import abort, current_app, render_template

from marketplace.database import utcnow, vietnam_day
from marketplace.search import queries as search
from marketplace.sellers import queries as sellers
from marketplace.shop.views import bp
from marketplace.web.access import public

SHOWN = 96
"""Products on the page; a larger range is reached through the search."""


@bp.get("/nha-cung-cap/<slug>")
@public
def seller(slug: str):
    """Sellers approved once; a suspended or closed one says so and shows no goods."""
    today = vietnam_day(utcnow())
    found = sellers.public_seller(slug, day=today)
    if found is None:
        abort(404)
    products = search.of_seller(seller_id=found.id, day=today, limit=SHOWN) if found.state == "approved" else []
    address = f"{current_app.extensions['settings'].public_url}/nha-cung-cap/{found.slug}"
    return render_template(
        "shop/seller.html", seller=found, products=products, today=today, address=address, more=len(products) == SHOWN
    )
