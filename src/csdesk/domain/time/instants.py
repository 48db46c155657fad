"""Between aware datetimes and integer microseconds since 1970-01-01T00:00Z, exactly and without floats."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

from csdesk.domain.time.errors import CalendarError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_ORDINAL = EPOCH.toordinal()
MICROSECOND = timedelta(microseconds=1)
MINUTE_US = 60_000_000
DAY_US = 86_400_000_000

HORIZON = timedelta(days=10_958)  # 30 years
HORIZON_US = HORIZON.days * DAY_US

# Tables keep one year free at either end of `datetime`, and questions one more, so that neither a zone's offset nor
# a shift past midnight leads out of range.
FIRST_YEAR, LAST_YEAR = 2, 9998


def year_start(year: int) -> int:
    """The instant at which a UTC year begins."""
    return (date(year, 1, 1).toordinal() - EPOCH_ORDINAL) * DAY_US


_LOW, _HIGH = year_start(FIRST_YEAR + 1), year_start(LAST_YEAR)


def instant_of(at: datetime, field: str) -> int:
    """The instant of an aware datetime, in any zone.

    Raises:
        CalendarError: `bad_instant`, `naive_instant`, or `out_of_range` outside the UTC years 3 to 9997.
    """
    try:
        instant = (at - EPOCH) // MICROSECOND
    except TypeError:
        raise _refused(at, field) from None
    if not _LOW <= instant < _HIGH:
        raise CalendarError("out_of_range", field, "the year is not between 3 and 9997", "pass a date people live in")
    return instant


def earliest(*instants: datetime | None) -> datetime | None:
    """The first of the instants that there are; None: there is none."""
    return min((at for at in instants if at is not None), default=None)


def _refused(at: object, field: str) -> CalendarError:
    if isinstance(at, datetime):
        return CalendarError("naive_instant", field, "a datetime without a zone", "pass an aware datetime")
    return CalendarError("bad_instant", field, "not a datetime", "pass an aware datetime")


def amount_of(amount: timedelta, field: str) -> int:
    """An amount of time in microseconds, zero or more.

    Raises:
        CalendarError: `bad_amount` for what is no timedelta, `negative_amount` below zero.
    """
    try:
        length = amount // MICROSECOND
    except TypeError:
        raise CalendarError("bad_amount", field, "not a timedelta", "pass a datetime.timedelta") from None
    if length < 0:
        raise CalendarError("negative_amount", field, "the amount is negative", "use the opposite operation")
    return length


def written_in(instant: int, zone: tzinfo | None) -> datetime:
    """The aware datetime of an instant, in the caller's zone."""
    return (EPOCH + instant * MICROSECOND).astimezone(zone)


def year_of(instant: int) -> int:
    """The UTC year of an instant."""
    return (EPOCH + instant * MICROSECOND).year
