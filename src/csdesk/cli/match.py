"""``csdesk match``: ask a phrase library many questions, and see how good it is where the answers are known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from csdesk._sentence import line_at
from csdesk.cli._failing import CommandError, Exit
from csdesk.cli._match_page import MEASURES, Wrong, page_of, shown
from csdesk.cli._options import Json, Lang
from csdesk.cli._output import JsonValue, Output, cell, fitted, shortened
from csdesk.cli._phrases import matched_phrases
from csdesk.domain.locale.render import reason_in_words
from csdesk.domain.matching.evaluating import Asked, Evaluation, evaluated
from csdesk.errors import InvalidInput
from csdesk.matching import Matcher, Phrase, ReplyDecision
from csdesk.parsing.files import text_of
from csdesk.parsing.sheets import sheet_rows

_SHOWN_CONFUSIONS = 10
_SHOWN_LABELS = 5


@dataclass(frozen=True, slots=True)
class Question:
    """A line of the file of questions; ``labelled`` tells whether it says which phrase answers."""

    text: str
    gold: str | None
    labelled: bool


def match(
    *,
    queries: Annotated[
        Path,
        typer.Option("--queries", help='JSON Lines or CSV of "text" and "gold", or a text a line.', metavar="FILE"),
    ],
    library: Annotated[
        Path, typer.Option("--library", help="CSV, JSON Lines, TOML, or a folder of Markdown.", metavar="PATH")
    ],
    threshold: Annotated[float, typer.Option("--threshold", help="Answer from this confidence.", min=0, max=1)] = 0.95,
    limit: Annotated[int, typer.Option("--limit", help="Phrases shown for each question.", min=1, max=50)] = 5,
    optimize: Annotated[bool, typer.Option("--optimize/--no-optimize", help="Train the library first.")] = True,
    html: Annotated[
        Path | None,
        typer.Option("--html", help="Write a page with curve, calibration and mistakes there.", metavar="FILE"),
    ] = None,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Ask a phrase library questions; with known answers, measure it. With --json: one JSON document."""
    out = Output(as_json=as_json, locale=lang.locale)
    matcher = Matcher(_filled(library, out), threshold=threshold)
    asked = questions_in(queries, out)
    _check_labels(asked, matcher, out)
    if optimize:
        matcher.optimize()
    with out.progress("match.asking", len(asked)) as tick:
        decisions = [_asked(matcher, one.text, limit, tick) for one in asked]
    labelled = [
        Asked(
            gold=one.gold,
            found=tuple(match.phrase_id for match in found.matches),
            confidence=found.confidence,
            sent=found.action == "auto_reply",
        )
        for one, found in zip(asked, decisions, strict=True)
        if one.labelled
    ]
    measured = evaluated(labelled, threshold=threshold) if labelled else None
    if html is not None:
        _write_page(html, measured, _wrong(asked, decisions, out), out)
    if as_json:
        out.document(_document(asked, decisions, measured))
    else:
        _show(out, asked, decisions, measured)


def _filled(library: Path, out: Output) -> list[Phrase]:
    """The phrases of a library that has some.

    Raises:
        CommandError: it has none.
    """
    found = matched_phrases(library)
    if not found:
        raise CommandError(Exit.USAGE, out.word("match.empty", file=library), out.word("match.empty.remedy"))
    return found


def _check_labels(asked: Sequence[Question], matcher: Matcher, out: Output) -> None:
    """Refuse labels that name no phrase: they would count as questions that nothing answers.

    Raises:
        CommandError: there are some.
    """
    unknown = sorted({one.gold for one in asked if one.gold is not None and one.gold not in matcher})
    if unknown:
        shown = ", ".join(unknown[:_SHOWN_LABELS]) + (", …" if len(unknown) > _SHOWN_LABELS else "")
        problem = out.word("match.unknown_gold", labels=shown, count=len(unknown))
        raise CommandError(Exit.USAGE, problem, out.word("match.unknown_gold.remedy"))


def _asked(matcher: Matcher, text: str, limit: int, tick: object) -> ReplyDecision:
    assert callable(tick)
    decision = matcher.decide(text, limit=max(10, limit))
    tick(1)
    return decision


