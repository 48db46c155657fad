"""What a fresh interpreter loads. Heavy libraries wait for the adapter that needs them."""

import subprocess
import sys

import pytest

HEAVY = {"httpx", "tenacity", "rapidfuzz", "asyncio", "sqlite3", "rich", "typer", "importlib.metadata"}


def loaded_after(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter and return the modules that it added."""
    script = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_root_loads_no_heavy_library():
    assert loaded_after("import csdesk") & HEAVY == set()


def test_the_check_sees_a_heavy_library():
    assert "sqlite3" in loaded_after("import csdesk, sqlite3")


def test_a_blocking_desk_loads_no_asyncio():
    """Nor a client for a network that nobody has asked for."""
    opened = loaded_after("import csdesk; csdesk.open_desk('memory://').close()")
    assert opened & {"asyncio", "httpx", "tenacity", "rich", "typer"} == set()


@pytest.mark.parametrize("shell", ["Desk", "AsyncDesk"])
def test_naming_a_desk_builds_no_model(shell):
    """A program that only names the class, for its annotations, does not pay for what its methods load."""
    loaded = loaded_after(f"import csdesk; csdesk.{shell}")
    assert f"csdesk.{'desk' if shell == 'Desk' else 'aio'}.shell" in loaded
    assert not {name for name in loaded if name.startswith(("pydantic", "csdesk.domain.records.", "csdesk.flows."))}


@pytest.mark.parametrize("package", ["domain", "ports", "flows"])
def test_the_inside_loads_no_heavy_library(package):
    assert loaded_after(f"import csdesk.{package}") & (HEAVY - {"importlib.metadata"}) == set()
