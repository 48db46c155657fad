"""Which rules can fire, and when: contradictions, shadows, parts that never hold, conditions that always do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from csdesk.domain.analysis.setting import Setting
from csdesk.domain.analysis.solver import Answer, Wish, solve
from csdesk.domain.analysis.worlds import Witness
from csdesk.domain.records._model import replaced
from csdesk.domain.rules.compiled import RuleSet
from csdesk.domain.rules.fields import Op
from csdesk.domain.rules.language import Condition, Group, Plan, RulePolicy, RuleSetPolicy, Test, Trigger
from csdesk.domain.rules.values import instant_text

MOST_STOPPERS = 40
"""How many earlier rules are held against one; a rule that needs more is left undecided."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Can the rule fire? ``dead``: proved that it cannot, because of ``by`` (empty: of its own condition)."""

    witness: Witness | None = None
    dead: bool = False
    by: tuple[str, ...] = ()


@dataclass(slots=True)
class Rules:
    """The rules of a configuration, with what was found out about them."""

    plan: Plan
    compiled: RuleSet
    settings: dict[Trigger, Setting]
    verdicts: dict[tuple[str, Trigger], Verdict] = field(default_factory=dict)

    def can_fire(self, number: int, on: Trigger) -> Verdict:
        """Whether a rule of the plan can fire on that."""
        key = (self.plan[number][1].name, on)
        if key not in self.verdicts:
            self.verdicts[key] = self._fires([number], on)
        return self.verdicts[key]

    def can_fire_together(self, first: int, second: int, on: Trigger) -> Verdict:
        """Whether two rules can fire on one message or change."""
        return self._fires([first, second], on)

    def _fires(self, numbers: list[int], on: Trigger) -> Verdict:
        """Look for a moment at which they fire; each earlier rule that catches it is then held against the next."""
        names = {self.plan[number][1].name for number in numbers}
        wishes: list[Wish] = [wish for number in numbers for wish in wishes_of(*self.plan[number])]
        by: list[int] = []
        while len(by) <= MOST_STOPPERS:
            answer = solve(wishes, self.settings[on])
            if answer.impossible:
                return Verdict(dead=True, by=self._names(self._least(numbers, by, on)))
            if answer.witness is None:
                return Verdict()
            fired = self._fired(numbers, answer.witness, on)
            if names <= {*fired}:
                return Verdict(answer.witness)
            catching = self._catching(numbers, fired, by)
            if catching is None:
                return Verdict()
            by.append(catching)
            wishes.append((whole(*self.plan[catching]), False))
        return Verdict()

    def _fired(self, numbers: list[int], witness: Witness, on: Trigger) -> tuple[str, ...]:
        facts = witness.facts()
        if on != "time":
            return self.compiled.evaluate(facts, on).fired
        # Timed rules are tried each by itself: none stops another one.
        return tuple(name for number in numbers for name in self.compiled.evaluate_one(number, facts).fired)

    def _names(self, numbers: list[int]) -> tuple[str, ...]:
        return tuple(self.plan[number][1].name for number in numbers)

    def _catching(self, numbers: list[int], fired: tuple[str, ...], known: list[int]) -> int | None:
        """An earlier rule that fired and let none of these come after it."""
        for number in numbers:
            set_, rule = self.plan[number]
            if rule.name in fired:
                continue
            for earlier in range(number):
                other_set, other = self.plan[earlier]
                stops = other.stop or other_set.mode == "first"
                if other_set is set_ and stops and other.name in fired and earlier not in known:
                    return earlier
        return None

    def _least(self, numbers: list[int], by: list[int], on: Trigger) -> list[int]:
        """One of the earlier rules that is enough alone, else all of them."""
        own = [wish for number in numbers for wish in wishes_of(*self.plan[number])]
        if not by or solve(own, self.settings[on]).impossible:
            return []
        for one in by:
            if solve([*own, (whole(*self.plan[one]), False)], self.settings[on]).impossible:
                return [one]
        return by


def wishes_of(set_: RuleSetPolicy, rule: RulePolicy) -> list[Wish]:
    """What must hold for a rule to fire, earlier ones apart."""
    return [(one, True) for one in _parts(set_, rule)]


def whole(set_: RuleSetPolicy, rule: RulePolicy) -> Condition | None:
    """The same as one condition; None: it always holds."""
    parts = _parts(set_, rule)
    return Group(all=tuple(parts)) if parts else None


def _parts(set_: RuleSetPolicy, rule: RulePolicy) -> list[Condition]:
    parts: list[Condition] = [] if rule.when is None else [rule.when]
    if rule.timer is not None:
        return parts  # its window is asked when it is due, not when it is late
    for one in (set_, rule):
        if one.active_from is not None:
            parts.append(Group(none=(_now(Op.BEFORE, one.active_from),)))
        if one.active_until is not None:
            parts.append(_now(Op.BEFORE, one.active_until))
    return parts


def _now(op: Op, at: datetime) -> Test:
    return Test(field="time.now", op=op, value=instant_text(at))


def always(condition: Condition, setting: Setting) -> Answer:
    """Whether the opposite of a condition is possible."""
    return solve([(condition, False)], setting)


Path = tuple[str | int, ...]


def alternatives(condition: Condition | None, path: Path = ()) -> Iterator[tuple[Path, Condition]]:
    """Each alternative inside a condition with its path, as the whole condition that has only that one."""
    if not isinstance(condition, Group):
        return
    for kind in ("all", "any"):
        below: tuple[Condition, ...] = getattr(condition, kind) or ()
        for place, one in enumerate(below):
            if kind == "any" and len(below) > 1:
                yield (*path, kind, place), replaced(condition, any=(one,))
            for inner, changed in alternatives(one, (*path, kind, place)):
                kept = (changed,) if kind == "any" else (*below[:place], changed, *below[place + 1 :])
                yield inner, replaced(condition, **{kind: kept})
