"""The desk on the web: applications that a host mounts under its own routes, for the web hooks of providers.

They need no framework: ``asgi_app`` gives an ASGI 3 application, ``wsgi_app`` one of PEP 3333.
"""

from __future__ import annotations

from csdesk.web.asgi import AsgiApp, asgi_app
from csdesk.web.wsgi import WsgiApp, wsgi_app

__all__ = ["AsgiApp", "WsgiApp", "asgi_app", "wsgi_app"]
