"""What moves a lot on: release, block, reopen, recall, close, cancel."""

from collections.abc import Callable

from flask import abort, flash, g, redirect, url_for
from flask_login import current_user

from marketplace.database import utcnow
from marketplace.errors import DomainError, Forbidden, NotFound
from marketplace.i18n import gettext as _
from marketplace.lots import services
from marketplace.lots.forms import CancelForm, PressForm, ReasonForm
from marketplace.lots.policies import EDITORS
from marketplace.lots.views import bp
from marketplace.lots.views.lots import own_lot
from marketplace.sellers.desk import require_member
from marketplace.web.access import signed_in


@bp.post("/kenh-ban/lo-hang/<int:lot_id>/phat-hanh")
@signed_in
@require_member(*EDITORS)
def release(lot_id: int):
    """On sale from now on."""
    own_lot(lot_id)
    return _step(
        lot_id, PressForm(), _("Đã phát hành lô. Hàng đã vào kho bán, mã truy xuất đã mở."),
        lambda form: services.release_lot(actor=current_user, seller_id=g.member.seller_id, lot_id=lot_id, now=utcnow()),
    )


@bp.post("/kenh-ban/lo-hang/<int:lot_id>/tam-ngung")
@signed_in
@require_member(*EDITORS)
def block(lot_id: int):
    """Off sale for now."""
    own_lot(lot_id)
    return _step(
        lot_id, ReasonForm(), _("Đã tạm ngừng bán lô này."),
        lambda form: services.block_lot(
            actor=current_user, lot_id=lot_id, reason_code=form.reason_code.data, reason=form.reason.data, now=utcnow()),
    )


@bp.post("/kenh-ban/lo-hang/<int:lot_id>/mo-lai")
@signed_in
@require_member(*EDITORS)
def unblock(lot_id: int):
    """On sale again."""
    own_lot(lot_id)
    return _step(
        lot_id, PressForm(), _("Đã mở bán lại lô này."),
        lambda form: services.unblock_lot(actor=current_user, lot_id=lot_id, now=utcnow()),
    )


@bp.post("/kenh-ban/lo-hang/<int:lot_id>/thu-hoi")
@signed_in
@require_member(*EDITORS)
def recall(lot_id: int):
    """Off sale for good."""
    own_lot(lot_id)
    return _step(
        lot_id, ReasonForm(), _("Đã thu hồi lô. Trang truy xuất đã báo cho người mua."),
        lambda form: services.recall_lot(
            actor=current_user, lot_id=lot_id, reason_code=form.reason_code.data, reason=form.reason.data, now=utcnow()),
    )


@bp.post("/kenh-ban/lo-hang/<int:lot_id>/ket-thuc")
@signed_in
@require_member(*EDITORS)
def close(lot_id: int):
    """Sold out or used up."""
    own_lot(lot_id)
    return _step(
        lot_id, PressForm(), _("Đã kết thúc lô."),
        lambda form: services.close_lot(actor=current_user, seller_id=g.member.seller_id, lot_id=lot_id),
    )


@bp.post("/kenh-ban/lo-hang/<int:lot_id>/huy")
@signed_in
@require_member(*EDITORS)
def cancel(lot_id: int):
    """A draft given up; its code stays taken."""
    own_lot(lot_id)
    return _step(
        lot_id, CancelForm(), _("Đã hủy lô. Mã đã in của lô này sẽ báo là không còn dùng."),
        lambda form: services.cancel_lot(
            actor=current_user, seller_id=g.member.seller_id, lot_id=lot_id, reason=form.reason.data or "", now=utcnow()),
    )


def _step(lot_id: int, form, done: str, call: Callable):
    """Do it and go back to the lot; a refusal is said there, where the person can act on it."""
    if not form.validate_on_submit():
        errors = [str(message) for messages in form.errors.values() for message in messages]
        flash(errors[0] if errors else _("Mời bạn thử lại."), "error")
        return redirect(url_for("lots.lot", lot_id=lot_id))
    try:
        call(form)
    except (NotFound, Forbidden) as error:
        abort(error.status)
    except DomainError as error:
        flash(error.render(_), "error")
    else:
        flash(done, "success")
    return redirect(url_for("lots.lot", lot_id=lot_id))
