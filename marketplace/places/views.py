"""Routes of the places slice."""

from flask import Blueprint

bp = Blueprint("places", __name__)
