"""Tags on tickets and customers: who set them, how strongly, and until when.

A name with a namespace (``shop:vip``) belongs to a system outside: only what that system syncs sets or takes it.
"""

from __future__ import annotations

from datetime import datetime

from csdesk.domain.records._model import Instant, Key, Record, Word


class TagSource(Word):
    """Where a tag comes from. ``hand``: a person. ``model``: what guesses."""

    HAND = "hand"
    RULE = "rule"
    SYNC = "sync"
    MODEL = "model"


class TagAssignment(Record):
    """One tag on one subject. ``name`` may carry a namespace: ``shop:vip``."""

    name: Key
    source: TagSource = TagSource.HAND
    at: Instant
    expires_at: Instant | None = None
    """When ``run_due`` takes it away again; None: never."""


class TagRemoval(Record):
    """That a tag was taken away on purpose: whoever counts for less than ``source`` does not put it back."""

    name: Key
    source: TagSource = TagSource.HAND
    at: Instant


def namespace_of(name: str) -> str:
    """The namespace of a tag, empty for the desk's own.

    >>> namespace_of("shop:vip")
    'shop'
    """
    space, sign, _ = name.partition(":")
    return space if sign else ""


def with_tag(tags: tuple[TagAssignment, ...], new: TagAssignment) -> tuple[TagAssignment, ...]:
    """The tags with ``new``, in the place of the one of that name; whether it may take that place is decided before."""
    for index, old in enumerate(tags):
        if old.name == new.name:
            return (*tags[:index], new, *tags[index + 1 :])
    return (*tags, new)


def without_tag(tags: tuple[TagAssignment, ...], name: str) -> tuple[TagAssignment, ...]:
    """The tags without the one of that name."""
    return tuple(tag for tag in tags if tag.name != name)


def next_expiry(tags: tuple[TagAssignment, ...]) -> datetime | None:
    """The first instant at which one of the tags ends; None: none of them does."""
    return min([tag.expires_at for tag in tags if tag.expires_at is not None], default=None) if tags else None
