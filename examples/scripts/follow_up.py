"""Follow up tickets that wait for the customer: remind after a day of silence, resolve after another one.

    python examples/scripts/follow_up.py sqlite:///desk.db     (without a desk: a simulated week)

Run it from cron as often as you like: it remembers in a field of the ticket which silence it has reminded of, and
the idempotency key stops a reminder from being written twice even if it dies in between.
"""

import sys
from datetime import UTC, datetime, timedelta

from csdesk import Actor, Category, Desk, InboundMessage, Sender, open_desk
from csdesk.testing import FixedClock

ACTOR = Actor.system("follow-up")
SILENCE = timedelta(days=1)
REMINDER = "您好，您的问题解决了吗？如需帮助请直接回复。"
MOST = 100  # tickets in one run


def follow_up(desk: Desk, now: datetime) -> tuple[int, int]:
    """Return how many tickets were reminded and resolved."""
    reminded = resolved = 0
    silent = desk.tickets.list(category=Category.WAITING_CUSTOMER, until=now - SILENCE, limit=MOST)
    for ticket in silent.items:
        waiting_since = ticket.replied_at.isoformat() if ticket.replied_at is not None else ""
        if ticket.field("reminded_of") == waiting_since:
            desk.tickets.set_status(ticket.id, "resolved", actor=ACTOR, reason="no_answer")
            resolved += 1
            continue
        desk.reply(ticket.id, REMINDER, actor=ACTOR, idempotency_key=f"reminder/{ticket.id}/{waiting_since}")
        desk.tickets.set_field(ticket.id, "x.reminded_of", waiting_since, actor=ACTOR)
        reminded += 1
    return reminded, resolved


def simulate() -> None:
    clock = FixedClock()
    with open_desk("memory://", clock=clock) as desk:
        agent = desk.agents.add("Mei", queues=["default"])
        received = desk.receive(
            InboundMessage(
                account="web",
                dedupe_key="1",
                conversation="visitor-1",
                sender=Sender(external_id="visitor-1"),
                text="怎么开发票？",
            )
        )
        assert received.ticket is not None
        desk.reply(received.ticket.id, "请在订单页点“申请开票”。", actor=Actor.agent(agent.id))
        for day in range(4):
            reminded, resolved = follow_up(desk, clock.now())
            category = desk.tickets.get(received.ticket.id).category
            print(f"day {day}: {reminded} reminded, {resolved} resolved, the ticket is {category}")
            clock.advance(SILENCE + timedelta(minutes=1))


def main() -> None:
    if len(sys.argv) == 1:
        simulate()
        return
    with open_desk(sys.argv[1]) as desk:
        print("{} reminded, {} resolved".format(*follow_up(desk, datetime.now(UTC))))


if __name__ == "__main__":
    main()
