"""An outage: reach each customer by the channel that is quick enough, and send the notice in the form it carries.

    python examples/scripts/reach_and_send.py

The first of two customers can be reached in a chat, the other only by text message.
"""

from csdesk import (
    Actor,
    AssetUnfit,
    Capabilities,
    DeskConfig,
    InboundMessage,
    LinkPart,
    Sender,
    TextPart,
    open_desk,
    render,
)
from csdesk.channels.loopback import LoopbackChannel
from csdesk.testing import FixedClock

CONFIG = DeskConfig.from_toml("""
[[immediacy]]
name = "now"
channels = ["wecom", "sms"]
within = "10m"
fallback = "today"

[[immediacy]]
name = "today"
channels = ["email"]
within = "8h"

[[types]]
name = "outage"
immediacy = "now"
""")
CHATS = Capabilities(parts=frozenset({"text", "media", "link"}))
SMS = Capabilities(parts=frozenset({"text"}))
CARE = Actor.system("care")
WAYS = (("kf", "wecom", CHATS), ("post", "email", CHATS), ("text", "sms", SMS))


def main() -> None:
    """Ask how each customer is reached, send the notice, and see what a channel refuses."""
    channels = [LoopbackChannel(account, kind=kind, capabilities=able) for account, kind, able in WAYS]
    with open_desk("memory://", config=CONFIG, channels=channels, clock=FixedClock()) as desk:

        def wrote(name: str, account: str, kind: str) -> str:
            sender = Sender(kind=kind, external_id=f"{name}@{kind}")
            key = f"{name}-{kind}"
            said = InboundMessage(account=account, dedupe_key=key, conversation=key, sender=sender, text="在吗")
            return desk.receive(said).customer.id

        ann, same = wrote("ann", "kf", "wecom"), wrote("ann", "post", "email")
        desk.customers.merge(same, ann, actor=CARE)
        ben = wrote("ben", "text", "sms")

        notice = desk.assets.file(b"%PDF-1.7 notice", name="notice.pdf")
        link = LinkPart(url="https://shop.example/notice", title="停电通知")
        desk.assets.add("Notice", [notice, link, TextPart(text="停电通知: shop.example/notice")], name="notice")
        for customer in (ann, ben):
            reach = desk.customers.reachable(customer, immediacy="now")
            for way in reach.ways:
                print(way.identity.kind, *(render(reason, "en") for reason in way.reasons), sep="\n  ")
            assert reach.best is not None
            assert reach.best.ticket is not None
            sent = desk.assets.send(reach.best.ticket, "notice", actor=CARE)
            print(f"  sent as {sent.message.parts[0].kind} through {sent.message.account}")

        desk.assets.change("notice", variants=[notice])
        try:
            desk.assets.send(sent.ticket.id, "notice", actor=CARE)
        except AssetUnfit as error:
            print(render(error, "zh-CN"))


if __name__ == "__main__":
    main()
