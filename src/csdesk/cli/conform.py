"""``csdesk conform``: run the channel contract, and print what it found."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from csdesk.cli._failing import CommandError, Exit
from csdesk.cli._options import Json, Lang
from csdesk.cli._output import Output, cell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from csdesk.testing.channel_contract import ChannelRig
    from csdesk.testing.channel_contract.certificate import Shown


def conform(
    *,
    rig: Annotated[str, typer.Argument(metavar="MODULE:FACTORY", help="What makes a ChannelRig.")],
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Check a channel against the contract, and print the certificate. Needs the extra "testing"."""
    out = Output(as_json=as_json, locale=lang.locale)
    factory = _factory(rig, out)
    # The one place where the library loads its test kit: here it is the point.
    from csdesk.testing.channel_contract.certificate import certify

    shown = certify(factory)
    broken = sum(one.verdict == "broken" for one in shown)
    if as_json:
        out.document(
            {
                "rig": rig,
                "promises": [
                    {
                        "number": one.number,
                        "title": one.title,
                        "verdict": one.verdict,
                        "passed": one.passed,
                        "skipped": sorted(set(one.skipped)),
                        "failed": one.failed,
                    }
                    for one in shown
                ],
            }
        )
    else:
        _print(shown, rig, out)
    if broken or not any(one.verdict == "kept" for one in shown):
        raise CommandError(Exit.PARTLY, out.word("conform.broken", rig=rig, count=broken), out.word("conform.remedy"))


def _factory(rig: str, out: Output) -> Callable[[], ChannelRig]:
    module, _, name = rig.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # as ``python -m`` has it: a rig mostly lies in the project that one stands in
    try:
        found: object = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        problem = out.word("conform.no_rig", rig=rig, problem=f"{type(error).__name__}: {error}")
        raise CommandError(Exit.USAGE, problem, out.word("conform.no_rig.remedy")) from error
    problem = _no_rig(found, out)
    if problem or not callable(found):
        raise CommandError(
            Exit.USAGE, out.word("conform.no_rig", rig=rig, problem=problem), out.word("conform.no_rig.remedy")
        )
    return found


def _no_rig(found: object, out: Output) -> str:
    """Why this makes no rig; empty if it may. A channel named here would break every promise for the same reason."""
    from csdesk.testing.channel_contract import ChannelRig

    if not callable(found):
        return out.word("not_callable")
    return out.word("conform.no_base") if isinstance(found, type) and not issubclass(found, ChannelRig) else ""


def _reasons(failed: list[str]) -> Iterator[str]:
    """Each reason once, with the first test that tells it, and how many more do."""
    tests: dict[str, list[str]] = {}
    for one in failed:
        test, _, reason = one.partition(": ")
        tests.setdefault(reason, []).append(test)
    for reason, names in tests.items():
        yield f"{reason} ({names[0]}{f' +{len(names) - 1}' if names[1:] else ''})"


_VERDICTS = {"kept": "conform.kept", "broken": "conform.is_broken", "not shown": "conform.not_shown"}


def _print(shown: tuple[Shown, ...], rig: str, out: Output) -> None:
    table = out.table(">number", "conform.promise", "conform.verdict", "conform.why", title=rig)
    for one in shown:
        why = "\n".join(_reasons(one.failed)) if one.failed else "; ".join(sorted(set(one.skipped)))
        style = {"kept": "green", "broken": "red"}.get(one.verdict, "yellow")
        verdict = out.word(_VERDICTS[one.verdict])
        table.add_row(cell(one.number), cell(one.title), cell(verdict, style), cell(why))
    out.show(table)
