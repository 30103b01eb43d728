"""Routes of the pages door."""

from flask import Blueprint

bp = Blueprint("pages", __name__)
