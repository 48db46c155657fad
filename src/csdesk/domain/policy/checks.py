"""What must fit together across the sections of a configuration: references, and names that may stand only once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from pydantic_core import PydanticCustomError

from csdesk._nearest import nearest
from csdesk.domain.policy.authority_checks import check_authority
from csdesk.domain.policy.immediacy import check_immediacy
from csdesk.domain.policy.receiving import check_reception
from csdesk.domain.policy.sections.service_levels import SlaPolicy
from csdesk.domain.policy.sites import Sites, check_sites
from csdesk.domain.records._settings import refused, unknown
from csdesk.domain.records.durations import format_duration
from csdesk.domain.records.tags import namespace_of
from csdesk.domain.records.tickets import Category
from csdesk.domain.rules import actions
from csdesk.domain.rules.fields import (
    BY_PHRASE,
    CALENDAR,
    CUSTOM,
    LISTABLE,
    PATTERNS,
    SINCE,
    TIMED,
    Field,
    FieldType,
    Op,
    ops_of,
)
from csdesk.domain.rules.language import Condition, Group, MacroPolicy, RulePolicy, Test, TimerPolicy
from csdesk.domain.rules.values import checked
from csdesk.errors import sentence

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig
    from csdesk.domain.policy.sections.reading import SegmentPolicy
    from csdesk.domain.policy.sections.routing import RoutingNeed
    from csdesk.domain.policy.sections.service import QueuePolicy
    from csdesk.domain.policy.sections.service_levels import EscalationActions

GENERAL: Final = "general"
"""The type a ticket has when nothing says more; it need not be declared."""

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)

_Path = tuple[str | int, ...]


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def check(config: DeskConfig) -> None:
    """Raise the first inconsistency, as a validator's error with its path."""
    for section in (
        *(
            "queues",
            "accounts",
            "entry_points",
            "levels",
            "types",
            "statuses",
            "tags",
            "flags",
            "segments",
            "rules",
            "rule_sets",
            "scenarios",
            "macros",
            "fields",
        ),
        *("calendars", "holidays", "sla", "escalations", "bots", "departments", "sites", "immediacy"),
    ):
        _unique(section, getattr(config, section))
    _unique("routing.needs", config.routing.needs)
    for section in ("actions", "alternatives", "services"):
        _unique(f"authority.{section}", getattr(config.authority, section))
    _unique_rules(config)
    _check_former_queues(config)
    for tag in config.tags:
        if namespace_of(tag.name):
            own = tag.name.rpartition(":")[2]
            remedy = sentence(
                "name it {own!r}, or leave it out: what a system outside syncs need not be declared", own=own
            )
            raise refused(
                sentence("{name!r} belongs to a system outside", name=tag.name), remedy, "tags", tag.name, "name"
            )
    _check_statuses(config)
    _check_retention(config)
    check_reception(config)
    check_sites(config)
    check_immediacy(config)
    check_authority(config)
    _Names(config).check_all(config)


def _unique(section: str, items: Sequence[_Named]) -> None:
    seen: set[str] = set()
    for item in items:
        if item.name in seen:
            raise refused("the name stands twice", "give each one its own name", *section.split("."), item.name)
        seen.add(item.name)


def _unique_rules(config: DeskConfig) -> None:
    """A rule is called by its name, wherever it stands."""
    seen: set[str] = set()
    for rule, path in rules_in(config):
        if rule.name in seen and path[0] != "rules":
            raise refused("the name stands twice", "give each rule its own name", *path)
        seen.add(rule.name)


def rules_in(config: DeskConfig) -> Iterator[tuple[RulePolicy, _Path]]:
    """Every rule with the path that leads to it."""
    for rule in config.rules:
        yield rule, ("rules", rule.name)
    for section in ("rule_sets", "scenarios"):
        for set_ in getattr(config, section):
            for rule in set_.rules:
                yield rule, (section, set_.name, "rules", rule.name)


def _check_statuses(config: DeskConfig) -> None:
    categories = {category.value: category for category in Category}
    for status in config.statuses:
        if categories.get(status.name, status.category) is not status.category:
            raise refused(
                sentence("{name!r} is the name of another category", name=status.name),
                "choose another name",
                "statuses",
                status.name,
                "name",
            )


