"""What can be wrong with a calendar or with a question put to it.

    CalendarError            bad input: a field and a remedy
    +-- NoWorkingTime        the answer lies beyond the horizon
    +-- HolidaysUnknown      the answer lies past `known_until`, and the calendar refuses to guess
    HolidaysUnknownWarning   the same, for a calendar that only warns

Inside pydantic validators a `CalendarError` becomes one entry of the `ValidationError`, its path the field's.
"""


class CalendarError(ValueError):
    """A calendar, an instant or an amount that cannot be used.

    Attributes:
        code: stable word for programs, such as `bad_time`.
        field: what to correct, such as `weekly.mon` or `start`.
        message: what is wrong, without the remedy.
        remedy: what to do about it.
    """

    def __init__(self, code: str, field: str, message: str, remedy: str) -> None:
        super().__init__(code, field, message, remedy)
        self.code = code
        self.field = field
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.field}: {self.message}; {self.remedy}"


class NoWorkingTime(CalendarError):
    """The calendar has too little working time between the start and the horizon (30 years)."""


class HolidaysUnknown(CalendarError):
    """The answer depends on holidays after `known_until`, and `beyond_known` is `raise`."""


class HolidaysUnknownWarning(UserWarning):
    """The answer depends on holidays after `known_until`: it may move when they are announced."""
