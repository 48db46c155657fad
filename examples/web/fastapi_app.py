"""A desk behind FastAPI: the async desk, opened and closed with the app, and a task that does what is due.

    pip install fastapi uvicorn
    uvicorn fastapi_app:app --app-dir examples/web

To try it without a server: python examples/web/fastapi_app.py
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

try:
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse
    from pydantic import BaseModel
except ImportError:
    sys.exit("this example needs FastAPI: pip install fastapi")

from csdesk import AsyncDesk, CsdeskError, InboundMessage, Sender, open_async_desk, render
from csdesk.web import asgi_app


class Said(BaseModel):
    id: str
    visitor: str
    text: str


async def work(desk: AsyncDesk, stop: asyncio.Event) -> None:
    """The host's own loop: csdesk starts none. It ends its round before it stops, so that no sending is torn apart."""
    while not stop.is_set():
        more = False
        try:
            more = (await desk.run_due()).more
        except CsdeskError:  # the store is busy, the disk is full: what is due stays due
            logging.getLogger("desk").exception("what is due waits for the next round")
        if not more:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 5)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.desk = await open_async_desk("sqlite:///fastapi.db")
    app.mount("/hooks", asgi_app(app.state.desk))
    stop = asyncio.Event()
    worker = asyncio.create_task(work(app.state.desk, stop))
    yield
    stop.set()
    await worker
    await app.state.desk.aclose()


app = FastAPI(lifespan=lifespan)


@app.post("/messages")
async def receive(said: Said) -> dict[str, object]:
    visitor = Sender(external_id=said.visitor)
    message = InboundMessage(
        account="web", dedupe_key=said.id, conversation=said.visitor, sender=visitor, text=said.text
    )
    received = await app.state.desk.receive(message)
    return {"state": received.state, "ticket": received.ticket and received.ticket.number}


@app.exception_handler(CsdeskError)
async def refused(_: Request, error: CsdeskError) -> JSONResponse:
    return JSONResponse({"error": error.code, "text": render(error, "en")}, error.status_hint)


if __name__ == "__main__":
    from fastapi.testclient import TestClient

    with TestClient(app) as client:
        print(client.post("/messages", json={"id": "1", "visitor": "li", "text": "发票怎么开？"}).json())
        print(client.post("/hooks/nobody").json())
