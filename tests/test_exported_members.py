"""The public names of the root: listed, resolvable, documented, and the same for people, checkers and interpreter."""

import ast
import inspect
from pathlib import Path

import pytest

import csdesk

TREE = ast.parse(Path(csdesk.__file__).read_text(encoding="utf-8"))


def typed_block() -> dict[str, str]:
    """Read name -> module from the imports under `if TYPE_CHECKING`."""
    blocks = [node for node in TREE.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: str(node.module) for node in imports for alias in node.names}


def test_the_list_is_the_table():
    assert sorted(csdesk.__all__) == sorted({"__version__", *csdesk._PUBLIC})


def test_checkers_see_the_table():
    assert typed_block() == csdesk._PUBLIC


def test_no_name_is_listed_twice():
    assert len(set(csdesk.__all__)) == len(csdesk.__all__)


@pytest.mark.parametrize("name", csdesk.__all__)
def test_each_name_resolves(name):
    assert getattr(csdesk, name) is not None
    assert name in dir(csdesk)


@pytest.mark.parametrize("name", csdesk.__all__)
def test_each_class_and_function_has_its_own_docstring(name):
    value = getattr(csdesk, name)
    if inspect.isclass(value) or inspect.isroutine(value):
        assert vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__, f"{name} has no docstring"


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing_of_the_kind'"):
        _ = csdesk.nothing_of_the_kind


def test_a_listed_name_is_loaded_on_first_use(monkeypatch):
    monkeypatch.setitem(csdesk._PUBLIC, "main", "csdesk.cli")
    monkeypatch.setitem(vars(csdesk), "main", None)  # so that the loaded name is removed again afterwards
    del vars(csdesk)["main"]
    assert csdesk.main.__module__ == "csdesk.cli"
    assert "main" in vars(csdesk)
