"""T0: a basket becomes a purchase with one order per seller, in one transaction; stock is taken last."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Person
from marketplace.catalogue import queries as catalogue
from marketplace.database import db, transaction, vietnam_day
from marketplace.errors import N_, Conflict, DomainError
from marketplace.lots import services as lots
from marketplace.lots.services import OutOfStock
from marketplace.money import format_dong
from marketplace.orders import policies
from marketplace.orders.models import BasketLine, OrderLine, OrderTransition, Purchase, SellerOrder, StockHold
from marketplace.orders.queries import life
from marketplace.orders.queries.basket import Group, Quote, quote
from marketplace.orders.services import codes, messages, stock
from marketplace.orders.services.basket import Shown
from marketplace.orders.services.timers import expire_purchase
from marketplace.payments import services as payments
from marketplace.places import queries as places

METHODS = ("cod", "card")
IN_FORCE = ("checked", "declared")
"""States of a certificate that is kept with the sale; the copy says which of the two it was."""


class BasketEmpty(DomainError):
    """There is nothing to buy: already placed from another page, or never filled."""

    code = "basket-empty"
    message = N_("Giỏ hàng đang trống, hoặc vừa được đặt ở một trang khác.")
    status = 409


class QuoteChanged(DomainError):
    """Price, stock, quantity or delivery fee is no longer what the buyer saw; nothing was placed."""

    code = "quote-changed"
    message = N_("Giá, số lượng hoặc phí giao vừa thay đổi nên chưa đặt đơn. Mời bạn xem lại rồi bấm đặt lần nữa.")
    status = 409


class SoldMeanwhile(DomainError):
    """Somebody else took the goods between the page and the press; nothing was placed."""

    code = "sold-meanwhile"
    message = N_("%(product)s vừa có người mua trước, hiện còn %(available)s. Chưa có đơn nào được đặt.")
    status = 409


class PurchaseTooLarge(DomainError):
    """Beyond what the market takes in one purchase."""

    code = "purchase-too-large"
    message = N_("Đơn này quá lớn để đặt trực tuyến. Mời bạn gọi người bán để thỏa thuận.")


class TooManySellers(DomainError):
    """One purchase spans a limited number of sellers."""

    code = "too-many-sellers"
    message = N_("Một lần đặt chỉ gồm tối đa %(most)s gian hàng. Mời bạn đặt bớt trước.")


class PlaceUnknown(DomainError):
    """The delivery address lies in no present ward or commune of the city."""

    code = "place-unknown"
    message = N_("Mời bạn chọn xã hoặc phường nhận hàng.")
    field = "place"


class MethodUnknown(DomainError):
    """The market takes cash at the door or a card."""

    code = "method-unknown"
    message = N_("Mời bạn chọn cách trả tiền.")
    field = "method"


class CashClosed(DomainError):
    """Cash at the door is closed to this order: over the cap, too many open orders, too many refused parcels."""

    code = "cash-closed"
    field = "method"
    message = N_("Mỗi kiện trả tiền khi nhận tối đa %(most)s. Mời bạn chọn bớt hàng hoặc trả bằng thẻ.")


class CashTooMany(CashClosed):
    """Too many unfinished cash orders on one phone number."""

    code = "cash-open"
    message = N_("Số điện thoại này đang có nhiều đơn trả tiền mặt chưa nhận. Mời bạn nhận hàng xong rồi đặt tiếp.")


class CashRefusedOften(CashClosed):
    """Too many parcels refused at the door."""

    code = "cash-refusals"
    message = N_("Số điện thoại này đã nhiều lần không nhận hàng nên chỉ đặt được bằng thẻ.")


@dataclass(frozen=True)
class Details:
    """Who receives it where, how each seller delivers (seller id → ship or pickup), and the seal of the page seen."""

    recipient: str
    phone: str
    address_line: str
    place_id: int | None
    note: str = ""
    ways: Mapping[int, str] = field(default_factory=dict)
    seal: str = ""


@dataclass(frozen=True)
class Placed:
    """The purchase's code, the secret of its link and where to go now; `fresh` is False for a repeated press."""

    purchase_code: str
    guest_token: str
    next_url: str
    fresh: bool


_P = Purchase.__table__.c  # plain tables where it is hot: the ORM's part of a statement costs as much as the driver's
_FIND = select(_P.code, _P.buyer_id).where(_P.client_key == bindparam("key"))
_EMPTY = delete(BasketLine.__table__).where(BasketLine.__table__.c.basket_id == bindparam("basket"))
_PURCHASE = insert(Purchase.__table__).returning(_P.id)
_ORDER = insert(SellerOrder.__table__).returning(SellerOrder.__table__.c.id)
_LINE, _HOLD, _LOG = (insert(model.__table__).inline() for model in (OrderLine, StockHold, OrderTransition))


