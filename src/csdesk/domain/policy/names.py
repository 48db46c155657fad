"""The names that a configuration declares, and what its references may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from csdesk.domain.policy.sites import Sites
from csdesk.domain.policy.type_tree import GENERAL, lineage
from csdesk.domain.records._settings import refused, unknown
from csdesk.domain.records.tags import namespace_of
from csdesk.domain.records.tickets import Category
from csdesk.domain.rules.fields import Field
from csdesk.errors import sentence

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig


class Names:
    """The names that references may use; each method raises a validator's error unless the one it asks for is there."""

    def __init__(self, config: DeskConfig) -> None:
        self.queues = {one.name for one in config.queues}
        self.accounts = {one.name for one in config.accounts}
        self.departments = {one.name for one in config.departments}
        self.offered = config.transfer
        self.receiving = {one.name for one in config.queues if one.bot is not None}
        """The queues where a bot receives."""
        self.sites = {one.name for one in config.sites}
        sites = Sites(config)
        self.hours = {one.name for one in config.queues if sites.hours_of(one) is not None}
        """The queues that say when people work there."""
        self.levels = {one.name for one in config.levels}
        self.types = {one.name for one in config.types} | {GENERAL}
        self.statuses = {one.name for one in config.statuses} | set(Category)
        self.tags = {one.name for one in config.tags}
        self.flags = {one.name for one in config.flags}
        self.segments = {one.name for one in config.segments}
        self.sla = {one.name for one in config.sla} | {one.level for one in config.immediacy if one.targets}
        self.declared = {one.name: one.field for one in config.fields}
        self.complete = {one.name.partition(".")[0] for one in config.fields}
        """The subjects whose custom fields are declared."""
        self.calendars = {one.name for one in config.calendars}
        self.has_default = config.calendar is not None or len(config.calendars) == 1

    def queue(self, name: str, *path: str | int) -> None:
        """A queue of the desk."""
        if name not in self.queues:
            raise unknown("queue", name, self.queues, *path)

    def level(self, name: str, *path: str | int) -> None:
        """A service level of customers, if the configuration lists any."""
        if self.levels and name not in self.levels:
            raise unknown("level", name, self.levels, *path)

    def type(self, name: str, *path: str | int) -> None:
        """A type of tickets, or one below it in the tree."""
        if not any(one in self.types for one in lineage(name)):
            raise unknown("type", name, self.types, *path)

    def status(self, name: str, *path: str | int) -> None:
        """A status of the configuration, or a category."""
        if name not in self.statuses:
            raise unknown("status", name, self.statuses, *path)

    def service_level(self, name: str, *path: str | int) -> None:
        """A service level agreement, or a level of immediacy that promises something."""
        if name not in self.sla:
            raise unknown("service level", name, self.sla, *path)

    def tag(self, name: str, *path: str | int) -> None:
        """A tag that is declared, or one that a system outside syncs (``shop:vip``), which nobody declares here."""
        if ":" not in name and name not in self.tags:
            raise unknown("tag", name, self.tags, *path)

    def own_tag(self, name: str, *path: str | int) -> None:
        """A tag of the desk's own, which rules may change."""
        if namespace_of(name):
            raise refused(
                sentence("{name!r} belongs to a system outside", name=name),
                "only what it syncs changes it: use a tag of your own",
                *path,
            )
        self.tag(name, *path)

    def site(self, name: str, *path: str | int) -> None:
        """A site of the desk."""
        if name not in self.sites:
            raise unknown("site", name, self.sites, *path)

    def account(self, name: str, *path: str | int) -> None:
        """An account. They need not be listed; if one is, all are."""
        if self.accounts and name not in self.accounts:
            raise unknown("account", name, self.accounts, *path)

    def flag(self, name: str, *path: str | int) -> None:
        """A flag, if the configuration lists any."""
        if self.flags and name not in self.flags:
            raise unknown("flag", name, self.flags, *path)

    def segment(self, name: str, *path: str | int) -> None:
        """A segment of customers."""
        if name not in self.segments:
            raise unknown("segment", name, self.segments, *path)

    def calendar(self, name: str | None, *path: str | int) -> None:
        """A calendar; None names the default, or none."""
        if name is not None and name not in self.calendars:
            raise unknown("calendar", name, self.calendars, *path)

    def working_time(self, name: str, *path: str | int) -> None:
        """A calendar by name, in a desk that has any."""
        if not self.calendars:
            raise refused("it needs a calendar", "add one under calendars, or leave it out", *path, "op")
        self.calendar(name, *path, "value")

    def custom(self, name: str, *path: str | int) -> Field | None:
        """The declaration of a custom field, None if its subject declares none."""
        subject = name.partition(".")[0]
        if name not in self.declared and subject in self.complete:
            known = [one for one in self.declared if one.startswith(subject)]
            raise unknown("field", name, known, *path)
        return self.declared.get(name)

    def each_queue(self, queues: tuple[str, ...], *path: str | int) -> None:
        """Queues of the desk, each refused at its own place."""
        for number, queue in enumerate(queues):
            self.queue(queue, *path, number)
