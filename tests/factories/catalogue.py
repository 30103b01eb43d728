"""Categories, products and photos for tests; every function commits."""

from datetime import UTC, datetime
from itertools import count

from marketplace.catalogue.keys import keys_of, slug_of
from marketplace.catalogue.models import Category, Product, ProductCertificate, ProductChannel, ProductPhoto
from marketplace.database import db, transaction
from marketplace.sellers.models import Certificate, Seller
from tests.factories.sellers import make_seller

EARLIER = datetime(2026, 11, 5, 2, 0, tzinfo=UTC)
_numbers = count(1)


def make_category(slug: str = "xoai") -> Category:
    """One of the market's own shelves (they are loaded by migration)."""
    return db.session.query(Category).filter_by(slug=slug).one()


def make_product(
    seller: Seller | None = None, *, state: str = "listed", category: Category | str = "xoai",
    certificates: tuple[Certificate, ...] = (), channels: dict[str, str] | None = None, photos: int = 0, **columns,
) -> Product:
    """A product sold by the kilogram at 45.000 đồng unless told otherwise; keyword arguments are model columns."""
    number = next(_numbers)
    seller = seller or make_seller()
    shelf = make_category(category) if isinstance(category, str) else category
    values = {
        "name": f"Xoài cát Hòa Lộc {number}", "measure": "mass", "unit_label": "kg", "price": 45_000, "step": 500,
        "minimum": 1000, "perishable": shelf.perishable, "created_at": EARLIER, "updated_at": EARLIER, "variety": "",
        "submitted_at": None if state == "draft" else EARLIER, "listed_at": EARLIER if state in {"listed", "withdrawn"} else None,
    } | columns
    keys = keys_of(name=values["name"], variety=values["variety"], categories=(shelf.name,))
    with transaction() as session:
        product = Product(
            seller_id=seller.id, category_id=shelf.id, state=state, slug=slug_of(values["name"]), name_key=keys.name,
            marked_key=keys.marked, search_key=keys.search, **values,
        )
        session.add(product)
        session.flush()
        session.add_all(ProductCertificate(product_id=product.id, certificate_id=c.id) for c in certificates)
        session.add_all(ProductChannel(product_id=product.id, channel=c, url=u) for c, u in (channels or {}).items())
        session.add_all(_photo(product, position) for position in range(photos))
    return product


def _photo(product: Product, position: int) -> ProductPhoto:
    """A photo row without files on disk."""
    key = f"{product.id:016x}{position:016x}"
    return ProductPhoto(
        product_id=product.id, position=position, key=key, widths=[320, 640, 1280], width=1280, height=960,
        sha256=f"{product.id:032x}{position:032x}", alt=product.name, added_at=EARLIER,
    )
