"""The capability table claims nothing that is not there: its names resolve, its tests and examples exist."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from inspect import signature
from pathlib import Path

import pytest

import csdesk
from csdesk import open_desk

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<row>[A-Z]\d+) \|(?P<cells>.*)\|$", re.MULTILINE)
STATES = ("yes", "partly", "not yet")


def rows() -> list[tuple[str, str, str, str]]:
    """Row, status, the cell of public names, the cell of tests."""
    text = (ROOT / "docs/reference/capabilities.md").read_text(encoding="utf-8")
    found = []
    for match in ROW.finditer(text):
        _, status, names, tests = (one.strip() for one in match["cells"].split(" | "))
        found.append((match["row"], status, names, tests))
    return found


def quoted(cell: str) -> Iterator[str]:
    """What stands in backquotes, calls without their arguments."""
    for one in re.findall(r"`([^`]+)`", cell):
        yield one.partition("(")[0]


@cache
def public() -> dict[str, object]:
    """Every class of the package that does not hide, by its name; the root's are preferred."""
    found: dict[str, object] = {}
    for module in pkgutil.walk_packages(csdesk.__path__, "csdesk."):
        if any(part.startswith("_") for part in module.name.split(".")[1:]) or module.name.startswith("csdesk.cli"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, type) and value.__module__.startswith("csdesk"):
                found.setdefault(name, value)
    return found | {name: getattr(csdesk, name) for name in csdesk.__all__ if name[0].isupper()}


def follow(value: object, path: list[str]) -> None:
    """Go along attributes; those that only objects of a class have count as its own."""
    for name in path:
        if isinstance(value, type) and name in held_by(value):
            return
        value = getattr(value, name)


def held_by(kind: type) -> set[str]:
    """What objects of a class hold beside what the class shows: fields, and what they are made of."""
    return {
        *getattr(kind, "model_fields", ()),
        *getattr(kind, "__annotations__", ()),
        *signature(kind.__init__).parameters,
    }


def module_of(dotted: str) -> tuple[object, list[str]]:
    """The longest module that a dotted name begins with, and the rest of it."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            return importlib.import_module(".".join(parts[:length])), parts[length:]
        except ModuleNotFoundError:
            continue
    raise AssertionError(dotted)


@pytest.mark.parametrize(("row", "status", "names", "tests"), rows(), ids=[row[0] for row in rows()])
def test_a_row_claims_what_there_is(row: str, status: str, names: str, tests: str) -> None:
    assert status in STATES
    if status == "not yet":
        assert (names, tests) == ("–", "–"), f"{row} is not there, yet it names something"
        return
    paths = [one for one in (*quoted(names), *quoted(tests)) if "/" in one and "." in one.rsplit("/", 1)[-1]]
    assert all((ROOT / one.partition("::")[0]).exists() for one in paths), paths
    assert paths, f"{row} shows no test"
    with open_desk("memory://") as desk:
        for name in quoted(names):
            first = name.split(".")[0]
            if name.startswith("desk."):
                follow(desk, name.split(".")[1:])
            elif name.startswith("csdesk."):
                follow(*module_of(name))
            elif re.fullmatch(r"[A-Z]\w*(\.\w+)*", name) and first in public():
                follow(public()[first], name.split(".")[1:])
            elif re.fullmatch(r"[A-Z][a-z]\w*(\.\w+)*", name):
                raise AssertionError(f"{row}: no {name}")
