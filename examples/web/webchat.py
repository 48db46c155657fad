"""A shop's page with the chat window, and a small page for those who answer, in one ASGI application.

    uvicorn webchat:app --app-dir examples/web         (http://127.0.0.1:8000/ and http://127.0.0.1:8000/agents)

To try it without a server: python examples/web/webchat.py
"""

import asyncio
import json
from html import escape
from urllib.parse import parse_qs

from csdesk import Actor, open_async_desk
from csdesk.channels.webchat import Look, WebChat
from csdesk.testing.webchats import Page
from csdesk.web import asgi_app

chat = WebChat(
    "shop",
    secrets=["change me: 32 random bytes, and keep them"],
    look=Look(title="茶叶小店", greeting="您好！请问有什么可以帮您？", choices=("怎么退款？", "什么时候发货？")),
)
SHOP = """<!doctype html><html lang="zh-CN"><meta name="viewport" content="width=device-width"><title>茶叶小店</title>
<h1>茶叶小店</h1><script src="/chat/shop/widget.js" defer></script></html>"""
AGENTS = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Agents</title><h1>Conversations</h1>{rows}</html>'
ROW = """<h2>#{number}</h2><pre>{said}</pre><form method="post"><input type="hidden" name="ticket" value="{id}">
<input name="text" autocomplete="off" required> <button>Reply</button></form>"""

LI = Actor.agent("agt_li")


class Site:
    def __init__(self):
        self.chat = asgi_app(self.opened)

    async def opened(self):
        self.desk = await open_async_desk("memory://", channels=[chat])
        return self.desk

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"].startswith("/chat/"):
            await self.chat({**scope, "root_path": "/chat"}, receive, send)
            return
        if scope["method"] == "POST":
            fields = parse_qs((await receive()).get("body", b"").decode())
            await self.desk.reply(fields["ticket"][0], fields["text"][0], actor=LI)
        html = await self.agents() if scope["path"] == "/agents" else SHOP
        head = [(b"content-type", b"text/html; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": html.encode()})

    async def agents(self):
        rows = ""  # a real page asks who they are first
        for ticket in (await self.desk.tickets.list()).items:
            told = [item.message for item in await self.desk.tickets.timeline(ticket.id) if item.message]
            said = "\n".join(f"{one.author}: {one.text}" for one in told)
            rows += ROW.format(number=ticket.number, id=ticket.id, said=escape(said))
        return AGENTS.format(rows=rows)


app = Site()


async def main():
    """What the page and an agent say to each other."""
    async with await app.opened() as desk:
        page = Page("shop")
        page.opened(await desk.handle("shop", page.opens()))
        await desk.handle("shop", page.writes("怎么退款？"))
        ticket = (await desk.tickets.list()).items[0]
        sent = await desk.reply(ticket.id, "在订单页点“申请退款”。", actor=LI)
        shown = json.loads((await desk.handle("shop", page.asks())).body)["messages"]
        print(*(f"{one['from']}: {one['parts'][0]['text']}" for one in shown), sent.delivery, sep="\n")
        await desk.handle("shop", page.has(read=[shown[-1]["id"]]))
        print([item.message.delivery for item in await desk.tickets.timeline(ticket.id) if item.message][-1])


if __name__ == "__main__":
    asyncio.run(main())
