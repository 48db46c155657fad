"""Can these conditions come out so? A witness, a proof that they cannot, or neither.

A formula is taken apart into branches, each a set of literals that must all hold. A branch dies if two literals are
opposites, if a keyword that must occur brings one that must not, or if a field has no value left and every class of its
values was tried. If all branches die, that is the proof. Of a branch that lives a witness is made and *tried*: only a
witness for which the compiled conditions come out as asked is given. All else is "could not decide".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice, product
from typing import Final

from csdesk.domain.analysis.candidates import NOW, Candidates, Signed, candidates
from csdesk.domain.analysis.formulas import (
    Both,
    Earlier,
    Either,
    Filled,
    Formula,
    Held,
    Keyword,
    Literal,
    Opaque,
    Pair,
    Restriction,
    formula,
)
from csdesk.domain.analysis.worlds import Draft, Witness
from csdesk.domain.records.tickets import Category
from csdesk.domain.rules.checks import check_of, is_number, sameness
from csdesk.domain.rules.compiled import Conditions
from csdesk.domain.rules.facts import WEEKDAYS, Fact, Facts
from csdesk.domain.rules.fields import CALENDAR, NOTHING, Declared, Field, FieldType, Op, field_of
from csdesk.domain.rules.language import Condition, Test, Trigger
from csdesk.domain.rules.values import read_instant
from csdesk.domain.text.keywords import KeywordIndex
from csdesk.domain.time.counting import Timeline

Wish = tuple[Condition | None, bool]
"""A condition, and how it should come out."""

MOST_BRANCHES: Final = 400
"""How many branches of one question are followed; a question that needs more is left undecided."""

_MOST_WORLDS: Final = 12
"""How many witnesses of one branch are tried."""

_SEPARATORS: Final = ("。", " ; ", " 0 ", "\u3001")
"""What stands between the keywords of a witness; the first with which no unwanted keyword arises is taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``impossible``: proved. A witness: shown. Neither: could not decide."""

    witness: Witness | None = None
    impossible: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What a question is asked about."""

    on: Trigger = "message"
    declared: Declared = field(default_factory=lambda: NOTHING)
    zone: str = "UTC"
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The names that the configuration has for a field."""
    calendars: Mapping[str, Timeline] = field(default_factory=dict)
    categories: Mapping[str, Category] = field(default_factory=dict)

    def known(self, name: str) -> tuple[str, ...]:
        """The names that the configuration has for the values of a field."""
        return self.declared[name].choices if name in self.declared else self.names.get(name, ())

    def field(self, name: str) -> Field:
        """What is known of a field in this setting: rules on messages see only what a person wrote."""
        known = field_of(name, self.declared)
        assert known is not None
        if name in self.declared:
            return replace(known, choices=())  # what is stored may be older than the declaration
        if self.on == "message":
            only = _BY_A_PERSON.get(name)
            if only is not None:
                return replace(known, choices=only, optional=False)
            return replace(known, optional=False) if name in _GIVEN else known
        return known


_BY_A_PERSON: Final = {"message.author": ("customer",), "message.automatic": ("no",)}
_GIVEN: Final = frozenset({"message.account", "message.channel", "actor.kind", "actor.id"})


def solve(wishes: Sequence[Wish], setting: Setting) -> Answer:
    """Ask whether all wishes can come true at once."""
    return _Search(wishes, setting).run()


class _Search:
    def __init__(self, wishes: Sequence[Wish], setting: Setting) -> None:
        self.setting = setting
        self.start = [formula(condition, setting.declared, holds=holds) for condition, holds in wishes]
        self.conditions = Conditions([condition for condition, _ in wishes], setting.declared)
        self.wanted = [number for number, (_, holds) in enumerate(wishes) if holds]
        self.branches = 0
        self.unsure = False

    def run(self) -> Answer:
        for branch in self._branches(list(self.start), _Branch(self.setting)):
            witness = self._shown_by(branch)
            if witness is not None:
                return Answer(witness)
            if not branch.dies():
                self.unsure = True
        return Answer(impossible=not self.unsure)

    def _branches(self, agenda: list[Formula], branch: _Branch) -> Iterator[_Branch]:
        """The branches that live; those that are given up leave the question undecided."""
        agenda = list(agenda)
        choices: list[Either] = []
        while agenda:
            part = agenda.pop()
            if isinstance(part, Both):
                agenda += reversed(part.parts)
            elif isinstance(part, Either):
                choices.append(part)
            elif not branch.add(part):
                self.branches += 1
                return
        if not choices:
            self.branches += 1
            yield branch
            return
        choices.sort(key=lambda one: len(one.parts))
        for part in choices[0].parts:
            if self.branches >= MOST_BRANCHES:
                self.unsure = True
                return
            yield from self._branches([*choices[1:], part], branch.copy())
        if not choices[0].parts:
            self.branches += 1

    def _shown_by(self, branch: _Branch) -> Witness | None:
        for draft in islice(branch.drafts(), _MOST_WORLDS):
            witness = draft.witness()
            if list(self.conditions.holding(witness.facts())) == self.wanted:
                return witness
        return None


@lru_cache(maxsize=4096)
def brings(word: str, other: str) -> bool:
    """True if every text with one folded keyword holds the other one too."""
    return bool(KeywordIndex.of([other]).hits(word))


class _Branch:
    """A set of literals that must all hold."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.atoms: dict[object, bool] = {}
        self.tests: dict[tuple[str, bool], list[Signed]] = {}
        self.pairs: list[tuple[Pair, bool]] = []

    def copy(self) -> _Branch:
        new = _Branch(self.setting)
        new.atoms = dict(self.atoms)
        new.tests = {key: list(tests) for key, tests in self.tests.items()}
        new.pairs = list(self.pairs)
        return new

    def add(self, literal: Literal) -> bool:
        """Take in a literal; False if the branch has died of it."""
        atom, holds = literal.atom, literal.holds
        known = self.atoms.get(atom)
        if known is not None:
            return known is holds
        self.atoms[atom] = holds
        if isinstance(atom, Keyword):
            return self._agrees(atom, holds)
        if isinstance(atom, Held):
            choices = self.setting.field(atom.field).choices
            return not holds or not choices or atom.name in choices
        if isinstance(atom, Pair):
            self.pairs.append((atom, holds))
        elif isinstance(atom, Restriction):
            key = (atom.test.field, atom.before)
            self.tests.setdefault(key, []).append((atom.test, holds))
            return not self._values(key[0], NOW, before=key[1]).impossible or key[0].startswith("time.")
        return True

    def _agrees(self, atom: Keyword, holds: bool) -> bool:
        for other, wanted in self.atoms.items():
            if isinstance(other, Keyword) and other.part == atom.part and wanted is not holds:
                must, must_not = (atom.word, other.word) if holds else (other.word, atom.word)
                if brings(must, must_not):
                    return False
        return True

    def _values(self, name: str, now: datetime, *, before: bool = False) -> Candidates:
        known = self.setting.field(name)
        has_choices = known.type is FieldType.WORD and known.choices
        usual = _USUAL.get(name, known.choices[0] if has_choices else _USUAL_OF[known.type])
        return candidates(
            known,
            self.tests.get((name, before), ()),
            now=now,
            known=self.setting.known(name),
            usual=usual if usual is not None or known.optional else _FRESH[known.type],
            sizes=_SIZES.get(name),
        )

    def dies(self) -> bool:
        """True if it is proved that nothing fits."""
        for name in {name for name, _ in self.tests if self._is_proper(name)}:
            if any(self._values(name, NOW, before=before).impossible for before in (False, True)):
                return True
        for atom, holds in self.atoms.items():
            if isinstance(atom, Filled) and not holds and self._held(atom.field):
                return True
        return self._hours_die()

    def _is_proper(self, name: str) -> bool:
        """True if the field's values are independent of the present time of the witness."""
        if name != "time.now":
            return not name.startswith("time.")
        return all(test.op in (Op.BEFORE, Op.AFTER) for test, _ in self.tests[name, False])

    def _held(self, name: str) -> list[str]:
        return [atom.name for atom, ok in self.atoms.items() if isinstance(atom, Held) and atom.field == name and ok]

    def _hours_die(self) -> bool:
        """True if no hour of any weekday fits; instants and dates are left out, which can only make more fit."""
        asked = [name for name in ("time.hour", "time.weekday") if (name, False) in self.tests]
        for name in asked:
            tests = self.tests[name, False]
            known = self.setting.field(name)
            domain: Sequence[Fact] = range(24) if name == "time.hour" else WEEKDAYS
            checks = [(check_of(test, known), holds) for test, holds in tests]
            if not any(all(check(value) is holds for check, holds in checks) for value in domain):
                return True
        return False

    # Witnesses

    def drafts(self) -> Iterator[Draft]:
        """Moments that may fit, likeliest first."""
        for now in islice(self._moments(), 3):
            yield from self._drafts_at(now)

    def _moments(self) -> Iterator[datetime]:
        """Present times that fit every test of the time."""
        tests = [
            (check_of(test, self.setting.field(name)), name, holds)
            for (name, before), tests in self.tests.items()
            if name.startswith("time.") and not before
            for test, holds in tests
            if test.op not in _RELATIVE
        ]
        for now in self._instants():
            facts = _at(now, self.setting.zone)
            if all(check(facts[name]) is holds for check, name, holds in tests) and self._is_worked(now):
                yield now

    def _worked(self) -> list[tuple[Test, bool]]:
        """The tests of the present time by a calendar."""
        asked = [(atom.test, ok) for atom, ok in self.atoms.items() if isinstance(atom, Opaque)]
        return [(test, ok) for test, ok in asked if test.op in CALENDAR and test.field == "time.now"]

    def _is_worked(self, now: datetime) -> bool:
        calendars = self.setting.calendars
        return all(
            calendars[str(test.value)].is_open(now) is (ok is (test.op is Op.WORKING_TIME))
            for test, ok in self._worked()
        )

    def _instants(self) -> Iterator[datetime]:
        marks = [
            at for tests in self.tests.values() for test, _ in tests if (at := read_instant(test.value)) is not None
        ]
        dates = [
            datetime.fromisoformat(f"{one}T12:00:00+00:00")
            for test, _ in self.tests.get(("time.date", False), ())
            for one in (test.value if isinstance(test.value, tuple) else (test.value,))
            if _is_date(one)
        ]
        second = timedelta(seconds=1)
        bases = [NOW, *(mark + step for mark in marks for step in (second, -second, 0 * second)), *dates]
        yield from bases
        if self._worked() or any(name in ("time.hour", "time.weekday", "time.date") for name, _ in self.tests):
            for base in bases:
                for hours in range(24 * 7):
                    yield base + timedelta(hours=hours)

    def _drafts_at(self, now: datetime) -> Iterator[Draft]:
        names = sorted({name for name, before in self.tests if not before and not name.startswith("time.")})
        lists = [self._values(name, now).fitting[:4] for name in names]
        if not all(lists):
            return
        text = {part: tuple(self._written(part)) for part in ("text", "subject")}
        for chosen in islice(product(*lists, text["text"], text["subject"]), _MOST_WORLDS):
            values = dict(zip(names, chosen[:-2], strict=True))
            for part, written in zip(("text", "subject"), chosen[-2:], strict=True):
                if written:
                    values[f"message.{part}"] = written
            for name in {atom.field for atom in self.atoms if isinstance(atom, Held | Filled)}:
                values[name] = self._set(name)
            draft = Draft(
                values,
                now=now,
                zone=self.setting.zone,
                on=self.setting.on,
                calendars=self.setting.calendars,
                categories=self.setting.categories,
            )
            if self._had_before(draft, now):
                yield draft

    def _set(self, name: str) -> frozenset[str]:
        held = self._held(name)
        if held or not self.atoms.get(Filled(name)):
            return frozenset(held)
        choices = self.setting.field(name).choices or ("other:tag",)
        return frozenset([next((one for one in choices if self.atoms.get(Held(name, one)) is None), choices[0])])

    def _written(self, part: str) -> Iterator[str]:
        """Texts with the keywords that must occur and, one hopes, none that must not."""
        words, avoid = self._keywords(part, holds=True), self._keywords(part, holds=False)
        tests = self.tests.get((f"message.{part}", False), ())
        if tests and not words:
            yield ""  # the value that fits the tests is the text
            return
        begins = [str(_first(test)) for test, ok in tests if ok and test.op is Op.STARTS_WITH]
        ends = [str(_first(test)) for test, ok in tests if ok and test.op is Op.ENDS_WITH]
        exact = [str(_first(test)) for test, ok in tests if ok and test.op in (Op.EQ, Op.IN)]
        texts = [separator.join([*begins[:1], *words, *ends[:1]]) for separator in _SEPARATORS]
        good = [text for text in texts if not any(brings(text, one) for one in avoid)]
        yield from good or texts[:1]
        yield from exact

    def _keywords(self, part: str, *, holds: bool) -> list[str]:
        found = [atom for atom, ok in self.atoms.items() if isinstance(atom, Keyword) and ok is holds]
        return [atom.word for atom in found if atom.part == part]

    def _had_before(self, draft: Draft, now: datetime) -> bool:
        """Fill in the moment before; False if none fits."""
        asked = {name for name, before in self.tests if before} | {pair.field for pair, _ in self.pairs}
        earlier = self.atoms.get(Earlier())
        draft.has_before = bool(earlier) or (self.setting.on == "change" and earlier is None)
        if not draft.has_before:
            return True
        return all(self._choose_pair(draft, name, now) for name in sorted(asked))

    def _choose_pair(self, draft: Draft, name: str, now: datetime) -> bool:
        relations = [(pair.op, holds) for pair, holds in self.pairs if pair.field == name]
        if self.setting.field(name).type is FieldType.TAGS:
            held = draft.values.get(name, frozenset())
            assert isinstance(held, frozenset)
            changes = any(holds for _, holds in relations)
            draft.before[name] = (held ^ {"other:before"}) if changes else held
            draft.values.setdefault(name, held)
            return True
        here = (draft.values[name],) if name in draft.values else self._values(name, now).fitting
        there = self._values(name, now, before=True).fitting
        for value, was in product(here, there):
            if all(_related(op, value, was) is holds for op, holds in relations):
                draft.values[name], draft.before[name] = value, was
                return True
        return False


