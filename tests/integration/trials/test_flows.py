"""Whatever takes several commits, with every call to the store failing in every way: begun again, it ends the same."""

import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from tests.conftest import EXAMPLES
from tests.integration.trials.story import CONFIG, Story, Trial, anonymous
from tests.integration.trials.test_commands import ARTICLE, PHRASE, faults_of

from csdesk import Sender
from csdesk.domain.policy.config import TagPolicy
from csdesk.domain.records._model import replaced
from csdesk.domain.records.channels import ContactEvent, EditEvent, IdentityEvent, ReactionEvent, StatusEvent
from csdesk.domain.records.messages import TextPart
from csdesk.errors import NotFound, UsageError
from csdesk.ports.bots import BotAnswer
from csdesk.testing import Fault
from csdesk.testing.audit import problems_of

Act = Callable[[Trial], Any]


def drained(trial: Trial) -> None:
    """Do all that is due now."""
    while trial.desk.run_due(50).more:
        pass


def hours_later(amount: int) -> Act:
    """What is due that much later, when all that is due now is done."""

    def act(trial: Trial) -> None:
        if trial.clock.now() == trial.story.clock.now():
            with trial.working():
                drained(trial)
            trial.clock.advance(timedelta(hours=amount))
        drained(trial)

    return act


def erased(trial: Trial) -> None:
    trial.desk.customers.erase(trial.w.bob, actor=trial.w.me)
    drained(trial)


def taken_over(trial: Trial) -> None:
    for turn in trial.desk.bots.take("echo", hold=timedelta(minutes=1)):
        trial.desk.bots.finish(turn, BotAnswer(text=f"you said {turn.text}"))


def reported(trial: Trial) -> None:
    """What a provider tells of, in one request."""
    ann = Sender(external_id="ann")
    request = trial.web.report(
        trial.story.said("one more", "ann", dedupe_key="hook 1"),
        StatusEvent(account="web", dedupe_key="hook 2", key=trial.w.answer, status="delivered"),
        EditEvent(account="web", dedupe_key="hook 3", provider_id="p1", parts=(TextPart(text="edited"),)),
        ReactionEvent(account="web", dedupe_key="hook 4", provider_id="p1", sender=ann, sign="👍"),
        ContactEvent(account="web", dedupe_key="hook 5", sender=ann, allowed=False),
        IdentityEvent(account="web", dedupe_key="hook 6", sender=ann, also=(Sender(kind="phone", external_id="138"),)),
    )
    trial.desk.handle("web", request)


FLOWS: dict[str, Act] = {
    "receive of a known customer": lambda t: t.desk.receive(t.story.said("again", "ann", dedupe_key="n1")),
    "receive of a stranger": lambda t: t.desk.receive(t.story.said("hello", "zoe", dedupe_key="n1")),
    "receive for a bot": lambda t: t.desk.receive(t.story.said("hello", "zoe", "chat", dedupe_key="n1")),
    "receive of a blocked one": lambda t: t.desk.receive(t.story.said("buy", "mal", dedupe_key="n1")),
    "receive_many": lambda t: t.desk.receive_many(
        [t.story.said("hello", by, dedupe_key=f"n {by}") for by in ("ann", "zoe", "yan", "jan", "mal")]
    ),
    "handle": reported,
    "reply": lambda t: t.desk.reply(t.w.ticket, "yes", actor=t.w.me, idempotency_key="k"),
    "send a phrase": lambda t: t.desk.replies.send(t.w.ticket, "refund", actor=t.w.me, idempotency_key="k"),
    "send an asset": lambda t: t.desk.assets.send(t.w.ticket, "brochure", actor=t.w.me, idempotency_key="k"),
    "run_due now": drained,
    "run_due in an hour": hours_later(1),
    "run_due tomorrow": hours_later(24),
    "run_due in a month": hours_later(24 * 31),
    "erase": erased,
    "bots driven by the host": taken_over,
    "import phrases": lambda t: t.desk.replies.import_([PHRASE, *(replaced(PHRASE, id=f"p{n}") for n in range(3))]),
    "import articles": lambda t: t.desk.articles.import_([ARTICLE]),
    "sync the staff": lambda t: t.desk.agents.sync(retire_at_most=9),
    "fill a profile": lambda t: t.desk.customers.fill_profile(t.w.ann),
    "activate a configuration": lambda t: t.desk.config.activate(OTHER, actor=t.w.boss),
    "save holidays": lambda t: t.desk.calendars.save("CN", 2027, actor=t.w.boss),
    "optimize": lambda t: t.desk.learning.optimize(),
    "retry a parked message": lambda t: t.desk.inbox.retry(t.w.parked, actor=t.w.me),
    "discard a parked message": lambda t: t.desk.inbox.discard(t.w.parked, actor=t.w.me),
    "save a draft": lambda t: t.desk.tickets.drafts.save(t.w.ticket, "dear", actor=t.w.me),
}
EVERY = 3 if EXAMPLES == 1 else 1
"""Of how many calls that only read one fails; soaks let them all fail, and commits always do."""
ONCE = (FLOWS["save holidays"], FLOWS["optimize"])  # who repeats them although they happened has them twice
OTHER = replaced(CONFIG, tags=(*CONFIG.tags, TagPolicy(name="calm")))


