"""What people do on the site, as plain verbs: each works on one phone (a playwright page) and touches only what a person can."""

import io
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyotp
import zxingcpp
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect
from pyzbar import pyzbar

from marketplace.accounts import services as accounts
from marketplace.database import db, utcnow, vietnam_day

PASSWORD = "xuồng nắng khoai 9"


@dataclass(frozen=True)
class Buyer:
    """Who receives the goods."""

    name: str = "Trần Thị Sen"
    phone: str = "0912345678"
    place: str = "Phường Cái Khế"
    address: str = "Số 7, đường Hoa Sữa"


def day(ago: int = 0) -> str:
    """A Vietnamese day so many days ago, as a date input takes it."""
    return (vietnam_day(utcnow()) - timedelta(days=ago)).isoformat()


def photo(path: Path, colour: str, words: str) -> Path:
    """A photograph as a phone makes it: large, JPEG, lying on its side by EXIF, with the place it was taken at."""
    image = Image.effect_noise((2400, 1800), 40).convert("RGB")
    image = Image.blend(image, Image.new("RGB", image.size, colour), 0.8)
    ImageDraw.Draw(image).text((200, 200), words, fill="black", font_size=120)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (10.0, 2.0, 3.0), 3: "E", 4: (105.0, 46.0, 1.0)})
    image.save(path, "JPEG", quality=88, exif=exif)
    return path


def press(page: Page, name: str) -> None:
    """The button of that name."""
    page.get_by_role("button", name=name, exact=True).first.click()


def follow(page: Page, name: str) -> None:
    """The link of that name."""
    page.get_by_role("link", name=name, exact=True).first.click()


def write(page: Page, label: str, text: str) -> None:
    """Into the field whose label begins so."""
    page.get_by_label(re.compile(f"^{re.escape(label)}")).fill(text)


def reads(page: Page, words: str) -> None:
    """The page says so, and fits the phone: nothing makes it scroll sideways."""
    expect(page.locator("body")).to_contain_text(words)
    assert fits(page), f"{page.url} is wider than the phone"


def fits(page: Page) -> bool:
    """No sideways scrolling. A phone without script cannot be asked and counts as fitting."""
    try:
        return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    except Exception as error:
        if "JavaScript" in str(error):
            return True
        raise


# --- people -------------------------------------------------------------------------------------------------------

def open_account(page: Page, *, name: str, login: str) -> None:
    """From the sign-in page one was sent to, to an account and back to where one came from."""
    follow(page, "Mở tài khoản")
    write(page, "Họ và tên", name)
    write(page, "Số điện thoại hoặc e-mail", login)
    write(page, "Mật khẩu", PASSWORD)
    page.locator("#account").check()
    page.locator("#seller_profile").check()
    press(page, "Mở tài khoản")


def hire_officer(app, login: str) -> None:
    """What `flask user add --role officer` does."""
    with app.app_context():
        person = accounts.register(full_name="Lê Văn Duyệt", login=login, password=PASSWORD, consents=("account",), now=utcnow())
        accounts.grant_role(actor=None, person=person, role="officer", area=None, now=utcnow())
        db.session.remove()


def start_officers_day(page: Page, login: str) -> None:
    """Sign in, set up the authenticator from the key on the page, keep the recovery codes, reach the desk."""
    page.goto("/quan-ly")
    write(page, "Số điện thoại hoặc e-mail", login)
    write(page, "Mật khẩu", PASSWORD)
    press(page, "Đăng nhập")
    secret = page.locator("strong[translate=no]").inner_text().replace(" ", "")
    write(page, "Mã 6 số", pyotp.TOTP(secret).now())
    press(page, "Bật xác thực hai lớp")
    follow(page, "Tôi đã cất mã")
    expect(page).to_have_url(re.compile("/quan-ly"))


# --- a seller -----------------------------------------------------------------------------------------------------

def register_cooperative(page: Page, *, name: str, login: str, tax_code: str) -> None:
    """Choose the kind, open an account on the way, fill in the registration."""
    page.goto("/dang-ky-ban-hang")
    follow(page, "Chọn Hợp tác xã")
    open_account(page, name="Nguyễn Văn Vườn", login=login)
    write(page, "Tên gian hàng", name)
    write(page, "Mã số thuế", tax_code)
    page.locator("#phone").fill("02923811811")
    page.locator("select#place").select_option(label="Xã Phong Điền")
    write(page, "Số nhà, ấp, khu vực", "12 ấp Nhơn Lộc 1A")
    page.locator("#consent").check()
    press(page, "Lưu và sang bước giấy tờ")


def hand_in_papers(page: Page, *scans: Path) -> None:
    """One paper after the other, then the registration."""
    for scan in scans:
        page.locator("#file").set_input_files(scan)
        press(page, "Nộp giấy tờ")
        reads(page, "Đã nộp")
    press(page, "Gửi Sở duyệt")
    reads(page, "Hồ sơ đang chờ Sở Công Thương")


def list_product(page: Page, *, name: str, price: str, picture: Path) -> None:
    """Photo, name, price; handed in."""
    page.goto("/kenh-ban/san-pham/moi")
    page.locator("#photos").set_input_files(picture)
    expect(page.locator("[data-preview] img")).to_have_count(1)
    write(page, "Tên sản phẩm", name)
    page.locator("#unit").select_option("kg")
    write(page, "Giá bán", price)
    page.locator("main details summary").first.click()
    write(page, "Giới thiệu", "Trái chín cây, hái buổi sớm, giao trong ngày.")
    press(page, "Lưu và gửi duyệt")
    reads(page, "Đã gửi duyệt")


