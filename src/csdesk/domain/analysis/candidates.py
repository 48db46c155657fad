"""Values worth trying for a field, so chosen that where none of them fits a set of tests, often no value does.

The rule: tests compare with the constants they name, so a field's values fall into finitely many classes in which all
of the tests come out alike. ``complete`` says that every class has a candidate; only then is "none fits" a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Final, NamedTuple

from csdesk.domain.rules.checks import check_of, converted, listed, sameness
from csdesk.domain.rules.facts import Fact
from csdesk.domain.rules.fields import LASTING, Field, FieldType, Op
from csdesk.domain.rules.language import Test
from csdesk.domain.rules.values import is_number, read_duration, read_instant

Signed = tuple[Test, bool]
"""A test, and whether it has to hold."""

NOW: Final = datetime(2026, 6, 1, 4, tzinfo=UTC)
"""The present time of witnesses, unless a rule asks for another."""

_MOST: Final = 400
"""How many candidates are tried at most."""


class Candidates(NamedTuple):
    """The values that fit, likeliest first, and whether every class of values was tried."""

    fitting: tuple[Fact, ...]
    complete: bool

    @property
    def impossible(self) -> bool:
        """True if it is proved that no value fits."""
        return self.complete and not self.fitting


def candidates(
    field: Field, tests: Sequence[Signed], *, now: datetime, known: Iterable[str], usual: Fact, sizes: range | None
) -> Candidates:
    """What fits a field's tests.

    Args:
        field: what is declared of it.
        tests: those of it, each with whether it has to hold.
        now: the present time of the witness.
        known: names that the configuration has for it.
        usual: the value to take if nothing speaks against it.
        sizes: the bounds of a whole number, if it has any.
    """
    values, complete = _LISTS[field.type](field, tests, now, tuple(known), sizes)
    checks = [(_check(test, field, now), holds) for test, holds in tests]
    fitting: list[Fact] = []
    seen: set[tuple[bool, Fact]] = set()
    for value in (usual, *values):
        if sameness(value) not in seen:
            seen.add(sameness(value))
            if all(check(value) is holds for check, holds in checks):
                fitting.append(value)
    return Candidates(tuple(fitting), complete)


def _check(test: Test, field: Field, now: datetime) -> Callable[[Fact], bool]:
    if test.op not in LASTING:
        return check_of(test, field)
    span = read_duration(test.value) or timedelta(0)
    first, last = {
        Op.OLDER_THAN: (datetime.min.replace(tzinfo=UTC), now - span),
        Op.WITHIN_LAST: (now - span + _TICK, now),
        Op.WITHIN_NEXT: (now, now + span),
    }[test.op]
    return lambda fact: isinstance(fact, datetime) and first <= fact <= last


_TICK: Final = timedelta(microseconds=1)
Listed = tuple[list[Fact], bool]


def _absent(field: Field) -> list[Fact]:
    return [None] if field.optional else []


def _flags(field: Field, *_: object) -> Listed:
    # A custom field may hold what its declaration does not expect.
    return [False, True, *((None, "other") if field.optional else ())], True


def _ranks(*_: object) -> Listed:
    return [2, 3, 4, 1], True


def _numbers(
    field: Field, tests: Sequence[Signed], _now: datetime, _known: Sequence[str], sizes: range | None
) -> Listed:
    marks = _marks(tests)
    values: list[Fact] = []
    if field.whole:
        spread = {int(mark // 1) + step for mark in marks for step in (-1, 0, 1, 2)}
        values += sorted(one for one in {0, 1, 2, *spread} if one >= 0 and (sizes is None or one in sizes))
    else:
        values += [*marks, *((a + b) / 2 for a, b in pairwise(marks))]
        values += [0, 1, marks[0] - 1, marks[-1] + 1] if marks else [0, 1]
    if sizes is not None and len(sizes) < _MOST:
        values += sizes
    # A custom field may hold what its declaration does not expect.
    return [*values, *((None, "other", True) if field.optional else ())], True


def _marks(tests: Sequence[Signed]) -> list[float]:
    found = {one for test, _ in tests for one in listed(test.value)}
    return sorted(one for one in found if is_number(one))


_EXACT: Final = frozenset({Op.EQ, Op.IN})


def _words(field: Field, tests: Sequence[Signed], _: datetime, known: Sequence[str], _sizes: range | None) -> Listed:
    if field.choices:
        return [*field.choices, *_absent(field)], True
    fixed = _fixed(field, tests)
    if fixed is not None:
        return fixed, True
    named = [str(one) for test, _ in tests if test.op in _NAMING for one in listed(test.value)]
    return [*known, *named, *_spellings(tests), _fresh(named), *_absent(field), ""], _is_simple(tests)


def _fresh(named: Iterable[Fact]) -> str:
    """A value that nothing names: it is longer than all of them together."""
    return "other" + "".join(map(str, named))


_NAMING: Final = frozenset({Op.EQ, Op.NE, Op.IN, Op.NOT_IN})


def _is_simple(tests: Sequence[Signed]) -> bool:
    """True if the tests only name values, so that a fresh value stands for all others."""
    return all(test.op in _NAMING or test.op in (Op.IS_SET, Op.NOT_SET) for test, _ in tests)


def _fixed(field: Field, tests: Sequence[Signed]) -> list[Fact] | None:
    """All values there are, if a test that has to hold names them."""
    for test, holds in tests:
        if (test.op in _EXACT and holds) or (test.op in (Op.NE, Op.NOT_IN) and not holds):
            return [converted(one, field.type) for one in listed(test.value)]
        if (test.op is Op.NOT_SET and holds) or (test.op is Op.IS_SET and not holds):
            return [None, ""]
    return None


def _spellings(tests: Sequence[Signed]) -> Iterator[str]:
    """Values with the wanted beginnings and ends."""
    begins = [str(one) for test, ok in tests if test.op is Op.STARTS_WITH and ok for one in listed(test.value)]
    ends = [str(one) for test, ok in tests if test.op is Op.ENDS_WITH and ok for one in listed(test.value)]
    holds = [str(one) for test, ok in tests if ok and test.op.startswith("contains") for one in listed(test.value)]
    for begin, end in product(("", *begins), ("", *ends)):
        yield f"{begin}{''.join(holds)}{end}"
        yield f"{begin}other{' '.join(holds)}{end}"
    yield from ("other", "another", "a1", "12345", "x")


def _texts(field: Field, tests: Sequence[Signed], *_: object) -> Listed:
    fixed = _fixed(field, tests)
    if fixed is not None:
        return fixed, True
    named = [converted(one, field.type) for test, _ in tests if test.op in _NAMING for one in listed(test.value)]
    spelled = [converted(one, field.type) for one in _spellings(tests)]
    return [*spelled, *named, _fresh(named), *_absent(field), ""], _is_simple(tests)


def _times(_field: Field, tests: Sequence[Signed], now: datetime, *_: object) -> Listed:
    fixed = [at for test, _ in tests if (at := read_instant(test.value)) is not None]
    spans = [span for test, _ in tests if test.op in LASTING and (span := read_duration(test.value)) is not None]
    marks = sorted({now, *fixed, *(now - span for span in spans), *(now + span for span in spans)})
    around: list[Fact] = [mark + step for mark in marks for step in (timedelta(0), -_TICK, _TICK)]
    # Where instants of both kinds meet, another present time might fit.
    return [*around, None], not (fixed and spans)


def _scalars(field: Field, tests: Sequence[Signed], now: datetime, known: Sequence[str], sizes: range | None) -> Listed:
    fixed = _fixed(field, tests)
    if fixed is not None:
        return fixed, True
    numbers, _ = _numbers(field, tests, now, known, sizes)
    words, simple = _words(field, [pair for pair in tests if pair[0].op not in _SIZED], now, known, sizes)
    named = [one for test, _ in tests if test.op in _NAMING for one in listed(test.value)]
    return [*named, *words, *numbers, True, False, None], simple


_SIZED: Final = frozenset({Op.GT, Op.GE, Op.LT, Op.LE, Op.BETWEEN})

_LISTS: Final[Mapping[FieldType, Callable[..., Listed]]] = {
    FieldType.FLAG: _flags,
    FieldType.RANK: _ranks,
    FieldType.NUMBER: _numbers,
    FieldType.WORD: _words,
    FieldType.TEXT: _texts,
    FieldType.TIME: _times,
    FieldType.SCALAR: _scalars,
}
