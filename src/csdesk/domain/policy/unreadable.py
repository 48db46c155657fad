"""What stands in the place of a policy that this release cannot compile: nobody can decide by it."""

from __future__ import annotations

from typing import ClassVar, Never

from csdesk.domain.policy.compiled import Policy
from csdesk.domain.policy.service_book import HolidayYears
from csdesk.errors import ConfigError, ConfigUnreadable, InvalidInput, Problem, UsageError, sentence


class UnreadablePolicy(Policy):
    """A policy of which only the digest is known. Whatever else is asked of it raises ``ConfigUnreadable``.

    So flows that read records go on as ever, and those that decide come to their end before they do anything.
    """

    __slots__ = ("_desk", "_problems", "last")

    is_usable: ClassVar[bool] = False
    last: Policy
    """The policy that was last usable here: good for guessing what to load, not for deciding."""

    def __init__(self, desk: str, digest: str, problems: tuple[Problem, ...], last: Policy) -> None:
        self.digest = digest
        self.last = last
        self._desk = desk
        self._problems = problems

    def __getattr__(self, name: str) -> Never:
        raise ConfigUnreadable(self._desk, self.digest, self._problems)

    def observing(self, years: HolidayYears) -> UnreadablePolicy:
        """The same; what comes after it observes these holiday years."""
        return UnreadablePolicy(self._desk, self.digest, self._problems, self.last.observing(years))


def problems_of(error: UsageError) -> tuple[Problem, ...]:
    """What keeps a configuration from being used."""
    if isinstance(error, ConfigError):
        return error.problems
    if isinstance(error, InvalidInput):
        return (Problem(error.field, error.problem, error.remedy),)
    return (Problem("document", sentence("it cannot be used: {error}", error=str(error)), "correct the configuration"),)
