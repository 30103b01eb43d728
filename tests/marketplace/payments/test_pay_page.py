"""The hosted card page of the sandbox, as a person without script sees it."""

import re

import pytest
import requests

from marketplace.payments.gateway import IntentStatus

CARD = {"number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}


@pytest.fixture
def page(client_gateway):
    back = "https://chonongsan.test/don-hang/M-1"
    intent = client_gateway.create_intent(amount=1_250_000, reference="M-1", return_url=back, idempotency_key="k")
    return intent, client_gateway.pay_page(intent.client_secret)


def send(url, **form):
    return requests.post(url, data=form, timeout=30, allow_redirects=False)


def test_the_page_says_what_is_paid_and_that_nothing_is_real(page):
    text = requests.get(page[1], timeout=30).text
    assert "1.250.000 ₫" in text
    assert "Trang thử – không có tiền thật" in text
    assert not re.search(r"<script|\sstyle=|\son\w+=", text)


def test_a_good_card_holds_the_money_and_brings_the_buyer_back(page, client_gateway):
    intent, url = page
    answer = send(url, **CARD)
    assert answer.status_code == 303
    expected = f"https://chonongsan.test/don-hang/M-1?payment_intent={intent.id}&redirect_status=succeeded"
    assert answer.headers["Location"] == expected
    assert client_gateway.retrieve_intent(intent.id).status == IntentStatus.REQUIRES_CAPTURE
    again = send(url, **CARD)
    assert (again.status_code, again.headers["Location"]) == (303, expected)


def test_a_card_with_3d_secure_asks_the_bank_first(page, client_gateway):
    intent, url = page
    answer = send(url, **CARD | {"number": "4000002500003155"})
    assert answer.headers["Location"].endswith("/3ds")
    assert "Đúng, tôi xác nhận" in requests.get(url + "/3ds", timeout=30).text
    assert send(url + "/3ds", answer="agree").headers["Location"].endswith("redirect_status=succeeded")
    assert client_gateway.retrieve_intent(intent.id).status == IntentStatus.REQUIRES_CAPTURE


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("4000000000000002", "Ngân hàng từ chối thẻ này"),
        ("4000000000009995", "không đủ tiền"),
        ("4000000000000069", "đã hết hạn"),
        ("4000000000000127", "CVC không đúng"),
        ("4111111111111111", "Đừng nhập thẻ thật"),
    ],
)
def test_a_declined_card_is_explained_and_another_can_be_tried(page, client_gateway, number, words):
    intent, url = page
    answer = send(url, **CARD | {"number": number})
    assert answer.status_code == 200
    assert words in answer.text
    assert client_gateway.retrieve_intent(intent.id).status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert send(url, **CARD).status_code == 303


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"number": "4242 4242 4242 4241"}, "Số thẻ chưa đúng"),
        ({"number": ""}, "Số thẻ chưa đúng"),
        ({"number": "4" * 10_000}, "Số thẻ chưa đúng"),
        ({"number": "\x00"}, "Số thẻ chưa đúng"),
        ({"expiry": "13/34"}, "tháng và năm hết hạn"),
        ({"cvc": "12"}, "3 số ở mặt sau"),
    ],
)
def test_a_slip_is_shown_at_its_field(page, form, words):
    answer = send(page[1], **CARD | form)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_cancelled_payment_takes_no_card(page, client_gateway):
    intent, url = page
    client_gateway.cancel_intent(intent.id, idempotency_key="x")
    assert send(url, **CARD).headers["Location"].endswith("redirect_status=failed")
    assert client_gateway.retrieve_intent(intent.id).status == IntentStatus.CANCELED


def test_another_secret_opens_nothing(page):
    assert requests.get(page[1] + "x", timeout=30).status_code == 404
    assert requests.get(page[1].rsplit("_secret_")[0], timeout=30).status_code == 404


def test_a_form_may_lead_back_to_the_shop_and_nowhere_else(page):
    policy = requests.get(page[1], timeout=30).headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:" in policy
    assert "https://chonongsan.test;" in policy
    assert "default-src 'none'" in policy
