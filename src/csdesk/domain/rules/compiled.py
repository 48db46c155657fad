"""Rule sets in the form that decisions run: a message touches only the rules that can fire.

The rule: sets of rules are whole numbers, bit n stands for rule n, and a message strikes rules off in this order:

1. *Keywords.* A rule that needs one of some keywords is a candidate only if one of them was found; one search finds the
   keywords of all rules.
2. *Fields.* Of each field that rules test by its value alone, the rules whose tests hold for that value are worked out
   once and remembered by the value; for a later message with it they are one look-up, however many rules there are.
3. *What is left* (alternatives over several fields, the present time, values before) is tried rule by rule, cheap tests
   before costly ones.

Conditions see the facts as given; effects are returned, never applied, so no rule sees another's work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, Literal, get_args

from csdesk.domain.rules.actions import NAMING, SPEAKING, SendPhrase
from csdesk.domain.rules.asked import QUIET, Asked, RuleResult, numbers_of
from csdesk.domain.rules.facts import Fact, Facts, Reader, reader_of
from csdesk.domain.rules.fields import BY_PHRASE, NOTHING, Declared, FieldType, Op, field_of
from csdesk.domain.rules.language import Condition, Group, Plan, RulePolicy, RuleSetPolicy, Test, Trigger, in_order
from csdesk.domain.rules.predicates import MOMENTARY, Compiler, Found, Predicate, all_of, by_cost, is_searched
from csdesk.domain.rules.reads import Reads, reads_of, tests_of
from csdesk.domain.text.keywords import KeywordIndex

_REMEMBERED: Final = 1_024
"""For how many values of a field the rules that fit are kept."""


class _Column:
    """The rules that test one field by its value alone: which of them hold for a value."""

    __slots__ = ("_known", "_parts", "_read", "_untouched")

    def __init__(self, read: Reader, parts: dict[int, list[Predicate]], everyone: int) -> None:
        self._read = read
        self._parts = parts
        self._untouched = everyone & ~sum(1 << number for number in parts)
        self._known: dict[tuple[bool, Fact], int] = {}

    def holding(self, facts: Facts) -> int:
        """The rules that this field does not strike off."""
        value = self._read(facts)
        key = (value is True or value is False, value)
        known = self._known.get(key)
        return self._work_out(facts, key) if known is None else known

    def _work_out(self, facts: Facts, key: tuple[bool, Fact]) -> int:
        found = self._untouched
        for number, parts in self._parts.items():
            if all(part(facts, _NOTHING) for part in parts):
                found |= 1 << number
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[key] = found
        return found


class Conditions:
    """Many conditions, tried together: the numbers of those that hold, in order."""

    __slots__ = (
        "_always",
        "_by_subject",
        "_by_text",
        "_columns",
        "_everyone",
        "_has_keywords",
        "_index",
        "_reads_subject",
        "_rest",
        "_undecided",
        "reads",
    )

    reads: Reads
    """What they read."""

    def __init__(self, conditions: Sequence[Condition | None], declared: Declared = NOTHING) -> None:
        """Compile the conditions; None holds always. ``declared`` are the custom fields that have a type."""
        self.reads = reads_of(conditions)
        self._everyone = (1 << len(conditions)) - 1
        layout = _Layout(declared)
        for number, condition in enumerate(conditions):
            layout.add(number, condition)
        self._always = layout.always
        self._by_text = layout.by_text
        self._by_subject = layout.by_subject
        self._rest: dict[int, Predicate] = layout.rest
        self._undecided = sum(1 << number for number in layout.rest)
        self._columns = tuple(
            _Column(reader_of(field, declared), parts, self._everyone) for field, parts in layout.columns.items()
        )
        self._index = KeywordIndex(layout.compiler.keywords.items())
        self._has_keywords = len(self._index) > 0
        self._reads_subject = layout.compiler.reads_subject

    def holding(self, facts: Facts, among: int = -1) -> Iterator[int]:
        """The numbers of the conditions that hold, ascending; a caller may stop early.

        ``among`` has a bit for each condition that is to be tried.
        """
        found, left = self._survivors(facts, among)
        rest = self._rest
        for number in numbers_of(left):
            if number not in rest or rest[number](facts, found):
                yield number

    def all_holding(self, facts: Facts, among: int = -1) -> list[int]:
        """As ``holding``, for those who want all of them: faster."""
        return numbers_of(self.set_holding(facts, among))

    def set_holding(self, facts: Facts, among: int = -1) -> int:
        """As ``all_holding``, with a bit for each condition."""
        found, left = self._survivors(facts, among)
        open_ = left & self._undecided
        if open_:
            rest = self._rest
            for number in numbers_of(open_):
                if not rest[number](facts, found):
                    left ^= 1 << number
        return left

    def _survivors(self, facts: Facts, among: int) -> tuple[Found, int]:
        found = self._find(facts)
        left = self._candidates(found) & among
        for column in self._columns:
            if not left:
                break
            left &= column.holding(facts)
        return found, left

    def _find(self, facts: Facts) -> Found:
        if not self._has_keywords:
            return _NOTHING
        find = self._index.hits
        if self._reads_subject and facts.message is not None and facts.message.subject:
            return Found(find(facts.text), find(facts.subject))
        return Found(find(facts.text))

    def _candidates(self, found: Found) -> int:
        called = self._always
        by_text = self._by_text
        for keyword in found.text:
            called |= by_text.get(keyword, 0)
        for keyword in found.subject:
            called |= self._by_subject.get(keyword, 0)
        return called


_NOTHING: Final = Found()


class _Layout:
    """Where each condition's parts are filed."""

    def __init__(self, declared: Declared) -> None:
        self.compiler = Compiler(declared)
        self.always = 0
        self.by_text: dict[int, int] = {}
        self.by_subject: dict[int, int] = {}
        self.columns: dict[str, dict[int, list[Predicate]]] = {}
        self.rest: dict[int, Predicate] = {}

    def add(self, number: int, condition: Condition | None) -> None:
        parts = list(conjuncts(condition)) if condition is not None else []
        need = self._file_under_keywords(number, parts)
        left: list[Condition] = []
        for part in parts:
            if part is need:
                continue
            field = _only_field(part, self.compiler.declared)
            if field is None:
                left.append(part)
            else:
                self.columns.setdefault(field, {}).setdefault(number, []).append(self.compiler.predicate(part))
        if left:
            predicates = [self.compiler.predicate(one) for one in by_cost(tuple(left))]
            self.rest[number] = predicates[0] if len(predicates) == 1 else all_of(predicates)

    def _file_under_keywords(self, number: int, parts: list[Condition]) -> Condition | None:
        """File the condition under keywords of which it needs one; the part that is told by that alone."""
        needs = [(one, tests) for one in parts if (tests := _needed(one)) is not None]
        if not needs:
            self.always |= 1 << number
            return None
        part, tests = min(needs, key=lambda need: sum(len(self._ids(test)) for test in need[1]))
        for test in tests:
            ids = self._ids(test)
            for keyword in [min(ids)] if test.op is Op.CONTAINS_ALL else ids:
                if test.field != "message.subject":
                    self.by_text[keyword] = self.by_text.get(keyword, 0) | 1 << number
                if test.field != "message.text":
                    self.by_subject[keyword] = self.by_subject.get(keyword, 0) | 1 << number
        # Of several parts the field and keyword must be the right pair; a whole alternative tells nothing of that.
        return (
            part if isinstance(part, Test) and (part.op is not Op.CONTAINS_ALL or len(self._ids(part)) == 1) else None
        )

    def _ids(self, test: Test) -> frozenset[int]:
        return self.compiler.ids(test)


