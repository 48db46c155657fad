"""Keep what pages list from the code equal to the code: tables of events, errors, rules and transitions.

    PYTHONPATH=src python docs/_ext/generated.py

A generated part stands between ``<!-- generated: name -->`` and ``<!-- end -->``: pages read well as plain files.
tests/docs/test_generated.py fails if one is out of date; the command above writes it again.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

from csdesk import errors
from csdesk.domain.policy.sections.access import COMMANDS
from csdesk.domain.records import codec, events
from csdesk.domain.records.tickets import TRANSITIONS, Category
from csdesk.domain.rules.actions import Action
from csdesk.domain.rules.fields import (
    CUSTOM,
    FIELDS,
    HISTORY,
    LISTABLE,
    MEANINGS,
    OPS,
    PAIRS,
    SETS,
    UNARY,
    FieldType,
    Op,
)
from csdesk.domain.sla.life import LIFE

DOCS = Path(__file__).parent.parent
_PART = re.compile(r"(<!-- generated: (\w+) -->\n)(.*?)(<!-- end -->)", flags=re.DOTALL)


def table(*head: str) -> Callable[[Iterator[tuple[str, ...]]], str]:
    def write(rows: Iterator[tuple[str, ...]]) -> str:
        lines = [head, tuple("---" for _ in head), *rows]
        return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)

    return write


def first_line(thing: object) -> str:
    return re.sub(r"``(.+?)``", r"`\1`", (inspect.getdoc(thing) or "").split("\n")[0])


def code(words: Iterator[str] | frozenset[str] | tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def error_rows(cls: type[errors.CsdeskError], depth: int = 0) -> Iterator[tuple[str, ...]]:
    again = "yes" if cls.retryable else ""
    name = " " + "· " * depth + f"`{cls.__name__}`"
    yield name.strip(), f"`{cls.code}`", str(cls.status_hint), again, first_line(cls)
    for child in (one for one in cls.__subclasses__() if one.__module__ == errors.__name__):
        yield from error_rows(child, depth + 1)


def event_rows() -> Iterator[tuple[str, ...]]:
    for cls in get_args(get_args(events.Event)[0]):
        names = (name + ("*" if name in cls.PERSONAL else "") for name in cls.model_fields if name != "kind")
        yield f"`{cls.model_fields['kind'].default}`", f"`{cls.__name__}`", code(names), first_line(cls)


def field_rows() -> Iterator[tuple[str, ...]]:
    for name, field in FIELDS.items():
        yield f"`{name}`", field.type, code(field.choices)
    for prefix in CUSTOM:
        yield f"`{prefix}<name>`", "as declared in `fields`, else `scalar`", ""
    for what in HISTORY:
        yield f"`customer.{what}_<days>d`", FieldType.NUMBER, ""


def operator_rows() -> Iterator[tuple[str, ...]]:
    for op in Op:
        kinds = ((UNARY, "none"), (SETS, "a list"), (PAIRS, "a list of two"), (LISTABLE, "one, or a list"))
        value = next((told for ops, told in kinds if op in ops), "one")
        yield f"`{op}`", value, ", ".join(kind for kind in FieldType if op in OPS[kind]), MEANINGS[op]


def action_rows() -> Iterator[tuple[str, ...]]:
    for cls in get_args(get_args(Action)[0]):
        names = (name for name in cls.model_fields if name != "do")
        yield f"`{cls.model_fields['do'].default}`", code(names), first_line(cls)


def transition_rows() -> Iterator[tuple[str, ...]]:
    for move, ways in TRANSITIONS.items():
        cells = (("stays" if ways[one] is one else f"{ways[one]}") if one in ways else "–" for one in Category)
        yield f"`{move}`", *cells


def metric_rows() -> Iterator[tuple[str, ...]]:
    for metric, life in LIFE.items():
        yield f"`{metric}`", life.begins, life.met_by, life.cancelled_by, code(life.pauses) or "–", life.cycles


def schema_rows() -> Iterator[tuple[str, ...]]:
    yield from ((f"`{kind}`", str(cls.SCHEMA)) for cls, kind in codec.KINDS.items())
    yield "events", str(codec.EVENT_SCHEMA)


PARTS: dict[str, Callable[[], str]] = {
    "errors": lambda: table("error", "code", "HTTP", "try again?", "what it means")(error_rows(errors.CsdeskError)),
    "events": lambda: table("kind", "class", "fields", "what happened")(event_rows()),
    "fields": lambda: table("field", "type", "values")(field_rows()),
    "operators": lambda: table("operator", "value", "types of field", "holds if the field's value")(operator_rows()),
    "actions": lambda: table("do", "settings", "what it does")(action_rows()),
    "commands": lambda: code(tuple(sorted(COMMANDS))) + "\n",
    "transitions": lambda: table("move", *(f"from {one}" for one in Category))(transition_rows()),
    "metrics": lambda: table("metric", "begins", "is met by", "is cancelled by", "pauses in", "cycles")(metric_rows()),
    "schemas": lambda: table("kind", "schema")(schema_rows()),
}


def renewed(text: str) -> str:
    """Return a page with its generated parts as the code has them now."""
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n{part[4]}", text)


if __name__ == "__main__":
    for page in DOCS.rglob("*.md"):
        before = page.read_text(encoding="utf-8")
        if renewed(before) != before:
            page.write_text(renewed(before), encoding="utf-8")
            print(page.relative_to(DOCS))
