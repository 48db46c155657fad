"""A signing channel behind both applications, and a way to call each of them."""

import asyncio
import hashlib
import hmac
import io
import json

import pytest

from csdesk import Capabilities, InboundMessage, InboundResult, RawResponse, Rejected, Sender
from csdesk.testing import FixedClock, SerialIds


class Signed:
    """A provider that signs the address and the body, and shakes hands with GET."""

    account = "box"
    kind = "box"
    capabilities = Capabilities()

    def __init__(self):
        self.seen = []

    def receive(self, request):
        self.seen.append(request)
        if request.method == "GET":
            return InboundResult(reply=RawResponse(headers=(("X-Said", "你"), ("Connection", "close")), body=b"hello"))
        if not hmac.compare_digest(signature(request.url, request.body), request.header("x-signature") or ""):
            return InboundResult(reply=RawResponse(status=401), rejected=Rejected(code="bad_signature"))
        told = json.loads(request.body)
        said = InboundMessage(
            account=self.account, dedupe_key=told["id"], conversation="li", sender=Sender(external_id="li"),
            text=told["text"],
        )  # fmt: skip
        return InboundResult(reply=RawResponse(body=b"ok"), events=(said,))

    def send(self, message):
        yield from ()

    def pull(self, hint, cursor):
        yield from ()


def signature(url, body):
    return hmac.new(b"shared", url.encode() + body, hashlib.sha256).hexdigest()


def message(number=1, text="在吗？"):
    return json.dumps({"id": f"m{number}", "text": text}).encode()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, {name.lower(): value for name, value in headers}, body


class WsgiCall:
    """Calls a WSGI application as a server would."""

    kind = "wsgi"

    def __call__(self, app, method="POST", path="/box", body=b"", headers=(), query="", length="own", **more):
        began = []
        environ = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "/hooks", "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": query, "SERVER_NAME": "desk.example", "SERVER_PORT": "443", "REMOTE_ADDR": "192.0.2.7",
            "wsgi.url_scheme": "https", "wsgi.input": io.BytesIO(body), "HTTP_HOST": "evil.example", **more,
        }  # fmt: skip
        if length is not None:
            environ["CONTENT_LENGTH"] = str(len(body)) if length == "own" else length
        for name, value in headers:
            environ["HTTP_" + name.upper().replace("-", "_")] = value
        shown = b"".join(app(environ, lambda status, headers: began.append((status, headers))))
        ((status, told),) = began
        return Answer(int(status.split()[0]), told, shown)


class AsgiCall:
    """Calls an ASGI application as a server would, the body in pieces."""

    kind = "asgi"

    def __call__(self, app, method="POST", path="/box", body=b"", headers=(), query="", length="own", **more):
        told = [(b"host", b"evil.example")]
        if length is not None:
            told.append((b"content-length", (str(len(body)) if length == "own" else length).encode()))
        told += [(name.lower().encode(), value.encode()) for name, value in headers]
        scope = {
            "type": "http", "method": method, "path": path, "root_path": "/hooks", "scheme": "https",
            "query_string": query.encode(), "headers": told, "server": ("desk.example", 443),
            "client": ("192.0.2.7", 9), **more,
        }  # fmt: skip
        if "root_path" not in more:
            scope["path"] = f"/hooks{path}"
        half = len(body) // 2
        pieces = [
            {"type": "http.request", "body": body[:half], "more_body": True},
            {"type": "http.request", "body": body[half:]},
        ]
        sent = asyncio.run(drive(app, scope, pieces))
        if not sent:
            return None
        start, shown = sent
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
        return Answer(start["status"], pairs, shown["body"])


async def drive(app, scope, pieces):
    """Run an application to its end; what it sent."""
    sent = []
    waiting = iter(pieces)

    async def receive():
        return next(waiting)

    async def send(event):
        sent.append(event)

    await app(scope, receive, send)
    return sent


@pytest.fixture
def channel():
    return Signed()


@pytest.fixture
def parts(channel):
    return {"channels": [channel], "clock": FixedClock(), "ids": SerialIds()}
