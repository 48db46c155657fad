"""``DeskConfig``: the policy of a desk as one immutable value, from Python, TOML or JSON.

Durations are written like ``"30m"``, ``"4h"``, ``"2d"`` or ISO 8601. Every problem is a ``ConfigError`` with the path
of the value, what is wrong, and the nearest valid name.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field, field_validator, model_validator

from csdesk._nearest import guess
from csdesk.domain.policy.checks import check
from csdesk.domain.policy.sections.access import AccessPolicy, Grant
from csdesk.domain.policy.sections.authority import (
    ActionPolicy,
    AlternativePolicy,
    ApproverPolicy,
    AuthorityPolicy,
    LimitPolicy,
    PeriodLimit,
    ServicePolicy,
    Titles,
)
from csdesk.domain.policy.sections.calendars import CalendarPolicy, HolidayPolicy, HolidayYearPolicy
from csdesk.domain.policy.sections.closing import AfterHoursPolicy, ClosedText
from csdesk.domain.policy.sections.contact import ContactPolicy
from csdesk.domain.policy.sections.immediacy import ImmediacyPolicy
from csdesk.domain.policy.sections.keeping import RetentionPolicy
from csdesk.domain.policy.sections.reading import FlagPolicy, ReplyPolicy, SegmentPolicy, TagPolicy
from csdesk.domain.policy.sections.reception import BotPolicy, DepartmentPolicy, HandOffPolicy, TransferPolicy
from csdesk.domain.policy.sections.routing import (
    Overflow,
    QueueRouting,
    RoutingNeed,
    RoutingPolicy,
    SkillWish,
    WorkWeight,
)
from csdesk.domain.policy.sections.scenarios import ScenarioPolicy
from csdesk.domain.policy.sections.service import (
    AccountPolicy,
    EntryPointPolicy,
    LevelPolicy,
    QueuePolicy,
    ReopenPolicy,
    StatusPolicy,
    TypePolicy,
)
from csdesk.domain.policy.sections.service_levels import (
    EscalationPolicy,
    EscalationStep,
    SlaPolicy,
    TargetOverride,
    TargetPolicy,
)
from csdesk.domain.policy.sections.sites import SitePolicy, SiteTitle
from csdesk.domain.policy.sections.wording import WordingPolicy, WordRule
from csdesk.domain.records._model import Key, Name
from csdesk.domain.records._settings import Section, refused
from csdesk.domain.records.durations import Duration
from csdesk.domain.records.tags import TagSource
from csdesk.domain.rules.language import FieldPolicy, MacroPolicy, RulePolicy, RuleSetPolicy
from csdesk.errors import ConfigError, sentence

_PLACE: Final = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)
_QUOTED: Final = re.compile(r'"[^"]*"|\'[^\']*\'')
_WIDE: Final = frozenset("“”‘’＂＇＝，［］【】｛｝．。：＃")
"""What a Chinese keyboard writes for the quotes, commas, brackets and equals signs of TOML."""

__all__ = [
    "AccessPolicy",
    "AccountPolicy",
    "ActionPolicy",
    "AfterHoursPolicy",
    "AlternativePolicy",
    "ApproverPolicy",
    "AuthorityPolicy",
    "BotPolicy",
    "CalendarPolicy",
    "ClosedText",
    "ContactPolicy",
    "DepartmentPolicy",
    "DeskConfig",
    "EntryPointPolicy",
    "EscalationPolicy",
    "EscalationStep",
    "FieldPolicy",
    "FlagPolicy",
    "Grant",
    "HandOffPolicy",
    "HolidayPolicy",
    "HolidayYearPolicy",
    "ImmediacyPolicy",
    "LevelPolicy",
    "LimitPolicy",
    "MacroPolicy",
    "Overflow",
    "PeriodLimit",
    "QueuePolicy",
    "QueueRouting",
    "ReopenPolicy",
    "ReplyPolicy",
    "RetentionPolicy",
    "RoutingNeed",
    "RoutingPolicy",
    "RulePolicy",
    "RuleSetPolicy",
    "ScenarioPolicy",
    "SegmentPolicy",
    "ServicePolicy",
    "SitePolicy",
    "SiteTitle",
    "SkillWish",
    "SlaPolicy",
    "StatusPolicy",
    "TagPolicy",
    "TargetOverride",
    "TargetPolicy",
    "Titles",
    "TransferPolicy",
    "TypePolicy",
    "WordRule",
    "WordingPolicy",
    "WorkWeight",
    "digest_of",
]


def _one_queue() -> tuple[QueuePolicy, ...]:
    return (QueuePolicy(name="default"),)


class DeskConfig(Section):
    """Everything a desk decides by. Phrases, agents and saved holidays are not here: people edit them meanwhile.

    Raises:
        ConfigError: something in it cannot be used; names the path, the problem and the remedy.
    """

    name: str = ""
    """The name of the policy, for people."""
    locale: Literal["zh-CN", "en"] = "zh-CN"
    """The language of what the desk itself says."""
    default_queue: Name = "default"
    """Where tickets go that nothing else directs."""
    queues: tuple[QueuePolicy, ...] = Field(default_factory=_one_queue, min_length=1)
    accounts: tuple[AccountPolicy, ...] = ()
    entry_points: tuple[EntryPointPolicy, ...] = ()
    """The QR codes, links and advertisements that lead to the desk."""
    sites: tuple[SitePolicy, ...] = ()
    """The cities, branches and regions of the desk; empty: it has one place."""
    site_fields: tuple[Key, ...] = ("site", "city", "region")
    """The values of customers' profiles that tell their site, the first that does."""
    departments: tuple[DepartmentPolicy, ...] = ()
    bots: tuple[BotPolicy, ...] = ()
    bars_bots: bool = False
    """True where the trade forbids bots: a bot anywhere in the configuration is then an error."""
    hand_off: HandOffPolicy = Field(default_factory=HandOffPolicy)
    transfer: TransferPolicy = Field(default_factory=TransferPolicy)
    levels: tuple[LevelPolicy, ...] = ()
    types: tuple[TypePolicy, ...] = ()
    immediacy: tuple[ImmediacyPolicy, ...] = ()
    """How soon matters need somebody: classes that types name."""
    reopen: ReopenPolicy = Field(default_factory=ReopenPolicy)
    """What holds for types that say nothing themselves."""
    statuses: tuple[StatusPolicy, ...] = ()
    tags: tuple[TagPolicy, ...] = ()
    tag_order: tuple[TagSource, ...] = tuple(TagSource)
    """Whose tags and removals count for more: nobody undoes what an earlier one of the list did."""
    flags: tuple[FlagPolicy, ...] = ()
    segments: tuple[SegmentPolicy, ...] = ()
    rules: tuple[RulePolicy, ...] = ()
    rule_mode: Literal["all", "first"] = "all"
    """``first``: of ``rules``, none is tried after the first one that fires."""
    rule_sets: tuple[RuleSetPolicy, ...] = ()
    """More rules, each set with an order and a mode of its own; all of them see what the first one saw."""
    scenarios: tuple[ScenarioPolicy, ...] = ()
    """Rules and service levels that are in force for a while."""
    rule_budget: int = Field(default=200, ge=1, le=10_000)
    """How many actions of rules one cause may set off; what goes beyond is not done, and raises an alert."""
    macros: tuple[MacroPolicy, ...] = ()
    fields: tuple[FieldPolicy, ...] = ()
    """The custom fields of tickets and customers."""
    zone: str | None = None
    """The time zone in which rules read hours, weekdays and dates, such as ``Asia/Shanghai``.

    None: that of the default calendar, or UTC.
    """
    calendars: tuple[CalendarPolicy, ...] = ()
    holidays: tuple[HolidayPolicy, ...] = ()
    """Public holidays as data; years that people save while the desk runs go before them."""
    calendar: Name | None = None
    """The calendar of service levels that name none; None: the only one there is, or (none at all) every second."""
    sla: tuple[SlaPolicy, ...] = ()
    escalations: tuple[EscalationPolicy, ...] = ()
    """Escalations by condition; those by clock stand with the target."""
    close_resolved_after: Duration | None = None
    """How long after resolving a ticket closes by itself; None: never."""
    catch_up: Literal["all", "latest", "none"] = "all"
    """Of the warnings, breaches and escalations that were missed for longer than ``late_after`` (nobody called
    ``run_due``): which ones still tell somebody. All are recorded; those that do not tell are marked ``quiet``."""
    late_after: Duration = timedelta(hours=1)
    reply: ReplyPolicy = Field(default_factory=ReplyPolicy)
    session_gap: Duration = timedelta(hours=48)
    """The silence after which a new session of a conversation begins."""
    backlog: Duration = timedelta(hours=24)
    """How old a message may be on arrival before its time is clamped and it is no longer answered automatically."""
    automatic_per_day: int = Field(default=5, ge=0, le=1000)
    """Automatic replies to one sender in a day, at most."""
    access: AccessPolicy = Field(default_factory=AccessPolicy)
    retention: RetentionPolicy = Field(default_factory=RetentionPolicy)
    contact: ContactPolicy = Field(default_factory=ContactPolicy)
    routing: RoutingPolicy = Field(default_factory=RoutingPolicy)
    wording: WordingPolicy = Field(default_factory=WordingPolicy)
    authority: AuthorityPolicy = Field(default_factory=AuthorityPolicy)
    """Who may give customers what, and what customers may do by themselves."""

    @field_validator("zone", mode="after")
    @classmethod
    def _is_zone(cls, value: str | None) -> str | None:
        try:
            ZoneInfo(value or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            remedy = sentence(
                "{guess}use an IANA name such as Asia/Shanghai", guess=guess(value, sorted(available_timezones()))
            )
            raise refused("not a time zone", remedy) from None
        return value

    @field_validator("tag_order", mode="after")
    @classmethod
    def _has_each_once(cls, value: tuple[TagSource, ...]) -> tuple[TagSource, ...]:
        if sorted(value) != sorted(TagSource):
            raise refused(
                "it does not name every source once", sentence("put these in order: {names}", names=tuple(TagSource))
            )
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check(self)
        return self

    @classmethod
    def _root(cls) -> str:
        return ""

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """The configuration that a TOML document states; a byte order mark before it is passed over.

        Raises:
            ConfigError: not TOML, or not a usable configuration.
        """
        given: object = text
        if not isinstance(given, str) or given.endswith(".toml"):
            raise ConfigError("document", "not the text of a document", 'pass Path(...).read_text(encoding="utf-8")')
        try:
            return cls(**tomllib.loads(given.removeprefix("\ufeff")))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError("document", *_not_toml(given, str(error))) from None
        except RecursionError:
            raise _too_deep() from None

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The configuration that a JSON object states.

        Raises:
            ConfigError: not JSON, not an object, or not a usable configuration.
        """
        try:
            given = json.loads(text)
            if not isinstance(given, dict):
                raise ConfigError("document", "not a JSON object", "put the settings into one object")
            return cls(**given)
        except RecursionError:
            raise _too_deep() from None
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(
                "document", sentence("not JSON: {error}", error=str(error)), "correct the document"
            ) from None

    def canonical_json(self) -> str:
        """The same text for equal configurations: sorted keys, no blanks, defaults left out."""
        given = self.model_dump(mode="json", exclude_defaults=True)
        _keep_labels(self, given)
        return json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical JSON, in hex. Computed with every call: a compiled ``Policy`` keeps it."""
        return digest_of(self)


def digest_of(config: DeskConfig) -> str:
    """The SHA-256 of the canonical JSON, in hex; equal configurations have equal digests."""
    return sha256(config.canonical_json().encode()).hexdigest()


def _keep_labels(config: DeskConfig, given: dict[str, list[dict[str, object]]]) -> None:
    """An action's ``do`` equals its default but tells it apart, so it must stay in the text."""
    _label(config.rules, given.get("rules", ()))
    _label(config.macros, given.get("macros", ()))
    for each, told in zip(config.scenarios, given.get("scenarios", ()), strict=True):
        _label(each.rules, told.get("rules", ()))  # type: ignore[arg-type]  # the rules of a scenario are tables too
    for one, written in zip(config.rule_sets, given.get("rule_sets", ()), strict=True):
        _label(one.rules, written["rules"])  # type: ignore[arg-type]  # the rules of a set are tables too


def _label(rules: Sequence[RulePolicy | MacroPolicy], given: Sequence[dict[str, object]]) -> None:
    for rule, written in zip(rules, given, strict=True):
        written["then"] = [
            {"do": action.do, **action.model_dump(mode="json", exclude_defaults=True)} for action in rule.then
        ]


def _not_toml(text: str, told: str) -> tuple[str, str]:
    """The problem and the remedy of what is no TOML: a Chinese keyboard writes signs that look like its own."""
    reason = _PLACE.fullmatch(told)
    if reason is None:
        return sentence("not TOML: {error}", error=told), "correct the document"
    error, number, column = reason[1], int(reason[2]), int(reason[3])
    problem = sentence("line {line}, column {column} is not TOML: {error}", line=number, column=column, error=error)
    signs = _WIDE & set(_QUOTED.sub("", text.split("\n")[number - 1]))
    if not signs:
        return problem, "correct the document"
    return problem, sentence("write the signs of TOML in half width: {signs}", signs=tuple(sorted(signs)))


def _too_deep() -> ConfigError:
    return ConfigError("document", "nested too deeply", "nest fewer groups inside each other")