def questions_in(path: Path, out: Output) -> list[Question]:
    """The questions of a file.

    Raises:
        InvalidInput: a line that begins like JSON is none, or has no text; or the file is in no known encoding.
        CommandError: the file cannot be read.
    """
    try:
        text = text_of(path.read_bytes(), path.name)
    except OSError as error:
        problem = out.word("unreadable", file=path, problem=type(error).__name__)
        raise CommandError(Exit.USAGE, problem, out.word("unreadable.remedy")) from None
    if path.suffix.lower() == ".csv":
        return _sheet(text)
    lines = text.split("\n")  # a text may hold other separators of lines
    return [_question(line, at) for at, line in enumerate(lines, start=1) if line.strip()]


def _sheet(text: str) -> list[Question]:
    """The questions of a sheet: a column ``text`` (问题), and ``gold`` (编号) with the phrase that answers."""
    rows = [
        (at, row.get("text") or row.get("questions"), row.get("gold") or row.get("id")) for at, row in sheet_rows(text)
    ]
    labelled = any(gold for _, _, gold in rows)
    for at, said, _ in rows:
        if not said:
            raise InvalidInput(line_at(at), "is no question", "call the columns text and gold")
    return [Question(said, gold, labelled=labelled) for _, said, gold in rows if said]


def _question(line: str, at: int) -> Question:
    if not line.lstrip().startswith("{"):
        return Question(line.strip(), None, labelled=False)
    try:
        row = json.loads(line)
        gold = row.get("gold")
        return Question(str(row["text"]), None if gold is None else str(gold), labelled="gold" in row)
    except (ValueError, KeyError):
        raise InvalidInput(line_at(at), "is no question", 'write {"text": ..., "gold": ...} or plain text') from None


def _wrong(asked: Sequence[Question], decisions: Sequence[ReplyDecision], out: Output) -> list[Wrong]:
    return [
        Wrong(one.text, one.gold, found.phrase_id, found.confidence, _because(found), out.word(f"match.{found.action}"))
        for one, found in zip(asked, decisions, strict=True)
        if one.labelled
        and found.phrase_id is not None
        and found.phrase_id != one.gold
        and (one.gold is not None or found.action != "hand_over")
    ]


def _because(found: ReplyDecision) -> str:
    return " · ".join(span.text for span in found.matches[0].why.spans[:3]) if found.matches else ""


def _decided(found: ReplyDecision, out: Output) -> str:
    """What is done with a question and why, in words."""
    action = out.word(f"match.{found.action}")
    return out.word("match.decided", action=action, reason=reason_in_words(found.reason, out.locale))


def _write_page(path: Path, measured: Evaluation | None, wrong: Sequence[Wrong], out: Output) -> None:
    if measured is None:
        raise CommandError(Exit.USAGE, out.word("match.no_gold"), out.word("match.no_gold.remedy"))
    path.write_text(page_of(measured, wrong, out), encoding="utf-8")


def _document(
    asked: Sequence[Question], decisions: Sequence[ReplyDecision], measured: Evaluation | None
) -> dict[str, JsonValue]:
    predictions: list[JsonValue] = [
        {
            "text": one.text,
            "gold": one.gold,
            "action": found.action,
            "reason": found.reason,
            "matches": [
                {
                    "phrase": match.phrase_id,
                    "score": match.score,
                    "confidence": match.confidence,
                    "margin": match.margin,
                }
                for match in found.matches
            ],
        }
        for one, found in zip(asked, decisions, strict=True)
    ]
    return {"predictions": predictions, "evaluation": None if measured is None else asdict(measured)}


def _show(
    out: Output, asked: Sequence[Question], decisions: Sequence[ReplyDecision], measured: Evaluation | None
) -> None:
    if measured is None:
        table = out.table("said", "match.phrase", ">match.confidence", "match.action", "match.because")
        for one, found in zip(asked, decisions, strict=True):
            table.add_row(
                cell(shortened(one.text, 60)),
                cell(found.phrase_id or "–"),
                cell(f"{found.confidence:.2f}"),
                cell(_decided(found, out)),
                fitted(_because(found), 24),
            )
        out.show(table)
        return
    table = out.table("match.measure", ">match.value")
    for name in MEASURES:
        said = out.word(f"match.{name}", threshold=measured.threshold)
        table.add_row(cell(said), cell(shown(getattr(measured, name))))
    sent = f"{measured.sent} ({measured.sent_right})"
    table.add_row(cell(out.word("match.sent", threshold=measured.threshold)), cell(sent))
    out.show(table)
    if measured.confusions:
        mixed = out.table("match.wanted", "match.found", ">match.times", title=out.word("match.confusions"))
        for gold, found_id, times in measured.confusions[:_SHOWN_CONFUSIONS]:
            mixed.add_row(cell(gold), cell(found_id), cell(times))
        out.show(mixed)
