"""What an error told beside its code, kept as text with the record that it befell: shown later, in either language.

Errors tell no customer's text and no secret, so neither does this.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from csdesk._sentence import Sentence
from csdesk.errors import CsdeskError

Told = str | int | float | bool | None
"""A parameter of an error; a sentence is a str."""


def packed(error: Exception) -> str:
    """The parameters of an error as JSON, empty without any; of errors that are none of csdesk's the type alone."""
    params = error.params if isinstance(error, CsdeskError) else {"type": type(error).__name__}
    given = {name: _written(value) for name, value in params.items()}
    return json.dumps(given, ensure_ascii=False) if given else ""


def unpacked(text: str) -> dict[str, Told]:
    """What was packed; sentences can be translated as before."""
    return {name: _read(value) for name, value in json.loads(text).items()} if text else {}


def _written(value: object) -> object:
    if isinstance(value, Sentence):
        return {
            "say": str(value),
            "of": value.template,
            "with": {name: _written(one) for name, one in value.params.items()},
        }
    if isinstance(value, tuple):
        return [_written(one) for one in value]
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value if isinstance(value, str | int | float | None) else type(value).__name__


# ``Any`` as a return value: JSON gives any of the kinds that ``_written`` made.
def _read(value: object) -> Any:
    match value:
        case {"say": str(text), "of": str(template), "with": dict(params)}:
            return Sentence(text, template, {name: _read(one) for name, one in params.items()})
        case {"at": str(at)}:
            return datetime.fromisoformat(at)
        case {"day": str(day)}:
            return date.fromisoformat(day)
        case list():
            return tuple(_read(one) for one in value)
    return value
