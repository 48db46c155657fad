"""What can be wrong with a calendar or with a question put to it.

    CalendarError            bad input: a field and a remedy
    +-- NoWorkingTime        the answer lies beyond the horizon
    +-- HolidaysUnknown      the answer lies past `known_until`, and the calendar refuses to guess
    HolidaysUnknownWarning   the same, for a calendar that only warns

Inside pydantic validators a `CalendarError` becomes one entry of the `ValidationError`, its path the field's.
`refusal_of` gives it back.
"""

from typing import Self

from pydantic import ValidationError

from csdesk._sentence import told_by_pydantic
from csdesk.errors import CsdeskWarning, InvalidInput


class CalendarError(InvalidInput):
    """A calendar, an instant or an amount that cannot be used.

    Attributes:
        reason: stable word for programs, such as ``bad_time``.
        field: what to correct, such as ``weekly.mon`` or ``start``.
        remedy: what to do about it.
    """

    code = "error.calendar"

    def __init__(self, reason: str, field: str, problem: str, remedy: str) -> None:
        super().__init__(field, problem, remedy)
        self.params["reason"] = reason
        self.reason = reason

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, str, str]]:
        return type(self), (self.reason, self.field, self.problem, self.remedy)


class NoWorkingTime(CalendarError):
    """The calendar has too little working time between the start and the horizon (30 years)."""

    code = "error.no_working_time"


class HolidaysUnknown(CalendarError):
    """The answer depends on holidays after `known_until`, and `beyond_known` is `raise`."""

    code = "error.holidays_unknown"


class HolidaysUnknownWarning(CsdeskWarning):
    """The answer depends on holidays after `known_until`: it may move when they are announced."""

    code = "warning.holidays_unknown"

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"working time: {problem}; {remedy}", problem=problem, remedy=remedy)


def refusal_of(error: ValidationError) -> CalendarError:
    """The first problem of a pydantic error, without the refused value."""
    first = error.errors(include_url=False, include_input=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, CalendarError):
        return cause
    field = ".".join(map(str, first["loc"])) or "calendar"
    if first["type"] == "extra_forbidden":
        return CalendarError("unknown_field", field, "no such field", "remove it or correct its name")
    return CalendarError("bad_value", field, told_by_pydantic(first), "pass a value of the documented type and range")
