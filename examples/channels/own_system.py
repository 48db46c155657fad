"""A system of your own beside a desk: it posts messages, is posted replies, and hears what happens, all signed.

    python examples/channels/own_system.py

Both stand on loopback here. Your system may be written in any language: see https://www.standardwebhooks.com
"""

import json
import threading
from base64 import b64encode
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from wsgiref.simple_server import WSGIRequestHandler, make_server

from csdesk import Actor, RawRequest, open_desk
from csdesk.channels.webhook import WebhookChannel, WebhookSigner
from csdesk.web import EventPusher, wsgi_app

SECRET = "whsec_" + b64encode(b"32 random bytes, kept in a vault").decode()
SIGNER = WebhookSigner([SECRET])


class System(BaseHTTPRequestHandler):
    """Your system: it verifies what it is posted, and shows it."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = RawRequest(
            method="POST",
            url=self.path,
            headers=tuple(self.headers.items()),
            body=body,
            received_at=datetime.now(UTC),
        )
        SIGNER.verify(request)
        told = json.loads(body)
        if told["type"] == "message.reply":
            print("reply to", told["data"]["to"]["id"] + ":", told["data"]["text"])
        else:
            print("event:", *(event["kind"] for event in told["data"]["events"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def served(server: HTTPServer) -> int:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def post(port: int, told: dict[str, object], key: str) -> int:
    """What your system does when a customer writes."""
    body = json.dumps(told).encode()
    client = HTTPConnection("127.0.0.1", port)
    client.request("POST", "/shop", body, dict(SIGNER.headers(key, datetime.now(UTC), body)))
    status = client.getresponse().status
    client.close()
    return status


def main() -> None:
    system = f"http://127.0.0.1:{served(HTTPServer(('127.0.0.1', 0), System))}"
    shop = WebhookChannel("shop", secrets=[SECRET], url=f"{system}/replies")
    with open_desk("sqlite:///own.db", channels=[shop]) as desk:
        port = served(make_server("127.0.0.1", 0, wsgi_app(desk), handler_class=Quiet))
        said = {"conversation": "c-1", "sender": {"id": "u-1", "name": "王芳"}, "text": "发票怎么开？"}
        for _ in range(2):
            print("HTTP", post(port, {"type": "message", "data": said}, "msg_1"), "tickets:", desk.tickets.count())
        (ticket,) = desk.tickets.list().items
        desk.reply(ticket.id, "请在订单页点“申请开票”。", actor=Actor.system("shop"))
        with EventPusher(desk, f"{system}/events", secrets=[SECRET], kinds=["ticket.opened"]) as pusher:
            print(pusher.push().state)


if __name__ == "__main__":
    main()
