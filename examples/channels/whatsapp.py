"""A WhatsApp number against a stand-in for the Cloud API, from the check of the address to a template a day later.

    python examples/channels/whatsapp.py

For the real one leave ``http`` and the stand-in out, pass your own ids and secrets, and mount ``desk.handle`` for GET
and POST.
"""

from datetime import timedelta

import httpx

import csdesk
from csdesk.channels.whatsapp import WhatsAppCloud
from csdesk.system.http import HttpxHttp
from csdesk.testing import FakeWhatsApp, FixedClock

CUSTOMER, VERIFY, AGENT = "8613900000001", "a-long-random-text", csdesk.Actor.agent("agt_1")
CHECK = f"https://desk.example/hooks/wa?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={VERIFY}"
MENU = csdesk.MenuPart(
    head="Which one?", items=(csdesk.MenuItem(id="refund", text="Refund"), csdesk.MenuItem(id="swap", text="Swap"))
)
UPDATE = csdesk.TemplatePart(
    name="order_update", locale="zh_CN", body=(csdesk.TemplateValue(text="王芳"),), text="王芳，您的订单有新进展"
)


def main() -> None:
    clock = FixedClock()
    platform = FakeWhatsApp(clock.now)
    number = WhatsAppCloud(
        "wa",
        phone_number_id="1000",
        token=platform.token,
        app_secrets=[platform.app_secret],
        verify_token=VERIFY,
    )
    client = httpx.Client(transport=platform.transport())
    with csdesk.open_desk("memory://", channels=[number], clock=clock, http=HttpxHttp(client)) as desk:

        def delivered() -> None:
            """What the platform posts to the address."""
            for request in platform.deliveries():
                desk.handle("wa", request)

        print("check:", desk.handle("wa", csdesk.RawRequest(method="GET", url=CHECK)).body.decode())
        platform.writes(CUSTOMER, "杯子碎了", referral={"source_id": "ad-9", "source_type": "ad"})
        delivered()
        (ticket,) = desk.tickets.list().items
        desk.reply(ticket.id, [MENU], actor=AGENT)
        platform.reports(platform.sent[-1], "delivered", "read", pricing={"category": "service", "billable": False})
        platform.chooses(CUSTOMER, "refund", "Refund")
        delivered()
        said = [item.message for item in desk.tickets.timeline(ticket.id) if item.message]
        print(f"{said[0].text}: menu {said[1].delivery}, chose {said[2].text}")
        desk.channels.run(number.mark_read(said[-1].provider_id, typing=True))
        clock.advance(timedelta(hours=24, seconds=1))
        late = desk.reply(ticket.id, "已退款", actor=AGENT).message
        print(late.delivery, late.delivery_reason, "needs:", late.delivery_needs)
        sent = desk.reply(ticket.id, [UPDATE], actor=AGENT)
        print(sent.delivery, platform.sent[-1].body["template"]["name"])
        print("health:", desk.channels.check("wa").status)
    client.close()


if __name__ == "__main__":
    main()
