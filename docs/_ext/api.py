"""Write one reference page per public module, and the list of them, so that the reference follows the code by itself.

The pages stand outside the tree of contents: with hundreds of them in it, drawing the tree anew beside each page took
most of the time of a build.

A page lists the names that a module offers and that are at home there, or in a private module behind it. A name that
several modules offer is described once, at its home, so Sphinx never sees it twice.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PACKAGE = "csdesk"
FOLDER = "reference/api"


def setup(app: Sphinx) -> dict[str, bool]:
    """Hook into Sphinx."""
    app.connect("builder-inited", write_pages)
    app.connect("missing-reference", leave_unlinked)
    return {"parallel_read_safe": True}


def write_pages(app: Sphinx) -> None:
    """Make the folder hold exactly the pages of the modules that exist now."""
    folder = Path(app.srcdir, FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    modules = list(public_modules())
    pages = {f"{module.__name__}.rst": page(module) for module in modules} | {"index.md": index(modules)}
    for stale in set(folder.iterdir()) - {folder / name for name in pages}:
        stale.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def public_modules() -> Iterator[ModuleType]:
    """Yield the package and all its modules but private ones and the command line, which is no API."""
    root = importlib.import_module(PACKAGE)
    yield root
    for found in pkgutil.walk_packages(root.__path__, prefix=f"{PACKAGE}."):
        parts = found.name.split(".")
        if "cli" not in parts and not any(part.startswith("_") for part in parts):
            yield importlib.import_module(found.name)


def index(modules: list[ModuleType]) -> str:
    """List the modules with the first line of what they say of themselves."""
    listed = [(module.__name__, (module.__doc__ or "").strip().partition("\n")[0]) for module in modules]
    return "\n".join(f"- {{doc}}`{name} <api/{name}>`: {told}" for name, told in sorted(listed)) + "\n"


def page(module: ModuleType) -> str:
    """Describe a module: its docstring, then each name that is at home in it."""
    title = module.__name__
    parts = [":orphan:", "", title, "=" * len(title), "", f".. automodule:: {title}", "   :no-members:", ""]
    for name in public_names(module):
        if home(module, name) == title:
            parts += [f".. {directive(getattr(module, name))}:: {title}.{name}", ""]
    return "\n".join(parts)


def public_names(module: ModuleType) -> list[str]:
    """List what a module offers: its ``__all__``, else what it defines under a public name."""
    if hasattr(module, "__all__"):
        return [name for name in module.__all__ if not name.startswith("_")]
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


def home(module: ModuleType, name: str) -> str:
    """Tell the module that describes a name: where it is defined, or the one that shows what a private one defines."""
    value = getattr(module, name)
    if inspect.ismodule(value):
        return ""
    defined_in = getattr(value, "__module__", None) if not is_plain_value(value) else None
    if not isinstance(defined_in, str):
        return module.__name__ if name in assigned_names(module) else ""
    if not defined_in.startswith(f"{PACKAGE}."):
        return module.__name__ if name in assigned_names(module) else ""
    public: list[str] = []
    for part in defined_in.split("."):
        if part.startswith("_"):
            break
        public.append(part)
    else:
        return defined_in
    return ".".join(public)


def is_plain_value(value: object) -> bool:
    """Tell a constant from a class or a function: only the latter know where they were defined."""
    return not (inspect.isclass(value) or inspect.isroutine(value) or hasattr(value, "__supertype__"))


def assigned_names(module: ModuleType) -> frozenset[str]:
    """Collect the names that a module's own text assigns at its top level."""
    source = inspect.getsource(module)
    return frozenset(re.findall(r"^(?:type )?([A-Za-z]\w*)\s*(?::[^=\n]+)?=", source, flags=re.MULTILINE))


def directive(value: object) -> str:
    """Choose the autodoc directive for a value."""
    if inspect.isclass(value):
        return "autoexception" if issubclass(value, BaseException) else "autoclass"
    return "autofunction" if inspect.isroutine(value) else "autodata"


def leave_unlinked(
    _app: Sphinx, _env: BuildEnvironment, node: pending_xref, contnode: nodes.Element
) -> nodes.Element | None:
    """Show a name without a link where generated pages mention one that has no page; written pages must be right."""
    return contnode if node.get("refdoc", "").startswith(f"{FOLDER}/") else None