def conjuncts(condition: Condition) -> Iterator[Condition]:
    """The conditions of which all must hold."""
    if isinstance(condition, Test):
        yield condition
        return
    for one in condition.all or ():
        yield from conjuncts(one)
    if condition.any is not None:
        yield from conjuncts(condition.any[0]) if len(condition.any) == 1 else (Group(any=condition.any),)
    for one in condition.none or ():
        yield Group(none=(one,))


def _needed(condition: Condition) -> tuple[Test, ...] | None:
    """The keyword tests of which one must hold, None if it may hold without any."""
    if isinstance(condition, Test):
        wanted = is_searched(condition) and condition.op not in (Op.CONTAINS_NONE, Op.NOT_CONTAINS)
        return (condition,) if wanted else None
    if condition.any is not None:
        found = [_least(one) for one in condition.any]
        if all(one is not None for one in found):
            return tuple(test for one in found if one is not None for test in one)
    return None


def _least(condition: Condition) -> tuple[Test, ...] | None:
    needs = [one for part in conjuncts(condition) if (one := _needed(part)) is not None]
    return min(needs, key=len, default=None)


def _only_field(condition: Condition, declared: Declared) -> str | None:
    """The one field that a condition looks at, if its value alone decides, and is worth remembering."""
    fields = {test.field for test in tests_of(condition)}
    if len(fields) != 1 or any(test.op in MOMENTARY for test in tests_of(condition)):
        return None
    (name,) = fields
    known = field_of(name, declared)
    assert known is not None
    # Personal values are not kept in memory; those of the other two kinds hardly ever come again.
    return None if known.personal or known.type is FieldType.TIME or name in _UNIQUE else name


# Nor is a text looked up among the phrases before a rule needs to know, and counts go by the day too.
_UNIQUE: Final = frozenset({"message.length", "ticket.worker", "actor.id", "message.mood"}) | BY_PHRASE


