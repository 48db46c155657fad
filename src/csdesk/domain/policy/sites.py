"""Sites as decisions read them: which one a conversation belongs to, what lies below it, and who helps out when.

The site of a ticket is that of the entry point it came by; else the one its customer's profile, telephone number or
account tells; else that of a queue which serves only one site. Whoever sets it by rule or by hand is believed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from csdesk.domain.policy.sections.sites import SitePolicy
from csdesk.domain.records._settings import refused, unknown
from csdesk.domain.records.customers import Customer
from csdesk.domain.text.folding import fold
from csdesk.errors import sentence

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig
    from csdesk.domain.policy.sections.service import EntryPointPolicy, QueuePolicy

_PHONES: Final = frozenset({"phone", "sms", "tel", "whatsapp"})
"""The kinds of identities that are telephone numbers."""


class Step(NamedTuple):
    """From when on the people of which sites may take a ticket; nobody named: everybody may."""

    after: timedelta
    sites: tuple[str, ...]


class Sites:
    """The sites of a configuration; false if there are none."""

    __slots__ = ("_accounts", "_by_name", "_config", "_of_queue", "_phones", "_places", "steps")

    def __init__(self, config: DeskConfig) -> None:
        """See ``compile_policy``."""
        self._config = config
        self._by_name = {one.name: one for one in config.sites}
        self._accounts = {one.name: one.site for one in config.accounts if one.site is not None}
        self._of_queue = {one.name: one.sites[0] for one in config.queues if len(one.sites) == 1}
        self._places = sorted(_places(config), key=_longest_first)
        self._phones = sorted(((_digits(p), one.name) for one in config.sites for p in one.phones), key=_longest_first)
        self.steps: dict[str, tuple[Step, ...]] = {one.name: tuple(self._steps(one)) for one in config.sites}
        """Who may take the tickets of each site when, its own people first."""

    def __bool__(self) -> bool:
        return bool(self._by_name)

    @property
    def names(self) -> tuple[str, ...]:
        """All sites, in the order of the configuration."""
        return tuple(self._by_name)

    def get(self, name: str | None) -> SitePolicy | None:
        """The site of that name; None if the configuration has none."""
        return self._by_name.get(name) if name is not None else None

    def above(self, name: str) -> Iterator[str]:
        """The site and all above it, nearest first; one that the configuration no longer has stands alone."""
        seen: set[str] = set()
        found: str | None = name
        while found is not None and found not in seen:
            seen.add(found)
            yield found
            found = site.parent if (site := self._by_name.get(found)) is not None else None

    def below(self, name: str) -> tuple[str, ...]:
        """The site and all below it."""
        return (name, *[one for one in self._by_name if one != name and name in self.above(one)])

    def queue_of(self, name: str | None) -> str | None:
        """Where the tickets of a site wait that nothing directs elsewhere."""
        site = self.get(name)
        return site.queue if site is not None else None

    def calendar_of(self, name: str | None) -> str | None:
        """The calendar of a site; without one of its own, that of the nearest site above it."""
        held = (self._by_name.get(one) for one in self.above(name)) if name is not None else ()
        return next((one.calendar for one in held if one is not None and one.calendar is not None), None)

    def language_of(self, name: str | None) -> str | None:
        """What customers of a site speak; None: nobody says."""
        site = self.get(name)
        return site.languages[0] if site is not None and site.languages else None

    def hours_of(self, queue: QueuePolicy) -> str | None:
        """The hours of those who have no shift of their own: what the queue says, or the calendar of its only site."""
        if queue.routing.hours is not None or len(queue.sites) != 1:
            return queue.routing.hours
        return self.calendar_of(queue.sites[0])

    def find(self, point: EntryPointPolicy | None, customer: Customer, account: str, queue: str) -> str | None:
        """The site of a conversation; None if nothing tells it. ``queue``: where it would begin without a site."""
        if not self._by_name:
            return None
        told = point.site if point is not None else None
        return told or self.of_customer(customer) or self._accounts.get(account) or self._of_queue.get(queue)

    def of_customer(self, customer: Customer) -> str | None:
        """The site that a customer's profile tells, or else a telephone number."""
        for name in self._config.site_fields:
            value = customer.attribute(name)
            place = fold(str(value.value)).strip() if value is not None and value.value is not None else ""
            found = next((site for begins, site in self._places if place.startswith(begins)), None) if place else None
            if found is not None:
                return found
        for one in customer.identities:
            if one.kind in _PHONES and (digits := _digits(one.external_id)):
                found = next((site for begins, site in self._phones if digits.startswith(begins)), None)
                if found is not None:
                    return found
        return None

    def _steps(self, site: SitePolicy) -> Iterator[Step]:
        reached: tuple[str, ...] = (site.name,)
        yield Step(timedelta(0), reached)
        helpers = site.fallback or tuple(one for one in self.above(site.name) if one != site.name)
        for place, name in enumerate(helpers, start=1):
            reached = (*reached, name)
            yield Step(site.wait * place, reached)
        if site.last == "anybody":
            yield Step(site.wait * (len(helpers) + 1), ())


