"""Writing a product's own rows: checked details, keys, photos, channels, certificates, and the history of its states."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.models import Person
from marketplace.catalogue import policies
from marketplace.catalogue.details import Details
from marketplace.catalogue.keys import keys_of, slug_of
from marketplace.catalogue.models import (
    CHANNELS,
    Category,
    Product,
    ProductCertificate,
    ProductChannel,
    ProductDecision,
    ProductPhoto,
)
from marketplace.errors import N_, Conflict, DomainError
from marketplace.money import MAX_DONG
from marketplace.sellers.models import Certificate
from marketplace.web.images import StoredPicture

HOST = re.compile(r"[a-z0-9.-]+\.[a-z]{2,}", re.IGNORECASE)
BIGGEST_PIECE = 1_000_000
"""Grams: a tonne in one pack."""


class UnknownCategory(DomainError):
    """No such shelf, or a top shelf: goods stand on the inner ones."""

    code = "unknown-category"
    message = N_("Mời bạn chọn nhóm hàng trong danh sách.")
    field = "category_id"


class BadPrice(DomainError):
    """Zero, negative or beyond any farm produce."""

    code = "bad-price"
    message = N_("Giá phải lớn hơn 0 và không quá 1.000.000.000.000 ₫.")
    field = "price"


class BadQuantity(DomainError):
    """Minimum or weight per piece out of range."""

    code = "bad-quantity"
    message = N_("Số lượng phải lớn hơn 0 và không quá lớn.")
    field = "minimum"


class BadUnit(DomainError):
    """Unknown measure or a unit without a word."""

    code = "bad-unit"
    message = N_("Mời bạn chọn cách bán: theo ký hay theo trái, hộp, thùng…")
    field = "unit"


class MeasureFixed(DomainError):
    """From weight to pieces or back, after the product was handed in once."""

    code = "measure-fixed"
    message = N_("Sản phẩm đã gửi duyệt thì không đổi giữa bán theo ký và bán theo trái, hộp. Mời bạn đăng sản phẩm mới.")
    field = "unit"


class TextTooLong(DomainError):
    """Longer than the page can show."""

    code = "text-too-long"
    message = N_("Dài quá %(most)s chữ cái. Mời bạn viết ngắn lại.")


class BadMonths(DomainError):
    """Only one end of the season, or no month."""

    code = "bad-months"
    message = N_("Mời bạn chọn cả tháng bắt đầu và tháng kết thúc mùa, hoặc để trống cả hai.")
    field = "season_from"


class BadLink(DomainError):
    """Not an address of a page."""

    code = "bad-link"
    message = N_("Đường dẫn phải bắt đầu bằng https:// hoặc http:// và không quá 255 ký tự.")


class ForeignCertificate(DomainError):
    """Not this seller's, or not in force."""

    code = "certificate-not-usable"
    message = N_("Chỉ gắn được chứng nhận của chính gian hàng và còn hiệu lực.")
    field = "certificates"


class TooManyPhotos(DomainError):
    """More than a page shows."""

    code = "too-many-photos"
    message = N_("Mỗi sản phẩm tối đa %(most)s ảnh. Mời bạn bỏ bớt.")
    field = "photos"


class Stale(Conflict):
    """Somebody saved after this page was opened."""

    code = "product-changed"
    message = N_("Có người vừa sửa sản phẩm này trước bạn. Mời bạn tải lại trang, xem nội dung mới rồi sửa tiếp.")


def check(details: Details) -> None:
    """Refuse values no listing can have. Raises the errors of this module, each at its form field."""
    for name, most in (("name", policies.LONGEST_NAME), ("variety", 120), ("description", policies.LONGEST_DESCRIPTION)):
        if len(getattr(details, name)) > most:
            raise TextTooLong(field=name, most=most)
    if details.measure not in {"mass", "piece"} or not 0 < len(details.unit_label) <= 40:
        raise BadUnit
    if details.price is not None and not 0 < details.price <= MAX_DONG:
        raise BadPrice
    if not 0 < details.minimum <= 10**9:
        raise BadQuantity
    if details.grams_per_piece is not None and not 0 < details.grams_per_piece <= BIGGEST_PIECE:
        raise BadQuantity(field="grams_per_piece")
    months = (details.season_from, details.season_to)
    if months != (None, None) and not all(isinstance(m, int) and 1 <= m <= 12 for m in months):
        raise BadMonths
    for channel, link in details.channels.items():
        _check_link(channel, link)