def told(trial: Trial) -> dict[str, Any]:
    """How things stand, whenever they came to it and after however many tries."""
    state = trial.state
    return {
        "tickets": [
            (
                one.category,
                one.assignee,
                one.queue,
                one.messages,
                one.merged_into,
                str(one.worker),
                one.exceptions != (),
                [(clock.metric, clock.cycle, clock.phase) for clock in one.clocks],
            )
            for one in state.tickets.values()
        ],
        "customers": [
            (one.name, one.identities, one.attributes, one.block, one.erasure is None)
            for one in state.customers.values()
        ],
        "messages": Counter((one.text, one.direction, one.delivery, one.ticket) for one in state.messages.values()),
        "agents": [(one.name, one.retired) for one in state.agents.values()],
        "library": [sorted(map(repr, table)) for table in (state.phrases, state.articles, state.assets)],
        "settlements": [
            (one.state, one.asking and one.asking.step, one.carrying and one.carrying.state)
            for one in state.settlements.values()
        ],
        "outbox": [(one.message, one.state) for one in state.outbox.values()],
        "inbox": [(one.id, one.state) for one in state.inbox.values()],
        "due": sorted(key for key in state.due),
        "drafts": [(one.author, one.text) for one in state.drafts.values()],
        "holidays": sorted(state.holidays),
        "config": state.config,
        "counters": state.counters,
        "claims": Counter(key.partition("/")[0] for key in state.claims if not key.startswith("command/")),
        "sent": sorted({one.key for one in (*trial.web.sent, *trial.chat.sent)}),
        "carried out": sorted(set(trial.bank.done)),
        "events": Counter(type(event).__name__ for entry in state.entries for event in entry.events),
    }


def lived(trial: Trial, act: Act) -> dict[str, str]:
    """After a flow that may have failed, and the hours after it; ids by the order in which they come."""
    if not trial.succeeds(act) and (trial.is_untouched or act not in ONCE):
        with suppress(UsageError, NotFound):  # nothing is left to do
            act(trial)
    for minutes in (3, 3, 60, 60):
        trial.clock.advance(timedelta(minutes=minutes))
        drained(trial)
    assert problems_of(trial.store) == ()
    names: dict[str, str] = {}
    return {name: anonymous(_TIMES.sub("T", repr(told)), names) for name, told in told(trial).items()}


_TIMES = re.compile(r"datetime\.datetime\([^)]*\)")


@pytest.mark.parametrize("name", FLOWS)
def test_a_flow_whose_store_fails_ends_the_same(story: Story, name: str) -> None:
    act = FLOWS[name]
    clean = Trial(story)
    wanted = lived(clean, act)
    for at, fault in faults_of(clean.calls, every=EVERY):
        if fault is not Fault.BUSY:
            once = Trial(story, lambda number, _: fault if number == at else None)  # noqa: B023
            assert lived(once, act) == wanted, (at, fault)
        gone = Trial(story, lambda number, _: fault if number == at else Fault.BUSY if number > at else None)  # noqa: B023
        assert lived(gone, act) == wanted, (at, fault)


@pytest.mark.parametrize("name", FLOWS)
def test_a_store_that_is_busy_for_a_while_is_waited_for(story: Story, name: str) -> None:
    wanted = lived(Trial(story), FLOWS[name])
    assert busy_at_first(story).succeeds(FLOWS[name])
    assert lived(busy_at_first(story), FLOWS[name]) == wanted


def busy_at_first(story: Story) -> Trial:
    """Four commits of five find the store busy."""
    commits = count(1)
    return Trial(story, lambda _, call: Fault.BUSY if call == "commit" and next(commits) % 5 else None)
