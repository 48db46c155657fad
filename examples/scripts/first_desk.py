"""A desk in one file: a customer writes, rules and clocks begin, an agent answers, a promise is broken, all explained.

    python examples/scripts/first_desk.py [config.toml]

The clock is simulated, so that half an hour takes no time.
"""

import sys
from datetime import timedelta
from pathlib import Path

from csdesk import Actor, DeskConfig, InboundMessage, Sender, open_desk, render
from csdesk.testing import FixedClock

CONFIG = """
default_queue = "service"

[[queues]]
name = "service"

[[tags]]
name = "refund"
keywords = ["退款", "refund"]

[[rules]]
name = "refunds-first"
when = { field = "ticket.tags", op = "contains", value = "refund" }
then = [{ do = "set_priority", priority = "high" }]

[[sla]]
name = "standard"
targets = [{ metric = "first_reply", within = "30m", by_priority = { high = "15m" } }]
"""


def main() -> None:
    text = Path(sys.argv[1]).read_text(encoding="utf-8") if len(sys.argv) > 1 else CONFIG
    config = DeskConfig.from_toml(text)
    clock = FixedClock()
    with open_desk("memory://", config=config, clock=clock) as desk:
        agent = desk.agents.add("Mei", queues=[queue.name for queue in config.queues])
        received = desk.receive(
            InboundMessage(
                account="webchat",
                dedupe_key="delivery-1",
                conversation="visitor-1001",
                sender=Sender(external_id="visitor-1001", name="王芳"),
                text="我要退款，订单 20261122",
            )
        )
        assert received.ticket is not None
        ticket = received.ticket.id
        print(f"ticket {received.ticket.number}, priority {received.ticket.priority.name.lower()}, because:")
        print(render(received.trace, "en"))

        clock.advance(timedelta(minutes=20))
        report = desk.run_due()
        print(f"\n20 minutes later {report.tickets} ticket had something due:")
        for entry in desk.explain(ticket)[1:]:
            print("  " + ", ".join(event.kind for event in entry.events))

        desk.note(ticket, "已联系仓库", actor=Actor.agent(agent.id))
        desk.tickets.set_status(ticket, "resolved", actor=Actor.agent(agent.id))
        print(f"\nnow it is {desk.tickets.get(ticket).category}")
        (found,) = desk.tickets.search("退款").items
        print(f"searching 退款 finds ticket {found.ticket.number}")


if __name__ == "__main__":
    main()
