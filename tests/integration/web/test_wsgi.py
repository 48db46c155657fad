"""What only WSGI has: streams that end early, and a real server."""

import http.client
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import pytest

from csdesk import open_desk
from csdesk.web import wsgi_app

from .conftest import WsgiCall, message, signature


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def desk(parts):
    with open_desk("memory://", **parts) as desk:
        yield desk


def test_a_body_that_is_cut_off_is_no_body(desk, channel):
    assert WsgiCall()(wsgi_app(desk), body=b"abc", length="4").status == 400
    assert channel.seen == []


def test_a_stream_that_breaks_is_a_body_cut_off(desk, channel):
    class Broken:
        def read(self, size):
            raise ConnectionResetError

    assert WsgiCall()(wsgi_app(desk), length="4", **{"wsgi.input": Broken()}).status == 400


def test_a_server_that_cannot_read_chunks_is_told_so(desk, channel):
    call = WsgiCall()
    assert call(wsgi_app(desk), length=None, headers=[("Transfer-Encoding", "chunked")]).status == 411
    assert call(wsgi_app(desk), length=None, body=b"not for us").status == 401
    assert channel.seen[0].body == b""


def test_an_address_of_version_6_and_a_port_stand_in_the_url(desk, channel):
    WsgiCall()(wsgi_app(desk), "GET", **{"SERVER_NAME": "::1", "SERVER_PORT": "8000", "wsgi.url_scheme": "http"})
    assert channel.seen[0].url == "http://[::1]:8000/hooks/box"


def test_a_real_server(desk, channel):
    with make_server("127.0.0.1", 0, validator(wsgi_app(desk, most_bytes=100)), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
            url = f"http://{server.server_name}:{server.server_port}/box"
            for body, status in ((message(), 200), (message(2), 200), (b"", 401)):
                signed = signature(url, body) if body else "none"
                client.request("POST", "/box", body, {"X-Signature": signed, "Host": "evil.example"})
                assert client.getresponse().status == status
                client.close()
            client.request("POST", "/box", headers={"Content-Length": "101"})  # answered before a body is sent
            assert client.getresponse().status == 413
            client.close()
            client.request("HEAD", "/box")
            assert client.getresponse().headers["Content-Length"] == "5"
            client.close()
        finally:
            server.shutdown()
            thread.join()
    (ticket,) = desk.tickets.list().items
    assert len([one for one in desk.tickets.timeline(ticket.id) if one.message is not None]) == 2