_RELATIVE: Final = frozenset({Op.OLDER_THAN, Op.WITHIN_LAST, Op.WITHIN_NEXT})


def _related(op: Op, now: Fact, before: Fact) -> bool:
    if op is Op.CHANGED:
        return sameness(now) != sameness(before)
    if not (is_number(now) and is_number(before)):
        return False
    return now > before if op is Op.INCREASED else now < before  # type: ignore[operator]  # both are numbers


def _first(test: Test) -> object:
    return test.value[0] if isinstance(test.value, tuple) else test.value


def _is_date(value: object) -> bool:
    try:
        datetime.fromisoformat(f"{value}T12:00:00+00:00")
    except ValueError:
        return False
    return True


def _at(now: datetime, zone: str) -> Facts:
    witness = Draft(now=now, zone=zone).witness()
    return witness.facts()


_USUAL: Final[Mapping[str, Fact]] = {
    "message.account": "web",
    "message.channel": "external",
    "ticket.type": "general",
    "ticket.queue": "default",
    "ticket.category": "open",
    "ticket.status": "open",
    "ticket.account": "web",
    "ticket.owner": "default",
    "ticket.messages": 1,
    "customer.stage": "new",
    "customer.identities": 1,
    "actor.kind": "adapter",
    "actor.id": "web",
}
_USUAL_OF: Final[Mapping[FieldType, Fact]] = {
    FieldType.TEXT: "",
    FieldType.WORD: None,
    FieldType.TAGS: frozenset(),
    FieldType.FLAG: False,
    FieldType.NUMBER: 0,
    FieldType.RANK: 2,
    FieldType.TIME: None,
    FieldType.SCALAR: None,
}
_FRESH: Final[Mapping[FieldType, Fact]] = {**_USUAL_OF, FieldType.WORD: "other", FieldType.TIME: NOW}
_SIZES: Final[Mapping[str, range]] = {"time.hour": range(24)}
