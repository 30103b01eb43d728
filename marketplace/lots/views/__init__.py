"""Routes of the lots slice: growing areas, lots, field diary, labels."""

from flask import Blueprint

bp = Blueprint("lots", __name__)

from marketplace.lots.views import amend, areas, diary, labels, lots, steps  # noqa: E402 - the modules add their routes to bp

__all__ = ["amend", "areas", "bp", "diary", "labels", "lots", "steps"]
