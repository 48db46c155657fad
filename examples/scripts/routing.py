"""Who gets a ticket: skills, grades, shifts, helpers and offers, and the reason for each choice.

    python examples/scripts/routing.py

A simulated Monday of a small shop. Everything is printed with its trace.
"""

import re
from datetime import UTC, datetime, timedelta

from csdesk import Actor, DeskConfig, InboundMessage, Received, Sender, Skill, open_desk, render
from csdesk.testing import FixedClock

CONFIG = DeskConfig.from_toml("""
default_queue = "service"

[[queues]]
name = "service"
routing = { hours = "day", language = "should", overflow = [{ queue = "night", when = ["closed"] }] }
[[queues]]
name = "refunds"
routing = { assign = "offer", offer_within = "2m", order = "priority" }
[[queues]]
name = "night"

[[calendars]]
name = "day"
zone = "Asia/Shanghai"
weekly = { mon = [["09:00", "18:00"]], tue = [["09:00", "18:00"]] }

[[rules]]
name = "refund"
when = { field = "message.text", op = "contains_any", value = ["退款", "refund"] }
then = [{ do = "set_queue", queue = "refunds" }]

[[routing.needs]]
name = "refunds"
queues = ["refunds"]
skills = [{ name = "refund", level = 2 }, { name = "english", must = false }]
""")

clock = FixedClock(datetime(2026, 1, 5, 2, tzinfo=UTC))  # 10:00 in Shanghai
desk = open_desk("memory://", config=CONFIG, clock=clock)
mei = desk.agents.add("Mei", queues=["service"], languages=["zh"])
tom = desk.agents.add("Tom", queues=["service", "refunds"], languages=["en"], skills=[Skill(name="refund", level=2)])
li = desk.agents.add("Li", queues=["refunds"], skills=[Skill(name="refund", level=3), Skill(name="english")])
owl = desk.agents.add("Owl", queues=["night"])
names = {one.id: one.name for one in (mei, tom, li, owl)}


def comes(number: int, text: str, language: str = "zh") -> Received:
    """A customer writes; what routing decided about it is printed."""
    print(f"{text} ({language})")
    who, key = Sender(external_id=f"u{number}"), str(number)
    said = InboundMessage(account="web", dedupe_key=key, conversation=key, sender=who, text=text, language=language)
    got = desk.receive(said)
    for verdict in got.trace.verdicts:
        if verdict.code.startswith("route."):
            print("   ", re.sub(r"agt_\w+", lambda found: names[found[0]], render(verdict, "en")))
    return got


assert comes(1, "在吗？").worker.id == mei.id  # she speaks the language
assert comes(2, "hello", "en").worker.id == tom.id

refund = comes(3, "I want a refund", "en").ticket
assert refund.offer.agent == li.id  # offered: both may, but Li should be asked first
desk.tickets.decline(refund.id, actor=Actor.agent(li.id), reason="at lunch")
desk.run_due()
print("Li declines, so Tom is asked:")
refund = desk.tickets.accept(refund.id, actor=Actor.agent(tom.id))
assert refund.assignee == tom.id

clock.advance(timedelta(hours=9))  # 19:00: the day is over
assert comes(4, "还有人吗？").worker.id == owl.id
for one in desk.agents.available(queue="service"):
    print(f"{one.agent.name}: {'free' if one.is_available else render(one.reasons[0], 'en')}")
desk.close()
