"""Why a condition held or did not: the tree of its tests, each with its outcome and the value that was seen.

Personal values are referenced (record and field), never copied: a reader who may see them has them resolved, and once
they are erased nobody has. A test that nobody can repeat has no outcome; neither has a group that hangs on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from csdesk.domain.records._model import Scalar
from csdesk.domain.records.priorities import PRIORITIES
from csdesk.domain.records.trace import Outcome, Verdict, verdict
from csdesk.domain.rules.compiled import Conditions
from csdesk.domain.rules.facts import Fact, Facts, reader_of
from csdesk.domain.rules.fields import NOTHING, Declared, FieldType, field_of
from csdesk.domain.rules.language import Condition, Test

UNKEPT = frozenset({"message.is_reply", "message.copied", "message.language"})
"""What a message says on arrival and the desk does not keep as it was."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The value that a test looked at. ``record`` and ``field`` say where it lives.

    ``state``: ``shown``; ``hidden`` from this reader, since it is personal; ``absent``: it was erased or never kept.
    """

    record: str
    field: str
    personal: bool
    state: Literal["shown", "hidden", "absent"]
    value: Scalar | tuple[str, ...] = None
    """Set only if it is shown; instants are in ISO 8601, tags in order."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a condition and how it came out. ``holds`` None: nobody can say any more."""

    kind: Literal["all", "any", "none", "test"]
    path: str
    """From the rule: ``when.all.0``."""
    holds: bool | None
    test: Test | None = None
    seen: Seen | None = None
    below: tuple[Reason, ...] = ()

    def tests(self) -> Iterator[Reason]:
        """Every test, in order."""
        if self.kind == "test":
            yield self
        for one in self.below:
            yield from one.tests()

    def to_blame(self, *, wanted: bool = True) -> Iterator[Reason]:
        """The tests on which it hangs that this did not come out as wanted."""
        if self.holds is wanted:
            return
        if self.kind == "test":
            yield self
        for one in self.below:
            yield from one.to_blame(wanted=not wanted if self.kind == "none" else wanted)

    def verdict(self) -> Verdict:
        """The same as a verdict, for ``csdesk.render``."""
        outcome = {True: Outcome.PASSED, False: Outcome.REMOVED, None: Outcome.SKIPPED}[self.holds]
        if self.test is None:
            return verdict(_GROUPS[self.kind], outcome, *(one.verdict() for one in self.below))
        assert self.seen is not None
        wanted = self.test.value if not isinstance(self.test.value, tuple) else ", ".join(map(str, self.test.value))
        seen = ", ".join(self.seen.value) if isinstance(self.seen.value, tuple) else self.seen.value
        code = {"shown": "why.test", "hidden": "why.test_hidden", "absent": "why.test_absent"}[self.seen.state]
        params: dict[str, Scalar] = {"field": self.test.field, "op": self.test.op.value, "wanted": wanted}
        if self.seen.state == "shown":
            params["seen"] = "" if seen is None else seen
        return Verdict(code=code, outcome=outcome, params=tuple(params.items()))


_GROUPS = {"all": "why.all", "any": "why.any", "none": "why.none"}


@dataclass(frozen=True, slots=True)
class Looking:
    """The moment that is looked at, and by whom."""

    facts: Facts
    records: Mapping[str, str]
    """The ids of the records, by the first part of a field's name."""
    personal: bool = False
    """May the reader see personal values?"""
    erased: bool = False
    """Are the personal values gone?"""
    declared: Declared = field(default_factory=lambda: NOTHING)


def reason(condition: Condition, looking: Looking, path: str = "when") -> Reason:
    """How a condition came out at that moment."""
    if isinstance(condition, Test):
        return _test(condition, looking, path)
    parts = [
        _part(kind, below, looking, f"{path}.{kind}")
        for kind in ("all", "any", "none")
        if (below := getattr(condition, kind)) is not None
    ]
    return parts[0] if len(parts) == 1 else Reason("all", path, _all([one.holds for one in parts]), below=tuple(parts))


def _part(kind: Literal["all", "any", "none"], below: tuple[Condition, ...], looking: Looking, path: str) -> Reason:
    reasons = tuple(reason(one, looking, f"{path}.{place}") for place, one in enumerate(below))
    outcomes = [one.holds for one in reasons]
    if kind == "all":
        return Reason(kind, path, _all(outcomes), below=reasons)
    found = _not(_all([_not(one) for one in outcomes]))
    return Reason(kind, path, found if kind == "any" else _not(found), below=reasons)


def _all(outcomes: list[bool | None]) -> bool | None:
    """Three-valued: false if one is false, else unknown if one is unknown."""
    return False if False in outcomes else None if None in outcomes else True


def _not(outcome: bool | None) -> bool | None:
    return None if outcome is None else not outcome


def _test(test: Test, looking: Looking, path: str) -> Reason:
    known = field_of(test.field, looking.declared)
    assert known is not None
    record = looking.records.get(test.field.partition(".")[0], "")
    if test.field in UNKEPT or (known.personal and looking.erased):
        return Reason("test", path, None, test, Seen(record, test.field, known.personal, "absent"))
    holds = bool(list(Conditions([test], looking.declared).holding(looking.facts)))
    if known.personal and not looking.personal:
        return Reason("test", path, holds, test, Seen(record, test.field, personal=True, state="hidden"))
    value = _written(reader_of(test.field, looking.declared)(looking.facts), known.type)
    return Reason("test", path, holds, test, Seen(record, test.field, known.personal, "shown", value))


def _written(value: Fact, kind: FieldType) -> Scalar | tuple[str, ...]:
    if kind is FieldType.RANK:
        return next((name for name, one in PRIORITIES.items() if one == value), None)
    if isinstance(value, frozenset):
        return tuple(sorted(value))
    return value.isoformat() if isinstance(value, datetime) else value
