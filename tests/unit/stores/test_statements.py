"""What every statement of the file store keeps to."""

import ast
import re
from pathlib import Path

import pytest

import csdesk.stores.sqlite

MODULES = sorted(Path(csdesk.stores.sqlite.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_no_placeholder_has_a_number(module: Path) -> None:
    """Python 3.12.0 to 3.12.3 take ``?1`` for a name, and warn at every value of every statement."""
    texts = [one.value for one in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(one, ast.Constant)]
    assert [one for one in texts if isinstance(one, str) and re.search(r"\?\d", one)] == []
