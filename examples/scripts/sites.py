"""Sites: ten cities under one head office, each with its own people, hours and neighbours.

    python examples/scripts/sites.py

A simulated Monday morning: who gets the tickets of each city, at once and after a while, and the report by site.
"""

from datetime import UTC, datetime, timedelta

from csdesk import DeskConfig, InboundMessage, Sender, open_desk
from csdesk.testing import FixedClock

CITIES = {
    "hangzhou": ("杭州", "86571"),
    "ningbo": ("宁波", "86574"),
    "wenzhou": ("温州", "86577"),
    "jiaxing": ("嘉兴", "86573"),
    "huzhou": ("湖州", "86572"),
    "shaoxing": ("绍兴", "86575"),
    "jinhua": ("金华", "86579"),
    "quzhou": ("衢州", "86570"),
    "taizhou": ("台州", "86576"),
    "lishui": ("丽水", "86578"),
}
NEIGHBOURS = {"huzhou": "hangzhou", "lishui": "wenzhou", "quzhou": "jinhua"}


def city(name: str, title: str, phone: str) -> dict[str, object]:
    """A city whose neighbour helps out after five minutes, and the head office after ten."""
    near = [NEIGHBOURS[name]] if name in NEIGHBOURS else []
    site: dict[str, object] = {"name": name, "title": title, "parent": "head", "phones": [phone], "queue": name}
    return {**site, "fallback": [*near, "head"], "wait": "5m"}


WORKDAYS = {day: [("09:00", "18:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
CONFIG = DeskConfig.model_validate(
    {
        "default_queue": "head",
        "queues": [{"name": "head"}, *({"name": name, "sites": [name]} for name in CITIES)],
        "sites": [{"name": "head", "title": "总部", "calendar": "office"}]
        + [city(name, title, phone) for name, (title, phone) in CITIES.items()],
        "calendars": [{"name": "office", "zone": "Asia/Shanghai", "weekly": WORKDAYS}],
        "sla": [{"name": "usual", "targets": [{"metric": "first_reply", "within": "1h"}]}],
    }
)


def main() -> None:
    """Let ten customers write, and see who answers whom."""
    clock = FixedClock(datetime(2026, 1, 5, 1, 30, tzinfo=UTC))  # 09:30 in Zhejiang
    with open_desk("memory://", config=CONFIG, clock=clock) as desk:
        names = {}
        for name, (title, _) in CITIES.items():
            if name not in ("huzhou", "quzhou"):  # nobody is there today
                names[desk.agents.add(f"{title}客服", queues=[name], sites=[name]).id] = f"{title}客服"
        names[desk.agents.add("总部客服", queues=["head"], sites=["head"], capacity=50).id] = "总部客服"
        tickets = []
        for number, (_, phone) in enumerate(CITIES.values()):
            sender = Sender(kind="phone", external_id=f"+{phone} 8800 000{number}")
            said = InboundMessage(
                account="sms", dedupe_key=f"{number}", conversation=phone, sender=sender, text="灯坏了"
            )
            tickets.append(desk.receive(said).ticket.id)
        for minutes in (0, 5):
            clock.advance(timedelta(minutes=minutes))
            desk.run_due()
            print(f"after {minutes} minutes:")
            for ticket in map(desk.tickets.get, tickets):
                print(f"  {ticket.site:9} {names.get(ticket.assignee, 'waits')}")
        print("by site:")
        for line in desk.tickets.by_site():
            print(f"  {line.title}: {line.live} live, {line.waiting} waiting, {line.online} of {line.agents} here")


if __name__ == "__main__":
    main()
