"""A Telegram bot against a stand-in for Telegram, from a link with a parameter to a reply that is changed.

    python examples/channels/telegram_bot.py

For the real one leave ``http`` and the stand-in out, pass the token that BotFather gave, and mount ``desk.handle``; or
make the channel with ``polling=True`` instead of secrets, and call ``desk.run_due`` every few seconds.
"""

import httpx

import csdesk
from csdesk.channels.telegram import Telegram
from csdesk.system.http import HttpxHttp
from csdesk.testing import FakeTelegram, FixedClock

CONFIG = csdesk.DeskConfig.from_toml("""
[[accounts]]
name = "tg"
greeting = "您好，请问有什么可以帮您？"
greeting_choices = ["退款", "物流"]
""")
CUSTOMER = 42


def main() -> None:
    clock = FixedClock()
    platform = FakeTelegram(clock.now)
    bot = Telegram("tg", token=platform.token, secrets=["a-long-random-secret"], username="desk_bot")
    client = httpx.Client(transport=platform.transport())
    with csdesk.open_desk("memory://", config=CONFIG, channels=[bot], clock=clock, http=HttpxHttp(client)) as desk:
        desk.channels.run(bot.webhook.set("https://desk.example/hooks/tg"))
        print("link:", bot.link("spring-sale"))

        def delivered() -> None:
            """What Telegram posts to the address."""
            for request in platform.deliveries():
                print("HTTP", desk.handle("tg", request).status)

        platform.starts(CUSTOMER, "spring-sale")
        delivered()
        menu = platform.sent[-1]
        print("greeted:", menu.text, [row[0]["text"] for row in menu.params["reply_markup"]["inline_keyboard"]])
        platform.presses(CUSTOMER, "choice-2")
        platform.writes(CUSTOMER, "我的订单三天没更新物流了")
        delivered()
        (ticket,) = desk.tickets.list().items
        print([item.message.text for item in desk.tickets.timeline(ticket.id) if item.message])
        agent = csdesk.Actor.agent("agt_1")
        sent = desk.reply(ticket.id, "已为您催促快递", actor=agent)
        desk.channels.edit(sent.message.id, "已为您催促快递，明天送到", actor=agent)
        print(sent.delivery, platform.sent[-1].text)
        platform.blocks(CUSTOMER)
        delivered()
        print("tags:", [tag.name for tag in desk.customers.list().items[0].tags])
        failed = desk.reply(ticket.id, "还在吗？", actor=agent).message
        print(failed.delivery, failed.delivery_reason, "needs:", failed.delivery_needs)
        print("health:", desk.channels.check("tg").status)
    client.close()


if __name__ == "__main__":
    main()
