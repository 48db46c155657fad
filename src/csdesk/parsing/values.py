"""Values of a provider's JSON, read with patience: each may be missing, or of another type than documented."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from csdesk.domain.records._model import clean_text

Fields = Mapping[str, object]
"""A JSON object."""

LATEST: Final = 32_503_680_000
"""A second in the year 3000: what lies after it is no time of a message."""

MOST_KEY: Final = 200
"""How long an id may be that things are told apart by, in characters."""


def object_in(body: bytes | str) -> Fields | None:
    """The JSON object in a body; None if it holds none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def text_of(value: object) -> str:
    """A text without lone surrogates; numbers become text, anything else is empty."""
    if isinstance(value, str):
        return str(clean_text(value))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e18 else ""


def number_of(value: object) -> int | None:
    """A whole number, also from text; None for anything else."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str) and len(value) < 20 and value.strip().lstrip("-").isdecimal() and value.isascii():
        return int(value)
    return int(value) if isinstance(value, float) and value.is_integer() else None


def fields_of(value: object) -> Fields:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def joined(fields: Fields, *names: str) -> str:
    """The texts of these fields with blanks between, without those that are empty."""
    return " ".join(text for name in names if (text := text_of(fields.get(name))))


def objects_in(value: object) -> list[Fields]:
    """The JSON objects of a list; none for anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def instant_of(value: object) -> datetime | None:
    """A Unix time in seconds as an instant; None if it is none."""
    seconds = number_of(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None and 0 < seconds < LATEST else None


def key_of(text: str) -> str:
    """The text if it can be a key, otherwise nothing."""
    return text if 0 < len(text) <= MOST_KEY and text.isprintable() else ""


def raw_of(value: object) -> bytes:
    """A piece of JSON as bytes, the same each time it is seen; empty if it cannot be written."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8", "replace")
    except (ValueError, TypeError, RecursionError):
        return b""
