"""Rule sets in the form that decisions run: a message touches only the rules that can fire.

The rule: a rule whose condition needs a keyword is filed under the keywords of which it needs one; the others are tried
every time. Conditions see the facts as given; effects are returned, never applied, so no rule sees another's work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from csdesk.domain.records.trace import Outcome, Verdict, verdict
from csdesk.domain.rules.actions import Action
from csdesk.domain.rules.facts import Facts
from csdesk.domain.rules.language import Condition, RulePolicy
from csdesk.domain.rules.predicates import Compiler, Found, Predicate
from csdesk.domain.text.keywords import KeywordIndex


@dataclass(frozen=True, slots=True)
class Effect:
    """One action that a rule asks for."""

    rule: str
    action: Action


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What a rule set asks for: effects in the order of the rules and of their actions."""

    effects: tuple[Effect, ...] = ()
    fired: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    """``rules.fired`` for each rule that fired; a single ``rules.none`` if none did."""


class Conditions:
    """Many conditions, tried together: the numbers of those that hold, in order."""

    __slots__ = ("_always", "_by_keyword", "_index", "_predicates", "_reads_subject")

    def __init__(self, conditions: Sequence[Condition | None]) -> None:
        """Compile the conditions; None holds always."""
        compiler = Compiler()
        compiled = [compiler.compile(one) for one in conditions]
        self._predicates: tuple[Predicate, ...] = tuple(predicate for predicate, _ in compiled)
        self._always = tuple(number for number, (_, need) in enumerate(compiled) if need is None)
        by_keyword: dict[int, list[int]] = {}
        for number, (_, need) in enumerate(compiled):
            for keyword in need or ():
                by_keyword.setdefault(keyword, []).append(number)
        self._by_keyword = by_keyword
        self._index = KeywordIndex(compiler.keywords.items())
        self._reads_subject = compiler.reads_subject

    def holding(self, facts: Facts) -> Iterator[int]:
        """The numbers of the conditions that hold, ascending; a caller may stop early."""
        found = self._find(facts)
        predicates = self._predicates
        for number in self._candidates(found):
            if predicates[number](facts, found):
                yield number

    def _find(self, facts: Facts) -> Found:
        if not len(self._index):
            return _NOTHING
        find = self._index.find
        subject = find(facts.subject) if self._reads_subject and facts.message.subject else ()
        return Found(frozenset(find(facts.text)), frozenset(subject))

    def _candidates(self, found: Found) -> Sequence[int]:
        hits = found.text | found.subject if found.subject else found.text
        if not hits:
            return self._always
        called = set(self._always)
        for keyword in hits:
            called.update(self._by_keyword.get(keyword, ()))
        return sorted(called)


_NOTHING: Final = Found()


class RuleSet:
    """An immutable, compiled set of rules."""

    __slots__ = ("_conditions", "_effects", "_names", "_stops", "_verdicts")

    def __init__(self, rules: Sequence[RulePolicy], mode: Literal["all", "first"]) -> None:
        """See ``compile_rules``."""
        active = [rule for rule in rules if rule.enabled]
        self._conditions = Conditions([rule.when for rule in active])
        self._effects = tuple(tuple(Effect(rule.name, action) for action in rule.then) for rule in active)
        self._names = tuple(rule.name for rule in active)
        self._stops = tuple(rule.stop or mode == "first" for rule in active)
        self._verdicts = tuple(verdict("rules.fired", Outcome.CHOSEN, rule=rule.name) for rule in active)

    def __len__(self) -> int:
        """The number of rules in force; disabled ones do not count."""
        return len(self._names)

    def evaluate(self, facts: Facts) -> RuleResult:
        """What the rules ask for, given these facts."""
        fired: list[int] = []
        for number in self._conditions.holding(facts):
            fired.append(number)
            if self._stops[number]:
                break
        if not fired:
            return _QUIET
        return RuleResult(
            tuple([effect for number in fired for effect in self._effects[number]]),
            tuple([self._names[number] for number in fired]),
            tuple([self._verdicts[number] for number in fired]),
        )


_QUIET: Final = RuleResult(verdicts=(verdict("rules.none", Outcome.PASSED),))


def compile_rules(rules: Sequence[RulePolicy], mode: Literal["all", "first"] = "all") -> RuleSet:
    """The rules in the form that decisions run, in their order.

    Args:
        rules: as the configuration states them; disabled ones are left out.
        mode: ``first`` stops after the first rule that fires; ``all`` only at a rule with ``stop``.
    """
    return RuleSet(rules, mode)
