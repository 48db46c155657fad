"""A "why not" session: a rule did not fire, and the desk says which test failed, with the value it saw.
    python examples/scripts/why_not.py

The moment is that of the message: what happened since makes no difference.
"""

from csdesk import Actor, DeskConfig, InboundMessage, Sender, Viewer, open_desk, render
from csdesk.rules import Alert, F, Rule

ME = Actor.agent("agt_mei")
CONFIG = DeskConfig(
    locale="en",
    levels=({"name": "vip"},),
    rules=(
        Rule(
            name="urgent-refund",
            when=F.message.text.contains("退款") & (F.customer.level == "vip") & F.ticket.is_assigned.is_false(),
            then=(Alert(name="supervisor"),),
        ),
    ),
)


def main() -> None:
    with open_desk("memory://", config=CONFIG) as desk:
        message = InboundMessage(
            account="chat", dedupe_key="1", conversation="li", sender=Sender(external_id="li"), text="請幫我退款"
        )
        got = desk.receive(message)
        desk.customers.set_profile(got.customer.id, level="vip", actor=ME)  # too late for that message

        why = desk.tickets.explain_rule(got.ticket.id, "urgent-refund", viewer=Viewer(actor=ME))
        print(render(why.trace, "en"))
        print("because:", ", ".join(f"{one.test.field} was {one.seen.value or 'not set'}" for one in why.because))

        stranger = desk.tickets.explain_rule(got.ticket.id, "urgent-refund")
        said = next(stranger.condition.tests())
        print(f"for others: {said.seen.field} of {said.seen.record[:4]}… is {said.seen.state}")

        again = desk.receive(message.model_copy(update={"dedupe_key": "2"}))
        now = desk.tickets.explain_rule(again.ticket.id, "urgent-refund")
        print("and now:", render(now.trace, "en").splitlines()[0])


if __name__ == "__main__":
    main()