def _check_retention(config: DeskConfig) -> None:
    """What would be forgotten while it is still needed."""
    kept = config.retention
    types = [one.reopen for one in config.types if one.reopen is not None]
    reopens = max(span for one in (config.reopen, *types) for span in (one.window, one.grace))
    needed: tuple[tuple[str, timedelta | None, timedelta, str], ...] = (
        ("inbound_claims", kept.inbound_claims, max(config.backlog, _DAY), "messages delivered again"),
        ("command_claims", kept.command_claims, _HOUR, "commands that are run again"),
        ("outbound_claims", kept.outbound_claims, _DAY, "receipts of what was sent"),
        ("mail_claims", kept.mail_claims, reopens, "answers by mail, while they still reopen a ticket"),
        ("closed_tickets", kept.closed_tickets, reopens, "tickets that may still reopen"),
        ("orphaned_media", kept.orphaned_media, _MINUTE, "files whose commit is on its way"),
    )
    for name, span, least, what in needed:
        if span is not None and span < least:
            remedy = sentence(
                "keep them for {least} or longer: they are needed for {what}", least=format_duration(least), what=what
            )
            raise refused("too short", remedy, "retention", name)


def _check_overflow(config: DeskConfig) -> None:
    """Refuse queues that would help each other out in a circle, with the way around it."""
    helpers = {one.name: tuple(help_.queue for help_ in one.routing.overflow) for one in config.queues}
    for queue in config.queues:
        way = _circle(queue.name, helpers, (queue.name,))
        if way is not None:
            told = " -> ".join(way)
            remedy = "take one of these steps out"
            raise refused(
                sentence("the queues overflow in a circle: {way}", way=told),
                remedy,
                "queues",
                way[0],
                "routing",
                "overflow",
            )


def _check_former_queues(config: DeskConfig) -> None:
    """Refuse former names that are queues still, or that two queues claim."""
    heirs: dict[str, str] = {}
    present = {one.name for one in config.queues}
    for queue in config.queues:
        for former in queue.formerly:
            path = ("queues", queue.name, "formerly")
            if former in present:
                raise refused(
                    sentence("queue {former!r} is there still", former=former), "remove that queue, or this name", *path
                )
            if former in heirs:
                raise refused(
                    sentence("{former!r} stands at {heir!r} too", former=former, heir=heirs[former]),
                    "let one queue take its place",
                    *path,
                )
            heirs[former] = queue.name


def _circle(queue: str, helpers: Mapping[str, tuple[str, ...]], way: tuple[str, ...]) -> tuple[str, ...] | None:
    """A way that leads back to its beginning, None if there is none; circles elsewhere are found from there."""
    for after in helpers.get(queue, ()):
        if after == way[0]:
            return (*way, after)
        if after not in way:
            found = _circle(after, helpers, (*way, after))
            if found is not None:
                return found
    return None


