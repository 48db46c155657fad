"""``Policy``: a configuration in the form that decisions read. Compiled once, immutable, shared by all flows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from csdesk._nearest import nearest
from csdesk.domain.policy.authority_book import AuthorityBook
from csdesk.domain.policy.closing import Closings
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.policy.receiving import Reception
from csdesk.domain.policy.routing_book import RoutingBook
from csdesk.domain.policy.sections.access import Grant
from csdesk.domain.policy.sections.contact import ContactPolicy
from csdesk.domain.policy.sections.reading import TagPolicy
from csdesk.domain.policy.sections.scenarios import barred_at, sets_of
from csdesk.domain.policy.sections.service import AccountPolicy, EntryPointPolicy, QueuePolicy, ReopenPolicy, TypePolicy
from csdesk.domain.policy.segments import Segments
from csdesk.domain.policy.service_book import HolidayYears, ServiceBook
from csdesk.domain.policy.sites import Sites
from csdesk.domain.policy.type_tree import GENERAL, lineage
from csdesk.domain.records._model import replaced, trusted
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.origins import Traffic
from csdesk.domain.records.tags import TagSource
from csdesk.domain.records.tickets import Category
from csdesk.domain.rules.compiled import RuleSet, compile_rules
from csdesk.domain.rules.fields import Declared
from csdesk.domain.rules.language import MacroPolicy
from csdesk.domain.rules.reads import Reads, reads_of
from csdesk.domain.rules.timers import Timers
from csdesk.domain.text.folding import fold
from csdesk.domain.text.keywords import KeywordIndex
from csdesk.errors import InvalidInput, NotFound, sentence

_LONGEST_WISH: Final = 60
_NOTHING: Final[frozenset[str]] = frozenset()

_AccountPolicy = trusted(AccountPolicy)
_QueuePolicy = trusted(QueuePolicy)
_TypePolicy = trusted(TypePolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a customer wants of messages nobody asked for: the tags that say so, put and taken away."""

    is_out: bool = False
    adds: str = ""
    removes: str = ""


def _wishes(contact: ContactPolicy) -> Mapping[str, Wish]:
    """Every word that is a wish, folded; of a word with several meanings the one that stops more."""
    found: dict[str, Wish] = {}

    def mean(words: Iterable[str], wish: Wish) -> None:
        found.update(dict.fromkeys((fold(one).strip() for one in words), wish))

    for one in contact.purposes:
        mean(one.opt_in_words, Wish(adds=one.opt_in_tag, removes=one.opt_out_tag))
    mean(contact.opt_in_words, Wish(removes=contact.opt_out_tag))
    for one in contact.purposes:
        mean(one.opt_out_words, Wish(is_out=True, adds=one.opt_out_tag, removes=one.opt_in_tag))
    mean(contact.opt_out_words, Wish(is_out=True, adds=contact.opt_out_tag))
    return MappingProxyType(found)


