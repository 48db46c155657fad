"""What only ASGI has: the lifespan, clients that go away, other kinds of connection."""

import asyncio

import pytest

from csdesk import InvalidInput, open_async_desk
from csdesk.web import asgi_app

from .conftest import AsgiCall, drive, message, signature

STARTUP, SHUTDOWN = {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}


def test_the_lifespan_opens_and_closes_the_desk(parts):
    opened = []

    async def opening():
        opened.append(await open_async_desk("memory://", **parts))
        return opened[0]

    app = asgi_app(opening)
    call = AsgiCall()
    assert call(app, body=message()).status == 503
    told = asyncio.run(drive(app, {"type": "lifespan"}, [STARTUP, SHUTDOWN]))
    assert [one["type"] for one in told] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert call(app, body=message()).status == 503  # closed by now


def test_an_opened_desk_answers_until_it_is_closed(parts):
    async def opening():
        return await open_async_desk("memory://", **parts)

    app = asgi_app(opening)

    async def live():
        events = asyncio.Queue()
        sent = asyncio.Queue()
        task = asyncio.create_task(app({"type": "lifespan"}, events.get, sent.put))
        await events.put(STARTUP)
        assert (await sent.get())["type"] == "lifespan.startup.complete"
        status = await asyncio.to_thread(call)
        await events.put(SHUTDOWN)
        await task
        return status

    def call():
        headers = [("X-Signature", signature("https://desk.example/hooks/box", message()))]
        return AsgiCall()(app, body=message(), headers=headers).status

    assert asyncio.run(live()) == 200


def test_a_desk_that_was_given_open_stays_open(parts):
    desk = asyncio.run(open_async_desk("memory://", **parts))
    app = asgi_app(desk)
    asyncio.run(drive(app, {"type": "lifespan"}, [STARTUP, SHUTDOWN]))
    assert AsgiCall()(app, "GET").status == 200


def test_a_desk_that_cannot_be_opened_stops_the_server():
    async def opening():
        return await open_async_desk("nonsense://")

    (told,) = asyncio.run(drive(asgi_app(opening), {"type": "lifespan"}, [STARTUP]))
    assert told == {"type": "lifespan.startup.failed", "message": "the desk cannot be opened (error.invalid_input)"}


def test_a_client_that_goes_away_is_not_handled(parts, channel):
    app = asgi_app(asyncio.run(open_async_desk("memory://", **parts)))
    scope = {"type": "http", "method": "POST", "path": "/box", "headers": []}
    pieces = [{"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"}]
    assert asyncio.run(drive(app, scope, pieces)) == []
    assert channel.seen == []


def test_older_servers_leave_the_root_out_of_the_path(parts, channel):
    app = asgi_app(asyncio.run(open_async_desk("memory://", **parts)))
    assert AsgiCall()(app, "GET", path="/box", root_path="/other").status == 200
    assert channel.seen[0].url == "https://desk.example/other/box"


def test_a_server_without_an_address_gives_a_path(parts, channel):
    app = asgi_app(asyncio.run(open_async_desk("memory://", **parts)))
    assert AsgiCall()(app, "GET", server=None, client=None).status == 200
    assert (channel.seen[0].url, channel.seen[0].remote) == ("/hooks/box", "")


def test_other_kinds_of_connection(parts):
    app = asgi_app(asyncio.run(open_async_desk("memory://", **parts)))
    assert asyncio.run(drive(app, {"type": "websocket"}, [])) == [{"type": "websocket.close", "code": 1000}]
    with pytest.raises(InvalidInput, match="scope"):
        asyncio.run(drive(app, {"type": "carrier pigeon"}, []))
