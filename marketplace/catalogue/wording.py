"""Words in a listing that an officer should look at before it is shown (Law 122/2025/QH15 art. 17: keyword filter).

A hit refuses nothing: it is shown to the officer beside the listing, who decides.
"""

from marketplace.folding import accented

FORBIDDEN_GOODS = (
    "thuốc lá", "thuốc lào", "thuốc lá điện tử", "pod", "vape", "shisha", "bóng cười", "ma túy", "cần sa", "cỏ mỹ",
    "thuốc phiện", "cây anh túc", "lá coca", "súng hơi", "súng bắn", "đạn", "thuốc nổ", "pháo nổ", "pháo hoa nổ",
    "hóa chất cấm", "chất cấm", "thuốc trừ sâu", "thuốc diệt cỏ", "paraquat", "carbofuran", "salbutamol",
    "clenbuterol", "vàng ô", "hàn the", "động vật hoang dã", "tê tê", "mật gấu", "sừng tê giác", "ngà voi", "rùa hộp",
    "kỳ đà", "cá nóc", "tiền giả",
)
"""Goods that may not be offered here, or not without a licence this market does not check."""

CURE_CLAIMS = (
    "chữa bệnh", "trị bệnh", "chữa khỏi", "khỏi bệnh", "đặc trị", "điều trị", "trị dứt điểm", "dứt điểm",
    "chữa ung thư", "trị ung thư", "ung thư", "chữa tiểu đường", "trị tiểu đường", "chữa xương khớp",
    "trị xương khớp", "trị mất ngủ", "thuốc gia truyền", "bài thuốc", "thay thế thuốc", "cam kết khỏi", "hết bệnh",
    "giảm cân cấp tốc", "tăng cường sinh lý", "bổ thận tráng dương", "thần dược",
)
"""Food may not be advertised as curing (Decree 15/2018/NĐ-CP art. 27; Advertising Law)."""


def flagged_words(*texts: str) -> list[str]:
    """Phrases of the two lists found in `texts` as whole words, in reading order of the lists, without repeats."""
    text = f" {' '.join(accented(text) for text in texts)} "
    return [phrase for phrase, key in _KEYS if f" {key} " in text]


_KEYS = tuple((phrase, accented(phrase)) for phrase in dict.fromkeys(FORBIDDEN_GOODS + CURE_CLAIMS))
