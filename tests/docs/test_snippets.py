"""The pages keep their word: every Python block runs and prints what the page says, and both READMEs say the same.

The TOML blocks of a page, one after the other, are a configuration; its Python blocks find it in ``desk.toml``.
"""

import doctest
import itertools
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from csdesk import DeskConfig

ROOT = Path(__file__).parent.parent.parent
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
PAGES = [*READMES, *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts)]

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|:{3,})(?P<language>.*)$")
_SKIP = re.compile(r"<!-- no-run: \S.*-->")
_HEADING = re.compile(r"^(#{1,6}) ")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its code, the line its code begins on, and whether it asks not to be run."""

    language: str
    code: str
    line: int
    skipped: bool


def read(text: str) -> tuple[list[int], list[Block]]:
    """Return the heading levels and the fenced blocks of a page."""
    levels: list[int] = []
    blocks: list[Block] = []
    lines = enumerate(text.splitlines(), start=1)
    skip = False
    for number, line in lines:
        if heading := _HEADING.match(line):
            levels.append(len(heading[1]))
        if opening := _FENCE.match(line):
            closing = opening["indent"] + opening["fence"]
            body = itertools.takewhile(lambda item, closing=closing: item[1].rstrip() != closing, lines)
            code = "\n".join(content.removeprefix(opening["indent"]) for _, content in body)
            blocks.append(Block(opening["language"].strip(), code + "\n", number + 1, skip))
        if line.strip():
            skip = bool(_SKIP.fullmatch(line.strip()))
    return levels, blocks


def runnable(path: Path) -> list[tuple[Block, str | None]]:
    """Return the Python blocks of a page that are meant to run, each with the ``text`` block right below it."""
    _, blocks = read(path.read_text(encoding="utf-8"))
    found: list[tuple[Block, str | None]] = []
    for block, after in itertools.zip_longest(blocks, blocks[1:]):
        if block.language == "python" and not block.skipped:
            # Nothing but the fences and one blank line stands between a block and what it prints.
            below = after is not None and after.language == "text" and after.line == end(block) + 3
            found.append((block, after.code if below else None))
    return found


def end(block: Block) -> int:
    """Return the line of a block's closing fence."""
    return block.line + len(block.code.splitlines())


def configuration(path: Path) -> str:
    """Return the TOML blocks of a page, joined."""
    _, blocks = read(path.read_text(encoding="utf-8"))
    return "\n".join(block.code for block in blocks if block.language == "toml" and not block.skipped)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_python_blocks_of_a_page_run(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    toml = configuration(page)
    (tmp_path / "desk.toml").write_text(toml, encoding="utf-8")
    DeskConfig.from_toml(toml)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for block, promised in runnable(page):
        code = compile("\n" * (block.line - 1) + block.code, str(page), "exec")
        exec(code, namespace)
        printed = capsys.readouterr().out
        if promised is not None and not doctest.OutputChecker().check_output(promised, printed, doctest.ELLIPSIS):
            pytest.fail(f"{page.name}, line {block.line} prints\n{printed}\nand not\n{promised}")
    for left in namespace.values():  # pages that show a piece of an application do not end it
        if isinstance(left, sqlite3.Connection):
            left.close()


def test_the_page_about_configuration_explains_the_example():
    shop = (ROOT / "examples" / "config" / "shop.toml").read_text(encoding="utf-8")
    assert DeskConfig.from_toml(configuration(ROOT / "docs" / "how-to" / "configure.md")) == DeskConfig.from_toml(shop)


def test_both_readmes_have_the_same_shape():
    english, chinese = (read(path.read_text(encoding="utf-8")) for path in READMES)
    assert english[0] == chinese[0]
    assert [(block.language, block.code) for block in english[1]] == [
        (block.language, block.code) for block in chinese[1]
    ]


def test_a_block_is_skipped_only_with_a_reason():
    page = (
        "# One\n<!-- no-run: needs a server -->\n```python\n# Two\n1 / 0\n```\n"
        "\n```python\nx = 1\n```\n<!-- no-run: -->\n```python\ny\n```\n"
    )
    levels, blocks = read(page)
    assert levels == [1]
    assert [(block.code, block.line, block.skipped) for block in blocks] == [
        ("# Two\n1 / 0\n", 4, True),
        ("x = 1\n", 9, False),
        ("y\n", 13, False),
    ]
