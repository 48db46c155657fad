"""What a failed command says and returns.

One line says what went wrong, the next one what to do; both go to standard error. The exit code tells scripts the kind.
"""

from __future__ import annotations

import os
import sys
from enum import IntEnum
from typing import Any, Final

import typer
from typer.core import TyperGroup

from csdesk.cli._output import harmless
from csdesk.cli._words import Locale, default_locale, word
from csdesk.domain.locale.render import render
from csdesk.errors import (
    ClaimTaken,
    ConfigMismatch,
    ConfigUnreadable,
    CsdeskError,
    Denied,
    GuardFailed,
    IllegalTransition,
    NotFound,
    StaleWorker,
    StoreError,
    UsageError,
    VersionConflict,
)

TRACEBACK: Final = "CSDESK_TRACEBACK"
"""The environment variable that lets unexpected errors show where they come from."""


class Exit(IntEnum):
    """The exit codes of the command line."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    NOT_FOUND = 3
    CONFLICT = 4
    STORE = 5
    PARTLY = 6
    FINDINGS = 7
    UNREAD = 141
    """Whoever read the output stopped doing so: as other tools end then."""


class CommandError(Exception):
    """A command that cannot go on, in the user's language."""

    def __init__(self, code: Exit, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.code = code
        self.problem = problem
        self.remedy = remedy


_CODES: Final[tuple[tuple[type[CsdeskError], Exit], ...]] = (
    (NotFound, Exit.NOT_FOUND),
    (VersionConflict, Exit.CONFLICT),
    (ClaimTaken, Exit.CONFLICT),
    (GuardFailed, Exit.CONFLICT),
    (Denied, Exit.CONFLICT),
    (IllegalTransition, Exit.CONFLICT),
    (StaleWorker, Exit.CONFLICT),
    (ConfigMismatch, Exit.CONFLICT),
    (ConfigUnreadable, Exit.CONFLICT),
    (StoreError, Exit.STORE),
    (UsageError, Exit.USAGE),
)
"""The first kind that fits gives the code."""

_REMEDIES: Final[dict[str, str]] = {
    "error.config_mismatch": "remedy.config_mismatch",
    "error.config_unreadable": "remedy.config_unreadable",
    "error.store_busy": "remedy.store_busy",
    "error.store_damaged": "remedy.store_damaged",
}


_WHERE_TO_LOOK: Final[dict[str, str]] = {"ticket": "remedy.not_found", "customer": "remedy.no_customer"}
"""Where to look for what was not found, by its kind."""


def code_of(error: CsdeskError) -> Exit:
    """The exit code for an error."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.UNEXPECTED)


def told(error: CsdeskError, locale: Locale) -> tuple[str, str]:
    """What went wrong and what to do, in words; where the error itself says what to do, the second is empty."""
    if isinstance(error, NotFound) and error.kind == "file":
        return word("no_source", locale, path=error.key), ""
    if isinstance(error, NotFound) and error.kind in _WHERE_TO_LOOK:
        error = NotFound(error.kind, error.key)  # its own remedy names calls of the library
    key = None if error.params.get("remedy") else _remedy_of(error)
    return render(error, locale), word(key, locale) if key else ""


def _remedy_of(error: CsdeskError) -> str | None:
    if isinstance(error, NotFound):
        return _WHERE_TO_LOOK.get(error.kind)
    return _REMEDIES.get(error.code)


def complain(problem: str, remedy: str = "") -> None:
    """Say on standard error what went wrong and what to do."""
    print(f"csdesk: {harmless(problem)}", file=sys.stderr)
    if remedy:
        print(f"        {harmless(remedy)}", file=sys.stderr)


class Commands(TyperGroup):
    """The command group: turns errors into messages and exit codes."""

    def invoke(self, ctx: Any) -> Any:
        # ``Any``: typer's context comes from the click that it carries, which has no public type.
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever reads, such as ``head``, has seen enough. Nothing may be written any more, not even at the exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Exit.UNREAD) from None
        except CommandError as error:
            complain(error.problem, error.remedy)
            raise typer.Exit(error.code) from None
        except CsdeskError as error:
            complain(*told(error, _spoken()))
            raise typer.Exit(code_of(error)) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except Exception as error:
            if isinstance(error, typer.Exit | typer.Abort) or _belongs_to_typer(error):
                raise
            if os.environ.get(TRACEBACK):
                raise
            locale = _spoken()
            complain(word("error.unexpected", locale, name=type(error).__name__), word("remedy.traceback", locale))
            raise typer.Exit(Exit.UNEXPECTED) from None
        return done


def _belongs_to_typer(error: Exception) -> bool:
    return hasattr(error, "exit_code") or type(error).__module__.partition(".")[0] in {"click", "typer"}


_language: list[Locale] = []


def speak(locale: Locale) -> None:
    """Remember the language of the running command for its errors."""
    _language[:] = [locale]


def _spoken() -> Locale:
    return _language[0] if _language else default_locale()
