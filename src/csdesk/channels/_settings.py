"""What hosts give the constructors of adapters, checked there: a slip is told at the start, not by a message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final, TypeVar
from urllib.parse import urlsplit

from csdesk._nearest import nearest
from csdesk._sentence import is_a
from csdesk.errors import InvalidInput, sentence

T = TypeVar("T")

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
"""The names of this machine: what goes there is seen by nobody on the way."""


def check_choice(field: str, given: object, known: Iterable[str]) -> None:
    """Refuse what is not exactly one of the words.

    Raises:
        InvalidInput: it is none of them; the remedy names the nearest.
    """
    names = tuple(known)
    if not isinstance(given, str) or given not in names:
        # People write "TLS" and "html": the nearest word is looked for without regard to case.
        folded = {one.lower(): one for one in names}
        meant = folded.get(given.lower(), given) if isinstance(given, str) else given
        raise InvalidInput(field, "unknown value", nearest(meant, names))


def check_name(field: str, given: str, remedy: str) -> None:
    """Refuse a name that is empty, or holds what cannot be printed.

    Raises:
        InvalidInput: it is such a name.
    """
    if not given or not given.isprintable():
        raise InvalidInput(field, "is empty or not printable", remedy)


def several(field: str, given: object, kind: type[T], remedy: str) -> tuple[T, ...]:
    """Several values as a tuple; one str is not taken for its letters.

    Raises:
        InvalidInput: it is one str or bytes, nothing that can be gone through, or holds something of another type.
    """
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise InvalidInput(field, is_a(given), remedy)
    values: tuple[object, ...] = tuple(given)
    found = tuple(one for one in values if isinstance(one, kind) and not isinstance(one, bool))
    if len(found) != len(values):
        raise InvalidInput(field, sentence("holds something that is no {kind}", kind=kind.__name__), remedy)
    return found


def names_of(field: str, given: object) -> dict[str, str]:
    """A mapping of words to words; empty for None.

    Raises:
        InvalidInput: it is no mapping, or holds something else.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(one, str) for pair in given.items() for one in pair):
        raise InvalidInput(field, "is no mapping of str to str", 'pass a dict such as {"theirs": "ours"}')
    return dict(given)


def check_span(field: str, given: object) -> None:
    """Refuse what is no length of time, or none at all.

    Raises:
        InvalidInput: it is no ``timedelta``, or not more than nothing.
    """
    if not isinstance(given, timedelta):
        raise InvalidInput(field, is_a(given), "pass a datetime.timedelta")
    if given <= timedelta(0):
        raise InvalidInput(field, "is not positive", "pass for example timedelta(minutes=1)")


def base_address(given: object, example: str, *, in_clear: bool = False) -> str:
    """Where a provider's interface is. Secrets go there: in the clear only to this machine, unless ``in_clear``.

    Raises:
        InvalidInput: it is no http or https address, or a secret would go over the network in the clear.
    """
    problem = InvalidInput("base_url", "is no address", sentence("pass one such as {example}", example=example))
    try:
        parts = urlsplit(given) if isinstance(given, str) else None
        host = None if parts is None else parts.hostname
    except ValueError:
        raise problem from None
    if not isinstance(given, str) or parts is None or parts.scheme not in ("http", "https") or not host:
        raise problem
    if parts.scheme == "http" and not in_clear and host not in LOOPBACK:
        raise InvalidInput(
            "base_url",
            "would send secrets in the clear",
            sentence("pass an https address such as {example}", example=example),
        )
    return given
