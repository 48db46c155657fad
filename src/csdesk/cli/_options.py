"""Options that commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from csdesk.cli._failing import speak
from csdesk.cli._words import Locale, default_locale


class Language(StrEnum):
    """The languages of the texts."""

    ZH = "zh-CN"
    EN = "en"

    @property
    def locale(self) -> Locale:
        """The name of its catalogue."""
        return "zh-CN" if self is Language.ZH else "en"


def _remembered(value: Language) -> Language:
    speak(value.locale)
    return value


def _default() -> Language:
    return Language(default_locale())


Db = Annotated[Path, typer.Option("--db", help="The desk's file.", metavar="FILE", dir_okay=False)]
DeskName = Annotated[str, typer.Option("--desk", help="The desk in that file.", metavar="NAME")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace TARGET if it is there.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON: stable keys, no colours.")]
Lang = Annotated[
    Language,
    typer.Option(
        "--lang", help="The language of texts; from LANG by default.", callback=_remembered, default_factory=_default
    ),
]

DEFAULT_DB = Path("csdesk.db")
"""Where a desk lies unless told otherwise."""

DEFAULT_DESK = "main"
"""The name of a desk unless told otherwise."""
