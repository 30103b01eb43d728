"""Routes of the payments slice."""

from flask import Blueprint

bp = Blueprint("payments", __name__)
