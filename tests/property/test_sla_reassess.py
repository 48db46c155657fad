"""Under terms that did not change, the log of any ticket makes its clocks, and a reassessment finds nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk import Actor, Desk, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.domain.core.replaying import replayed
from csdesk.domain.records import events as ev
from csdesk.errors import IllegalTransition, InvalidInput
from csdesk.ports.store import Query
from csdesk.testing import FixedClock, SerialIds

MEI = Actor.agent("agt_1")
HOURS = [["09:00", "12:00"], ["13:00", "18:00"]]
TARGETS: tuple[dict[str, Any], ...] = (
    {"metric": "first_reply", "within": "2h", "by_priority": {"urgent": "30m"}, "warn_at": [0.5]},
    {"metric": "next_reply", "within": "1h"},
    {"metric": "periodic_update", "within": "6h"},
    {"metric": "requester_wait", "within": "20h", "warn_at": ["2h"]},
    {"metric": "agent_work", "within": "8h", "clock": "calendar"},
    {"metric": "resolution", "within": "10h", "on_reopen": "restart", "escalate": [{"after": "1h", "tell": ["lead"]}]},
    {"metric": "assignment", "within": "1h"},
    {"metric": "step", "within": "3h"},
)
CONFIG = DeskConfig.model_validate(
    {
        "calendars": [
            {"name": "office", "zone": "America/New_York", "weekly": dict.fromkeys(("mon", "tue", "fri", "sat"), HOURS)}
        ],
        "sla": [{"name": "gold", "targets": TARGETS}],
    }
)
ACTIONS = (
    *("says", "replies", "waiting_customer", "waiting_internal", "open", "resolved", "urgent", "low"),
    *("assign", "step", "end", "promise", "run"),
)
stories = st.lists(st.tuples(st.integers(0, 40 * 60), st.sampled_from(ACTIONS)), max_size=10)


class Story:
    """A desk in memory, and one customer's ticket on it."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.desk: Desk = open_desk("memory://", config=CONFIG, clock=self.clock, ids=SerialIds())
        self.said = 0
        self.ticket = self.says()

    def says(self) -> str:
        self.said += 1
        message = InboundMessage(
            account="web", dedupe_key=f"d{self.said}", conversation="c", sender=Sender(external_id="ann"), text="在吗"
        )
        found = self.desk.receive(message).ticket
        assert found is not None
        return found.id

    def goes_on(self, minutes: int, action: str) -> None:
        """Let something happen a while later; what is not allowed then does not happen."""
        self.clock.advance(timedelta(minutes=minutes))
        desk, ticket = self.desk, self.ticket
        try:
            match action:
                case "says":
                    self.ticket = self.says()
                case "replies":
                    desk.reply(ticket, "好的", actor=MEI)
                case "urgent" | "low":
                    desk.tickets.set_field(ticket, "priority", action, actor=MEI)
                case "assign":
                    desk.tickets.assign(ticket, None, actor=MEI)
                case "step":
                    desk.sla.start_step(ticket, "check", actor=MEI)
                case "end":
                    desk.sla.end_step(ticket, "check", actor=MEI)
                case "promise":
                    desk.sla.promise(ticket, within=timedelta(hours=3), actor=MEI)
                case "run":
                    desk.run_due()
                case _:
                    desk.tickets.set_status(ticket, action, actor=MEI)
        except (IllegalTransition, InvalidInput):
            pass

    def entries(self) -> tuple[ev.Entry, ...]:
        query = Query(kind="entry", where=(("subject", self.ticket),), order="position", limit=1000)
        return self.desk._store.query(self.desk.name, query).items  # type: ignore[return-value]  # what was asked for


@settings(max_examples=many(40), deadline=None)
@given(stories)
def test_nothing_is_found_under_the_terms_that_held(story: list[tuple[int, str]]) -> None:
    life = Story()
    with life.desk as desk:
        for minutes, action in story:
            life.goes_on(minutes, action)
        desk.run_due()
        before = desk.tickets.get(life.ticket)
        entries = life.entries()
        book = desk._core.policy.service
        assert replayed(entries, lambda _: book, until=life.clock.now()).ticket.clocks == before.clocks
        for mode in ("pin", "forward", "retro"):
            assert desk.sla.reassess(life.ticket, mode, actor=MEI) == before
        assert [one.events for one in life.entries()] == [one.events for one in entries]
