"""The hosted card page: where the buyer of the demo types a test card, and the 3-D Secure page of "the bank"."""

import re
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from . import intents
from .answers import Refusal
from .cards import CARDS, by_number
from .store import Store, Thing, intent_of_secret

pages = Blueprint("pages", __name__, url_prefix="/pay", static_folder="static", template_folder="templates")

DECLINES = {
    "insufficient_funds": "Thẻ không đủ tiền. Bạn thử thẻ khác hoặc quay lại chọn cách trả khác.",
    "expired_card": "Thẻ đã hết hạn. Bạn thử thẻ khác.",
    "incorrect_cvc": "Mã CVC không đúng. Bạn xem lại 3 số ở mặt sau thẻ.",
    "processing_error": "Ngân hàng đang bận, chưa trừ tiền. Bạn thử lại sau ít phút.",
    "authentication_failure": "Bạn đã từ chối xác nhận nên chưa có khoản tiền nào bị giữ. Bạn có thể thử lại.",
    "test_mode_live_card": "Trang này chỉ nhận thẻ thử ở bảng bên dưới. Đừng nhập thẻ thật.",
}
DECLINED = "Ngân hàng từ chối thẻ này. Bạn thử thẻ khác."


def _store() -> Store:
    return current_app.config["STORE"]


def _intent(client_secret: str) -> Thing:
    with _store().transaction() as db:
        intent = intent_of_secret(db, client_secret)
    if intent is None:
        abort(404)
    return intent


@pages.get("/<client_secret>")
def card(client_secret: str) -> BaseResponse | str:
    """The form, or where the payment stands when there is nothing left to type."""
    return _next(_intent(client_secret))


@pages.post("/<client_secret>")
def pay(client_secret: str) -> BaseResponse | str | tuple[str, int]:
    """Try the typed card."""
    intent = _intent(client_secret)
    number = re.sub(r"[\s-]", "", request.form.get("number", ""))[:40]
    problems = _problems(number, request.form.get("expiry", ""), request.form.get("cvc", ""))
    if problems:
        return _form(intent, problems=problems), 422
    try:
        with _store().transaction() as db:
            intent = intents.pay(db, intent["id"], by_number(number), public_url=current_app.config["PUBLIC_URL"])
    except Refusal:
        # the declined card is noted below in a transaction of its own: the one above was rolled back
        intent = _note_decline(intent["id"], number)
    return _next(intent)


@pages.get("/<client_secret>/3ds")
def bank(client_secret: str) -> BaseResponse | str:
    """The bank asks its card holder."""
    intent = _intent(client_secret)
    if intent["status"] != "requires_action":
        return _next(intent)
    return render_template("sandbox/bank.html", intent=intent, amount=_money(intent["amount"]))


@pages.post("/<client_secret>/3ds")
def answer_bank(client_secret: str) -> BaseResponse | str:
    """The card holder agreed or declined."""
    intent = _intent(client_secret)
    try:
        with _store().transaction() as db:
            intent = intents.authenticate(db, intent["id"], agreed=request.form.get("answer") == "agree")
    except Refusal:
        intent = _intent(client_secret)
    return _next(intent)


@pages.after_request
def _headers(response: Response) -> Response:
    # form-action covers the redirect that follows a form, so the shop's own address must be allowed here
    origins = " ".join(sorted({current_app.config["PUBLIC_URL"], *_return_origins()}))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'self'; img-src data:; form-action 'self' {origins}; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store" if request.endpoint != "pages.static" else "max-age=3600"
    return response


def _return_origins() -> set[str]:
    client_secret = (request.view_args or {}).get("client_secret", "")
    with _store().transaction() as db:
        intent = intent_of_secret(db, client_secret)
    address = _return_address(intent) if intent else ""
    parts = urlsplit(address)
    return {f"{parts.scheme}://{parts.netloc}"} if address else set()


def _return_address(intent: Thing) -> str:
    address = intent["metadata"].get("return_url", "")
    return address if urlsplit(address).scheme in ("http", "https") else ""


def _note_decline(intent_id: str, number: str) -> Thing:
    with _store().transaction() as db:
        try:
            return intents.pay(db, intent_id, by_number(number), public_url=current_app.config["PUBLIC_URL"])
        except Refusal:
            # still inside the transaction, so the failed try and its event are kept
            return intents.fetch(db, intent_id)


def _next(intent: Thing) -> BaseResponse | str:
    if intent["status"] == "requires_action":
        return redirect(url_for("pages.bank", client_secret=intent["client_secret"]), 303)
    if intent["status"] in ("requires_capture", "succeeded"):
        return _back(intent, "succeeded")
    if intent["status"] == "canceled":
        return _back(intent, "failed")
    return _form(intent, problems={})


def _back(intent: Thing, outcome: str) -> BaseResponse | str:
    address = _return_address(intent)
    if not address:
        return render_template("sandbox/done.html", outcome=outcome, amount=_money(intent["amount"]))
    query = urlencode({"payment_intent": intent["id"], "redirect_status": outcome})
    return redirect(f"{address}{'&' if '?' in address else '?'}{query}", 303)


def _form(intent: Thing, *, problems: dict[str, str]) -> str:
    error = intent["last_payment_error"]
    declined = DECLINES.get(error["decline_code"], DECLINED) if error and not problems else ""
    return render_template(
        "sandbox/card.html",
        intent=intent,
        amount=_money(intent["amount"]),
        problems=problems,
        declined=declined,
        typed=request.form,
        back=_return_address(intent),
        cards=[(" ".join(re.findall("....", number)), _outcome(number)) for number in CARDS],
    )


def _problems(number: str, expiry: str, cvc: str) -> dict[str, str]:
    problems = {}
    if not re.fullmatch(r"[0-9]{12,19}", number, re.ASCII) or not _luhn(number):
        problems["number"] = "Số thẻ chưa đúng. Bạn nhập đủ các số in trên thẻ."
    if not re.fullmatch(r"(0[1-9]|1[0-2])\s*/\s*[0-9]{2}", expiry.strip()[:20], re.ASCII):
        problems["expiry"] = "Nhập tháng và năm hết hạn, ví dụ 12/34."
    if not re.fullmatch(r"[0-9]{3,4}", cvc.strip()[:10], re.ASCII):
        problems["cvc"] = "Nhập 3 số ở mặt sau thẻ."
    return problems


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0


def _outcome(number: str) -> str:
    card = CARDS[number]
    if card.outcome == "ok":
        return "trả được"
    if card.outcome == "three_d_secure":
        return "ngân hàng hỏi xác nhận (3-D Secure)"
    words = {
        "insufficient_funds": "bị từ chối: không đủ tiền",
        "expired_card": "bị từ chối: hết hạn",
        "incorrect_cvc": "bị từ chối: sai CVC",
        "processing_error": "bị từ chối: ngân hàng bận",
    }
    return words.get(card.decline_code, "bị từ chối")


def _money(amount: int) -> str:
    return f"{amount:,}".replace(",", ".") + " ₫"
