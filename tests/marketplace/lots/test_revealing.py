"""What names a person or a house is known however it is written; names of goods, pests and registrations pass."""

import pytest

from marketplace.lots import services
from marketplace.lots.revealing import reveals
from marketplace.lots.vocabulary import PersonalDetail
from tests.factories.catalogue import make_product
from tests.factories.lots import make_growing_area, owner_of


@pytest.mark.parametrize(
    "text",
    ["0909 123 456", "+84 909 123 456", "(0909) 123-456", "0909–123–456", "０９０９１２３４５６", "909123456", "0292.381.1811",
     "ba@vuon.vn", "https://zalo.me/x", "www.thuoc.vn", "10.0342, 105.7812"],
)
def test_numbers_and_links(text):
    assert reveals(text)
    assert reveals(f"Thuốc của tôi, {text} nha")


@pytest.mark.parametrize(
    "text",
    ["anh Tuấn bán", "Anh Ba", "chú Tư", "Rầy, hỏi anh Ba", "bà Năm", "hỏi bà chủ", "gặp chị Lan", "Lê Thị Hoa",
     "Nguyễn Hoàng Nam", "NGUYỄN VĂN BẢY", "phan bon cua Nguyen Van Bay", "cua ong Nguyen Van A"],
)
def test_names_of_people(text):
    assert reveals(text)


@pytest.mark.parametrize(
    "text",
    ["nhà ông Nguyễn Văn Bảy, số 12 hẻm 5 ấp Thới Bình", "ấp Thới Bình", "ap Thoi Binh", "số nhà 12", "12 hẻm 5", "khu vực 3",
     "xã Trường Long", "tổ 4", "số 5 đường Trần Hưng Đạo"],
)
def test_addresses(text):
    assert reveals(text)


@pytest.mark.parametrize(
    "text",
    ["NPK 16-16-8", "NPK 15-15-15 (50kg)", "NPK 17-17-17+13TE", "Gạo Ông Cua ST25", "Xoài cát Hòa Lộc", "Phân hữu cơ vi sinh",
     "Hồ tiêu", "Lá vân nở", "trứng ấp", "Anh Đào", "cá ông", "Bà Rịa", "Giống lúa số 5", "Đài Thơm 8", "OM 5451",
     "Trichoderma 10^8 CFU/g", "Cỏ ba lá", "Humic 95% – Kali 12%", "Dâu Hạ Châu", "Bưởi Năm Roi", "phân bò ủ", "Tổ ong",
     "Mật độ 200 con/m2", "dế mèn", "Châu chấu", "nhện đỏ", "Cam xoàn Lai Vung", "đạo ôn cổ bông", "Bộ ba Amistar"],
)
def test_names_of_goods_and_pests_pass(text):
    assert not reveals(text)


@pytest.mark.parametrize(
    "text", ["1234/CNĐKT-BVTV", "0123/QĐ-BVTV-PB", "00123-12-2019", "HCM-X15-26", "2024-10-12345", "CT 123-45-6789"])
def test_registrations_pass_and_are_not_called_telephones(text):
    assert not reveals(text, digits=False)


@pytest.mark.parametrize(("code", "taken"), [("0909123456", False), ("NGUYEN VAN BAY", False), ("VN-CTOR-0123", True), ("92-12-0034-567", True)])
def test_a_growing_areas_code_is_a_code(app, now, code, taken):
    seller = make_product().seller
    given = make_growing_area(seller)
    values = {
        "actor": owner_of(seller.id), "seller_id": seller.id, "name": "Vườn sau", "crop": "xoài", "code": code,
        "place_id": given.place_id, "square_metres": 1000, "now": now,
    }
    if taken:
        assert services.create_growing_area(**values).code == code
        return
    with pytest.raises(PersonalDetail) as refusal:
        services.create_growing_area(**values)
    assert refusal.value.field == "code"
