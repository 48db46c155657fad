"""Whatever a method of a shell is asked for reaches the flow or the command behind it, the same from both shells.

Nothing is run: the flow that a method would run is looked at before it begins. A parameter that a method forgets, or
takes for another one, makes no difference there, or another one.
"""

import asyncio
import inspect
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from types import SimpleNamespace

import pytest
from tests.test_parity import members, pairs

from csdesk import (
    Actor,
    AssetVariant,
    DeskConfig,
    Sender,
    Skill,
    TextPart,
    Variable,
    Viewer,
    Wording,
)
from csdesk.domain.records.authority import Period
from csdesk.domain.records.messages import MediaPart
from csdesk.matching import Context
from csdesk.ports.bots import BotAbstains, BotAnswer
from csdesk.testing import builders


class Reached(Exception):
    """What a method would have run."""

    def __init__(self, what):
        super().__init__(what)
        self.what = what


class Runner:
    """Runs nothing."""

    sends_at_once = True
    core = SimpleNamespace(ids=SimpleNamespace(new="{}1".format))

    def run(self, flow):
        code = flow.gi_code
        if not set(code.co_varnames[: code.co_argcount]) <= set(flow.gi_frame.f_locals):
            next(flow)  # what a function inside shares is there from the first step on
        values = {
            name: value for name, value in flow.gi_frame.f_locals.items() if name in code.co_varnames + code.co_cellvars
        }
        flow.close()
        raise Reached((code.co_filename, code.co_qualname, repr(sorted(values.items(), key=str))))

    def execute(self, command, *, dry_run=False):
        raise Reached((repr(command), dry_run))

    def command_id(self):
        return "cmd_1"


class AsyncRunner(Runner):
    """The same, awaited."""

    async def run(self, flow):
        super().run(flow)

    async def execute(self, command, *, dry_run=False):
        super().execute(command, dry_run=dry_run)


PICTURE = MediaPart(ref={"sha256": "0" * 64, "size": 1})
SAMPLES = {
    "float": (0.25, 0.5),
    "bool": (True, False),
    "bytes": (b"1", b"2"),
    "Actor": (Actor.agent("agt_1"), Actor.system("two")),
    "Viewer": (Viewer(actor=Actor.agent("agt_1")), Viewer(actor=Actor.agent("agt_2"))),
    "Amount": (7, 8),
    "Sequence[str]": (["x"], ["y"]),
    "Sender": (Sender(external_id="one"), Sender(external_id="two")),
    "LibraryPhrase": (builders.phrase(1), builders.phrase(2)),
    "Article": (builders.article(1), builders.article(2)),
    "BotTurn": (SimpleNamespace(number=1), SimpleNamespace(number=2)),
    "BotOutcome": (BotAnswer(text="yes"), BotAbstains()),
    "Exchange[T]": ("one", "two"),
    "Feed": ("one", "two"),
    "Context": (Context(channel="one"), Context(channel="two")),
    "DeskConfig": (DeskConfig(), DeskConfig(zone="Asia/Shanghai")),
    "Order": ("created_at", "priority"),
    "GoalName": ("order", "ticket"),
    "Sign": ("one_touch", "kept"),
    "AnyKnowledge": ("one", "two"),
    "Form": (AssetVariant(part=TextPart(text="one")), AssetVariant(part=TextPart(text="two"))),
    "Skill": (Skill(name="one"), Skill(name="two")),
    "Wording": (Wording(text="one"), Wording(text="two")),
    "Variable": (Variable(name="one"), Variable(name="two")),
    "MediaPart": (PICTURE, PICTURE.model_copy(update={"caption": "two"})),
    "date": (date(2026, 3, 1), date(2026, 3, 2)),
    "tuple[str, float]": (("one", 0.5), ("two", 0.25)),
    "Mapping[str, Sequence[str]]": ({"one": ["x"]}, {"two": ["x"]}),
    "Mapping[Period, Amount]": ({Period.DAY: 1}, {Period.WEEK: 2}),
}
"""Two values of each type: what is asked for, and what else could have been."""


def samples(method, parameter, place):
    """Two values for a parameter, apart from those of its neighbours where the type allows."""
    kind = str(parameter.annotation).removesuffix(" | None")
    if parameter.name == "year":
        return 2026, 2027
    if kind.startswith("Literal["):
        return eval(kind.removeprefix("Literal"))[1:3]
    if kind in SAMPLES:
        return SAMPLES[kind]
    if kind.startswith("Mapping[str"):
        return {"one": "x"}, {"two": "y"}
    if kind.startswith(("Sequence[", "Iterable[")):
        inner = kind.partition("[")[2].removesuffix("]")
        return tuple([one] for one in _scalars(method, inner, parameter.name, place))
    return _scalars(method, kind, parameter.name, place)


def _scalars(method, kind, name, place):
    kind = kind.partition(" | ")[0]
    if kind in SAMPLES:
        return SAMPLES[kind]
    if kind == "int":
        return place + 1, place + 2
    if kind in ("datetime", "timedelta"):
        start, more = (datetime(2026, 3, 1, tzinfo=UTC), timedelta(days=1)) if kind == "datetime" else (SPAN, SPAN)
        return start + more * (place + 1), start + more * (place + 2)
    found = method.__globals__.get(kind)
    if inspect.isclass(found) and issubclass(found, Enum):
        return tuple(found)[:2]
    return f"{name}_one", f"{name}_two"


ONE_OF = {"Learning.forget": ("message", "phrase", "last")}
"""What must not be asked for together."""

SPAN = timedelta(hours=1)


def methods():
    for blocking, coloured in pairs()[1:]:
        for name, method in members(blocking).items():
            if not isinstance(method, property):
                yield pytest.param(blocking, coloured, name, id=f"{blocking.__name__}.{name}")


def asked(group, name, given):
    method = getattr(group, name)
    kinds = inspect.signature(method).parameters
    rest = next((one for one, parameter in kinds.items() if parameter.kind is parameter.VAR_POSITIONAL), None)
    first = list(kinds)[: list(kinds).index(rest)] if rest is not None else []
    values = [given[one] for one in first] + (list(given[rest]) if rest is not None else [])
    try:
        answer = method(*values, **{one: value for one, value in given.items() if one not in (*first, rest)})
        if inspect.iscoroutine(answer):
            asyncio.run(answer)
    except Reached as reached:
        return reached.what
    raise AssertionError("it runs nothing")


@pytest.mark.parametrize(("blocking", "coloured", "name"), list(methods()))
def test_every_argument_makes_its_difference(blocking, coloured, name):
    method = getattr(blocking, name)
    parameters = list(inspect.signature(method).parameters.values())[1:]
    found = {one.name: samples(method, one, place) for place, one in enumerate(parameters)}
    given = {one: first for one, (first, _) in found.items()}
    ours, theirs = blocking(Runner()), coloured(AsyncRunner())
    if method.__qualname__ in ONE_OF:
        for one in ONE_OF[method.__qualname__]:
            mine = {**given, **dict.fromkeys(ONE_OF[method.__qualname__]), one: given[one]}
            assert asked(ours, name, mine) != asked(ours, name, {**mine, one: found[one][1]}), one
            assert asked(theirs, name, mine) == asked(ours, name, mine)
        return
    whole = asked(ours, name, given)
    assert asked(theirs, name, given) == whole
    for one, (_, second) in found.items():
        other = {**given, one: second}
        assert asked(ours, name, other) != whole, one
        assert asked(theirs, name, other) == asked(ours, name, other), one
