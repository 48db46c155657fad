"""``analyse``: everything that can be said of a configuration without running it.

A finding that something is dead, shadowed or never ends is proved or shown; where neither succeeds the report says that
it could not decide. Disabled rules are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Final, get_args

from csdesk._sentence import is_a
from csdesk.domain.analysis.authority import authority
from csdesk.domain.analysis.effects import readable, writes_of
from csdesk.domain.analysis.exclusive import exclusive
from csdesk.domain.analysis.findings import Finding, Level, Report
from csdesk.domain.analysis.loops import loops
from csdesk.domain.analysis.reachable import Rules, Verdict, alternatives, always
from csdesk.domain.analysis.setting import Setting
from csdesk.domain.analysis.solver import solve
from csdesk.domain.analysis.staffing import staffing
from csdesk.domain.analysis.trying import both_act
from csdesk.domain.analysis.usage import usage
from csdesk.domain.analysis.waiting import timed_loops
from csdesk.domain.policy.compiled import Policy, compile_policy
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.policy.sections.scenarios import when_of
from csdesk.domain.policy.type_tree import GENERAL
from csdesk.domain.policy.walking import rules_in
from csdesk.domain.records.changes import AgentGroup
from csdesk.domain.records.tickets import Category
from csdesk.domain.rules.actions import NoAutoReply
from csdesk.domain.rules.compiled import compile_rules, conjuncts
from csdesk.domain.rules.language import RulePolicy, Test, Trigger, Windowed
from csdesk.errors import InvalidInput

MOST_PAIRS: Final = 400
"""How many pairs of rules are compared; the report says if there were more."""

_ORDER: Final = {level: place for place, level in enumerate(Level)}


def analyse(config: DeskConfig, *, agents: Iterable[AgentGroup] | None = None) -> Report:
    """Look for what is wrong with a configuration, without running it.

    ``agents`` are the people of a desk, as its store counts them (the kind ``group`` of a query): with them it is told
    which skills and grades nobody has, and which queues nobody works in.

    Raises:
        InvalidInput: ``config`` is no ``DeskConfig``; build one first, which checks names and types.
    """
    if not isinstance(config, DeskConfig):
        raise InvalidInput("config", is_a(config), "pass a csdesk DeskConfig")
    return _Analysis(config, agents).report()


class _Analysis:
    def __init__(self, config: DeskConfig, agents: Iterable[AgentGroup] | None) -> None:
        self.config = config
        self.agents = agents
        self.policy: Policy = compile_policy(config)
        self.settings: dict[Trigger, Setting] = {on: _setting(self.policy, on) for on in get_args(Trigger)}
        self.rules = Rules(self.policy.rules.plan, self.policy.rules, self.settings)
        self.paths = {rule.name: ".".join(path) for rule, path in _named(config)}

    def report(self) -> Report:
        found: list[Finding] = []
        for number, (_, rule) in enumerate(self.rules.plan):
            found += self._rule(number, rule)
        found += self._pairs()
        found += self._service_levels()
        found += self._segments()
        ends, chains = loops(self.rules, self.policy, self.paths)
        found += chains
        if ends != "loop":
            found += timed_loops(self.rules, self.policy, self.paths)
        found += exclusive(self.config, self.settings)
        found += usage(self.config)
        found += authority(self.policy)
        if self.agents is not None:
            found += staffing(self.config, self.agents)
        found.sort(key=lambda one: _ORDER[one.level])
        return Report(findings=tuple(found), rules=len(self.rules.plan), termination=ends)

    def _finding(self, code: str, *rules: str, path: str = "", **params: str | int) -> Finding:
        where = self.paths[rules[0]] + path
        return Finding(code=code, path=where, params=(("rule", rules[0]), *params.items()), rules=rules)

    # Rules by themselves

    def _rule(self, number: int, rule: RulePolicy) -> Iterator[Finding]:
        verdicts = [self.rules.can_fire(number, on) for on in rule.on]
        if all(one.dead for one in verdicts):
            by = tuple(dict.fromkeys(name for one in verdicts for name in one.by))
            if by:
                yield self._finding("check.shadowed", rule.name, *by, by=", ".join(by))
            else:
                yield self._contradiction(rule)
            return
        if all(one.witness is None for one in verdicts):
            yield self._finding("check.undecided", rule.name)
        if rule.when is None:
            return
        answers = [always(rule.when, self.settings[on]) for on in rule.on]
        if all(one.impossible for one in answers):
            yield self._finding("check.vacuous", rule.name, path=".when")
        for path, narrowed in alternatives(rule.when):
            if all(solve([(narrowed, True)], self.settings[on]).impossible for on in rule.on):
                yield self._finding("check.dead_part", rule.name, path=f".when.{'.'.join(map(str, path))}")

    def _contradiction(self, rule: RulePolicy) -> Finding:
        """Name two tests that cannot hold together, if two are enough."""
        everyone = _needed(rule)
        for first, second in combinations(everyone, 2):
            if all(solve([(first, True), (second, True)], self.settings[on]).impossible for on in rule.on):
                told = f"{_told(first)} / {_told(second)}"
                return self._finding("check.contradictory", rule.name, path=".when", tests=told)
        alone = [one for one in everyone if all(solve([(one, True)], self.settings[on]).impossible for on in rule.on)]
        if alone:
            return self._finding("check.unreachable", rule.name, path=".when", tests=_told(alone[0]))
        return self._finding("check.contradictory", rule.name, path=".when", tests="")

    # Rules two by two

    def _pairs(self) -> Iterator[Finding]:
        left = MOST_PAIRS
        for first, second in combinations(range(len(self.rules.plan)), 2):
            if not self._is_worth_it(first, second):
                continue
            left -= 1
            if left < 0:
                yield Finding(code="check.too_many_pairs", path="rules", params=(("most", MOST_PAIRS),))
                return
            yield from self._pair(first, second)

    def _is_worth_it(self, first: int, second: int) -> bool:
        (set_, one), (other_set, other) = self.rules.plan[first], self.rules.plan[second]
        if not {*one.on} & {*other.on} or one.timer != other.timer:
            return False  # timed rules act one after the other, where they are not due at one instant
        if one.timer is not None and not _meet(set_, one, other_set, other):
            return False
        if not (self._clash(one, other) or (one.when == other.when and set_ is other_set)):
            return False
        tried = [(number, on) for number, rule in ((first, one), (second, other)) for on in rule.on]
        return not any(self.rules.can_fire(number, on).dead for number, on in tried)

    def _clash(self, one: RulePolicy, other: RulePolicy) -> str:
        """The first slot to which the two give different values, with the values; empty if there is none."""
        mine, theirs = (
            {slot: value for action in rule.then for slot, value in writes_of(action, self.policy)}
            for rule in (one, other)
        )
        for slot in mine:
            if slot in theirs and theirs[slot] != mine[slot] and not slot.endswith("*"):
                return f"{slot}: {readable(slot, mine[slot])} / {readable(slot, theirs[slot])}"
        return ""

    def _pair(self, first: int, second: int) -> Iterator[Finding]:
        (set_, one), (other_set, other) = self.rules.plan[first], self.rules.plan[second]
        stops = one.timer is None and set_ is other_set and (one.stop or set_.mode == "first")
        on = next(trigger for trigger in one.on if trigger in other.on)
        clash = self._clash(one, other)
        if one.when == other.when and set_ is other_set and not stops:
            yield self._finding("check.same_condition", one.name, other.name, other=other.name)
        if not clash:
            return
        if stops:
            answer = solve([(one.when, True), (other.when, True)], self.settings[on])
            if answer.witness is not None:
                found = self._finding("check.overlap", one.name, other.name, other=other.name, clash=clash)
                yield replace(found, witness=answer.witness)
            return
        verdict = self.rules.can_fire_together(first, second, on)
        if verdict.witness is not None and (on != "time" or both_act(self.policy, verdict.witness, first, second)):
            found = self._finding("check.conflict", one.name, other.name, other=other.name, clash=clash)
            yield replace(found, witness=verdict.witness)

    # Service levels: of each scope the first one that fits is taken

    def _service_levels(self) -> Iterator[Finding]:
        for scope in ("ticket", "group"):
            policies = tuple(
                RulePolicy(name=one.name, when=when_of(self.config, one), then=(NoAutoReply(),))
                for one in self.config.sla
                if one.scope == scope
            )
            compiled = compile_rules(policies, "first", declared=self.policy.declared)
            levels = Rules(compiled.plan, compiled, self.settings)
            for number, policy in enumerate(policies):
                yield from self._service_level(policy.name, levels.can_fire(number, "message"))

    def _service_level(self, name: str, verdict: Verdict) -> Iterator[Finding]:
        if verdict.dead:
            told = (("sla", name), ("by", ", ".join(verdict.by)))
            yield Finding(code="check.sla_never_used", path=f"sla.{name}", params=told)
        elif verdict.witness is None:
            yield Finding(code="check.undecided", path=f"sla.{name}", params=(("rule", name),))

    # Segments: those to which nobody can belong

    def _segments(self) -> Iterator[Finding]:
        for segment in self.config.segments:
            told = (("segment", segment.name),)
            if solve([(segment.when, True)], self.settings["change"]).impossible:
                yield Finding(code="check.segment_empty", path=f"segments.{segment.name}", params=told)


def _named(config: DeskConfig) -> Iterator[tuple[RulePolicy, tuple[str, ...]]]:
    return ((rule, tuple(map(str, path))) for rule, path in rules_in(config))


def _meet(*windows: Windowed) -> bool:
    """True if there is an instant at which all of them are open."""
    begins = max((one.active_from for one in windows if one.active_from is not None), default=None)
    ends = min((one.active_until for one in windows if one.active_until is not None), default=None)
    return begins is None or ends is None or begins < ends


def _needed(rule: RulePolicy) -> list[Test]:
    """The tests of a rule of which all must hold."""
    return [one for one in conjuncts(rule.when) if isinstance(one, Test)] if rule.when is not None else []


def _told(test: Test) -> str:
    value = list(test.value) if isinstance(test.value, tuple) else test.value
    return f"{test.field} {test.op}" + ("" if value is None else f" {value}")


def _setting(policy: Policy, on: Trigger) -> Setting:
    config = policy.config
    statuses = {one.value: one for one in Category} | {one.name: one.category for one in config.statuses}
    queues = tuple(dict.fromkeys((config.default_queue, *(one.name for one in config.queues))))
    names = {
        "ticket.queue": queues,
        "ticket.site": policy.sites.names,
        "ticket.type": (*(one.name for one in config.types), GENERAL),
        "ticket.status": tuple(statuses),
        "ticket.sla": (
            *(one.name for one in config.sla),
            *(one.level for one in config.immediacy if one.targets),
        ),
        "customer.segments": policy.segments.names,
        "ticket.flags": tuple(one.name for one in config.flags),
        "customer.flags": tuple(one.name for one in config.flags),
        "customer.level": tuple(one.name for one in config.levels),
        "message.account": tuple(one.name for one in config.accounts),
    }
    return Setting(
        on=on,
        declared=policy.declared,
        zone=policy.zone,
        names=names,
        calendars=policy.service.times,
        categories=statuses,
    )
