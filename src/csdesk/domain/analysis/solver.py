"""Can these conditions come out so? A witness, a proof that they cannot, or neither.

A formula is taken apart into branches, each a set of literals that must all hold (``branches``). If all branches die,
that is the proof. Of a branch that lives a witness is made (``drafting``) and *tried*: only a witness for which the
compiled conditions come out as asked is given. All else is "could not decide".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from csdesk.domain.analysis.branches import Branch
from csdesk.domain.analysis.drafting import drafts_of
from csdesk.domain.analysis.formulas import Both, Either, Formula, formula
from csdesk.domain.analysis.setting import Setting
from csdesk.domain.analysis.worlds import Witness
from csdesk.domain.rules.compiled import Conditions
from csdesk.domain.rules.language import Condition

Wish = tuple[Condition | None, bool]
"""A condition, and how it should come out."""

MOST_BRANCHES: Final = 400
"""How many branches of one question are followed; a question that needs more is left undecided."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``impossible``: proved. A witness: shown. Neither: could not decide."""

    witness: Witness | None = None
    impossible: bool = False


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
        for branch in self._branches(list(self.start), Branch(self.setting)):
            witness = self._shown_by(branch)
            if witness is not None:
                return Answer(witness)
            if not branch.dies():
                self.unsure = True
        return Answer(impossible=not self.unsure)

    def _branches(self, agenda: list[Formula], branch: Branch) -> Iterator[Branch]:
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

    def _shown_by(self, branch: Branch) -> Witness | None:
        for draft in drafts_of(branch):
            witness = draft.witness()
            if list(self.conditions.holding(witness.facts())) == self.wanted:
                return witness
        return None
