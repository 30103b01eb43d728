"""Routes of the officers door."""

from flask import Blueprint

bp = Blueprint("officers", __name__)
