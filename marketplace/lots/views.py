"""Routes of the lots slice."""

from flask import Blueprint

bp = Blueprint("lots", __name__)
