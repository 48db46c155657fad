"""JSON Lines, and whole JSON documents: one page, a list of pages or messages, or samples that hold pages.

Lines are read one at a time. A document has to be read whole, up to the size limit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from csdesk.sources.items import Entry, Progress, Settings, SourceItem, SourceProblem
from csdesk.sources.objects import entry_of, is_page

_BOM: Final = b"\xef\xbb\xbf"
_BROKEN: Final = object()


def read_json(path: Path, settings: Settings) -> Progress:
    """The events of a JSON file; whether it is lines or one document is seen from its first line."""
    with path.open("rb") as file:
        first = file.readline(settings.most + 1).removeprefix(_BOM)
        is_lines = isinstance(_loaded(first), dict) and len(first) <= settings.most
        # A document on one line is a file of one line as well; only samples and lists need more.
        file.seek(0)
        if is_lines and not _holds_samples(first):
            yield from _read_lines(file, path.name, settings)
        else:
            yield from _read_document(file, path, settings)


def _holds_samples(line: bytes) -> bool:
    value = _loaded(line)
    return isinstance(value, dict) and isinstance(value.get("samples"), list)


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


__all__ = ["SourceItem", "read_json"]