def declare_area(page: Page, name: str) -> None:
    """An orchard of five công."""
    page.goto("/kenh-ban/vung-trong")
    follow(page, "Thêm vùng trồng")
    write(page, "Tên gọi", name)
    write(page, "Trồng, nuôi gì", "Cam sành")
    write(page, "Diện tích", "5")
    page.locator("select#place").select_option(label="Xã Phong Điền")
    press(page, page.locator("main form button[type=submit]").last.inner_text())
    reads(page, "Đã lưu vùng trồng")


def make_lot(page: Page, *, product: str, area: str, kilograms: str) -> None:
    """A draft lot of the product."""
    page.goto("/kenh-ban/lo-hang/tao")
    follow(page, product)
    page.get_by_label(re.compile("^Vùng trồng, ao nuôi")).select_option(label=area)
    write(page, "Ngày xuống giống", day(90))
    write(page, "Số lượng", kilograms)
    press(page, "Lưu lô hàng")
    reads(page, "Đã tạo lô")


def write_spraying(page: Page, *, ago: int, interval: str) -> None:
    """On the page of a lot: sprayed so many days ago, with the waiting time of the label."""
    follow(page, "Ghi sổ")
    follow(page, "Phun thuốc")
    page.locator("#happened_on").fill(day(ago))
    page.locator("#material").fill("Chế phẩm Bt 32000")
    page.locator("#ingredient").fill("Bacillus thuringiensis")
    page.locator("#dose").fill("2")
    page.locator("select#dose_unit").select_option(index=1)
    page.locator("#target").fill("sâu vẽ bùa")
    page.locator("#interval_days").fill(interval)
    page.locator("[name=interval_source][value=label]").check()
    press(page, "Ghi vào sổ")
    reads(page, "Đã ghi sổ: Phun thuốc")


def write_harvest(page: Page, *, kilograms: str) -> None:
    """On the diary of a lot: harvested today; then back to the lot."""
    follow(page, "Thu hoạch")
    page.locator("#happened_on").fill(day())
    page.locator("#quantity").fill(kilograms)
    press(page, "Ghi vào sổ")
    reads(page, "Đã ghi sổ: Thu hoạch")
    follow(page, "Xem lô")


# --- scanning -----------------------------------------------------------------------------------------------------

def printed_symbol(page: Page, dpi: int) -> bytes:
    """On the label page: the symbol for a printer of that resolution, downloaded."""
    with page.expect_download() as download:
        follow(page, f"Tải hình QR cho máy in {dpi} dpi")
    return Path(download.value.path()).read_bytes()


def scan(symbol: bytes) -> str:
    """What two unrelated decoders read in the picture; they must agree."""
    picture = Image.open(io.BytesIO(symbol)).convert("L")
    by_zxing = [found.text for found in zxingcpp.read_barcodes(picture)]
    by_zbar = [found.data.decode() for found in pyzbar.decode(picture)]
    assert by_zxing == by_zbar
    [address] = by_zxing
    return address


# --- buying and selling -------------------------------------------------------------------------------------------

def put_into_basket(page: Page, kilograms: str) -> None:
    """On a product page."""
    page.locator("main [name=quantity]").fill(kilograms)
    press(page, "Thêm vào giỏ")
    reads(page, "vào giỏ")


def check_out(page: Page, buyer: Buyer, *, method: str) -> None:
    """From the basket through the checkout."""
    page.goto("/gio-hang")
    follow(page, "Đặt mua")
    write(page, "Họ tên người nhận", buyer.name)
    page.locator("#phone").fill(buyer.phone)
    page.locator("select#place").select_option(label=buyer.place)
    write(page, "Số nhà, đường, ấp hoặc khu vực", buyer.address)
    page.get_by_label(method, exact=True).check()
    press(page, "Đặt hàng")


def open_first_order(page: Page) -> None:
    """The newest order of the seller's desk."""
    page.goto("/kenh-ban/don-hang")
    page.locator("main a[href*='/kenh-ban/don-hang/CT']").first.click()


def fulfil(page: Page, *, cash: str) -> None:
    """Accept all, pack from the suggested lot, hand over, deliver against cash."""
    press(page, "Nhận đơn")
    reads(page, "Đã nhận đơn")
    press(page, "Đã đóng gói xong")
    reads(page, "Đã đóng gói.")
    write(page, "Ai giao hàng", "Gian hàng tự giao")
    press(page, "Đã giao cho người vận chuyển")
    reads(page, "Đã giao cho người vận chuyển.")
    write(page, "Số tiền đã thu", cash)
    write(page, "Người thu tiền", "Anh Tư")
    press(page, "Khách đã nhận hàng")
    reads(page, "Đã giao xong")


def pay(page: Page, number: str) -> None:
    """On the gateway's card page."""
    page.locator("#number").fill(number)
    page.locator("#expiry").fill("12/34")
    page.locator("#cvc").fill("123")
    page.locator("form button").click()


def figures(page: Page) -> dict[str, int]:
    """Every headline figure of the officer's page for this year."""
    page.goto("/quan-ly/so-lieu")
    found = {}
    for box in page.locator(".stat").all():
        label = box.locator(".stat__label").inner_text().strip()
        value = box.locator(".stat__value").evaluate("node => node.firstChild.textContent")
        found[label] = int(value.strip().replace(".", ""))
    return found


def today() -> date:
    """The Vietnamese day."""
    return vietnam_day(utcnow())
