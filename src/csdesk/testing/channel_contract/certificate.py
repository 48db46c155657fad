"""Running the contract outside a test session, and what came of each promise."""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import pytest

from csdesk.testing.channel_contract import PROMISES, chosen
from csdesk.testing.channel_contract.rig import ChannelRig

Verdict = Literal["kept", "broken", "not shown"]

_LONGEST: Final = 300
_COMPARING: Final = ("bench", "requests", "deliveries", "sends", "limits", "mails")
_NUMBER: Final = re.compile(r"test_(\d\d)_")


@dataclass(slots=True)
class Shown:
    """One promise: how its tests ended, and why some were skipped or failed."""

    number: int
    passed: int = 0
    skipped: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What is promised."""
        return PROMISES[self.number]

    @property
    def verdict(self) -> Verdict:
        """Kept if something showed it and nothing spoke against it."""
        return "broken" if self.failed else "kept" if self.passed else "not shown"


class _Collector:
    def __init__(self) -> None:
        self.shown = {number: Shown(number) for number in PROMISES}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = _NUMBER.search(report.nodeid)
        if found is None:
            return
        one = self.shown[int(found[1])]
        if report.failed:
            one.failed.append(f"{report.nodeid.rpartition('::')[2]}: {_last_line(report)}")
        elif report.skipped:
            why = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
            one.skipped.append(why.removeprefix("Skipped: "))
        elif report.when == "call":
            one.passed += 1


def _last_line(report: pytest.TestReport) -> str:
    """What was wrong: of a comparison both sides."""
    crash = getattr(report.longrepr, "reprcrash", None)
    told = str(getattr(crash, "message", None) or report.longrepr or "")
    return told.partition("\n")[0][:_LONGEST]


@contextmanager
def _imported_anew() -> Iterator[None]:
    """Let the test run import the promises itself: only then do their asserts say what was compared."""
    package = __name__.rpartition(".")[0]
    names = [package, *(f"{package}.{one}" for one in _COMPARING), f"{package}.suite"]
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    try:
        yield
    finally:
        sys.modules.update(before)


def certify(factory: Callable[[], ChannelRig]) -> tuple[Shown, ...]:
    """Run the whole contract on rigs of that factory; what came of each promise, by number."""
    chosen.choose(factory)
    collector = _Collector()
    suite = Path(__file__).with_name("suite.py")
    quiet = redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO())
    with tempfile.TemporaryDirectory() as folder, quiet[0], quiet[1], _imported_anew():
        settings = Path(folder, "pytest.ini")
        settings.write_text("[pytest]\n")
        pytest.main(
            ["-q", "-p", "no:cacheprovider", "-W", "error", "-c", str(settings), "--import-mode=importlib", str(suite)],
            plugins=[collector],
        )
    return tuple(collector.shown[number] for number in sorted(collector.shown))
