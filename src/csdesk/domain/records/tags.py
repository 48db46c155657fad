"""Tags on tickets and customers: who set them, how strongly, and until when."""

from __future__ import annotations

from csdesk.domain.records._model import Instant, Key, Record, Word


class TagSource(Word):
    """Where a tag comes from; a hand-set tag is never taken away by a machine."""

    HAND = "hand"
    RULE = "rule"
    SYNC = "sync"
    MODEL = "model"


PRECEDENCE = {TagSource.HAND: 3, TagSource.RULE: 2, TagSource.SYNC: 1, TagSource.MODEL: 0}
"""A higher number wins over a lower one."""


class TagAssignment(Record):
    """One tag on one subject. ``name`` may carry a namespace: ``shop:vip``."""

    name: Key
    source: TagSource = TagSource.HAND
    at: Instant
    expires_at: Instant | None = None


def with_tag(tags: tuple[TagAssignment, ...], new: TagAssignment) -> tuple[TagAssignment, ...]:
    """The tags with ``new`` in its place by name; a weaker source never replaces a stronger one."""
    for index, old in enumerate(tags):
        if old.name == new.name:
            if PRECEDENCE[new.source] < PRECEDENCE[old.source]:
                return tags
            return (*tags[:index], new, *tags[index + 1 :])
    return (*tags, new)


def without_tag(tags: tuple[TagAssignment, ...], name: str) -> tuple[TagAssignment, ...]:
    """The tags without the one of that name."""
    return tuple(tag for tag in tags if tag.name != name)
