"""The metric dictionary: each figure's key, unit and definition. docs/metrics.md is written from it."""

from dataclasses import dataclass

from marketplace.i18n import lazy_gettext as _l


@dataclass(frozen=True)
class Metric:
    """A figure people may quote. `kind`: stock (as of the period's last day) or flow (within the period)."""

    key: str
    name: object
    unit: object
    kind: str
    definition: object
    source: str


METRICS = {
    metric.key: metric
    for metric in (
        Metric(
            "sellers",
            _l("Nhà cung cấp đang hoạt động"),
            _l("đơn vị"),
            "stock",
            _l("Số nhà cung cấp có quyết định gần nhất, tính đến hết ngày cuối kỳ, là được duyệt."),
            "seller_decision",
        ),
        Metric(
            "products",
            _l("Sản phẩm đang bày bán"),
            _l("sản phẩm"),
            "stock",
            _l("Số sản phẩm đã được duyệt bày bán trước hết ngày cuối kỳ và chưa gỡ xuống tại thời điểm đó."),
            "product",
        ),
        Metric(
            "ocop_products",
            _l("Sản phẩm OCOP"),
            _l("sản phẩm"),
            "stock",
            _l("Số sản phẩm đang bày bán có quyết định công nhận OCOP đã được kiểm tra và còn hạn vào ngày cuối kỳ."),
            "product, certificate",
        ),
        Metric(
            "traced_products",
            _l("Sản phẩm có mã truy xuất"),
            _l("sản phẩm"),
            "stock",
            _l(
                "Số sản phẩm có ít nhất một lô đã công bố mã truy xuất trước hết ngày cuối kỳ, kể cả sản phẩm không bày bán trên chợ."
            ),
            "lot",
        ),
        Metric(
            "visits",
            _l("Lượt truy cập"),
            _l("lượt"),
            "flow",
            _l(
                "Mỗi phiên xem liên tục (cách nhau không quá 30 phút) tính một lượt; không tính máy tìm kiếm và máy kiểm tra."
            ),
            "visit_day",
        ),
        Metric(
            "visits_total",
            _l("Lượt truy cập lũy kế"),
            _l("lượt"),
            "stock",
            _l("Tổng lượt truy cập từ ngày chợ hoạt động đến hết ngày cuối kỳ."),
            "visit_day",
        ),
        Metric(
            "transactions",
            _l("Giao dịch thành công"),
            _l("giao dịch"),
            "flow",
            _l(
                "Số đơn đã giao trên chợ cộng số lần bán ngoài chợ do người bán khai, theo ngày giao; đơn trả lại được trừ vào ngày trả."
            ),
            "sale_rollup",
        ),
        Metric(
            "value",
            _l("Giá trị giao dịch"),
            _l("đồng"),
            "flow",
            _l("Tiền hàng của các giao dịch thành công trong kỳ, không gồm phí giao hàng."),
            "sale_rollup",
        ),
        Metric(
            "households_trained",
            _l("Hộ được tập huấn"),
            _l("hộ"),
            "flow",
            _l("Số hộ ghi trong các buổi tập huấn bán hàng trực tuyến có ngày trong kỳ."),
            "outreach_record",
        ),
        Metric(
            "households_supported",
            _l("Hộ được hỗ trợ lên sàn"),
            _l("hộ"),
            "flow",
            _l("Số hộ ghi trong các đợt hỗ trợ lên sàn thương mại điện tử có ngày trong kỳ."),
            "outreach_record",
        ),
        Metric(
            "products_supported",
            _l("Sản phẩm được đưa lên sàn"),
            _l("sản phẩm"),
            "flow",
            _l("Số sản phẩm ghi trong các đợt hỗ trợ lên sàn có ngày trong kỳ."),
            "outreach_record",
        ),
    )
}
