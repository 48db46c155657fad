"""What the source says in errors: every text that it passes as a problem or a remedy, found in the syntax trees.

A text is followed through conditions, names, constants and the functions that return it, down to the literals that it
can be. What ends elsewhere (an f-string, a sum, ``str(...)``) is a fault: nobody could tell it in another language.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Formatter

import csdesk

SOURCE = Path(csdesk.__file__).parent

SAID = frozenset({"problem", "remedy"})
"""Whatever has a parameter with one of these names, takes a text for it."""
PARTS = {"MissingExtra": (2,), "SchemaTooNew": (0,), "TransactionOpen": (0,), "UnsupportedFeature": (0, 1, 2)} | {
    "unsupported": (0,),
}
"""Which arguments of other errors, and of what raises them, are texts or parts of one."""
PASSED_ON = SAID | {"call", "feature"}
BARE = frozenset(
    {
        "CommitUnknown",
        "CsdeskError",
        "FlowError",
        "RemoteError",
        "StoreBusy",
        "StoreDamaged",
        "StoreError",
        "UsageError",
    }
)
"""Errors that are raised with their whole text alone."""
OTHER = frozenset({"CommandError", "complain", "expect", "word"})
"""What takes texts in the user's language already, or tells an audit's findings."""
TELLING = frozenset({"guess", "nearest", "sentence"})
"""What may stand inside a sentence, since it returns one."""
TOLD = frozenset({"condition", "problem", "remedy", "what"})
"""Places in which part of a sentence stands."""
IDENTIFIER = re.compile(r"csdesk|[a-z]+(_[a-z]+)+|([A-Z][a-z]+){2,}")
"""Names of code, which are told as they are."""
FINISHED = frozenset({"told_by_pydantic"})
"""What returns sentences that another test looks at."""


@dataclass(frozen=True)
class Said:
    """A text that an error can say."""

    text: str
    where: str
    names: frozenset[str] | None = None
    """The values of a template; None for a plain text."""


@dataclass(frozen=True)
class Fault:
    """A text that cannot be followed to a literal."""

    what: str
    where: str


@dataclass(frozen=True)
class Module:
    path: str
    tree: ast.Module
    around: dict[ast.AST, ast.AST]

    def functions_over(self, node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        above = self.around.get(node)
        while above is not None:
            if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef):
                yield above
            above = self.around.get(above)

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 0)}"


@dataclass
class Source:
    modules: list[Module]
    functions: dict[str, list[tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef]]] = field(default_factory=dict)
    constants: dict[str, list[tuple[Module, ast.expr]]] = field(default_factory=dict)
    takers: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for module in self.modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    self._define(node, module)
                elif isinstance(node, ast.ClassDef) and "NamedTuple" in _bases(node):
                    self._take(node.name, [one.target.id for one in node.body if _is_field(one)], [])
            for one in module.tree.body:
                targets, value = _assigned(one)
                for target in targets:
                    if isinstance(target, ast.Name) and value is not None:
                        self.constants.setdefault(target.id, []).append((module, value))
        self._inherit()

    def _inherit(self) -> None:
        """Errors take what the constructor that they inherit takes."""
        for module in self.modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.ClassDef) and node.name not in self.takers and not _is_made_otherwise(node):
                    for base in _bases(node):
                        if base in self.takers:
                            self.takers[node.name] = self.takers[base]

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef, module: Module) -> None:
        self.functions.setdefault(node.name, []).append((module, node))
        owner = module.around.get(node)
        name = owner.name if isinstance(owner, ast.ClassDef) and node.name == "__init__" else node.name
        static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in node.decorator_list)
        given = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
        own = isinstance(owner, ast.ClassDef) and not static
        self._take(_known_as(name, module), given[own:], [one.arg for one in node.args.kwonlyargs])

    def _take(self, name: str, given: list[str], keywords: list[str]) -> None:
        if SAID & {*given, *keywords} and name not in OTHER:
            self.takers[name] = given

    def texts(self) -> Iterator[tuple[str, Said | Fault]]:
        """Every text with the module whose call says it."""
        for module in self.modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call):
                    for one in self._given(node, module):
                        yield from ((module.path, found) for found in self.follow(one, module))

    def _given(self, call: ast.Call, module: Module) -> Iterator[ast.expr]:
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        name = _known_as(name, module)
        if name in BARE or name == "ValueError" or ast.unparse(call) == "kind(problem)":
            yield from call.args[:1]
        elif name in PARTS:
            yield from (call.args[place] for place in PARTS[name] if place < len(call.args))
        elif name == "SourceProblem":
            yield from (one.value for one in call.keywords if one.arg == "detail")
        elif name == "sentence":
            yield call
        elif name == "PydanticCustomError":
            yield from (one for one in call.args[1:2] if not _is_template(one))
        elif name in self.takers and not any(isinstance(one, ast.Starred) for one in call.args[:2]):
            pairs = zip(self.takers[name], call.args, strict=False)
            yield from (one for parameter, one in pairs if parameter in SAID)
            yield from (one.value for one in call.keywords if one.arg in SAID)

    def follow(  # noqa: C901, PLR0912  one branch for each kind of expression
        self, node: ast.expr, module: Module, pick: tuple[int, ...] = (), depth: int = 0
    ) -> Iterator[Said | Fault]:
        """The literals that an expression can be; ``pick`` leads to it through nested tuples."""
        deeper = depth + 1
        if depth > 14:
            yield Fault("too far away", module.at(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value and not IDENTIFIER.fullmatch(node.value):
                yield Said(node.value, module.at(node))
        elif isinstance(node, ast.Constant) and node.value is None:
            pass
        elif isinstance(node, ast.Tuple | ast.List):
            for one in node.elts[pick[0] : pick[0] + 1] if pick else node.elts:
                yield from self.follow(one, module, pick[1:], deeper)
        elif isinstance(node, ast.Dict):
            for one in node.values:
                yield from self.follow(one, module, pick, deeper)
        elif isinstance(node, ast.IfExp):
            yield from self.follow(node.body, module, pick, deeper)
            yield from self.follow(node.orelse, module, pick, deeper)
        elif isinstance(node, ast.BoolOp):
            for one in node.values:
                yield from self.follow(one, module, pick, deeper)
        elif isinstance(node, ast.NamedExpr):
            yield from self.follow(node.value, module, pick, deeper)
        elif isinstance(node, ast.Call):
            yield from self._called(node, module, pick, deeper)
        elif isinstance(node, ast.Name):
            yield from self._named(node, module, pick, deeper)
        elif isinstance(node, ast.Starred):  # one of what a loop goes over
            for rows in self._rows(node.value, module):
                yield from self.follow(rows, module, pick, deeper)
        elif isinstance(node, ast.Subscript):
            if isinstance(node.slice, ast.Constant) and node.slice.value in SAID:
                return
            yield from self.follow(node.value, module, pick, deeper)
        elif isinstance(node, ast.Attribute):
            if node.attr not in SAID | {"__name__"}:
                yield Fault(f"an attribute: {ast.unparse(node)}", module.at(node))
        else:
            yield Fault(f"no literal: {ast.unparse(node)}", module.at(node))

    def _rows(self, node: ast.expr, module: Module) -> Iterator[ast.expr]:
        if isinstance(node, ast.Tuple | ast.List):
            yield from node.elts
        elif isinstance(node, ast.Name):
            values = [
                value
                for function in module.functions_over(node)
                for one in ast.walk(function)
                for value, _ in _bound(one, node.id)
            ]
            for value in values or [value for home, value in self.constants.get(node.id, []) if home is module]:
                yield from self._rows(value, module)
        else:
            yield node

    def _called(  # noqa: C901  one branch for each kind of call
        self, call: ast.Call, module: Module, pick: tuple[int, ...], depth: int
    ) -> Iterator[Said | Fault]:
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        if name == "sentence":
            template = call.args[0] if call.args else None
            if isinstance(template, ast.Constant) and isinstance(template.value, str):
                names = frozenset(one.arg for one in call.keywords if one.arg)
                yield Said(template.value, module.at(call), names)
            else:
                yield Fault(f"no literal template: {ast.unparse(call)}", module.at(call))
            for keyword in call.keywords:
                told = keyword.arg in TOLD
                yield from (self.follow if told else self._value)(keyword.value, module, (), depth)
        elif name == "get" and isinstance(call.func, ast.Attribute) and _is_constant(call.func.value):
            yield from self.follow(call.func.value, module, pick, depth)
            yield from self.follow(call.args[1], module, pick, depth) if len(call.args) > 1 else ()
        elif name in ("MappingProxyType", "fromkeys"):
            yield from self.follow(call.args[-1], module, pick, depth)
        elif name not in FINISHED:
            found = self.functions.get(name, [])
            near = [pair for pair in found if pair[0] is module] or (found if len(found) == 1 else [])
            if not near:
                yield Fault(f"a call: {ast.unparse(call)}", module.at(call))
            for home, function in near:
                for one in ast.walk(function):
                    if (
                        isinstance(one, ast.Return)
                        and one.value is not None
                        and next(home.functions_over(one)) is function
                    ):
                        yield from self.follow(one.value, home, pick, depth)

    def _value(self, node: ast.expr, module: Module, pick: tuple[int, ...], depth: int) -> Iterator[Said | Fault]:
        """What stands in a place of a template: names, numbers and sentences, no words of its own."""
        if isinstance(node, ast.IfExp):
            yield from self._value(node.body, module, pick, depth)
            yield from self._value(node.orelse, module, pick, depth)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TELLING:
            yield from self.follow(node, module, (), depth)
        elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and " " in str(node.value)):
            yield Fault(f"words in a place: {ast.unparse(node)}", module.at(node))

    def _named(self, node: ast.Name, module: Module, pick: tuple[int, ...], depth: int) -> Iterator[Said | Fault]:
        for function in module.functions_over(node):
            arguments = function.args
            if node.id in {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}:
                if node.id not in PASSED_ON:
                    yield Fault(f"a parameter that is called otherwise: {node.id}", module.at(node))
                return
            values = [(value, place) for one in ast.walk(function) for value, place in _bound(one, node.id)]
            for value, place in values:
                yield from self.follow(value, module, (*place, *pick), depth)
            if values:
                return
        constants = [pair for pair in self.constants.get(node.id, []) if pair[0] is module] or self.constants.get(
            node.id
        )
        if not constants:
            yield Fault(f"a name from elsewhere: {node.id}", module.at(node))
            return
        for home, value in constants:
            yield from self.follow(value, home, pick, depth)


def _bound(node: ast.AST, name: str) -> Iterator[tuple[ast.expr, tuple[int, ...]]]:
    """What a name is bound to, with the way to it through nested tuples."""
    if isinstance(node, ast.NamedExpr) and node.target.id == name:
        yield node.value, ()
    targets, value = _assigned(node)
    if isinstance(node, ast.For | ast.AsyncFor):
        targets, value = [node.target], ast.Starred(node.iter)
    for target in targets:
        if value is not None:
            yield from ((value, way) for way in _ways(target, name))


def _ways(target: ast.expr, name: str) -> Iterator[tuple[int, ...]]:
    if isinstance(target, ast.Name) and target.id == name:
        yield ()
    elif isinstance(target, ast.Tuple):
        for place, one in enumerate(target.elts):
            yield from ((place, *way) for way in _ways(one, name))


def _assigned(node: ast.AST) -> tuple[Sequence[ast.expr], ast.expr | None]:
    if isinstance(node, ast.Assign):
        return node.targets, node.value
    if isinstance(node, ast.AnnAssign):
        return [node.target], node.value
    return [], None


def _known_as(name: str, module: Module) -> str:
    """Private functions of several modules may share their name."""
    return f"{module.path}:{name}" if name.startswith("_") else name


def is_neutral(template: str) -> bool:
    """True for a template without words of its own."""
    return not any(literal and re.search("[a-z]", literal) for literal, *_ in Formatter().parse(template))


def _bases(node: ast.ClassDef) -> list[str]:
    return [base.id for base in node.bases if isinstance(base, ast.Name)]


def _is_made_otherwise(node: ast.ClassDef) -> bool:
    return any(isinstance(one, ast.FunctionDef) and one.name == "__init__" for one in node.body)


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id.strip("_").isupper()


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


def _is_template(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == "{problem}; {remedy}"


def places(template: str) -> frozenset[str]:
    """The names of the values that a template tells."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def read(sources: dict[str, str]) -> Source:
    """The modules with these texts."""
    modules = []
    for path, text in sources.items():
        tree = ast.parse(text)
        around = {below: node for node in ast.walk(tree) for below in ast.iter_child_nodes(node)}
        modules.append(Module(path, tree, around))
    return Source(modules)


@cache
def read_all() -> Source:
    """All modules of csdesk."""
    files = sorted(SOURCE.rglob("*.py"))
    return read({str(one.relative_to(SOURCE)): one.read_text(encoding="utf-8") for one in files})
