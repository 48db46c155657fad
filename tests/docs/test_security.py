"""Every attack that the page says is stopped names the test that tries it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "security.md").read_text(encoding="utf-8")


def test_each_row_names_a_test_that_there_is():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| Attack")]
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)` \|$", row)
        assert named, row
        for file, test in named:
            assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), row
