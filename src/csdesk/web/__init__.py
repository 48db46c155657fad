"""The desk on the web: applications that a host mounts for the web hooks of providers, and pushers of its own events.

They need no framework: ``asgi_app`` gives an ASGI 3 application, ``wsgi_app`` one of PEP 3333. ``EventPusher`` posts
what happens in a desk to an endpoint.
"""

from __future__ import annotations

from csdesk.web.asgi import AsgiApp, asgi_app
from csdesk.web.pusher import AsyncEventPusher, EventPusher
from csdesk.web.pushing import PushReport
from csdesk.web.wsgi import WsgiApp, wsgi_app

__all__ = ["AsgiApp", "AsyncEventPusher", "EventPusher", "PushReport", "WsgiApp", "asgi_app", "wsgi_app"]
