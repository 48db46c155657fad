"""Drafts of witnesses: moments in which all literals of a branch may hold, to be tried.

Values of different fields are put together as they fit each by itself; whether the conditions then come out as asked
is for the solver to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, product
from typing import Final

from csdesk.domain.analysis.branches import Branch, brings
from csdesk.domain.analysis.candidates import NOW
from csdesk.domain.analysis.formulas import Earlier, Filled, Held, Keyword, Opaque
from csdesk.domain.analysis.worlds import Draft
from csdesk.domain.rules.checks import check_of, sameness
from csdesk.domain.rules.facts import Fact, Facts
from csdesk.domain.rules.fields import CALENDAR, FieldType, Op
from csdesk.domain.rules.language import Test
from csdesk.domain.rules.values import is_number, read_instant

MOST_WORLDS: Final = 12
"""How many witnesses of one branch are tried."""

_SEPARATORS: Final = ("。", " ; ", " 0 ", "\u3001")
"""What stands between the keywords of a witness; the first with which no unwanted keyword arises is taken."""

_RELATIVE: Final = frozenset({Op.OLDER_THAN, Op.WITHIN_LAST, Op.WITHIN_NEXT})


def drafts_of(branch: Branch) -> Iterator[Draft]:
    """Moments that may fit the branch, likeliest first; ``MOST_WORLDS`` at most."""
    return islice(_Drafting(branch).drafts(), MOST_WORLDS)


class _Drafting:
    """The drafts of one branch."""

    def __init__(self, branch: Branch) -> None:
        self._branch = branch
        self._setting = branch.setting
        self._atoms, self._tests, self._pairs = branch.atoms, branch.tests, branch.pairs

    def drafts(self) -> Iterator[Draft]:
        """Moments that may fit, likeliest first."""
        for now in islice(self._moments(), 3):
            yield from self._drafts_at(now)

    def _moments(self) -> Iterator[datetime]:
        """Present times that fit every test of the time."""
        tests = [
            (check_of(test, self._setting.field(name)), name, holds)
            for (name, before), tests in self._tests.items()
            if name.startswith("time.") and not before
            for test, holds in tests
            if test.op not in _RELATIVE
        ]
        for now in self._instants():
            facts = _at(now, self._setting.zone)
            if all(check(facts[name]) is holds for check, name, holds in tests) and self._is_worked(now):
                yield now

    def _worked(self) -> list[tuple[Test, bool]]:
        """The tests of the present time by a calendar."""
        asked = [(atom.test, ok) for atom, ok in self._atoms.items() if isinstance(atom, Opaque)]
        return [(test, ok) for test, ok in asked if test.op in CALENDAR and test.field == "time.now"]

    def _is_worked(self, now: datetime) -> bool:
        calendars = self._setting.calendars
        return all(
            calendars[str(test.value)].is_open(now) is (ok is (test.op is Op.WORKING_TIME))
            for test, ok in self._worked()
        )

    def _instants(self) -> Iterator[datetime]:
        marks = [
            at for tests in self._tests.values() for test, _ in tests if (at := read_instant(test.value)) is not None
        ]
        dates = [
            datetime.fromisoformat(f"{one}T12:00:00+00:00")
            for test, _ in self._tests.get(("time.date", False), ())
            for one in (test.value if isinstance(test.value, tuple) else (test.value,))
            if _is_date(one)
        ]
        second = timedelta(seconds=1)
        bases = [NOW, *(mark + step for mark in marks for step in (second, -second, 0 * second)), *dates]
        yield from bases
        if self._worked() or any(name in ("time.hour", "time.weekday", "time.date") for name, _ in self._tests):
            for base in bases:
                for hours in range(24 * 7):
                    yield base + timedelta(hours=hours)

    def _drafts_at(self, now: datetime) -> Iterator[Draft]:
        names = sorted({name for name, before in self._tests if not before and not name.startswith("time.")})
        lists = [self._branch.values(name, now).fitting[:4] for name in names]
        if not all(lists):
            return
        text = {part: tuple(self._written(part)) for part in ("text", "subject")}
        for chosen in islice(product(*lists, text["text"], text["subject"]), MOST_WORLDS):
            values = dict(zip(names, chosen[:-2], strict=True))
            for part, written in zip(("text", "subject"), chosen[-2:], strict=True):
                if written:
                    values[f"message.{part}"] = written
            for name in {atom.field for atom in self._atoms if isinstance(atom, Held | Filled)}:
                values[name] = self._set(name)
            draft = Draft(
                values,
                now=now,
                zone=self._setting.zone,
                on=self._setting.on,
                calendars=self._setting.calendars,
                categories=self._setting.categories,
            )
            if self._had_before(draft, now):
                yield draft

    def _set(self, name: str) -> frozenset[str]:
        held = self._branch.held(name)
        if held or not self._atoms.get(Filled(name)):
            return frozenset(held)
        choices = self._setting.field(name).choices or ("other:tag",)
        return frozenset([next((one for one in choices if self._atoms.get(Held(name, one)) is None), choices[0])])

    def _written(self, part: str) -> Iterator[str]:
        """Texts with the keywords that must occur and, one hopes, none that must not."""
        words, avoid = self._keywords(part, holds=True), self._keywords(part, holds=False)
        tests = self._tests.get((f"message.{part}", False), ())
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
        found = [atom for atom, ok in self._atoms.items() if isinstance(atom, Keyword) and ok is holds]
        return [atom.word for atom in found if atom.part == part]

    def _had_before(self, draft: Draft, now: datetime) -> bool:
        """Fill in the moment before; False if none fits."""
        asked = {name for name, before in self._tests if before} | {pair.field for pair, _ in self._pairs}
        earlier = self._atoms.get(Earlier())
        draft.has_before = bool(earlier) or (self._setting.on == "change" and earlier is None)
        if not draft.has_before:
            return True
        return all(self._choose_pair(draft, name, now) for name in sorted(asked))

    def _choose_pair(self, draft: Draft, name: str, now: datetime) -> bool:
        relations = [(pair.op, holds) for pair, holds in self._pairs if pair.field == name]
        if self._setting.field(name).type is FieldType.TAGS:
            held = draft.values.get(name, frozenset())
            assert isinstance(held, frozenset)
            changes = any(holds for _, holds in relations)
            draft.before[name] = (held ^ {"other:before"}) if changes else held
            draft.values.setdefault(name, held)
            return True
        here = (draft.values[name],) if name in draft.values else self._branch.values(name, now).fitting
        there = self._branch.values(name, now, before=True).fitting
        for value, was in product(here, there):
            if all(_related(op, value, was) is holds for op, holds in relations):
                draft.values[name], draft.before[name] = value, was
                return True
        return False


def _related(op: Op, now: Fact, before: Fact) -> bool:
    if op is Op.CHANGED:
        return sameness(now) != sameness(before)
    if not (is_number(now) and is_number(before)):
        return False
    return now > before if op is Op.INCREASED else now < before


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
