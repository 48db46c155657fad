"""Rules in Python are the rules in TOML: build both, compare them, check them, and watch them work.
    python examples/scripts/rules_two_ways.py [FILE.toml]

Equal rules are equal values, whichever way they were written.
"""

import sys
from datetime import datetime
from pathlib import Path

from csdesk import Actor, DeskConfig, InboundMessage, Priority, Sender, open_desk
from csdesk import rules as r
from csdesk.rules import F

TOML = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "config" / "rules.toml"
REFUND = F.message.text.contains_any("退款", "退货", "refund")

RULES = (
    r.Rule(
        name="urgent-refund",
        owner="Refund team",
        stop=True,
        when=REFUND & ((F.customer.level == "vip") | F.ticket.tags.contains("angry")),
        then=(r.SetPriority(priority=Priority.URGENT), r.SetQueue(queue="refunds")),
    ),
    r.Rule(name="refund", when=REFUND, then=(r.SetQueue(queue="refunds"),)),
    r.Rule(
        name="hot",
        on=("change",),
        when=F.ticket.priority.changed_to(Priority.URGENT) & ~F.ticket.tags.contains("hot"),
        then=(r.AddTags(tags=("hot",)), r.Notify(to="queue", name="urgent-ticket")),
    ),
)
SEASON = r.RuleSet(
    name="double-eleven",
    mode="first",
    active_from=datetime.fromisoformat("2026-11-01T00:00:00+08:00"),
    active_until=datetime.fromisoformat("2026-11-13T00:00:00+08:00"),
    rules=(
        r.Rule(
            name="parcel-season",
            when=F.message.text.matches(r"单号\s?\d{6,}"),
            then=(r.Note(text="大促期间物流延迟，先安抚。"), r.NoAutoReply()),
        ),
    ),
)


def main() -> None:
    config = DeskConfig.from_toml(TOML.read_text(encoding="utf-8"))
    print("the same in Python and TOML:", (config.rules, config.rule_sets) == (RULES, (SEASON,)))
    report = r.analyse(config)
    print(f"checked: {len(report.errors)} errors, {len(report.warnings)} warnings, chains: {report.termination}")
    with open_desk("memory://", config=config) as desk:
        for name, text in (("li", "我要退货"), ("wang", "太差了，投诉！马上给我退款")):
            message = InboundMessage(
                account="chat", dedupe_key=name, conversation=name, sender=Sender(external_id=name), text=text
            )
            got = desk.receive(message)
            tags = ", ".join(tag.name for tag in got.ticket.tags) or "no tags"
            print(f"{name}: {got.ticket.queue}, {got.ticket.priority.name.lower()}, {tags}")
        done = desk.tickets.run_macro(got.ticket.id, "refunded", actor=Actor.agent("agt_mei"), dry_run=True)
        print("the macro would leave it", done.ticket.category)


if __name__ == "__main__":
    main()
