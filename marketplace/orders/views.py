"""Routes of the orders slice."""

from flask import Blueprint

bp = Blueprint("orders", __name__)
