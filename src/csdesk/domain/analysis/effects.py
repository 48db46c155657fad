"""What rules write and read: a *slot* is one thing that an action can change and a condition can see.

Slots are fields, except that every tag is a slot of its own and that status, category and what follows from them are
one slot, ``ticket.state``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records.priorities import PRIORITIES
from csdesk.domain.rules import actions as act
from csdesk.domain.rules.checks import listed
from csdesk.domain.rules.fields import KEYWORD
from csdesk.domain.rules.language import Plan, RulePolicy, Test
from csdesk.domain.rules.reads import tests_of

Write = tuple[str, object]
"""A slot and the value that it gets."""

EVERY_TAG = "*"


@dataclass(frozen=True, slots=True)
class Reach:
    """What one rule writes and reads, by slot."""

    rule: RulePolicy
    writes: tuple[Write, ...]
    reads: frozenset[str]

    @property
    def slots(self) -> frozenset[str]:
        """The slots that it writes."""
        return frozenset(slot for slot, _ in self.writes)


def writes_of(action: act.Action, policy: Policy, tags: frozenset[str] = frozenset()) -> Iterator[Write]:
    """The slots that an action writes, with the values; ``tags`` are those that anything names.

    Alerts, requests and blocks write none: they change nothing that a condition sees.
    """
    yield from _set(action, policy)
    yield from _placed(action)
    yield from _moved(action)
    yield from _marked(action, tags)


def _set(action: act.Action, policy: Policy) -> Iterator[Write]:
    """The fields of the ticket that it gives a value."""
    match action:
        case act.SetPriority():
            yield "ticket.priority", int(action.priority)
        case act.SetType():
            yield from _typed(action.type, policy)
        case act.SetQueue():
            yield "ticket.queue", action.queue
        case act.SetSite():
            yield "ticket.site", action.site
        case act.SetLanguage():
            yield "ticket.language", action.language
        case act.SetGoal():
            yield "ticket.goal", action.goal.value
        case act.SetField():
            yield f"ticket.{action.name}", action.value
        case _:
            pass


def _typed(type_: str, policy: Policy) -> Iterator[Write]:
    yield "ticket.type", type_
    kind = policy.type(type_)  # on a new ticket it brings these too
    if kind.queue is not None:
        yield "ticket.queue", kind.queue
    if kind.priority is not None:
        yield "ticket.priority", int(kind.priority)


def _placed(action: act.Action) -> Iterator[Write]:
    """The fields of the customer that it gives a value."""
    if isinstance(action, act.SetCustomerField):
        yield f"customer.{action.name}", action.value
    elif isinstance(action, act.PlaceCustomer):
        for name in ("level", "stage", "language"):
            if getattr(action, name) is not None:
                yield f"customer.{name}", getattr(action, name)


def _moved(action: act.Action) -> Iterator[Write]:
    """Where the ticket stands after it: its status, who has it, what was said on it."""
    match action:
        case act.SetStatus():
            yield "ticket.state", action.status
        case act.Close():
            yield "ticket.state", f"closed:{action.reason}"
        case act.Resolve() | act.Reopen() | act.Snooze():
            yield "ticket.state", action.do
        case act.Assign():
            yield "ticket.worker", action.agent
            yield "ticket.state", "open"
        case act.Unassign() | act.HandOff():
            yield "ticket.worker", None
        case act.Transfer():
            asked = action.agent or action.department
            yield ("ticket.offer", asked) if action.asks else ("ticket.queue", action.queue)
        case act.HandBack():
            yield "ticket.worker", "bot"
            if action.queue is not None:
                yield "ticket.queue", action.queue
        case act.Note() | act.Reply() | act.SendPhrase() | act.SendTemplate():
            yield "ticket.messages", action.do
        case _:
            pass


def _marked(action: act.Action, tags: frozenset[str]) -> Iterator[Write]:
    """The tags and flags that it puts or takes."""
    match action:
        case act.AddTags():
            yield from ((f"ticket.tags:{name}", True) for name in action.tags)
        case act.RemoveTags():
            yield from ((f"ticket.tags:{name}", False) for name in action.tags)
        case act.SetTags():
            yield from ((f"ticket.tags:{name}", name in action.tags) for name in {*tags, *action.tags, EVERY_TAG})
        case act.TagCustomer():
            yield from ((f"customer.tags:{name}", True) for name in action.tags)
        case act.UntagCustomer():
            yield from ((f"customer.tags:{name}", False) for name in action.tags)
        case act.FlagCustomer():
            yield f"customer.flags:{action.flag}", True
        case act.LiftFlag():
            yield f"customer.flags:{action.flag}", False
        case act.FlagTicket():
            yield f"ticket.flags:{action.flag}", True
        case act.LiftTicketFlag():
            yield f"ticket.flags:{action.flag}", False
        case _:
            pass


def brings(action: act.Action, policy: Policy) -> Iterator[Write]:
    """The slots that an action may write on the way: taken from a bot, or to another site, a ticket may move."""
    if isinstance(action, act.Transfer):
        yield from (("ticket.messages", action.do), ("ticket.hand_offs", action.do))
        if not action.asks:
            yield "ticket.worker", None
        return
    if isinstance(action, act.SetSite):
        yield "ticket.queue", policy.sites.queue_of(action.site) or policy.config.default_queue
        return
    if not isinstance(action, act.Assign | act.HandOff | act.HandBack) or not policy.reception:
        return
    yield from (("ticket.messages", action.do), ("ticket.hand_offs", action.do))
    if not isinstance(action, act.HandBack):
        yield from (("ticket.queue", one.hand_off_to) for one in policy.config.queues if one.hand_off_to is not None)


_ON_BOTS = frozenset({"ticket.worker", "ticket.queue", "ticket.type"})
"""What decides whether a bot has a ticket, or may have it."""


_STATE = frozenset(
    {"ticket.status", "ticket.category", "ticket.close_reason", "ticket.resolved_at", "ticket.closed_at"}
    | {"ticket.reopens", "ticket.waiting_since"}
)
_WORKER = frozenset(
    {"ticket.worker", "ticket.is_assigned", "ticket.owner", "ticket.is_with_bot"}
    | {"ticket.bot_turns", "ticket.failed_turns"}
)
_GROWING = frozenset({"ticket.messages", "ticket.hand_offs"})
_SAID = frozenset({"ticket.messages", "ticket.unanswered", "ticket.replied_at"})
_ANY_SLOT = "*"
_CLOCKS = frozenset({"ticket.sla", "ticket.sla_states", "ticket.sla_due_at"})


def slots_of(test: Test, tags: frozenset[str]) -> Iterator[str]:
    """The slots that a test reads."""
    field = test.field
    if field in ("ticket.tags", "customer.tags"):
        named = [str(one) for one in listed(test.value)] if test.op in KEYWORD else [*tags, EVERY_TAG]
        yield from (f"{field}:{name}" for name in named)
    elif field in _STATE:
        yield "ticket.state"
    elif field in _WORKER:
        yield from ("ticket.worker", "ticket.queue", "ticket.state")
    elif field in _SAID:
        yield from ("ticket.messages", "ticket.state")
    elif field in ("ticket.goal", "ticket.goal_state"):
        yield "ticket.goal"
    elif field in ("customer.flags", "ticket.flags"):
        yield from (f"{field}:{one}" for one in (listed(test.value) if test.op in KEYWORD else ()))
        if test.op not in KEYWORD:
            yield _ANY_SLOT
    elif field == "customer.segments":
        yield _ANY_SLOT  # any field may decide which of them the customer belongs to
    elif field in _CLOCKS:
        yield _ANY_SLOT  # any field may decide which service level holds
    else:
        yield field


def reaches(plan: Plan, policy: Policy, *, renewed: bool = False) -> tuple[Reach, ...]:
    """What the rules on changes write and read. A rule also reads what decides whether an earlier one stops it.

    With ``renewed`` the timed rules too whose instant rules may move; these also read what moves it.
    """
    tags = tags_named(plan)
    found: list[Reach] = []
    stoppers: dict[int, frozenset[str]] = {}
    actions = [action for _, rule in plan for action in rule.then]
    everything = frozenset(slot for slot, _ in _written(actions, policy, tags))
    for set_, rule in plan:
        moved = timer_slot(rule) if renewed else ""
        if "change" not in rule.on and not moved:
            continue
        reads = frozenset((moved,)) if moved else frozenset()
        reads |= frozenset(slot for test in tests_of(rule.when) for slot in slots_of(test, tags))
        if rule.timer is None:
            reads |= stoppers.get(id(set_), frozenset())
        if reads & {_ANY_SLOT}:
            reads |= everything
        writes = tuple(_written(rule.then, policy, tags))
        if any(slot in ("ticket.state", "ticket.worker") for slot, _ in writes):
            reads |= {"ticket.state"}  # whether it can be done depends on it
        if any(slot == "ticket.hand_offs" for slot, _ in writes):
            reads |= _ON_BOTS
        found.append(Reach(rule, writes, reads))
        if rule.timer is None and (rule.stop or set_.mode == "first"):
            stoppers[id(set_)] = reads
    return tuple(found)


def timer_slot(rule: RulePolicy) -> str:
    """The slot that moves the instant which a timed rule counts from; empty if no rule can move it."""
    if rule.timer is None:
        return ""
    of = rule.timer.of
    if of in ("ticket.resolved_at", "ticket.closed_at"):
        return "ticket.state"
    if of == "ticket.sla_due_at":
        return _ANY_SLOT
    return of if of.startswith("ticket.x.") else ""


def _written(actions: Iterable[act.Action], policy: Policy, tags: frozenset[str]) -> Iterator[Write]:
    for action in actions:
        yield from writes_of(action, policy, tags)
        yield from brings(action, policy)


def tags_named(plan: Plan) -> frozenset[str]:
    """Every tag that a rule names."""
    read = {
        str(one)
        for _, rule in plan
        for test in tests_of(rule.when)
        if test.field in ("ticket.tags", "customer.tags") and test.op in KEYWORD
        for one in listed(test.value)
    }
    return frozenset(read | {name for _, rule in plan for action in rule.then for name in getattr(action, "tags", ())})


def settles(given: tuple[Reach, ...]) -> frozenset[str]:
    """The slots that might change for ever; empty: it is proved that every chain ends.

    A slot to which all rules give one value changes at most once. One to which they give several can go on changing
    only if a rule that writes it keeps changing its mind, so reads a slot that goes on changing. What is left when
    all others are struck off is the answer.
    """
    values: dict[str, set[object]] = {}
    for reach in given:
        for slot, value in reach.writes:
            values.setdefault(slot, set()).add(value)
    # Numbers that only grow let every test of them come to rest.
    moving = {slot for slot, several in values.items() if len(several) > 1 and slot not in _GROWING}
    while True:
        kept = {
            slot
            for slot in moving
            if any(slot in reach.slots and _reads_moving(reach, moving, given) for reach in given)
        }
        if kept == moving:
            return frozenset(kept)
        moving = kept


def _reads_moving(reach: Reach, moving: set[str], given: tuple[Reach, ...]) -> bool:
    if reach.reads & {"actor.kind", "actor.id"} and len(given) > 1:
        return True  # it sees which rule acted last
    return bool(reach.reads & moving)


def readable(slot: str, value: object) -> str:
    """A value of a slot, as people write it."""
    if slot == "ticket.priority" and isinstance(value, int):
        return next((name for name, one in PRIORITIES.items() if one == value), str(value))
    return str(value)
