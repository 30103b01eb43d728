"""Security headers and the per-request CSP nonce."""

import secrets

from flask import Flask, Response, g, request


def csp_nonce() -> str:
    """This response's nonce, the same for every call within it."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return g.csp_nonce


def install(app: Flask, *, payment_origin: str, secure: bool) -> None:
    """Add headers to every response; `payment_origin` may receive the checkout form's redirect."""

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("X-Content-Type-Options", "nosniff")
        if request.endpoint == "static":
            return response  # a page loads some twenty of these: each header would be sent twenty times
        if response.mimetype == "text/html":
            forms = f"'self' {payment_origin}".strip()
            headers.setdefault(
                "Content-Security-Policy",
                f"default-src 'self'; script-src 'self' 'nonce-{csp_nonce()}'; style-src 'self'; img-src 'self' data: blob:; "
                f"object-src 'none'; base-uri 'none'; form-action {forms}; frame-ancestors 'none'",
            )
        headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store" if request.cookies.get("session") else "no-cache"
        return response
