"""The log's public face over HTTP."""

from traceability.web.views import Choose, Download, create_blueprint

__all__ = ["Choose", "Download", "create_blueprint"]
