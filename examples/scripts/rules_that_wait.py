"""Rules that act when their time has come: a reminder, a last word, a goal that was missed; with nobody writing code.
    python examples/scripts/rules_that_wait.py

A simulated week of one shop. In real use a worker calls run_due.
"""

from datetime import timedelta

from csdesk import Actor, Desk, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.channels.loopback import LoopbackChannel
from csdesk.testing import FixedClock

CONFIG = DeskConfig.from_toml("""
    session_gap = "2d"

    [[queues]]
    name = "default"
    goal = "order"

    [[flags]]
    name = "press"

    [[rules]]
    name = "journalist"
    when = { field = "message.text", op = "contains_any", value = ["记者", "press"] }
    then = [{ do = "flag_ticket", flag = "press", reason = "a journalist asks", span = "3d" }]

    [[rules]]
    name = "still-there"
    timer = { of = "ticket.replied_at", after = "1d" }
    when = { none = [{ field = "ticket.flags", op = "contains", value = "press" }] }
    then = [{ do = "send_phrase", phrase = "still-there" }]

    [[rules]]
    name = "over"
    timer = { of = "ticket.replied_at", after = "3d" }
    then = [{ do = "close", reason = "silent" }]

    [[rules]]
    name = "not-bought"
    on = ["change"]
    when = { field = "ticket.goal_state", op = "changed_to", value = "missed" }
    then = [{ do = "notify", to = "queue", name = "not-bought" }]
""")


def said(who: str, text: str) -> InboundMessage:
    return InboundMessage(account="web", dedupe_key=text, conversation=who, sender=Sender(external_id=who), text=text)


def shown(desk: Desk, ticket: str) -> str:
    found = desk.tickets.get(ticket)
    flags = ", ".join(flag.name for flag in found.flags) or "no flags"
    return f"{found.category}, {flags}, goal {found.goal.state}" if found.goal is not None else found.category


def main() -> None:
    clock, channel = FixedClock(), LoopbackChannel("web")
    with open_desk("memory://", config=CONFIG, clock=clock, channels=[channel]) as desk:
        mei = Actor.agent(desk.agents.add("Mei", queues=["default"]).id)
        desk.replies.add("还在吗", "您好，还需要帮助吗？", name="still-there")
        tickets = {}
        for who, text in (("li", "这个有货吗"), ("wang", "我是记者，这个安全吗"), ("zhao", "多少钱")):
            tickets[who] = desk.receive(said(who, text))
            desk.reply(tickets[who].ticket.id, "您好，请稍等，我来确认。", actor=mei)
        desk.customers.record(tickets["zhao"].customer.id, "order", amount=19900, actor=Actor.system("shop"))
        for day in range(1, 4):
            clock.advance(timedelta(days=1))
            while desk.run_due().more:
                pass
            print(f"day {day}: {len(channel.sent())} messages sent")
            for who, got in tickets.items():
                print(f"  {who}: {shown(desk, got.ticket.id)}")


if __name__ == "__main__":
    main()
