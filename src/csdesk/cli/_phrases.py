"""Reading phrase files for commands: simple phrases, or whole libraries of a desk."""

from __future__ import annotations

from pathlib import Path

from csdesk.cli._output import JsonValue, Output, cell, fitted
from csdesk.errors import InvalidInput
from csdesk.matching import Flaw, LibraryPhrase, Phrase, phrase_of, read_library, read_phrases


def any_phrases(path: Path) -> list[Phrase] | list[LibraryPhrase]:
    """The phrases of a file in the simple form, or as a desk keeps them where the simple form does not do.

    Raises:
        InvalidInput: neither form fits; what is wrong with the fuller one.
    """
    try:
        return read_phrases(path)
    except InvalidInput:
        try:
            return read_library(path)
        except InvalidInput as error:
            raise error from None


def matched_phrases(path: Path) -> list[Phrase]:
    """The phrases of a file, whatever its form, as the matcher reads them."""
    return [phrase_of(one) if isinstance(one, LibraryPhrase) else one for one in any_phrases(path)]


def flaw_rows(flaws: tuple[Flaw, ...]) -> list[JsonValue]:
    """Flaws as JSON has them."""
    return [
        {"problem": one.problem, "phrase": one.phrase_id, "other": one.other_id, "question": one.question}
        for one in flaws
    ]


def show_flaws(flaws: tuple[Flaw, ...], out: Output) -> None:
    """Flaws as a table."""
    table = out.table("lint.problem", "match.phrase", "lint.other", "lint.question")
    for one in flaws:
        named = out.word(f"lint.{one.problem}")
        table.add_row(cell(named), cell(one.phrase_id), cell(one.other_id or ""), fitted(one.question, 48))
    out.show(table)
