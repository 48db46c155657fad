"""csdesk: the customer-service engine that applications embed.

Names load on first use, so ``import csdesk`` costs little; the table below says where each one lives.
"""

from typing import TYPE_CHECKING

from csdesk._version import __version__

# A public name stands in three places, which tests/test_exported_members.py keeps equal:
# here for people and wildcard imports, under TYPE_CHECKING for type checkers, in _PUBLIC for the interpreter.
__all__ = ["__version__"]

if TYPE_CHECKING:
    pass  # from csdesk.<module> import <name>, as in _PUBLIC
else:
    _PUBLIC: dict[str, str] = {}  # public name: the module that defines it

    def __getattr__(name: str) -> object:
        """Load a public name from its module and keep it for the next look-up."""
        from importlib import import_module

        module = _PUBLIC.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name, obj=None)
        value = globals()[name] = getattr(import_module(module), name)
        return value

    def __dir__() -> list[str]:
        """List the public names, loaded or not."""
        return sorted({*globals(), *__all__})
