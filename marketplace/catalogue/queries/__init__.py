"""Reads of the catalogue: `public` for everybody's pages, `desk` for the seller's and the officer's."""

from marketplace.catalogue.queries.desk import (
    DeskPhoto,
    DeskProduct,
    DeskRow,
    ReviewProduct,
    ReviewRow,
    attachable_certificates,
    count_to_review,
    desk_product,
    desk_products,
    review_product,
    to_review,
)
from marketplace.catalogue.queries.public import (
    FIRST_PHOTO,
    PHOTO_COLUMNS,
    CategoryRow,
    Orderable,
    PhotoRow,
    ProductPage,
    categories,
    certificates_of,
    ocop_stars,
    orderable,
    photo_row,
    photos_of,
    price_per_kilogram,
    product_page,
)

__all__ = [
    "FIRST_PHOTO", "PHOTO_COLUMNS", "CategoryRow", "DeskPhoto", "DeskProduct", "DeskRow", "Orderable", "PhotoRow", "ProductPage",
    "ReviewProduct", "ReviewRow", "attachable_certificates", "categories", "certificates_of", "count_to_review", "desk_product", "desk_products",
    "ocop_stars", "orderable", "photo_row", "photos_of", "price_per_kilogram", "product_page", "review_product", "to_review",
]
