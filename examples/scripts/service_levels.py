"""Promises in working time: what a ticket was promised, how it escalates, and why a deadline is where it is.

    python examples/scripts/service_levels.py

A simulated week around the Spring Festival of 2026, whose make-up Saturday is worked.
"""

from datetime import UTC, date, datetime, timedelta

from csdesk import Actor, Desk, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.testing import FixedClock

MEI = Actor.agent("mei")
CONFIG = DeskConfig.from_toml("""
[[queues]]
name = "default"

[[queues]]
name = "leads"

[[calendars]]
name = "office"
observes = "CN"
weekly = { mon = [["09:00", "18:00"]], tue = [["09:00", "18:00"]], fri = [["09:00", "18:00"]] }

[[sla]]
name = "standard"

[[sla.targets]]
metric = "requester_wait"
within = "4h"
warn_at = ["1h"]
escalate = [{ after = "0s", tell = ["team lead"], priority = "urgent" }, { after = "2h", queue = "leads" }]
""")


def tell(desk: Desk, clock: FixedClock, ticket: str) -> None:
    local = clock.now() + timedelta(hours=8)
    found = desk.tickets.get(ticket)
    (account,) = desk.sla.explain(ticket).clocks
    left = max(account.remaining, timedelta(0))
    print(f"{local:%a %d %H:%M}  {account.level:9} left {left!s:>8}  {found.queue}, {found.priority.name}")


def main() -> None:
    clock = FixedClock(datetime(2026, 2, 13, 8, 30, tzinfo=UTC))  # Friday, 16:30 in Shanghai
    with open_desk("memory://", config=CONFIG, clock=clock) as desk:
        festival = [date(2026, 2, day) for day in range(15, 24)]
        desk.calendars.save("CN", 2026, closed=festival, working=[date(2026, 2, 14)], actor=MEI)
        sender = Sender(external_id="li")
        said = InboundMessage(account="web", dedupe_key="1", conversation="li", sender=sender, text="包裹丢了")
        ticket = desk.receive(said).ticket
        assert ticket is not None
        tell(desk, clock, ticket.id)
        while (wake := desk.run_due().next_due_at) is not None:
            clock.set(wake)
            desk.run_due()
            tell(desk, clock, ticket.id)
        for line in desk.sla.explain(ticket.id).clocks[0].lines:
            print(f"  {line.kind:10} {line.reason:15} {line.on or '':11} {line.counted or ''}")


if __name__ == "__main__":
    main()
