"""Routes of the shop door."""

from flask import Blueprint

bp = Blueprint("shop", __name__)