class RuleSet:
    """An immutable, compiled set of rules, tried in their order."""

    __slots__ = (
        "_asked",
        "_conditions",
        "_ends",
        "_marks",
        "_names",
        "_on",
        "_stopping",
        "_stops",
        "_windows",
        "agents",
        "asks_phrases",
        "phrases",
        "plan",
        "reads",
        "reminds",
        "replies",
    )

    plan: Plan
    """The rules in force, each with its set."""
    agents: tuple[str, ...]
    """The agents to whom rules give tickets."""
    phrases: tuple[str, ...]
    """The phrases that rules send."""
    reads: Reads
    """What the conditions read."""
    asks_phrases: bool
    """Does some condition ask which phrase answers a message?"""
    replies: bool
    """Does some rule answer what customers say?"""
    reminds: bool
    """May the time of a rule lead to something being written to a customer?"""

    def __init__(self, plan: Plan, declared: Declared = NOTHING) -> None:
        """See ``compile_rules``."""
        self.plan = plan
        rules = [rule for _, rule in plan]
        self._conditions = Conditions([rule.when for rule in rules], declared)
        self.reads = self._conditions.reads
        self.asks_phrases = self.reads.asks_phrases
        self._asked = Asked(rules)
        self._names = tuple(rule.name for rule in rules)
        effects = [action for rule in rules for action in rule.then]
        self.agents = tuple(sorted({one.agent for one in effects if isinstance(one, NAMING) and one.agent is not None}))
        self.phrases = tuple(sorted({action.phrase for action in effects if isinstance(action, SendPhrase)}))
        speaking = {on for rule in rules for on in rule.on if any(isinstance(one, SPEAKING) for one in rule.then)}
        self.replies = not speaking.isdisjoint({"message", "change"})
        self.reminds = not speaking.isdisjoint({"time", "change"}) and any(rule.timer is not None for rule in rules)
        self._stops = tuple(rule.stop or set_.mode == "first" for set_, rule in plan)
        self._stopping = any(self._stops)
        self._ends = _ends([id(set_) for set_, _ in plan])
        self._on: dict[Trigger, int] = {on: _bits(plan, on) for on in get_args(Trigger)}
        self._marks = sorted(
            {mark for pair in plan for one in pair for mark in (one.active_from, one.active_until) if mark}
        )
        self._windows = tuple(_active(plan, mark) for mark in self._marks)

    def __len__(self) -> int:
        """The number of rules in force; disabled ones do not count."""
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        """True if a rule of that name is in force."""
        return name in self._names

    def has(self, on: Trigger) -> bool:
        """True if some rule is tried on that."""
        return self._on[on] != 0

    def evaluate(self, facts: Facts, on: Trigger = "message") -> RuleResult:
        """What the rules ask for, given these facts."""
        among = self._on[on]
        if self._marks:
            among &= self._open_at(facts.now)
        if not among:
            return QUIET
        if not self._stopping:
            return self._asked.by(self._conditions.set_holding(facts, among))
        fired = 0
        skip = 0
        for number in self._conditions.holding(facts, among):
            if number >= skip:
                fired |= 1 << number
                if self._stops[number]:
                    skip = self._ends[number]
                    if skip >= len(self._names):
                        break
        return self._asked.by(fired)

    def evaluate_one(self, number: int, facts: Facts) -> RuleResult:
        """What one rule of the plan asks for, whatever stands before it: a timed rule is tried by itself."""
        return self._asked.by(self._conditions.set_holding(facts, 1 << number))

    def _open_at(self, now: datetime) -> int:
        """The rules whose windows are open: they change only at the marks."""
        passed = [window for mark, window in zip(self._marks, self._windows, strict=True) if mark <= now]
        return passed[-1] if passed else _active(self.plan, now)


def _bits(plan: Plan, on: Trigger) -> int:
    return sum(1 << number for number, (_, rule) in enumerate(plan) if on in rule.on)


def _active(plan: Plan, now: datetime) -> int:
    return sum(1 << n for n, (set_, rule) in enumerate(plan) if set_.is_active(now) and rule.is_active(now))


def _ends(sets: Sequence[int]) -> tuple[int, ...]:
    """For each rule, the number after the last one of its set."""
    last = {set_: number for number, set_ in enumerate(sets)}
    return tuple(last[set_] + 1 for set_ in sets)


def compile_rules(
    rules: Sequence[RulePolicy],
    mode: Literal["all", "first"] = "all",
    *,
    sets: Sequence[RuleSetPolicy] = (),
    declared: Declared = NOTHING,
) -> RuleSet:
    """The rules in the form that decisions run, in their order.

    Args:
        rules: as the configuration states them; disabled ones are left out.
        mode: ``first`` stops after the first rule that fires; ``all`` only at a rule with ``stop``.
        sets: rule sets that are tried after ``rules``, each with an order and a stop of its own.
        declared: the custom fields that have a type.
    """
    return RuleSet(in_order(rules, mode, sets), declared)
