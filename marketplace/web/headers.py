"""Security headers and the per-request CSP nonce."""

import secrets

from flask import Flask, Response, g, request

from marketplace.extensions import FILES


def csp_nonce() -> str:
    """This response's nonce, the same for every call within it."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def _policy(payment_origin: str, nonce: str = "") -> str:
    """The Content-Security-Policy; a page that asked for no nonce holds no script that needs one."""
    scripts = f"'self' 'nonce-{nonce}'" if nonce else "'self'"
    forms = f"'self' {payment_origin}".strip()
    return (
        f"default-src 'self'; script-src {scripts}; style-src 'self'; img-src 'self' data: blob:; "
        f"object-src 'none'; base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
    )


def install(app: Flask, *, payment_origin: str, secure: bool) -> None:
    """Add headers to every response; `payment_origin` may receive the checkout form's redirect.

    `app.extensions["page_headers"]` holds those of a page whose script needs no nonce, as (name, value).
    """
    fixed = [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]
    if secure:
        fixed.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))
    app.extensions["page_headers"] = (("Content-Security-Policy", _policy(payment_origin)), *fixed)

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        if request.endpoint in FILES:
            headers.setdefault(*fixed[0])
            return response  # a page loads some twenty of these: each header would be sent twenty times
        if response.mimetype == "text/html":
            headers.setdefault("Content-Security-Policy", _policy(payment_origin, g.get("csp_nonce", "")))
        for name, value in fixed:
            headers.setdefault(name, value)
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store" if request.cookies.get("session") else "no-cache"
        return response
