"""Filling a basket: add, change, take out, and join the guest's basket with the person's at sign-in."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from marketplace.catalogue import queries as catalogue
from marketplace.catalogue.queries import Orderable
from marketplace.database import transaction
from marketplace.errors import N_, DomainError, NotFound
from marketplace.i18n import format_quantity
from marketplace.lots import queries as lots
from marketplace.money import MAX_DONG, line_total
from marketplace.orders.models import Basket, BasketLine
from marketplace.orders.policies import MAX_LINES, fits
from marketplace.orders.services import codes


class NotOnSale(DomainError):
    """The product is withdrawn, or its seller does not sell now."""

    code = "not-on-sale"
    message = N_("Sản phẩm này hiện không bán. Mời bạn chọn sản phẩm khác.")
    field = "product_id"
    status = 409


class BadQuantity(DomainError):
    """Below the product's minimum, between its steps, or beyond reason."""

    code = "bad-quantity"
    message = N_("Số lượng chưa đúng: mua từ %(minimum)s, mỗi lần thêm %(step)s.")
    field = "quantity"


class NotEnough(DomainError):
    """Less is left than was asked for."""

    code = "not-enough"
    message = N_("Hiện chỉ còn %(available)s. Mời bạn chọn ít hơn.")
    field = "quantity"
    status = 409


class BasketFull(DomainError):
    """A basket holds a limited number of different products."""

    code = "basket-full"
    message = N_("Giỏ đã có %(most)s món. Mời bạn đặt mua bớt trước khi chọn thêm.")
    field = "product_id"


@dataclass(frozen=True)
class BasketState:
    """The token to keep in the session, and how many different products are in the basket."""

    token: str
    count: int


def add_to_basket(
    *, token: str | None, person_id: int | None, product_id: int, quantity: int | None, now: datetime
) -> BasketState:
    """Put a product in (or more of it); `quantity` None is the product's minimum. Makes the basket when there is none.

    Raises NotFound, NotOnSale, BadQuantity, NotEnough, BasketFull.
    """
    with transaction() as session:
        product = _product(product_id)
        basket = _open(session, token, person_id, now)
        line = session.get(BasketLine, (basket.id, product_id))
        wanted = (quantity if quantity is not None else product.minimum) + (line.quantity if line else 0)
        _check(product, wanted)
        if line is None:
            if _count(session, basket.id) >= MAX_LINES:
                raise BasketFull(most=MAX_LINES)
            session.add(BasketLine(basket_id=basket.id, product_id=product_id, quantity=wanted, seen_price=product.price))
        else:
            line.quantity, line.seen_price = wanted, product.price
        return _state(session, basket, now)


def set_quantity(
    *, token: str | None, person_id: int | None, product_id: int, quantity: int, now: datetime
) -> BasketState:
    """Change how much of a product is in the basket; 0 takes it out. Raises NotFound, NotOnSale, BadQuantity, NotEnough."""
    if quantity == 0:
        return remove(token=token, person_id=person_id, product_id=product_id, now=now)
    with transaction() as session:
        basket = _own(session, token, person_id)
        line = session.get(BasketLine, (basket.id, product_id))
        if line is None:
            raise NotFound
        product = _product(product_id)
        _check(product, quantity)
        line.quantity, line.seen_price = quantity, product.price
        return _state(session, basket, now)


def remove(*, token: str | None, person_id: int | None, product_id: int, now: datetime) -> BasketState:
    """Take a product out; taking out what is not there changes nothing. Raises NotFound without a basket."""
    with transaction() as session:
        basket = _own(session, token, person_id)
        session.execute(delete(BasketLine).where(BasketLine.basket_id == basket.id, BasketLine.product_id == product_id))
        return _state(session, basket, now)


def merge_at_sign_in(*, token: str | None, person_id: int, now: datetime) -> BasketState | None:
    """Join the guest's basket with the one the person left elsewhere; of the same product the larger wish counts.

    None when the person has no basket at all.
    """
    with transaction() as session:
        own = session.scalar(
            select(Basket).where(Basket.person_id == person_id).order_by(Basket.updated_at.desc(), Basket.id.desc()).limit(1)
        )
        guest = session.scalar(select(Basket).where(Basket.token == token, Basket.person_id.is_(None))) if token else None
        if guest is None:
            return _state(session, own, now) if own else None
        if own is None:
            guest.person_id = person_id
            return _state(session, guest, now)
        _pour(session, guest, own)
        return _state(session, own, now)


def _pour(session: Session, guest: Basket, own: Basket) -> None:
    have = {line.product_id: line for line in own.lines}
    for line in guest.lines:
        if line.product_id in have:
            have[line.product_id].quantity = max(have[line.product_id].quantity, line.quantity)
        elif len(have) < MAX_LINES:
            fresh = BasketLine(product_id=line.product_id, quantity=line.quantity, seen_price=line.seen_price)
            have[line.product_id] = fresh
            own.lines.append(fresh)
    session.delete(guest)
    session.flush()


def _product(product_id: int) -> Orderable:
    product = catalogue.orderable([product_id]).get(product_id)
    if product is None:
        raise NotFound
    if not product.on_sale:
        raise NotOnSale
    return product


def _check(product: Orderable, quantity: int) -> None:
    too_dear = line_total(price=product.price, quantity=max(quantity, 0), measure=product.measure) > MAX_DONG
    if too_dear or not fits(quantity, minimum=product.minimum, step=product.step):
        raise BadQuantity(
            minimum=Shown(product.minimum, product.measure, product.unit_label),
            step=Shown(product.step, product.measure, product.unit_label),
        )
    available = lots.stock_of([product.id]).get(product.id, 0)
    if quantity > available:
        raise NotEnough(available=Shown(available, product.measure, product.unit_label))


@dataclass(frozen=True)
class Shown:
    """A quantity in an error's sentence, printed in the reader's own way when the sentence is."""

    quantity: int
    measure: str
    unit_label: str

    def __str__(self) -> str:
        return format_quantity(self.quantity, self.measure, self.unit_label)


def _open(session: Session, token: str | None, person_id: int | None, now: datetime) -> Basket:
    try:
        return _own(session, token, person_id)
    except NotFound:
        basket = Basket(token=codes.new_basket_token(), person_id=person_id, created_at=now, updated_at=now)
        session.add(basket)
        session.flush()
        return basket


def _own(session: Session, token: str | None, person_id: int | None) -> Basket:
    """The basket of this token, unless it became somebody else's. Raises NotFound."""
    found = select(Basket).where(Basket.token == token).execution_options(populate_existing=True)
    basket = session.scalar(found) if token else None
    if basket is None or basket.person_id not in (None, person_id):
        raise NotFound
    return basket


def _count(session: Session, basket_id: int) -> int:
    return session.scalar(select(func.count()).where(BasketLine.basket_id == basket_id))


def _state(session: Session, basket: Basket, now: datetime) -> BasketState:
    session.flush()
    session.execute(update(Basket).where(Basket.id == basket.id).values(updated_at=now))
    return BasketState(basket.token, _count(session, basket.id))
