"""JSON Lines, and whole JSON documents: one page, a list of pages or messages, or samples that hold pages.

Lines are read one at a time. A document has to be read whole, up to the size limit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from csdesk.sources.items import Entry, Progress, Settings, SourceProblem
from csdesk.sources.objects import entry_of, is_page

_BOM: Final = b"\xef\xbb\xbf"
_BROKEN: Final = object()
_LOOKED_AT: Final = 50


def read_json(path: Path, settings: Settings) -> Progress:
    """The events of a JSON file."""
    with path.open("rb") as file:
        lines = _is_lines(file, path.suffix.lower(), settings.most)
        file.seek(0)
        yield from _read_lines(file, path.name, settings) if lines else _read_document(file, path, settings)


def _is_lines(file: IO[bytes], suffix: str, most: int) -> bool:
    """True if one of the first lines is an object by itself; a document over many lines has none."""
    if suffix in {".jsonl", ".ndjson"}:
        return True
    for _ in range(_LOOKED_AT):
        line = file.readline(most + 1)
        value = _loaded(line.removeprefix(_BOM))
        if isinstance(value, dict) and line[:1] in (b"{", _BOM[:1]):  # what is indented belongs to a document
            return not isinstance(value.get("samples"), list)
        if isinstance(value, list) or not line:
            return False
    return False


def _read_lines(file: IO[bytes], name: str, settings: Settings) -> Progress:
    done = number = 0
    while line := file.readline(settings.most + 1):
        number += 1
        done += len(line)
        where = f"{name}#{number}"
        if len(line) > settings.most:
            done += _skip_line(file, line)
            yield settings.too_large(where), done
            continue
        if line := line.removeprefix(_BOM).strip():
            yield _entry(_loaded(line), where, settings, place=str(number)), done


def _skip_line(file: IO[bytes], line: bytes) -> int:
    skipped = 0
    while line and not line.endswith(b"\n"):
        line = file.readline(65_536)
        skipped += len(line)
    return skipped


def _read_document(file: IO[bytes], path: Path, settings: Settings) -> Progress:
    content = file.read(settings.most + 1)
    if len(content) > settings.most:
        yield settings.too_large(path.name), path.stat().st_size
        return
    document = _loaded(content.removeprefix(_BOM))
    values = list(_values(document))
    for number, value in enumerate(values, 1):
        where = f"{path.name}#{number}"
        yield _entry(value, where, settings, place=str(number)), len(content) * number // len(values)


def _values(document: object) -> Iterator[object]:
    """The pages or messages of a document."""
    samples = document.get("samples") if isinstance(document, dict) else None
    if isinstance(samples, list):
        for sample in samples:
            yield from _pages(sample)
    elif isinstance(document, list):
        yield from document
    else:
        yield document


def _pages(sample: object) -> Iterator[object]:
    if not isinstance(sample, dict):
        return
    pages = sample.get("pages")
    for one in pages if isinstance(pages, list) else [sample.get("body")]:
        if isinstance(one, dict) and is_page(one):
            yield one


def _loaded(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return _BROKEN


def _entry(value: object, where: str, settings: Settings, *, place: str) -> Entry:
    if value is _BROKEN:
        return SourceProblem(where=where, code="not_json", detail="this is no JSON; see that no line is cut")
    try:
        return entry_of(value, where, settings, place=place)
    except RecursionError:
        return SourceProblem(where=where, code="not_json", detail="nested too deeply")
