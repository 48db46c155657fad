"""A real Chromium, and a shop on loopback with a page that has the widget; both end with their test."""

import asyncio
import os
import shutil
import threading
from contextlib import contextmanager

import pytest

from csdesk import Actor, open_async_desk
from csdesk.channels.webchat import Limits, Look, WebChat
from csdesk.web import asgi_app

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' blob:"
"""What a careful shop allows its page: nothing inline, nothing evaluated."""
USER_SECRET = "host-" * 8


def missing():
    """Why there is no browser; None if there is one."""
    try:
        import playwright  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed: the extra dev brings it"
    if program() is None:
        return "there is no Chromium: install one, or name it in CSDESK_TEST_CHROMIUM"
    return None


def program():
    """The browser's path."""
    named = os.environ.get("CSDESK_TEST_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


def need_browser():
    """Skip without a browser; fail where one must be."""
    why = missing()
    if why is None:
        return
    if os.environ.get("CSDESK_REQUIRE_CHROMIUM") == "1":
        pytest.fail(f"CSDESK_REQUIRE_CHROMIUM is set, but {why}")
    pytest.skip(why)


@contextmanager
def chromium():
    """A browser with an empty profile."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Shop:
    """A desk behind uvicorn, in a thread with a loop of its own."""

    def __init__(self, store="memory://", *, streams=True, **given):
        given = {"limits": Limits(messages=600, reads=600), "look": Look(choices=("怎么退款？", "开发票")), **given}
        self.chat = WebChat("shop", secrets=["desk-" * 8], user_secrets=[USER_SECRET], **given)
        self.store, self.streams = store, streams
        self.reset()
        self.loop = asyncio.new_event_loop()
        self.started = threading.Event()

    def reset(self):
        self.attributes, self.language, self.down = "", "zh-CN", False

    def __enter__(self):
        self.thread = threading.Thread(target=lambda: self.loop.run_until_complete(self.serve()))
        self.thread.start()
        assert self.started.wait(30)
        return self

    def __exit__(self, *_):
        self.server.should_exit = True
        self.thread.join(30)
        self.loop.close()

    async def serve(self):
        import uvicorn

        async with await open_async_desk(self.store, channels=[self.chat]) as self.desk:
            self.li = Actor.agent((await self.desk.agents.add("Li")).id)
            self.hooks = asgi_app(self.desk)
            settings = uvicorn.Config(
                self,
                host="127.0.0.1",
                port=0,
                log_level="error",
                lifespan="off",
                timeout_graceful_shutdown=1,
                ws="none",
            )
            self.server = uvicorn.Server(settings)
            self.server.install_signal_handlers = lambda: None
            serving = asyncio.ensure_future(self.server.serve())
            while not self.server.started:  # noqa: ASYNC110  the server tells nobody that it has begun
                await asyncio.sleep(0.01)
            self.port = self.server.servers[0].sockets[0].getsockname()[1]
            self.started.set()
            await serving

    async def __call__(self, scope, receive, send):
        if not scope["path"].startswith("/chat/"):
            return await page(self, send)
        if self.down:
            await send({"type": "http.response.start", "status": 502, "headers": []})
            return await send({"type": "http.response.body", "body": b""})
        if not self.streams:
            scope = {**scope, "headers": [one for one in scope["headers"] if one[0] != b"accept"]}
        return await self.hooks({**scope, "root_path": "/chat"}, receive, send)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def does(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    def tickets(self):
        return self.does(self.desk.tickets.list(limit=200)).items

    def messages(self, ticket):
        return [one.message for one in self.does(self.desk.tickets.timeline(ticket.id)) if one.message is not None]

    def reply(self, ticket, what, actor=None):
        return self.does(self.desk.reply(ticket.id, what, actor=actor or self.li)).message


async def page(shop, send):
    head = [(b"content-type", b"text/html; charset=utf-8"), (b"content-security-policy", POLICY.encode())]
    body = (
        f'<!doctype html><html lang="{shop.language}"><meta name="viewport" content="width=device-width">'
        f'<title>茶</title><h1>茶叶小店</h1><script src="/chat/shop/widget.js" defer {shop.attributes}></script></html>'
    )
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body.encode()})