def _check_link(channel: str, link: str) -> None:
    if channel not in CHANNELS:
        raise BadLink
    if not link:
        return
    try:
        parts = urlsplit(link)
        usable = parts.scheme in {"http", "https"} and HOST.fullmatch(parts.hostname or "") and not parts.username
    except ValueError:
        usable = False
    if not usable or len(link) > 255 or any(c.isspace() for c in link):
        raise BadLink(field=f"link_{channel}")


def fill(session: Session, product: Product, details: Details, *, now: datetime) -> set[str]:
    """Write the details' columns and keys; returns the names of the columns that changed."""
    if policies.measure_is_fixed(product) and product.measure != details.measure:
        raise MeasureFixed
    category = _category(session, details.category_id)
    columns = {
        "name": details.name,
        "variety": details.variety,
        "description": details.description,
        "category_id": details.category_id,
        "measure": details.measure,
        "unit_label": details.unit_label,
        "grams_per_piece": details.grams_per_piece if details.measure == "piece" else None,
        "price": details.price,
        "minimum": details.minimum,
        "step": policies.step_for(measure=details.measure, minimum=details.minimum),
        "season_from": details.season_from,
        "season_to": details.season_to,
        "produced_by_seller": details.produced_by_seller,
        "perishable": category.perishable if category else True,
    }
    changed = {name for name, value in columns.items() if getattr(product, name) != value}
    for name, value in columns.items():
        setattr(product, name, value)
    shelves = [shelf.name for shelf in (category, category.parent if category else None) if shelf]
    keys = keys_of(name=product.name, variety=product.variety, categories=shelves)
    product.slug = slug_of(product.name)
    product.name_key, product.marked_key, product.search_key = keys.name, keys.marked, keys.search
    product.updated_at = now
    return changed


def _category(session: Session, category_id: int | None) -> Category | None:
    if category_id is None:
        return None
    category = session.get(Category, category_id)
    if category is None or category.parent_id is None:
        raise UnknownCategory
    return category


def set_channels(product: Product, channels: dict[str, str], *, day: date) -> None:
    """Replace the list of other channels; `since` of those that stay is kept."""
    existing = {row.channel: row for row in product.channels}
    product.channels = [row for channel, row in existing.items() if channel in channels]
    for channel, link in channels.items():
        if channel in existing:
            existing[channel].url = link
        else:
            product.channels.append(ProductChannel(channel=channel, url=link, since=day))


def set_certificates(session: Session, product: Product, certificate_ids: Sequence[int], *, day: date) -> None:
    """Link exactly these certificates. Links that stand may stay when expired; new ones must be own and in force."""
    linked = {link.certificate_id: link for link in product.certificate_links}
    wanted = set(certificate_ids)
    usable = {
        row.id
        for row in session.scalars(
            select(Certificate).where(Certificate.id.in_(wanted), Certificate.seller_id == product.seller_id)
        )
        if row.id in linked or row.state_on(day) in {"checked", "declared"}
    }
    if wanted != usable:
        raise ForeignCertificate
    kept = [link for certificate_id, link in linked.items() if certificate_id in wanted]
    product.certificate_links = kept + [ProductCertificate(certificate_id=i) for i in sorted(wanted - set(linked))]


def set_photos(
    product: Product, *, added: Sequence[StoredPicture], removed: Sequence[int], first: int | None, now: datetime
) -> bool:
    """Drop photos by id, append new ones, put `first` (an id) in front, number from 0; True when anything changed."""
    before = [photo.key for photo in product.photos]
    kept = [photo for photo in product.photos if photo.id not in set(removed)]
    kept.sort(key=lambda photo: photo.id != first)
    present = {photo.key for photo in kept}
    for picture in added:
        if picture.key not in present:
            present.add(picture.key)
            kept.append(_photo(picture, now))
    if len(kept) > policies.MAX_PHOTOS:
        raise TooManyPhotos(most=policies.MAX_PHOTOS)
    for position, photo in enumerate(kept):
        photo.position, photo.alt = position, product.name
    product.photos = kept
    return [photo.key for photo in kept] != before


def _photo(picture: StoredPicture, now: datetime) -> ProductPhoto:
    return ProductPhoto(
        key=picture.key,
        widths=list(picture.widths),
        width=picture.width,
        height=picture.height,
        sha256=picture.sha256,
        added_at=now,
    )


def move(session: Session, product: Product, *, to: str, actor: Person, reason: str, now: datetime) -> None:
    """Change the state and write the line of history."""
    session.add(ProductDecision(product_id=product.id, before=product.state, after=to, actor_id=actor.id, reason=reason, at=now))
    product.state, product.updated_at = to, now
