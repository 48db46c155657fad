"""Opening hours of queues as decisions read them: whether one is closed, when it opens, what is said meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from csdesk.domain.policy.sections.closing import OPENS_AT, USUAL_TEXTS, AfterHoursPolicy
from csdesk.domain.policy.service_book import ServiceBook
from csdesk.domain.policy.sites import Sites
from csdesk.domain.text.templates import Template

if TYPE_CHECKING:
    from csdesk.domain.policy.config import DeskConfig

_NOW: Final = timedelta(0)
_DAYS_ZH: Final = "一二三四五六日"
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True, slots=True)
class Closed:
    """A queue that is closed at an instant. ``opens_at`` None: it never opens again."""

    policy: AfterHoursPolicy
    calendar: str
    opens_at: datetime | None
    zone: str
    texts: Mapping[str, Template]
    locale: str

    def notice(self, language: str | None, now: datetime) -> str | None:
        """What is said to somebody of that language; None if nothing can be."""
        if not self.policy.notice or self.opens_at is None:
            return None
        name = _fitting((language or "", self.locale), self.texts)
        zone = ZoneInfo(self.zone)
        words = written(self.opens_at.astimezone(zone), now.astimezone(zone), name)
        return self.texts[name].render({OPENS_AT: words})


class Closings:
    """The hours of the queues that do something after them; false if there is none."""

    __slots__ = ("_locale", "_queues")

    def __init__(self, config: DeskConfig, default: str, sites: Sites) -> None:
        """See ``compile_policy``; ``default`` is the desk's calendar."""
        self._locale = config.locale
        self._queues = {
            one.name: (
                one.after_hours,
                one.after_hours.calendar or sites.hours_of(one) or default,
                _texts(one.after_hours),
            )
            for one in config.queues
            if one.after_hours is not None
        }

    def __bool__(self) -> bool:
        return bool(self._queues)

    def closed(self, queue: str, now: datetime, book: ServiceBook) -> Closed | None:
        """The queue as it is closed at that instant; None while it is open, or does nothing after hours."""
        found = self._queues.get(queue)
        time = book.times.get(found[1]) if found is not None else None
        if found is None or time is None or time.is_open(now):
            return None
        policy, calendar, texts = found
        opens_at = time.add(now, _NOW, snap=True)
        return Closed(policy, calendar, opens_at, book.calendars[calendar].zone, texts, self._locale)


def _texts(policy: AfterHoursPolicy) -> Mapping[str, Template]:
    given = [(one.language, one.text) for one in policy.texts] or USUAL_TEXTS
    return {language: Template.parse(text) for language, text in given}


def _fitting(wanted: tuple[str, ...], texts: Mapping[str, Template]) -> str:
    """The language of the text that fits best: the exact tag, the language alone, the first text there is."""
    for tag in wanted:
        for one in (tag, tag.partition("-")[0]):
            if one in texts:
                return one
    return next(iter(texts))


def written(at: datetime, now: datetime, language: str) -> str:
    """An instant in words: Chinese, English, or digits for other languages. Both have the zone of the hours.

    >>> written(datetime(2025, 3, 3, 9), datetime(2025, 3, 2, 21), "en")
    'tomorrow at 09:00'
    >>> written(datetime(2025, 3, 7, 9, 30), datetime(2025, 3, 2, 21), "zh")
    '3月7日（周五）9:30'
    """
    days, spoken = (at.date() - now.date()).days, language.partition("-")[0]
    if spoken == "zh":
        day = {0: "今天", 1: "明天"}.get(days, f"{at.month}月{at.day}日（周{_DAYS_ZH[at.weekday()]}）")
        return f"{day}{at.hour}:{at.minute:02}"
    if spoken == "en":
        day = {0: "today", 1: "tomorrow"}.get(days, f"on {_DAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]},")
        return f"{day} at {at:%H:%M}"
    return f"{at:%Y-%m-%d %H:%M}"