class _Names:
    """The names that references may use."""

    def __init__(self, config: DeskConfig) -> None:
        self.queues = {one.name for one in config.queues}
        self.accounts = {one.name for one in config.accounts}
        self.departments = {one.name for one in config.departments}
        self.offered = config.transfer
        self.receiving = {one.name for one in config.queues if one.bot is not None}
        """The queues where a bot receives."""
        self.sites = {one.name for one in config.sites}
        sites = Sites(config)
        self.hours = {one.name for one in config.queues if sites.hours_of(one) is not None}
        """The queues that say when people work there."""
        self.levels = {one.name for one in config.levels}
        self.types = {one.name for one in config.types} | {GENERAL}
        self.statuses = {one.name for one in config.statuses} | set(Category)
        self.tags = {one.name for one in config.tags}
        self.flags = {one.name for one in config.flags}
        self.segments = {one.name for one in config.segments}
        self.sla = {one.name for one in config.sla} | {one.level for one in config.immediacy if one.targets}
        self.declared = {one.name: one.field for one in config.fields}
        self.complete = {one.name.partition(".")[0] for one in config.fields}
        """The subjects whose custom fields are declared."""
        self.calendars = {one.name for one in config.calendars}
        self.has_default = config.calendar is not None or len(config.calendars) == 1

    def queue(self, name: str, *path: str | int) -> None:
        if name not in self.queues:
            raise unknown("queue", name, self.queues, *path)

    def level(self, name: str, *path: str | int) -> None:
        if self.levels and name not in self.levels:
            raise unknown("level", name, self.levels, *path)

    def type(self, name: str, *path: str | int) -> None:
        if not any(one in self.types for one in lineage(name)):
            raise unknown("type", name, self.types, *path)

    def status(self, name: str, *path: str | int) -> None:
        if name not in self.statuses:
            raise unknown("status", name, self.statuses, *path)

    def service_level(self, name: str, *path: str | int) -> None:
        if name not in self.sla:
            raise unknown("service level", name, self.sla, *path)

    def tag(self, name: str, *path: str | int) -> None:
        # A namespaced tag (shop:vip) comes from outside: nobody declares it here.
        if ":" not in name and name not in self.tags:
            raise unknown("tag", name, self.tags, *path)

    def own_tag(self, name: str, *path: str | int) -> None:
        if namespace_of(name):
            raise refused(
                sentence("{name!r} belongs to a system outside", name=name),
                "only what it syncs changes it: use a tag of your own",
                *path,
            )
        self.tag(name, *path)

    def site(self, name: str, *path: str | int) -> None:
        if name not in self.sites:
            raise unknown("site", name, self.sites, *path)

    def account(self, name: str, *path: str | int) -> None:
        # Accounts need not be listed; if one is, all are.
        if self.accounts and name not in self.accounts:
            raise unknown("account", name, self.accounts, *path)

    def flag(self, name: str, *path: str | int) -> None:
        if self.flags and name not in self.flags:
            raise unknown("flag", name, self.flags, *path)

    def segment(self, name: str, *path: str | int) -> None:
        if name not in self.segments:
            raise unknown("segment", name, self.segments, *path)

    def calendar(self, name: str | None, *path: str | int) -> None:
        if name is not None and name not in self.calendars:
            raise unknown("calendar", name, self.calendars, *path)

    def working_time(self, name: str, *path: str | int) -> None:
        if not self.calendars:
            raise refused("it needs a calendar", "add one under calendars, or leave it out", *path, "op")
        self.calendar(name, *path, "value")

    def check_all(self, config: DeskConfig) -> None:
        self.queue(config.default_queue, "default_queue")
        for section in ("accounts", "entry_points", "types", "departments"):
            for one in getattr(config, section):
                if one.queue is not None:
                    self.queue(one.queue, section, one.name, "queue")
        macros = ((one, ("macros", one.name)) for one in config.macros)
        deciding: list[tuple[RulePolicy | MacroPolicy, _Path]] = [*rules_in(config), *macros]
        for rule, path in deciding:
            self._condition(rule.when, *path, "when", phrases=isinstance(rule, RulePolicy) and "message" in rule.on)
            if isinstance(rule, RulePolicy) and rule.timer is not None:
                self._timer(rule, rule.timer, *path)
            for place, action in enumerate(rule.then):
                self._action(action, *path, "then", place)
        for macro in config.macros:
            self._places(macro.queues, "macros", macro.name, "queues")
        self.calendar(config.calendar, "calendar")
        self._check_groups(config)
        self._check_promises(config)
        self._check_routing(config)

    def _check_promises(self, config: DeskConfig) -> None:
        for policy in config.sla:
            self._service_level(policy, "sla", policy.name)
        for one in config.immediacy:
            if one.targets:
                promised = SlaPolicy(name=one.level, calendar=one.calendar, targets=one.targets)
                self._service_level(promised, "immediacy", one.name)
        for escalation in config.escalations:
            self._condition(escalation.when, "escalations", escalation.name, "when")
            self._escalation(escalation, "escalations", escalation.name)
        self._self_service(config)

    def _self_service(self, config: DeskConfig) -> None:
        for service in config.authority.services:
            path = ("authority", "services", service.name, "when")
            self._condition(service.when, *path)
            for test, where in tests_in(service.when, path):
                if test.field.startswith("message."):
                    remedy = "ask about the ticket or the customer"
                    raise refused("there is no message when customers serve themselves", remedy, *where, "field")

    def _check_routing(self, config: DeskConfig) -> None:
        for need in config.routing.needs:
            self._need(need)
        for place, weight in enumerate(config.routing.weights):
            self._places(weight.queues, "routing", "weights", place, "queues")
            for number, account in enumerate(weight.accounts):
                self.account(account, "routing", "weights", place, "accounts", number)
            for number, type_ in enumerate(weight.types):
                self.type(type_, "routing", "weights", place, "types", number)
        for queue in config.queues:
            self._routing(queue)
            self._hours(queue)
        _check_overflow(config)

    def _places(self, queues: tuple[str, ...], *path: str | int) -> None:
        for number, queue in enumerate(queues):
            self.queue(queue, *path, number)

    def _need(self, need: RoutingNeed) -> None:
        path = ("routing", "needs", need.name)
        self._condition(need.when, *path, "when")
        for test, where in tests_in(need.when, (*path, "when")):
            if test.field.startswith("message."):
                remedy = "ask about the ticket: let a rule set a tag or a field by the message"
                raise refused("routing looks at a ticket again when its message is long gone", remedy, *where, "field")
        self._places(need.queues, *path, "queues")
        self.calendar(need.calendar, *path, "calendar")
        if need.clock == "working" and not need.calendar and not self.calendars:
            raise refused("working time without a calendar", "name one: calendar = ...", *path, "clock")

    def _hours(self, queue: QueuePolicy) -> None:
        after, path = queue.after_hours, ("queues", queue.name)
        if after is None:
            if queue.bot_when == "closed":
                raise refused("nothing says when the queue is closed", "add after_hours", *path, "bot_when")
            return
        self.calendar(after.calendar, *path, "after_hours", "calendar")
        if not (after.calendar or queue.name in self.hours or self.has_default):
            raise refused("nothing says when the queue is closed", "name a calendar", *path, "after_hours", "calendar")

    def _routing(self, queue: QueuePolicy) -> None:
        path = ("queues", queue.name, "routing")
        self.calendar(queue.routing.hours, *path, "hours")
        for number, level in enumerate(queue.routing.reserve_levels):
            self.level(level, *path, "reserve_levels", number)
        for number, help_ in enumerate(queue.routing.overflow):
            self.queue(help_.queue, *path, "overflow", number, "queue")

    def _check_groups(self, config: DeskConfig) -> None:
        for segment in config.segments:
            self._segment(segment)
        for scenario in config.scenarios:
            for place, name in enumerate(scenario.sla):
                self.service_level(name, "scenarios", scenario.name, "sla", place)

    def _segment(self, segment: SegmentPolicy) -> None:
        """A segment asks what is stored of the customer and what time does to it, nothing else."""
        for test, where in tests_in(segment.when, ("segments", segment.name, "when")):
            if not test.field.startswith("customer.") or test.field in _OF_A_MOMENT:
                raise refused(
                    sentence("a segment cannot ask for {field}", field=test.field),
                    "ask for what is known of a customer",
                    *where,
                    "field",
                )
            if test.op in SINCE | CALENDAR:
                raise refused(
                    sentence("a segment cannot ask {op}", op=test.op), "ask for the value itself", *where, "op"
                )
        self._condition(segment.when, "segments", segment.name, "when")

    def _escalation(self, step: EscalationActions, *path: str | int) -> None:
        if step.queue is not None:
            self.queue(step.queue, *path, "queue")
        for place, tag in enumerate(step.tags):
            self.own_tag(tag, *path, "tags", place)

    def _service_level(self, policy: SlaPolicy, *path: str) -> None:
        self._condition(policy.when, *path, "when")
        self.calendar(policy.calendar, *path, "calendar")
        for place, target in enumerate(policy.targets):
            below: _Path = (*path, "targets", place)
            self._condition(target.when, *below, "when")
            self.calendar(target.calendar, *below, "calendar")
            for number, step in enumerate(target.escalate):
                self._escalation(step, *below, "escalate", number)
            if target.clock == "business" and not (target.calendar or policy.calendar or self.has_default):
                raise refused("working time without a calendar", "name one: calendar = ...", *below, "clock")
            for number, override in enumerate(target.overrides):
                if override.level is not None:
                    self.level(override.level, *below, "overrides", number, "level")
                if override.type is not None:
                    self.type(override.type, *below, "overrides", number, "type")

    def _action(self, action: actions.Action, *path: str | int) -> None:
        match action:
            case actions.SetQueue() | actions.SetSite() | actions.SetType():
                self._place(action, *path)
            case actions.Transfer() | actions.HandOff() | actions.HandBack():
                self._hand_on(action, *path)
            case actions.SetStatus():
                self.status(action.status, *path, "status")
            case actions.SetField():
                self._set_field(action, *path)
            case (
                actions.AddTags()
                | actions.RemoveTags()
                | actions.SetTags()
                | actions.TagCustomer()
                | actions.UntagCustomer()
            ):
                for place, tag in enumerate(action.tags):
                    self.own_tag(tag, *path, "tags", place)
            case actions.Promise():
                self.calendar(action.calendar, *path, "calendar")
            case actions.FlagCustomer() | actions.LiftFlag() | actions.FlagTicket() | actions.LiftTicketFlag():
                self.flag(action.flag, *path, "flag")
            case _:
                pass

    def _place(self, action: actions.SetQueue | actions.SetSite | actions.SetType, *path: str | int) -> None:
        if isinstance(action, actions.SetQueue):
            self.queue(action.queue, *path, "queue")
        elif isinstance(action, actions.SetType):
            self.type(action.type, *path, "type")
        elif action.site is not None:
            self.site(action.site, *path, "site")

    def _hand_on(self, action: actions.Transfer | actions.HandOff | actions.HandBack, *path: str | int) -> None:
        if isinstance(action, actions.Transfer):
            self._transfer(action, *path)
        else:
            self._bot_action(action, *path)

    def _transfer(self, action: actions.Transfer, *path: str | int) -> None:
        if action.queue is not None:
            self.queue(action.queue, *path, "queue")
        if action.department is not None and action.department not in self.departments:
            raise unknown("department", action.department, self.departments, *path, "department")
        said = {one.name for one in action.fields if one.text.strip()}
        missing = [one for one in self.offered.fields if one not in said] if action.asks else []
        if missing:
            problem = sentence("the brief lacks {names}, which [transfer] asks for", names=tuple(missing))
            raise refused(problem, 'say it: fields = [{ name = "...", text = "..." }]', *path, "fields")
        if action.asks and self.offered.brief_required and not (said or action.brief.strip()):
            raise refused("says nothing to the next one", "say what they must know", *path, "brief")

    def _bot_action(self, action: actions.HandOff | actions.HandBack, *path: str | int) -> None:
        if not self.receiving:
            raise refused("no queue of this desk has a bot", "give a queue a bot, or leave it out", *path, "do")
        if isinstance(action, actions.HandBack) and action.queue is not None:
            self.queue(action.queue, *path, "queue")
            if action.queue not in self.receiving:
                told = "no bot receives in that queue"
                raise refused(told, nearest(action.queue, sorted(self.receiving)), *path, "queue")

    def _timer(self, rule: RulePolicy, timer: TimerPolicy, *path: str | int) -> None:
        """A timed rule counts from an instant, and sees a ticket to which nothing has just happened."""
        if timer.of.startswith("ticket.x."):
            declared = self.custom(timer.of, *path, "timer", "of")
            if declared is None or declared.type is not FieldType.TIME:
                raise refused("it needs an instant", "declare the field, with type time", *path, "timer", "of")
        self.calendar(timer.calendar, *path, "timer", "calendar")
        for test, where in tests_in(rule.when, (*path, "when")):
            if test.field.startswith("message.") or test.field in _WITH_A_MESSAGE:
                raise refused(
                    sentence("no message comes with time, so {field} says nothing", field=test.field),
                    "leave it out",
                    *where,
                )
            if test.op in SINCE:
                raise refused("nothing changes when time comes", "ask for the value itself", *where, "op")

    def _condition(self, condition: Condition | None, *path: str | int, phrases: bool = False) -> None:
        for test, where in tests_in(condition, path):
            self._typed(test, *where)
            if (test.op is Op.LIKE_PHRASE or test.field in BY_PHRASE) and not phrases:
                raise refused("phrases are looked up for messages alone", "use it in a rule on messages", *where)
            if test.op in CALENDAR:
                self.working_time(str(test.value), *where)
            reference = self._reference(test)
            if reference is None:
                continue
            if isinstance(test.value, tuple):
                for place, name in enumerate(test.value):
                    reference(str(name), *where, "value", place)
            elif test.value is not None:
                reference(str(test.value), *where, "value")

    def custom(self, name: str, *path: str | int) -> Field | None:
        """The declaration of a custom field, None if its subject declares none."""
        subject = name.partition(".")[0]
        if name not in self.declared and subject in self.complete:
            known = [one for one in self.declared if one.startswith(subject)]
            raise unknown("field", name, known, *path)
        return self.declared.get(name)

    def _typed(self, test: Test, *path: str | int) -> None:
        field = self.custom(test.field, *path, "field") if test.field.startswith(CUSTOM) else None
        if field is None:
            if test.op in TIMED and test.field.startswith(CUSTOM):
                raise refused("it needs an instant", "declare the field, with type time", *path, "field")
            return
        if test.op not in (takes := ops_of(test.field, field)):
            raise refused(
                sentence("{op} does not fit a {type} field", op=test.op, type=field.type),
                nearest(test.op, takes),
                *path,
                "op",
            )
        try:
            checked(field, test.op, test.value)
        except PydanticCustomError as error:
            problem = error.context or {}
            raise refused(problem["problem"], problem["remedy"], *path, "value") from None

    def _set_field(self, action: actions.SetField, *path: str | int) -> None:
        field = self.custom(f"ticket.{action.name}", *path, "name")
        if field is not None and action.value is not None:
            try:
                checked(field, Op.CONTAINS if field.type is FieldType.TEXT else Op.EQ, action.value)
            except PydanticCustomError as error:
                problem = error.context or {}
                raise refused(problem["problem"], problem["remedy"], *path, "value") from None

    def _reference(self, test: Test) -> Callable[..., None] | None:
        if test.op in _BY_SPELLING:
            return None
        return {
            "ticket.sla": self.service_level,
            "ticket.queue": self.queue,
            "ticket.site": self.site,
            "ticket.type": self.type,
            "ticket.status": self.status,
            "ticket.tags": self.tag,
            "ticket.flags": self.flag,
            "customer.flags": self.flag,
            "customer.segments": self.segment,
            "customer.level": self.level,
        }.get(test.field)


_WITH_A_MESSAGE: Final = frozenset({"ticket.is_new", "customer.is_new", "actor.kind", "actor.id"})

_OF_A_MOMENT: Final = frozenset({"customer.is_new", "customer.segments"})
"""What is known of a customer only while a message is taken in, or follows from segments."""

_BY_SPELLING: Final = LISTABLE | PATTERNS


def lineage(name: str) -> Iterator[str]:
    """The name and its ancestors in the tree by ``/``, nearest first.

    >>> list(lineage("refund/partial/late"))
    ['refund/partial/late', 'refund/partial', 'refund']
    """
    while name:
        yield name
        name = name.rpartition("/")[0]


def tests_in(
    condition: Condition | None,
    path: Iterable[str | int] = (),  # noqa: PT028  no test of pytest's: it yields the tests of a condition
) -> Iterator[tuple[Test, _Path]]:
    """Every test of a condition with the path that leads to it."""
    if isinstance(condition, Test):
        yield condition, tuple(path)
    elif isinstance(condition, Group):
        for key in ("all", "any", "none"):
            for place, below in enumerate(getattr(condition, key) or ()):
                yield from tests_in(below, (*path, key, place))
