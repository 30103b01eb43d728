"""The log's public face over HTTP."""

from traceability.web.views import create_blueprint

__all__ = ["create_blueprint"]
