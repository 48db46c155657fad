"""The providers' web hooks without any framework: on the standard library's own server, and as an ASGI application.

    python examples/web/bare.py 8000                   (serves http://127.0.0.1:8000/hooks/<account>)
    uvicorn bare:hooks --app-dir examples/web          (serves http://127.0.0.1:8000/<account>)

To try both without staying: python examples/web/bare.py
"""

import asyncio
import http.client
import sys
import threading
from wsgiref.simple_server import WSGIServer, make_server
from wsgiref.util import shift_path_info

from csdesk import open_async_desk, open_desk
from csdesk.web import asgi_app, wsgi_app

# Opened when the server starts, closed when it stops. Real desks are given their channels here: channels=[...]
hooks = asgi_app(lambda: open_async_desk("sqlite:///bare.db"))


def site(desk):
    ours = wsgi_app(desk)

    def application(environ, start_response):
        if shift_path_info(environ) == "hooks":
            return ours(environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"nothing here"]

    return application


def show(server: WSGIServer) -> None:
    """What a provider sees of the blocking one."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for method, path in (("GET", "/"), ("OPTIONS", "/hooks/kf"), ("POST", "/hooks/nobody")):
        client = http.client.HTTPConnection("127.0.0.1", server.server_port)
        client.request(method, path, b"")
        answer = client.getresponse()
        print(method, path, answer.status, answer.read().decode())
        client.close()
    server.shutdown()


async def show_async() -> None:
    """What a server does with the ASGI application, from start to stop."""
    to_come = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(to_come)

    async def send(event):
        print(event["type"])

    await hooks({"type": "lifespan"}, receive, send)


def main() -> None:
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with open_desk("sqlite:///bare.db") as desk, make_server("127.0.0.1", port, site(desk)) as server:
        server.serve_forever() if port else show(server)
    asyncio.run(show_async())


if __name__ == "__main__":
    main()
