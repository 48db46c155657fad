"""What a question about conditions is asked about: the fields, names and calendars of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from csdesk.domain.records.tickets import Category
from csdesk.domain.rules.fields import NOTHING, Declared, Field, field_of
from csdesk.domain.rules.language import Trigger
from csdesk.domain.time.counting import Timeline

_BY_A_PERSON: Final = {"message.author": ("customer",), "message.automatic": ("no",)}
_GIVEN: Final = frozenset({"message.account", "message.channel", "actor.kind", "actor.id"})


@dataclass(frozen=True, slots=True)
class Setting:
    """What a question is asked about."""

    on: Trigger = "message"
    declared: Declared = field(default_factory=lambda: NOTHING)
    zone: str = "UTC"
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The names that the configuration has for a field."""
    calendars: Mapping[str, Timeline] = field(default_factory=dict)
    categories: Mapping[str, Category] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    """The exclusive group of each tag that has one: no record has two of a group. Empty: that is not relied on."""

    def known(self, name: str) -> tuple[str, ...]:
        """The names that the configuration has for the values of a field."""
        return self.declared[name].choices if name in self.declared else self.names.get(name, ())

    def field(self, name: str) -> Field:
        """What is known of a field in this setting: rules on messages see only what a person wrote."""
        known = field_of(name, self.declared)
        assert known is not None
        if name in self.declared:
            return replace(known, choices=())  # what is stored may be older than the declaration
        if self.on == "message":
            only = _BY_A_PERSON.get(name)
            if only is not None:
                return replace(known, choices=only, optional=False)
            return replace(known, optional=False) if name in _GIVEN else known
        return known