class Policy:
    """A compiled configuration. Build it with ``compile_policy``."""

    __slots__ = (
        "_accounts",
        "_entries",
        "_queues",
        "_staged",
        "_statuses",
        "_tag_index",
        "_tag_policies",
        "_tag_ranks",
        "_tags",
        "_traffic",
        "_types",
        "_wishes",
        "aims",
        "answers",
        "authority",
        "closings",
        "config",
        "counts_tickets",
        "declared",
        "digest",
        "has_tag_words",
        "reads",
        "reception",
        "routing",
        "rules",
        "seated",
        "segments",
        "service",
        "sites",
        "timers",
        "zone",
    )

    config: DeskConfig
    digest: str
    """``config.digest``, worked out once."""
    rules: RuleSet
    reads: Reads
    """What the conditions of rules and service levels read."""
    counts_tickets: bool
    """Does some condition ask how many tickets a customer opened?"""
    has_tag_words: bool
    """Is there a tag that words of a message bring?"""
    declared: Declared
    """The custom fields that have a type."""
    segments: Segments
    timers: Timers
    """The timed rules."""
    zone: str
    """The time zone in which rules read hours, weekdays and dates."""
    service: ServiceBook
    """The service levels, with the calendars they count by."""
    seated: frozenset[str]
    """The accounts whose providers are told who has a conversation."""
    reception: Reception
    """Which bots receive where."""
    closings: Closings
    """Which queues do something while they are closed."""
    routing: RoutingBook
    """Who gets which ticket."""
    authority: AuthorityBook
    """Who may give customers what."""
    answers: bool
    """May anything be answered automatically: is there a queue that allows it, and an account?"""
    is_usable: ClassVar[bool] = True
    """False: this release cannot use the configuration, see ``UnreadablePolicy``."""

    sites: Sites
    """The cities and branches of the desk; false if there are none."""
    aims: bool
    """Do sessions in some queue have a goal from the beginning?"""

    def __init__(self, config: DeskConfig, years: HolidayYears) -> None:
        """See ``compile_policy``."""
        self.config = config
        self._wishes = _wishes(config.contact)
        self.digest = config.digest
        self.declared = {one.name: one.field for one in config.fields}
        self.rules = compile_rules(config.rules, config.rule_mode, sets=sets_of(config), declared=self.declared)
        self._queues = {one.name: one for one in config.queues}
        self._accounts = {one.name: one for one in config.accounts}
        self._entries = {one.code: one for one in config.entry_points}
        self._traffic = {one.name: one.traffic for one in config.accounts if one.traffic is not None}
        self._types = _inherited(config)
        self._statuses = _statuses(config)
        self._tags = config.tags
        self._tag_policies = {one.name: one for one in config.tags}
        self._tag_ranks = {source: -place for place, source in enumerate(config.tag_order)}
        self._tag_index = _tag_index(config.tags)
        self.has_tag_words = len(self._tag_index) > 0
        self.sites = Sites(config)
        self.service = ServiceBook(config, years, self.declared, self.sites)
        self.reception = Reception(config)
        self.closings = Closings(config, self.service.default, self.sites)
        self.seated = frozenset(one.name for one in config.accounts if one.people is not None)
        self.routing = RoutingBook(config, self.sites, self.declared)
        self.answers = any(one.auto_reply for one in config.queues) and any(one.auto_reply for one in config.accounts)
        self._staged = any(one.phrases for one in config.scenarios)
        self.aims = any(one.goal is not None for one in config.queues)
        default = self.service.calendars.get(self.service.default)
        self.zone = config.zone or (default.zone if default is not None else "UTC")
        self.segments = Segments(config.segments, self.declared, self.zone)
        self.timers = Timers(self.rules.plan, self.service.times, self.declared)
        named = self.service.calendars.get(config.authority.calendar or "")
        self.authority = AuthorityBook(config, self.declared, named.zone if named is not None else self.zone)
        others = reads_of([*(one.when for one in config.macros), *(one.when for one in config.routing.needs)])
        self.reads = self.rules.reads | self.service.looks | self.segments.reads | self.authority.reads | others
        self.counts_tickets = self.reads.counts_tickets

    def queue(self, name: str) -> QueuePolicy:
        """The queue of that name; for a name that the configuration no longer has, one with the default settings."""
        return self._queues.get(name) or _QueuePolicy(name=name)

    @property
    def queue_names(self) -> frozenset[str]:
        """The queues of the configuration."""
        return frozenset(self._queues)

    def has_queue(self, name: str) -> bool:
        """True if the configuration has that queue."""
        return name in self._queues

    def heir_of(self, name: str) -> str:
        """The queue that took the place of one which the configuration no longer has: always one where people work."""
        heir = next((one for one in self._queues.values() if name in one.formerly), None)
        heir = heir or self.queue(self.config.default_queue)
        return heir.hand_off_to if heir.reception == "bot_only" and heir.hand_off_to is not None else heir.name

    def account(self, name: str) -> AccountPolicy:
        """The account's settings; the default ones if it is not listed."""
        return self._accounts.get(name) or _AccountPolicy(name=name)

    @property
    def has_entry_points(self) -> bool:
        """Are there entry points that a conversation may have come by?"""
        return bool(self._entries)

    def entry_point(self, account: str, *codes: str) -> EntryPointPolicy | None:
        """The entry point that has one of these codes and leads to the account, the first one; None if none does."""
        for code in codes:
            found = self._entries.get(code)
            if found is not None and (not found.accounts or account in found.accounts):
                return found
        return None

    def traffic_of(self, account: str, entry: str = "") -> Traffic | None:
        """Which traffic comes to an account by an entry point; None: neither says."""
        point = self._entries.get(entry)
        return (point.traffic if point is not None else None) or self._traffic.get(account)

    def language_for(self, account: str) -> str | None:
        """The language of messages of that account whose own is not known."""
        listed = self._accounts.get(account)
        return listed.language if listed is not None else None

    def queue_for(self, account: str, entry: str = "", site: str | None = None) -> str:
        """The queue in which conversations of that account begin that come by that entry point, of that site."""
        point = self._entries.get(entry) if entry else None
        if point is not None and point.queue is not None:
            return point.queue
        listed = self._accounts.get(account)
        own = listed.queue if listed is not None else None
        if own is None and site is not None:
            own = self.sites.queue_of(site)
        return own or self.config.default_queue

    def site_for(self, account: str, entry: str, customer: Customer) -> str | None:
        """The site of a conversation that begins; None if nothing tells it."""
        if not self.sites:
            return None
        point = self._entries.get(entry) if entry else None
        return self.sites.find(point, customer, account, self.queue_for(account, entry))

    def contact_zone(self, site: str | None) -> str:
        """The time zone by which quiet hours are kept of customers of that site, and days are counted."""
        for name in self.sites.above(site) if site is not None else ():
            found = self.sites.get(name)
            calendar = self.service.calendars.get(found.calendar or "") if found is not None else None
            zone = (found.zone if found is not None else None) or (calendar.zone if calendar is not None else None)
            if zone is not None:
                return zone
        return self.config.contact.zone

    def backlog_for(self, account: str) -> timedelta:
        """How old a message of that account may be on arrival."""
        listed = self._accounts.get(account)
        return (listed.backlog if listed is not None else None) or self.config.backlog

    def status(self, name: str) -> tuple[Category, str]:
        """The category of a status, with the status itself.

        Raises:
            InvalidInput: the configuration has no such status.
        """
        category = self._statuses.get(name)
        if category is None:
            raise InvalidInput("status", "no such status", nearest(name, self._statuses))
        return category, name

    @property
    def status_names(self) -> frozenset[str]:
        """The statuses of the configuration, and the categories."""
        return frozenset(self._statuses)

    def type(self, name: str) -> TypePolicy:
        """The settings of a ticket type, with what it inherits; the default ones if nothing of its line is listed."""
        for ancestor in lineage(name):
            known = self._types.get(ancestor)
            if known is not None:
                return known if ancestor == name else replaced(known, name=name, title="")
        return _TypePolicy(name=name)

    def has_type(self, name: str) -> bool:
        """True if the type, or an ancestor of it, is listed; ``general`` always is."""
        return name == GENERAL or any(one in self._types for one in lineage(name))

    @property
    def type_names(self) -> frozenset[str]:
        """The ticket types of the configuration, and ``general``."""
        return frozenset((GENERAL, *self._types))

    def reopen_for(self, type_: str) -> ReopenPolicy:
        """What a customer's message does to a finished ticket of that type."""
        return self.type(type_).reopen or self.config.reopen

    def wish_in(self, folded: str) -> Wish | None:
        """What a folded message wishes that is nothing but a word to opt out of messages, or in again."""
        return self._wishes.get(folded.strip(" \n\t.。!！")) if len(folded) <= _LONGEST_WISH else None

    def tags_in(self, folded: str) -> tuple[str, ...]:
        """The tags whose keywords occur in a folded text, in the order of the configuration.

        Of one exclusive group only the first stays.
        """
        names: list[str] = []
        groups: set[str] = set()
        for number in self._tag_index.find(folded):
            tag = self._tags[number]
            if tag.group is None or tag.group not in groups:
                names.append(tag.name)
                groups.update((tag.group,) if tag.group is not None else ())
        return tuple(names)

    def barred(self, now: datetime) -> frozenset[str]:
        """The phrases that wait for a scenario which is off."""
        return barred_at(self.config, now) if self._staged else _NOTHING

    def tag_group(self, name: str) -> str | None:
        """The exclusive group of a tag, None if it has none."""
        known = self._tag_policies.get(name)
        return known.group if known is not None else None

    def tag_lasts(self, name: str) -> timedelta | None:
        """How long a tag stays when nobody says until when."""
        known = self._tag_policies.get(name)
        return known.lasts if known is not None else None

    def tag_rank(self, source: TagSource) -> int:
        """How much a source counts: a greater number wins."""
        return self._tag_ranks[source]

    def check_flag(self, name: str) -> None:
        """Refuse a flag that the configuration does not list, if it lists any.

        Raises:
            InvalidInput: there is none of that name; says the nearest one.
        """
        names = [one.name for one in self.config.flags]
        if names and name not in names:
            raise InvalidInput("flag", sentence("no flag {name!r}", name=name), nearest(name, names))

    def day_of(self, at: datetime) -> date:
        """The day of an instant in the desk's time zone."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def macro(self, name: str) -> MacroPolicy:
        """The macro of that name.

        Raises:
            NotFound: the configuration has none.
        """
        found = next((one for one in self.config.macros if one.name == name), None)
        if found is None:
            raise NotFound("macro", name, remedy=nearest(name, (one.name for one in self.config.macros)))
        return found

    def observing(self, years: HolidayYears) -> Policy:
        """The same policy with these holiday years in its calendars."""
        other = copy(self)
        other.service = ServiceBook(self.config, years, self.declared, self.sites)
        other.timers = Timers(self.rules.plan, other.service.times, self.declared)
        return other

    @property
    def is_open(self) -> bool:
        """True if every actor may do everything."""
        access = self.config.access
        return access.default == "allow" and not access.grants

    def may(self, actor: Actor, command_kind: str, site: str | None = None) -> str | None:
        """None if the actor may run the command, else the code of the reason: ``refused`` or ``not_granted``.

        ``site`` is that of the ticket to which it is done; None: it has none, or it is about no ticket.
        """
        access = self.config.access
        where = frozenset(self.sites.above(site)) if site is not None else _NOTHING
        for grant in access.grants:
            if _fits(grant, actor, command_kind) and (not grant.sites or not where.isdisjoint(grant.sites)):
                return None if grant.allow else "refused"
        return None if access.default == "allow" else "not_granted"


def compile_policy(config: DeskConfig, years: HolidayYears = MappingProxyType({})) -> Policy:
    """The configuration in the form that decisions read; ``years`` are the holiday years that people saved."""
    return Policy(config, years)


def _inherited(config: DeskConfig) -> dict[str, TypePolicy]:
    """Every listed type with what it does not say taken from its nearest ancestor that says it."""
    listed = {one.name: one for one in config.types}
    return {name: _with_ancestors(one, listed) for name, one in listed.items()}


_INHERITED: Final = ("queue", "priority", "reopen", "immediacy", "bars_bots")


def _with_ancestors(one: TypePolicy, listed: Mapping[str, TypePolicy]) -> TypePolicy:
    missing = {field: None for field in _INHERITED if getattr(one, field) is None}
    taken: dict[str, object] = {}
    for ancestor in lineage(one.name):
        for field in missing:
            value = getattr(listed.get(ancestor), field, None)
            if value is not None:
                taken.setdefault(field, value)
    return replaced(one, **taken)


def _statuses(config: DeskConfig) -> dict[str, Category]:
    return {category.value: category for category in Category} | {one.name: one.category for one in config.statuses}


def _tag_index(tags: tuple[TagPolicy, ...]) -> KeywordIndex:
    return KeywordIndex((keyword, number) for number, tag in enumerate(tags) for keyword in tag.keywords)


def _fits(grant: Grant, actor: Actor, command: str) -> bool:
    return (
        (not grant.kinds or actor.kind in grant.kinds)
        and (not grant.actors or actor.id in grant.actors)
        and ("*" in grant.commands or command in grant.commands)
    )