def place_order(
    *, buyer: Person | None, basket_token: str | None, details: Details, method: str, client_key: str, now: datetime,
    public_url: str = "", request_id: str = "",
) -> Placed:
    """T0. One `client_key` is one purchase however often it is sent. `public_url` begins the links in messages.

    Everything is re-read; when anything differs from `details.seal`, nothing is placed. Raises BasketEmpty, QuoteChanged,
    SoldMeanwhile, PurchaseTooLarge, TooManySellers, PlaceUnknown, MethodUnknown, CashClosed, and what payments raise.
    """
    wish = _Wish(buyer.id if buyer else None, buyer.email if buyer else None, basket_token, details, method,
                 client_key, now, public_url, request_id)
    try:
        try:
            return _place(wish, reclaim=False)
        except OutOfStock:
            # Somebody's unpaid hold may have run out: take it back, then try once more (I2).
            return _place(wish, reclaim=True)
    except (IntegrityError, DomainError):
        # A repeated press cannot be placed again (the key is unique); whatever stopped it, it gets its first answer.
        placed = _placed_before(wish)
        if placed is None:
            raise
        return placed


@dataclass(frozen=True)
class _Wish:
    """The arguments of one placement."""

    buyer_id: int | None
    email: str | None
    basket_token: str | None
    details: Details
    method: str
    client_key: str
    now: datetime
    public_url: str
    request_id: str

    def link(self, code: str) -> str:
        return f"/don-hang/{code}?k={codes.guest_token(self.client_key)}"


def _placed_before(wish: _Wish) -> Placed | None:
    """The purchase this key already made. Raises Conflict when it is somebody else's."""
    row = db.session.execute(_FIND, {"key": codes.digest(wish.client_key)}).one_or_none()
    if row is None:
        return None
    if row.buyer_id != wish.buyer_id:
        raise Conflict
    return Placed(row.code, codes.guest_token(wish.client_key), wish.link(row.code), False)


def _place(wish: _Wish, *, reclaim: bool) -> Placed:
    with transaction():
        priced = quote(
            token=wish.basket_token, person_id=wish.buyer_id, now=wish.now, ways=wish.details.ways, with_stock=False
        )
        _check(wish, priced)
        freed: list[stock.Change] = []
        if reclaim:
            for code in life.purchases_with_expired_holds(products=[r.product.id for r in priced.rows], now=wish.now):
                expire_purchase(purchase_code=code, now=wish.now, defer=freed)
        code = _write(wish, priced)
        _take(wish, priced, freed, final=reclaim)
    return Placed(code, codes.guest_token(wish.client_key), wish.link(code), True)


def _check(wish: _Wish, priced: Quote) -> None:
    if not priced.groups:
        raise BasketEmpty
    if not priced.buyable or priced.seal != wish.details.seal:
        raise QuoteChanged
    if wish.method not in METHODS:
        raise MethodUnknown
    if wish.details.place_id is None or not places.is_present(wish.details.place_id):
        raise PlaceUnknown
    if len(priced.groups) > policies.MAX_SELLERS:
        raise TooManySellers(most=policies.MAX_SELLERS)
    if not 0 < priced.total <= policies.MAX_PURCHASE or any(group.total <= 0 for group in priced.groups):
        raise PurchaseTooLarge
    if wish.method == "cod":
        _check_cash(wish, priced)


def _check_cash(wish: _Wish, priced: Quote) -> None:
    since = wish.now - timedelta(days=life.REFUSED_WITHIN_DAYS)
    history = life.cash_history(phone=wish.details.phone, since=since)
    totals = [group.total for group in priced.groups]
    why = policies.cash_allowed(parcel_totals=totals, history=history, rules=priced.rules)
    if why == "cash-most":
        raise CashClosed(most=format_dong(priced.rules["cash-most"]))
    if why:
        raise CashTooMany if why == "cash-open" else CashRefusedOften


def _write(wish: _Wish, priced: Quote) -> str:
    """Insert everything but the stock: purchase, orders, frozen lines, holds, log, messages, payments."""
    emptied = db.session.execute(_EMPTY, {"basket": priced.basket_id})
    if emptied.rowcount != priced.count:
        raise BasketEmpty
    code = codes.new_purchase_code()
    purchase_id = db.session.scalar(_PURCHASE, _purchase_row(wish, priced, code))
    papers = catalogue.certificates_of([row.product.id for row in priced.rows], vietnam_day(wish.now))
    lines, holds, moves, shares = [], [], [], {}
    for number, group in enumerate(priced.groups):
        order_code = codes.order_code(code, number)
        row = _order_row(wish, priced, group, purchase_id, order_code)
        order_id = db.session.scalar(_ORDER, row)
        lines += [_line_row(order_id, line, papers.get(line.product.id, [])) for line in group.rows]
        holds += [_hold_row(wish, order_id, line, row["due_at"]) for line in group.rows]
        moves.append(_move_row(wish, order_id, row["state"]))
        shares[order_code] = group.total
    db.session.execute(_LINE, lines)
    db.session.execute(_HOLD, holds)
    db.session.execute(_LOG, moves)
    link = wish.public_url + wish.link(code)
    _tell(wish, priced, code, shares, link)
    _begin_payment(wish, code, shares, link)
    return code


