"""Values and configurations that cannot be used."""

from __future__ import annotations

from typing import NamedTuple

from csdesk.errors._roots import UsageError


class InvalidInput(UsageError, ValueError):
    """A value that cannot be used. ``field`` names it, ``problem`` says why, ``remedy`` says what would do."""

    code = "error.invalid_input"
    status_hint = 422

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}", field=field, problem=problem, remedy=remedy)
        self.field = field
        self.problem = problem
        self.remedy = remedy


class Problem(NamedTuple):
    """One thing that is wrong with a configuration."""

    path: str
    problem: str
    remedy: str


class ConfigError(UsageError, ValueError):
    """A configuration that cannot be used. ``path`` leads to the value inside it; ``problems`` are all that were found.

    References between sections are looked at when each section is right by itself.
    """

    code = "error.config"

    def __init__(self, path: str, problem: str, remedy: str, *, more: tuple[Problem, ...] = ()) -> None:
        told = f" (and {len(more)} more)" if more else ""
        super().__init__(
            f"config.{path}: {problem}; {remedy}{told}",
            path=path,
            problem=problem,
            remedy=remedy,
            more=len(more) or None,
        )
        self.path = path
        self.remedy = remedy
        self.problems = (Problem(path, problem, remedy), *more)


class ConfigUnreadable(ConfigError):
    """The desk runs a configuration that this release cannot use: another release stored it, or it was damaged.

    Reading goes on; nothing is decided and nothing is sent until a configuration is active that can be used. The path,
    the problem and all ``problems`` are those of the stored configuration, ``active`` is its digest.
    """

    code = "error.config_unreadable"
    status_hint = 503

    def __init__(self, desk: str, active: str, problems: tuple[Problem, ...]) -> None:
        path, problem, remedy = problems[0]
        told = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super(ConfigError, self).__init__(
            f"desk {desk!r} runs configuration {active[:12]}, which this release cannot use: config.{path}: {problem}"
            f"{told}; open it with the release that stored it, or make another one active: "
            "open_desk(..., config=..., activate=True)",
            desk=desk,
            active=active[:12],
            path=path,
            problem=problem,
        )
        self.path = path
        self.remedy = remedy
        self.problems = problems
        self.active = active


class ConfigMismatch(UsageError):
    """The desk runs another configuration than the one it was opened with."""

    code = "error.config_mismatch"
    status_hint = 409

    def __init__(self, desk: str, active: str, given: str) -> None:
        super().__init__(
            f"desk {desk!r} runs configuration {active[:12]}, it was opened with {given[:12]}; "
            "pass activate=True to make the given one active, or config=None to take the active one",
            desk=desk,
            active=active[:12],
            given=given[:12],
        )
