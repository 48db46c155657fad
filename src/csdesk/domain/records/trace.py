"""Traces: why a decision came out as it did, as codes with parameters, never as sentences.

A trace is a tree of verdicts. Personal values never stand in it: they are referenced by the id of the record that
holds them. ``csdesk.render`` turns codes into text in zh-CN or English.
"""

from __future__ import annotations

from typing import NamedTuple

from csdesk.domain.records._model import Record, Scalar, Word


class Outcome(Word):
    """What a step decided."""

    PASSED = "passed"
    REMOVED = "removed"
    CHOSEN = "chosen"
    SKIPPED = "skipped"
    NOTED = "noted"


class Verdict(NamedTuple):
    """One decision: a code of the catalogue, what came out, its parameters, and the verdicts below it."""

    code: str
    outcome: Outcome = Outcome.NOTED
    params: tuple[tuple[str, Scalar], ...] = ()
    below: tuple[Verdict, ...] = ()

    def param(self, name: str) -> Scalar:
        """The parameter of that name, None if there is none."""
        return dict(self.params).get(name)


class Trace(Record):
    """The verdicts of one decision, in the order in which they were made."""

    verdicts: tuple[Verdict, ...] = ()

    def find(self, code: str) -> Verdict | None:
        """The first verdict with that code, at any depth."""
        queue = list(self.verdicts)
        while queue:
            verdict = queue.pop(0)
            if verdict.code == code:
                return verdict
            queue[:0] = verdict.below
        return None


def verdict(code: str, outcome: Outcome = Outcome.NOTED, *below: Verdict, **params: Scalar) -> Verdict:
    """A verdict, with its parameters as keywords."""
    return Verdict(code, outcome, tuple(params.items()), below)
