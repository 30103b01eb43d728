"""The log's public face over HTTP."""

from traceability.web.views import Download, create_blueprint

__all__ = ["Download", "create_blueprint"]
