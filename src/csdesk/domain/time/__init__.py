"""Business time: working calendars and their exact arithmetic."""

from csdesk.domain.time.calendar import DaySnap, WorkingCalendar
from csdesk.domain.time.errors import CalendarError, HolidaysUnknown, HolidaysUnknownWarning, NoWorkingTime
from csdesk.domain.time.explain import ConsumedSpan, Explanation, Skipped
from csdesk.domain.time.fields import Weekday

__all__ = [
    "CalendarError",
    "ConsumedSpan",
    "DaySnap",
    "Explanation",
    "HolidaysUnknown",
    "HolidaysUnknownWarning",
    "NoWorkingTime",
    "Skipped",
    "Weekday",
    "WorkingCalendar",
]
