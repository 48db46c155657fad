"""Business time: working calendars and their exact arithmetic."""

from csdesk.domain.time.calendar import DaySnap, WorkingCalendar
from csdesk.domain.time.errors import CalendarError, HolidaysUnknown, HolidaysUnknownWarning, NoWorkingTime
from csdesk.domain.time.explain import ConsumedSpan, Explanation, Skipped
from csdesk.domain.time.fields import Weekday
from csdesk.domain.time.holidays import HolidayYear, observe

__all__ = [
    "CalendarError",
    "ConsumedSpan",
    "DaySnap",
    "Explanation",
    "HolidayYear",
    "HolidaysUnknown",
    "HolidaysUnknownWarning",
    "NoWorkingTime",
    "Skipped",
    "Weekday",
    "WorkingCalendar",
    "observe",
]
