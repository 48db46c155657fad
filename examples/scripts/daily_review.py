"""The daily review: what was raised, what was solved, what is carried over, and which promises were broken.

    python examples/scripts/daily_review.py sqlite:///desk.db

Without a desk it reviews a sample day.
"""

import sys
from datetime import UTC, datetime, timedelta

from csdesk import Actor, Category, Desk, InboundMessage, Sender, open_desk, walk
from csdesk.testing import FixedClock

LIVE = (
    Category.NEW,
    Category.OPEN,
    Category.WAITING_CUSTOMER,
    Category.WAITING_INTERNAL,
    Category.SNOOZED,
)


def review(desk: Desk, day: datetime) -> str:
    raised, solved, broken = [], [], []
    for ticket in walk(desk.tickets.list, since=day):  # to which something happened since then
        if ticket.created_at >= day:
            raised.append(ticket.number)
        if ticket.resolved_at is not None and ticket.resolved_at >= day:
            solved.append(ticket.number)
        if any(clock.breached_at is not None and clock.breached_at >= day for clock in ticket.clocks):
            broken.append(ticket.number)
    lines = [f"daily review of {day:%Y-%m-%d}"]
    for title, numbers in (("raised", raised), ("solved", solved), ("promise broken", broken)):
        listed = ", ".join(f"#{number}" for number in sorted(numbers)) or "none"
        lines.append(f"  {title:<15}{len(numbers):>3}  {listed}")
    lines.append(f"  {'carried over':<15}{desk.tickets.count(category=LIVE):>3}")
    return "\n".join(lines)


def sample_day() -> tuple[Desk, datetime]:
    clock = FixedClock()
    desk = open_desk("memory://", clock=clock)
    agent = Actor.agent(desk.agents.add("Mei", queues=["default"]).id)
    for number, text in enumerate(["在吗？发票怎么开", "Where is my order?", "我要退款"], start=1):
        clock.advance(timedelta(minutes=20))
        who = f"visitor-{number}"
        received = desk.receive(
            InboundMessage(account="web", dedupe_key=who, conversation=who, sender=Sender(external_id=who), text=text)
        )
        if number < 3 and received.ticket is not None:
            desk.tickets.set_status(received.ticket.id, "resolved", actor=agent)
    return desk, clock.now().replace(hour=0, minute=0)


def main() -> None:
    if len(sys.argv) > 1:
        desk, day = open_desk(sys.argv[1]), datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    else:
        desk, day = sample_day()
    with desk:
        print(review(desk, day))


if __name__ == "__main__":
    main()
