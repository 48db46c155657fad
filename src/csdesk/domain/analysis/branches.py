"""A branch of a question: literals that must all hold, and the proof that they cannot.

A branch dies if two literals are opposites, if a keyword that must occur brings one that must not, or if a field has no
value left and every class of its values was tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from csdesk.domain.analysis.candidates import NOW, Candidates, Signed, candidates
from csdesk.domain.analysis.formulas import Filled, Held, Keyword, Literal, Pair, Restriction
from csdesk.domain.analysis.setting import Setting
from csdesk.domain.rules.checks import check_of
from csdesk.domain.rules.facts import WEEKDAYS, Fact
from csdesk.domain.rules.fields import FieldType, Op
from csdesk.domain.text.keywords import KeywordIndex

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
_TAGGED: Final = frozenset({"ticket.tags", "customer.tags"})
_SIZES: Final[Mapping[str, range]] = {"time.hour": range(24)}


@lru_cache(maxsize=4096)
def brings(word: str, other: str) -> bool:
    """True if every text with one folded keyword holds the other one too."""
    return bool(KeywordIndex.of([other]).hits(word))


class Branch:
    """A set of literals that must all hold."""

    def __init__(self, setting: Setting) -> None:
        """A branch without a literal."""
        self.setting = setting
        self.atoms: dict[object, bool] = {}
        self.tests: dict[tuple[str, bool], list[Signed]] = {}
        self.pairs: list[tuple[Pair, bool]] = []

    def copy(self) -> Branch:
        """Another with the same literals, to go on from."""
        new = Branch(self.setting)
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
            return not holds or ((not choices or atom.name in choices) and not self._has_rival(atom))
        if isinstance(atom, Pair):
            self.pairs.append((atom, holds))
        elif isinstance(atom, Restriction):
            key = (atom.test.field, atom.before)
            self.tests.setdefault(key, []).append((atom.test, holds))
            return not self.values(key[0], NOW, before=key[1]).impossible or key[0].startswith("time.")
        return True

    def _agrees(self, atom: Keyword, holds: bool) -> bool:
        for other, wanted in self.atoms.items():
            if isinstance(other, Keyword) and other.part == atom.part and wanted is not holds:
                must, must_not = (atom.word, other.word) if holds else (other.word, atom.word)
                if brings(must, must_not):
                    return False
        return True

    def _has_rival(self, atom: Held) -> bool:
        """True if another tag of its exclusive group must be there too."""
        group = self.setting.groups.get(atom.name) if atom.field in _TAGGED else None
        return group is not None and any(
            one != atom.name and self.setting.groups.get(one) == group for one in self.held(atom.field)
        )

    def values(self, name: str, now: datetime, *, before: bool = False) -> Candidates:
        """What a field can be, now or in the moment before, as far as its own tests go."""
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
            if any(self.values(name, NOW, before=before).impossible for before in (False, True)):
                return True
        for atom, holds in self.atoms.items():
            if isinstance(atom, Filled) and not holds and self.held(atom.field):
                return True
        return self._hours_die()

    def _is_proper(self, name: str) -> bool:
        """True if the field's values are independent of the present time of the witness."""
        if name != "time.now":
            return not name.startswith("time.")
        return all(test.op in (Op.BEFORE, Op.AFTER) for test, _ in self.tests[name, False])

    def held(self, name: str) -> list[str]:
        """The names that a field of names must hold."""
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
