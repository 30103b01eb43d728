"""Routes of the sellers slice: registration and the seller's side of its own affairs."""

from flask import Blueprint

from marketplace.sellers import labels, tax_code

bp = Blueprint("sellers", __name__)

from marketplace.sellers.views import certificates, dashboard, members, papers, profile, registration  # noqa: E402, F401


@bp.app_template_filter("seller_kind")
def _seller_kind(code: str):
    return labels.KINDS[code]


@bp.app_template_filter("seller_state")
def _seller_state(code: str):
    return labels.STATES[code]


@bp.app_template_filter("certificate_kind")
def _certificate_kind(code: str):
    return labels.CERTIFICATES.get(code, code)


@bp.app_template_filter("certificate_state")
def _certificate_state(code: str):
    return labels.CERTIFICATE_STATES[code]


@bp.app_template_filter("phone")
def _phone(login: str) -> str:
    """A Vietnamese number as people dial it; an e-mail address as it is."""
    return "0" + login.removeprefix("+84") if login.startswith("+84") else login


@bp.app_template_filter("tax_code")
def _tax_code(code: str | None) -> str:
    return tax_code.printed(code)