def _digits(number: str) -> str:
    """A telephone number as it is compared: its digits, without what stands before the country code."""
    return "".join(one for one in number if one.isdigit()).removeprefix("00")


def _longest_first(pair: tuple[str, str]) -> tuple[int, str]:
    return -len(pair[0]), pair[0]


def _places(config: DeskConfig) -> Iterator[tuple[str, str]]:
    for site in config.sites:
        titles = (site.title, *[one.title for one in site.titles])
        for place in dict.fromkeys(fold(one).strip() for one in (site.name, *titles, *site.regions)):
            if place:
                yield place, site.name


def check_sites(config: DeskConfig) -> None:
    """Refuse sites that refer to what there is not, that lie in each other, or that cannot be told apart."""
    for site in config.sites:
        _check_site(config, site)
    _check_tree(config)
    _check_told_apart(config)
    known = {one.name for one in config.sites}
    serving: list[tuple[tuple[str, ...], tuple[str | int, ...]]] = [
        *((one.sites, ("queues", one.name)) for one in config.queues),
        *((one.sites, ("access", "grants", number)) for number, one in enumerate(config.access.grants)),
    ]
    for names, path in serving:
        for place, name in enumerate(names):
            _check_name(name, known, *path, "sites", place)
    for section in ("accounts", "entry_points"):
        for one in getattr(config, section):
            _check_name(one.site, known, section, one.name, "site")


def _check_site(config: DeskConfig, site: SitePolicy) -> None:
    known, calendars = {one.name for one in config.sites}, {one.name for one in config.calendars}
    queues = {one.name: one for one in config.queues}
    path = ("sites", site.name)
    _check_name(site.parent, known, *path, "parent")
    for place, name in enumerate(site.fallback):
        _check_name(name, known, *path, "fallback", place)
    if site.calendar is not None and site.calendar not in calendars:
        raise unknown("calendar", site.calendar, calendars, *path, "calendar")
    if site.queue is None:
        return
    if site.queue not in queues:
        raise unknown("queue", site.queue, queues, *path, "queue")
    if (serves := queues[site.queue].sites) and site.name not in serves:
        remedy = sentence("add {site!r} to the sites of the queue, or name another queue", site=site.name)
        raise refused(sentence("queue {queue!r} does not serve the site", queue=site.queue), remedy, *path, "queue")


def _check_name(name: str | None, known: set[str], *path: str | int) -> None:
    if name is not None and name not in known:
        raise unknown("site", name, known, *path)


def _check_tree(config: DeskConfig) -> None:
    parents = {one.name: one.parent for one in config.sites}
    for site in config.sites:
        seen = [site.name]
        above = site.parent
        while above is not None:
            if above == site.name:
                told = " -> ".join((*seen, above))
                problem = sentence("sites lie in each other: {circle}", circle=told)
                raise refused(problem, "take one parent out", "sites", site.name, "parent")
            if above in seen:
                break
            seen.append(above)
            above = parents[above]


def _check_told_apart(config: DeskConfig) -> None:
    """What names two sites would send a customer to either by chance."""
    for field, pairs in (
        ("regions", [(place, name) for place, name in _places(config)]),
        ("phones", [(_digits(phone), one.name) for one in config.sites for phone in one.phones]),
    ):
        owners: dict[str, str] = {}
        for place, name in pairs:
            if (other := owners.setdefault(place, name)) != name:
                problem = sentence("{place!r} stands for site {site!r} too", place=place, site=other)
                raise refused(problem, "let one site have it, or write more of it", "sites", name, field)
