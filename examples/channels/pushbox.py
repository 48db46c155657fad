"""A minimal channel: a made-up provider, Pushbox, that signs what it pushes and takes an idempotency key.

    python examples/channels/pushbox.py

A customer's message comes in, the reply goes out to a stand-in on loopback.
"""

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import csdesk
from csdesk.ports.channel import Exchange, HttpRequest, InboundResult, Limit, PullHint, PullPage, Rejected, UnknownEvent


class Pushbox:
    kind = "pushbox"
    capabilities = csdesk.Capabilities(text=Limit(amount=2000), idempotency="key")

    def __init__(self, account: str, url: str, secret: bytes) -> None:
        self.account, self._url, self._secret = account, url, secret

    def receive(self, request: csdesk.RawRequest) -> InboundResult:
        wanted = hmac.new(self._secret, request.body, hashlib.sha256).hexdigest()
        given = request.header("X-Pushbox-Signature") or ""
        if not hmac.compare_digest(wanted.encode(), given.encode()):
            return InboundResult(reply=csdesk.RawResponse(status=401), rejected=Rejected(code="bad_signature"))
        return InboundResult(events=(self._event(request.body),))

    def _event(self, raw: bytes) -> csdesk.InboundMessage | UnknownEvent:
        try:
            told = json.loads(raw)
            sender = csdesk.Sender(kind=self.kind, external_id=told["from"], name=told.get("name", ""))
            return csdesk.InboundMessage(
                account=self.account,
                dedupe_key=told["id"],
                conversation=told["from"],
                sender=sender,
                text=told["text"],
                raw=raw,
            )
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return UnknownEvent(account=self.account, dedupe_key=hashlib.sha256(raw).hexdigest(), raw=raw)

    def send(self, message: csdesk.OutboundMessage) -> Exchange[csdesk.Receipt]:
        text = "\n".join(part.text for part in message.parts if part.kind == "text")
        body = json.dumps({"to": message.to.external_id, "text": text}).encode()
        key = ("Idempotency-Key", message.key)
        answer = yield HttpRequest(method="POST", url=f"{self._url}/messages", headers=(key,), body=body)
        if answer.status == 429:
            raise csdesk.ChannelError(self.account, "too many messages", disposition="retry", retry_after=30)
        if answer.status >= 400:
            disposition = "retry" if answer.status >= 500 else "fix_content"
            raise csdesk.ChannelError(self.account, f"HTTP {answer.status}", disposition=disposition)
        return csdesk.Receipt(provider_id=json.loads(answer.body)["id"])

    def pull(self, hint: PullHint | None, cursor: str | None) -> Exchange[PullPage]:  # noqa: ARG002
        yield from ()
        return PullPage(cursor=cursor or "")  # Pushbox pushes: it gives no hint, so nothing is ever pulled


class StandIn(BaseHTTPRequestHandler):
    """What stands in for the provider: it prints what it is sent."""

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        print(f"to {told['to']}: {told['text']}")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"id": "px-9"}')

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    server = HTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    channel = Pushbox("px", f"http://127.0.0.1:{server.server_port}", b"shared secret")
    with csdesk.open_desk("memory://", channels=[channel]) as desk:
        body = json.dumps({"id": "px-1", "from": "li", "name": "李雷", "text": "发票怎么开？"}).encode()
        signed = hmac.new(b"shared secret", body, hashlib.sha256).hexdigest()
        for signature in ("forged", signed, signed):
            request = csdesk.RawRequest(
                method="POST", url="/", headers=(("X-Pushbox-Signature", signature),), body=body
            )
            print("HTTP", desk.handle("px", request).status, "tickets:", desk.tickets.count())
        (ticket,) = desk.tickets.list().items
        sent = desk.reply(ticket.id, "请在订单页点“申请开票”。", actor=csdesk.Actor.system("shop"))
        print(f"{sent.delivery}, the provider calls it {sent.message.provider_id}")
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
