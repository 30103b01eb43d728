"""Errors of the sandbox in the shape of the Stripe API ("Errors")."""

from typing import Any


class Refusal(Exception):
    """An error answer. ``performed`` says that the request had an effect worth keeping (a declined card)."""

    def __init__(
        self, status: int, kind: str, code: str, message: str, *, performed: bool = False, **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.performed = performed
        self.body = {"error": {"type": kind, "code": code, "message": message, **more}}


def invalid(code: str, message: str, *, param: str = "", **more: Any) -> Refusal:
    """400: the request is wrong."""
    return Refusal(400, "invalid_request_error", code, message, param=param, **more)


def missing(kind: str, thing_id: str) -> Refusal:
    """404."""
    return Refusal(404, "invalid_request_error", "resource_missing", f"No such {kind}: '{thing_id[:100]}'", param="id")
