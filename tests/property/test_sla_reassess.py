"""The log of any ticket makes its clocks, under terms that change meanwhile too; under the same, nothing is found."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk import Actor, Desk, DeskConfig, InboundMessage, Sender, open_desk
from csdesk.domain.core.casework.replaying import replayed
from csdesk.domain.records import events as ev
from csdesk.domain.records.changes import Needs
from csdesk.domain.sla.terms import Book
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
OTHERS: tuple[dict[str, Any], ...] = (
    {"metric": "first_reply", "within": "1h", "clock": "calendar", "warn_at": []},
    {"metric": "resolution", "within": "6h", "pause_on": ["waiting_customer"], "warn_at": ["30m", 0.25]},
    {"metric": "agent_work", "within": "12h", "pause_on": []},
    {"metric": "step", "within": "1h"},
)


def config(targets: tuple[dict[str, Any], ...]) -> DeskConfig:
    week = dict.fromkeys(("mon", "tue", "fri", "sat"), HOURS)
    office = {"name": "office", "zone": "America/New_York", "weekly": week, "observes": "US"}
    year = {"year": 2026, "closed": ["2026-01-01"]}
    return DeskConfig.model_validate(
        {
            "calendars": [office],
            "holidays": [{"name": "US", "years": [year]}],
            "sla": [{"name": "gold", "targets": targets}],
        }
    )


CONFIG, OTHER = config(TARGETS), config(OTHERS)
STATUSES = ("waiting_customer", "waiting_internal", "open", "resolved")
ACTIONS = ("says", "replies", *STATUSES, "urgent", "low", "assign", "step", "own step", "end", "promise", "run")
CHANGES = ("policy", "holiday", "forward")
stories = st.lists(st.tuples(st.integers(0, 40 * 60), st.sampled_from(ACTIONS)), max_size=10)

changing = st.lists(st.tuples(st.integers(0, 40 * 60), st.sampled_from((*ACTIONS, *CHANGES))), max_size=10)


class Story:
    """A desk in memory, and one customer's ticket on it."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.desk: Desk = open_desk("memory://", config=CONFIG, clock=self.clock, ids=SerialIds())
        self.said = 0
        self.books: dict[tuple[int, int], Book] = {}
        self.ticket = self.says()
        self.notes_book()

    def notes_book(self) -> None:
        """Keep the service levels under the epochs that they have."""
        self.desk.tickets.get(self.ticket)
        core = self.desk._core
        epochs = self.desk._store.load(self.desk.name, Needs()).epochs
        self.books[epochs.config, epochs.calendars] = core.policy.service

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
        with suppress(IllegalTransition, InvalidInput):
            self._acts(action)
        self.notes_book()

    def _acts(self, action: str) -> None:
        desk, ticket = self.desk, self.ticket
        acts: dict[str, Callable[[], object]] = {
            "says": self.says,
            "run": desk.run_due,
            "replies": lambda: desk.reply(ticket, "好的", actor=MEI),
            "assign": lambda: desk.tickets.assign(ticket, None, actor=MEI),
            "step": lambda: desk.sla.start_step(ticket, "check", actor=MEI),
            "own step": lambda: desk.sla.start_step(ticket, "repair", within=timedelta(hours=5), actor=MEI),
            "end": lambda: desk.sla.end_step(ticket, "check", actor=MEI),
            "promise": lambda: desk.sla.promise(ticket, within=timedelta(hours=3), actor=MEI),
            "policy": lambda: desk.config.activate(OTHER if desk.config.get() == CONFIG else CONFIG),
            "holiday": self._plans_a_holiday,
            "forward": lambda: desk.sla.reassess(ticket, "forward", actor=MEI),
            **{one: partial(desk.tickets.set_field, ticket, "priority", one, actor=MEI) for one in ("urgent", "low")},
            **{one: partial(desk.tickets.set_status, ticket, one, actor=MEI) for one in STATUSES},
        }
        acts[action]()

    def _plans_a_holiday(self) -> None:
        day = (self.clock.now() + timedelta(days=2)).date()
        self.desk.calendars.save("US", day.year, closed=[day], actor=MEI)

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


@settings(max_examples=many(60), deadline=None)
@given(changing)
def test_the_log_makes_the_clocks_under_the_terms_of_each_entry(story: list[tuple[int, str]]) -> None:
    life = Story()
    with life.desk as desk:
        for minutes, action in story:
            life.goes_on(minutes, action)
        desk.run_due()
        life.notes_book()
        made = replayed(
            life.entries(), lambda epochs: life.books[epochs.config, epochs.calendars], until=life.clock.now()
        )
        assert made.ticket.clocks == desk.tickets.get(life.ticket).clocks