def _tell(wish: _Wish, priced: Quote, code: str, shares: dict[str, int], link: str) -> None:
    """The buyer's receipt; each seller hears of a cash order now, of a card order once it is paid."""
    told = zip(priced.groups, shares, strict=True) if wish.method == "cod" else ()
    messages.tell_placed(
        phone=wish.details.phone, email=wish.email, code=code, total=priced.total, link=link, now=wish.now,
        sellers=[(group.seller_phone, group.seller_email, order_code) for group, order_code in told],
    )


def _begin_payment(wish: _Wish, code: str, shares: dict[str, int], link: str) -> None:
    """One card payment for the purchase, or one sum of cash at each door (I1)."""
    if wish.method == "card":
        payments.begin_card(reference=code, shares=shares, return_url=link, now=wish.now)
        return
    for order_code, amount in shares.items():
        payments.begin_cash(reference=order_code, amount=amount, now=wish.now)


def _take(wish: _Wish, priced: Quote, freed: list[stock.Change], *, final: bool) -> None:
    """Hold the goods (card) or promise them (cash): the conditional UPDATEs, in product order, last of all."""
    verb = lots.hold_stock if wish.method == "card" else lots.allocate_stock
    wanted = stock.Change(verb, {row.product.id: row.quantity for row in priced.rows})
    try:
        if freed:
            stock.sweep([*freed, wanted])
        else:
            wanted()
    except OutOfStock as error:
        if not final:
            raise
        product = next(row.product for row in priced.rows if row.product.id == error.product_id)
        left = Shown(error.available, product.measure, product.unit_label)
        raise SoldMeanwhile(product=product.name, available=left) from error


def _purchase_row(wish: _Wish, priced: Quote, code: str) -> dict:
    details = wish.details
    return {
        "code": code, "client_key": codes.digest(wish.client_key), "buyer_id": wish.buyer_id, "method": wish.method,
        "token_hash": codes.digest(codes.guest_token(wish.client_key)), "items_total": priced.items_total,
        "delivery_total": priced.delivery_total, "total": priced.total, "recipient": details.recipient,
        "phone": details.phone, "address_line": details.address_line, "place_id": details.place_id,
        "note": details.note, "created_at": wish.now,
    }


def _order_row(wish: _Wish, priced: Quote, group: Group, purchase_id: int, code: str) -> dict:
    fresh = "-fresh" if group.perishable else ""
    card = wish.method == "card"
    clock = timedelta(minutes=priced.rules["card-minutes"]) if card else timedelta(hours=priced.rules[f"accept-hours{fresh}"])
    return {
        "purchase_id": purchase_id, "seller_id": group.seller_id, "code": code, "delivery": group.way,
        "state": "PENDING_PAYMENT" if card else "PENDING_SELLER", "due_at": wish.now + clock,
        "items_total": group.items_total, "delivery_fee": group.fee, "total": group.total,
        "perishable": group.perishable, "created_at": wish.now,
    }


def _line_row(order_id: int, row, papers: list) -> dict:
    """The frozen copy (I11): name, shelf, price, certificates in force today and OCOP stars."""
    product = row.product
    in_force = [paper for paper in papers if paper.state in IN_FORCE]
    return {
        "order_id": order_id, "product_id": product.id, "product_name": product.name, "category_id": product.category_id,
        "ocop_stars": catalogue.ocop_stars(papers) or None, "measure": product.measure, "unit_label": product.unit_label,
        "grams_per_piece": product.grams_per_piece, "price": product.price, "quantity": row.quantity,
        "accepted": None, "packed": None, "line_total": row.total,
        "certificates": [
            {
                "kind": paper.kind, "number": paper.number, "issuer": paper.issuer, "state": paper.state,
                "valid_to": paper.valid_to.isoformat(),
            }
            for paper in in_force
        ],
    }


def _hold_row(wish: _Wish, order_id: int, row, expires_at: datetime) -> dict:
    card = wish.method == "card"
    return {
        "order_id": order_id, "product_id": row.product.id, "quantity": row.quantity,
        "state": "held" if card else "allocated", "expires_at": expires_at if card else None,
    }


def _move_row(wish: _Wish, order_id: int, state: str) -> dict:
    return {
        "order_id": order_id, "before": "", "after": state, "actor": "buyer", "actor_id": wish.buyer_id, "reason": "",
        "request_id": wish.request_id, "at": wish.now,
    }
