"""What the methods of a desk take and give has a home in a public module, so that a host can annotate with it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import csdesk
import csdesk.commands
import csdesk.domain.records.commands
import csdesk.domain.records.events
import csdesk.events
import csdesk.ports
from csdesk import open_desk

PUBLIC = (
    "csdesk",
    *("csdesk.matching", "csdesk.rules", "csdesk.commands", "csdesk.events", "csdesk.errors", "csdesk.web"),
    *(f"csdesk.ports.{one.name}" for one in pkgutil.iter_modules(csdesk.ports.__path__) if one.name != "steps"),
)


def names_of(module: ModuleType) -> list[str]:
    """The names that a module shows; one without a list shows what it defines."""
    own = [name for name, one in vars(module).items() if getattr(one, "__module__", "") == module.__name__]
    return list(getattr(module, "__all__", own))


def classes_in(hint: object) -> Iterator[type]:
    arguments = typing.get_args(hint)
    if arguments:
        for one in arguments:
            yield from classes_in(one)
    elif isinstance(hint, type) and hint.__module__.startswith("csdesk"):
        yield hint


def methods() -> Iterator[tuple[str, object]]:
    with open_desk("memory://") as desk:
        groups = [getattr(desk, name) for name in dir(desk) if not name.startswith("_")]
        for group in (desk, *(one for one in groups if type(one).__module__.startswith("csdesk.desk"))):
            for name, method in inspect.getmembers(group, inspect.ismethod):
                if not name.startswith("_"):
                    yield f"{type(group).__name__}.{name}", method.__func__


def test_every_class_of_a_signature_has_a_public_home() -> None:
    modules = [importlib.import_module(path) for path in PUBLIC]
    public = {name: getattr(module, name) for module in modules for name in names_of(module)}
    at_home = {id(one) for one in public.values()} | {id(getattr(csdesk, name)) for name in csdesk.__all__}
    seen = public | {"records": csdesk.domain.records, "flows": csdesk.flows}
    homeless = {
        f"{one.__module__}.{one.__name__}: {method}"
        for method, function in methods()
        for hint in typing.get_type_hints(function, localns=seen).values()
        for one in classes_in(hint)
        if id(one) not in at_home
    }
    assert sorted(homeless) == []


def test_every_event_has_a_public_home() -> None:
    assert csdesk.events.__all__ == csdesk.domain.records.events.__all__
    for name in csdesk.events.__all__:
        assert getattr(csdesk.events, name) is getattr(csdesk.domain.records.events, name)


def test_every_command_has_a_public_home() -> None:
    runnable = {one.__name__ for one in typing.get_args(typing.get_args(csdesk.commands.Command)[0])}
    beside = {"Command", "TicketCommand", "CustomerCommand", "AuthorityCommand", "NewParticipant"}
    assert {*csdesk.commands.__all__} == runnable | beside
    assert csdesk.commands.__all__ == csdesk.domain.records.commands.__all__
    assert all(hasattr(csdesk.commands, name) for name in csdesk.commands.__all__)


def test_pyright_reads_which_names_of_another_module_are_public() -> None:
    """Of ``__all__ += other.__all__`` it knows the names only if ``import a.b as other`` says what that is."""
    for module in (csdesk.commands, csdesk.events):
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        imported = {name.asname for one in tree.body if isinstance(one, ast.Import) for name in one.names}
        added = {one.value.value.id for one in tree.body if isinstance(one, ast.AugAssign)}  # type: ignore[attr-defined]
        assert added
        assert added <= imported
