"""Packages whose parts are loaded when they are first asked for: ``import csdesk`` stays cheap."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module

Loader = Callable[[str], object]
"""What a module needs as its ``__getattr__``."""


def names(package: str, homes: Mapping[str, str]) -> Loader:
    """Load each name of a package from the module where it is at home."""
    return _loader(package, homes, lambda name: getattr(import_module(homes[name]), name))


def modules(package: str, homes: Mapping[str, str]) -> Loader:
    """Load the modules that a package offers under these names."""
    return _loader(package, homes, lambda name: import_module(homes[name]))


def _loader(package: str, homes: Mapping[str, str], found: Loader) -> Loader:
    """Answer for the names that there are, and keep what was loaded for the next look-up."""

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])
        value = found(name)
        setattr(sys.modules[package], name, value)
        return value

    return load
