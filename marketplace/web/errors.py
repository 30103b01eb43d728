"""The one renderer of errors: an HTML page for people, application/problem+json (RFC 9457) for machines."""

import structlog
from flask import Flask, Response, current_app, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from marketplace.database import db
from marketplace.errors import DomainError
from marketplace.i18n import gettext, lazy_gettext

log = structlog.get_logger()

WORDS = {
    400: (lazy_gettext("Yêu cầu không đọc được"), lazy_gettext("Dữ liệu gửi lên bị thiếu hoặc sai. Mời bạn quay lại và thử lần nữa.")),
    401: (lazy_gettext("Cần đăng nhập"), lazy_gettext("Mời bạn đăng nhập rồi mở lại trang này.")),
    403: (lazy_gettext("Không có quyền xem"), lazy_gettext("Tài khoản của bạn không được mở trang này.")),
    404: (lazy_gettext("Không tìm thấy trang"), lazy_gettext("Địa chỉ có thể đã gõ sai, hoặc trang đã được gỡ xuống.")),
    405: (lazy_gettext("Không dùng được cách này"), lazy_gettext("Mời bạn quay lại trang trước và thử lần nữa.")),
    409: (lazy_gettext("Nội dung vừa thay đổi"), lazy_gettext("Có người vừa cập nhật trước bạn. Mời bạn tải lại trang.")),
    413: (lazy_gettext("Tệp quá lớn"), lazy_gettext("Mỗi ảnh tối đa 15 MB. Mời bạn chọn ảnh nhỏ hơn.")),
    422: (lazy_gettext("Chưa thực hiện được"), lazy_gettext("Mời bạn xem lại nội dung đã nhập.")),
    429: (lazy_gettext("Thao tác quá nhanh"), lazy_gettext("Mời bạn chờ một phút rồi thử lại.")),
    500: (lazy_gettext("Trang đang gặp sự cố"), lazy_gettext("Chúng tôi đã ghi nhận lỗi này. Mời bạn thử lại sau ít phút.")),
    503: (lazy_gettext("Hệ thống đang bận"), lazy_gettext("Dữ liệu của bạn chưa bị thay đổi. Mời bạn thử lại sau ít phút.")),
}


def wants_json() -> bool:
    """Machine paths and callers that prefer JSON over HTML."""
    if request.path.startswith(("/api/", "/webhooks/", "/log/", "/epcis/", "/open-data/")) or request.path.endswith(".json"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def problem(status: int, code: str, detail: str, field: str = "") -> Response:
    """A problem+json response; `field` names the member of the request that is wrong."""
    title = str(WORDS.get(status, WORDS[500])[0])
    body = {"type": f"/loi/{code}", "title": title, "status": status, "detail": detail, "code": code}
    if field:
        body["field"] = field
    response = jsonify(body)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def render_error(status: int, *, code: str = "", detail: str = "", field: str = "") -> Response:
    """HTML or problem+json, by what the caller asked for."""
    title, words = WORDS.get(status, WORDS[400 if status < 500 else 500])
    detail = detail or str(words)
    if wants_json():
        return problem(status, code or f"http-{status}", detail, field)
    page = render_template("errors/error.html", status=status, title=str(title), detail=detail)
    return Response(page, status=status, mimetype="text/html")


def add_to_form(form, error: DomainError) -> None:
    """Put a service's refusal at the field it names, or at the top of the form."""
    sentence = error.render(gettext)
    target = form._fields.get(error.field)
    if target is None:
        form.form_errors.append(sentence)
    else:
        target.errors = [*target.errors, sentence]


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DataError, _data)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(Exception, _unexpected)


def _domain(error: DomainError):
    return render_error(error.status, code=error.code, detail=error.render(gettext), field=error.field)


def _csrf(_error: CSRFError):
    return render_error(400, code="form-expired", detail=gettext("Trang đã mở quá lâu. Mời bạn tải lại trang rồi gửi lại."))


def _http(error: HTTPException):
    if error.code is not None and error.code < 400:
        return error
    response = render_error(error.code or 500)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _data(error: DataError):
    # A value no column can hold (number too large, NUL in text) that a form let through.
    db.session.rollback()
    log.warning("value-refused-by-database", error=str(error.orig)[:200])
    return render_error(400)


def _database(error: OperationalError):
    db.session.rollback()
    log.error("database-unavailable", error=str(error.orig)[:200])
    return render_error(503)


def _unexpected(error: Exception):
    if current_app.testing:
        raise error
    db.session.rollback()
    log.exception("unexpected-error")
    return render_error(500)
