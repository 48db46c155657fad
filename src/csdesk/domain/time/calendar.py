"""Working calendars: business time as a pure value.

Working time is real elapsed time while the wall clock of the calendar's zone is inside a span. The rules of a date
stand in `days`, of clock changes in `zones`, of the arithmetic in `arithmetic`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from csdesk.domain.time import arithmetic
from csdesk.domain.time.days import DayRules, Rules
from csdesk.domain.time.errors import CalendarError, HolidaysUnknown, HolidaysUnknownWarning, refusal_of
from csdesk.domain.time.explain import Explanation, Walk, consumed, skipped
from csdesk.domain.time.fields import (
    WEEKDAYS,
    AnnualHolidays,
    Breaks,
    DateHours,
    ForceDates,
    Holidays,
    KnownUntil,
    Weekday,
    WeeklyHours,
    ZoneName,
)
from csdesk.domain.time.instants import MICROSECOND, amount_of, instant_of, written_in
from csdesk.domain.time.spans import minute_spans
from csdesk.domain.time.table import SharedTable, shared_table
from csdesk.errors import sentence

DaySnap = Literal["none", "working", "end_of_day"]
SpanInput = Iterable[tuple[str, str]]


if TYPE_CHECKING:
    _Checked = BaseModel
else:

    class _Meta(type(BaseModel)):
        """Turns the ValidationError of a direct construction into csdesk's own error."""

        def __call__(cls, *args, **kwargs):
            try:
                return super().__call__(*args, **kwargs)
            except ValidationError as error:
                raise refusal_of(error) from None

    class _Checked(BaseModel, metaclass=_Meta):
        pass


class WorkingCalendar(_Checked):
    """When people work: weekly hours, dates that differ, holidays and breaks, in one time zone.

    Frozen and hashable; equal calendars share one table. Written out as JSON it has mappings and sorted lists,
    and reads back equal. Times are texts "HH:MM"; a close past "24:00" runs into the next day and belongs to the day
    it opens on. Precedence: holiday > break > dates > weekly; a date in `force_dates` beats a holiday.

    All methods take aware datetimes (microseconds count, any zone) and answer in the caller's zone. They look 30
    years ahead or back at most.

    Attributes:
        zone: IANA name of the zone whose wall clock the spans mean.
        weekly: weekday (`mon` to `sun`) -> spans.
        dates: date -> spans that replace the weekday's; an empty list closes the date.
        holidays: closed dates.
        annual_holidays: days closed every year, "MM-DD".
        breaks: date -> spans taken away, on the wall clock, from whatever is worked then.
        force_dates: dates, listed in `dates`, that are worked even on a holiday.
        always_open: every day around the clock, less holidays, dates and breaks; `weekly` stays empty.
        known_until: the last date whose holidays are known; None if the calendar is complete.
        beyond_known: past `known_until`, `warn` emits `HolidaysUnknownWarning`, `raise` raises `HolidaysUnknown`.

    Raises:
        CalendarError: on construction, naming the field: a bad time or span, an unknown zone or weekday, a calendar in
            which no instant is worked. As a field of another pydantic model it is an entry of that model's
            ValidationError, under the field's path.

    Example:
        >>> office = WorkingCalendar(weekly={"fri": [("09:00", "18:00")], "mon": [("09:00", "18:00")]})
        >>> friday = datetime(2026, 3, 6, 17, tzinfo=ZoneInfo("Asia/Shanghai"))
        >>> office.add(friday, timedelta(hours=2)).isoformat()
        '2026-03-09T10:00:00+08:00'
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )
    # Beside the fields, so that copies, pickles and comparisons leave it out and a look-up costs one slot.
    __slots__ = ("_shared",)

    zone: ZoneName = "Asia/Shanghai"
    weekly: WeeklyHours = ()
    dates: DateHours = ()
    holidays: Holidays = frozenset()
    annual_holidays: AnnualHolidays = frozenset()
    breaks: Breaks = ()
    force_dates: ForceDates = frozenset()
    always_open: bool = False
    known_until: KnownUntil = None
    beyond_known: Literal["warn", "raise"] = "warn"

    if TYPE_CHECKING:
        _shared: SharedTable

        def __init__(
            self,
            *,
            zone: str = "Asia/Shanghai",
            weekly: Mapping[Weekday, SpanInput] | WeeklyHours = (),
            dates: Mapping[date, SpanInput] | DateHours = (),
            holidays: Iterable[date] = frozenset(),
            annual_holidays: Iterable[str] = frozenset(),
            breaks: Mapping[date, SpanInput] | Breaks = (),
            force_dates: Iterable[date] = frozenset(),
            always_open: bool = False,
            known_until: date | None = None,
            beyond_known: Literal["warn", "raise"] = "warn",
        ) -> None: ...

    else:

        def __getattr__(self, name: str) -> object:
            # Called for an empty slot too: on the first question, and after a copy or an unpickling.
            if name != "_shared":
                return super().__getattr__(name)
            shared = shared_table(self._rules())
            object.__setattr__(self, "_shared", shared)
            return shared

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if self.always_open and self.weekly:
            raise CalendarError("always_open_hours", "weekly", "hours beside always_open", "give one of the two")
        if unlisted := self.force_dates - {day for day, _ in self.dates}:
            field = f"force_dates.{min(unlisted)}"
            raise CalendarError("force_without_hours", field, "not among dates", "list its hours in dates")
        if not DayRules(self._rules()).has_hours():
            remedy = "give weekly hours, dates, or always_open=True"
            raise CalendarError("empty_calendar", "weekly", "no instant is ever worked", remedy)
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:  # noqa: ARG002 - nothing inside is mutable
        """A calendar with some fields replaced, validated like a new one."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**fields, **(update or {})})

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """A calendar of its fields as a mapping; options as pydantic's.

        Raises:
            CalendarError: as on construction.
        """
        # ``Any``: pydantic's own signature.
        try:
            return super().model_validate(obj, **options)
        except ValidationError as error:
            raise refusal_of(error) from None

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """A calendar of its serial form; options as pydantic's.

        Raises:
            CalendarError: as on construction.
        """
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            raise refusal_of(error) from None

    def is_open(self, at: datetime) -> bool:
        """Whether an instant is worked; a span includes its opening and not its close."""
        instant = instant_of(at, "at")
        if self.known_until is not None:
            self._check_known(instant + 1)  # the instant belongs to the day that it begins
        return arithmetic.is_open(self._shared, instant)

    def next_open(self, at: datetime) -> datetime:
        """The first worked instant at or after `at`: itself, while open.

        Raises:
            NoWorkingTime: if there is none within 30 years.
        """
        instant = instant_of(at, "at")
        answer = arithmetic.forward(self._shared, instant, 0, snap=True, field="at")
        if self.known_until is not None:
            self._check_known(answer + 1)
        return written_in(answer, at.tzinfo)

    def next_close(self, at: datetime) -> datetime:
        """The first close after `at`, whether `at` is open or not.

        Raises:
            CalendarError: `never_closes`, for a calendar open all the time.
            NoWorkingTime: if nothing opens within 30 years.
        """
        instant = instant_of(at, "at")
        answer = arithmetic.next_close(self._shared, instant, "at")
        if self.known_until is not None:
            self._check_known(answer)
        return written_in(answer, at.tzinfo)

    def add(self, start: datetime, amount: timedelta, *, snap: bool = False) -> datetime:
        """The instant at which `amount` of working time has passed since `start`.

        An amount that ends with the day is due at the close; with `snap`, at the next opening. Zero gives `start`
        itself; with `snap`, the next worked instant.

        Raises:
            CalendarError: for a naive `start` or an amount that is negative or no timedelta.
            NoWorkingTime: if that is not reached within 30 years.
            HolidaysUnknown: if it lies after `known_until`, and `beyond_known` is `raise`.
        """
        instant, length = instant_of(start, "start"), amount_of(amount, "amount")
        due = arithmetic.forward(self._shared, instant, length, snap=snap, field="amount")
        if self.known_until is not None:
            self._check_known(due)
        return written_in(due, start.tzinfo)

    def subtract(self, start: datetime, amount: timedelta, *, snap: bool = False) -> datetime:
        """The instant since which `amount` of working time has passed at `start`: `add` backwards.

        An amount that begins with the day gives the opening; with `snap`, the close before it.

        Raises:
            CalendarError, NoWorkingTime, HolidaysUnknown: as in `add`.
        """
        instant, length = instant_of(start, "start"), amount_of(amount, "amount")
        if self.known_until is not None:
            self._check_known(instant)
        since = arithmetic.backward(self._shared, instant, length, snap=snap, field="amount")
        return written_in(since, start.tzinfo)

    def between(self, a: datetime, b: datetime) -> timedelta:
        """Working time from `a` to `b`; negative if `b` is earlier.

        Raises:
            CalendarError: for naive instants, or `beyond_horizon` if they are more than 30 years apart.
            HolidaysUnknown: if the later one lies after `known_until`, and `beyond_known` is `raise`.
        """
        begin, end = instant_of(a, "a"), instant_of(b, "b")
        if self.known_until is not None:
            self._check_known(max(begin, end))
        return arithmetic.between(self._shared, begin, end) * MICROSECOND

    def intervals(self, a: datetime, b: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """The worked (open, close) pairs inside [a, b), cut at its ends, in the zone of `a`; none if `b` is earlier."""
        begin, end = instant_of(a, "a"), instant_of(b, "b")
        if self.known_until is not None:
            self._check_known(max(begin, end))
        spans = arithmetic.spans_between(self._shared, begin, end)
        return tuple((written_in(opens, a.tzinfo), written_in(closes, a.tzinfo)) for opens, closes in spans)

    def add_days(self, start: datetime, n: int, *, snap: DaySnap = "none") -> datetime:
        """The same wall time `n` worked dates later, or earlier if negative, in the calendar's zone.

        A worked date is one whose hours have any working time. A wall time that a clock change leaves out becomes
        the first instant after it; of one that comes twice, the first. Zero gives `start` itself.

        Args:
            start: any instant; its date is the local one in the calendar's zone.
            n: how many worked dates on.
            snap: `working` moves on to the next worked instant, `end_of_day` to the last close of the date's hours
                (of the next worked date, if `n` is 0 and the date is not worked).

        Raises:
            CalendarError: for a naive `start`, or an `n` or `snap` of the wrong kind.
            NoWorkingTime: if there are too few worked dates within 30 years.
        """
        instant = instant_of(start, "start")
        if type(n) is not int:
            raise CalendarError("bad_count", "n", "not a whole number of days", "pass an int")
        if snap not in ("none", "working", "end_of_day"):
            raise CalendarError("bad_snap", "snap", "unknown way to snap", "use none, working or end_of_day")
        table = self._shared
        if n or snap == "end_of_day":
            instant = self._on_day(table, instant, n, to_close=snap == "end_of_day")
        if snap == "working":
            instant = arithmetic.forward(table, instant, 0, snap=True, field="n")
        if self.known_until is not None:
            self._check_known(instant)
        return written_in(instant, start.tzinfo)

    def explain(self, start: datetime, amount: timedelta, *, snap: bool = False) -> Explanation:
        """Why `add` with these arguments answers what it does; never warns or raises about unknown holidays.

        Raises:
            CalendarError, NoWorkingTime: as in `add`.
        """
        instant, length = instant_of(start, "start"), amount_of(amount, "amount")
        table = self._shared
        due = arithmetic.forward(table, instant, length, snap=snap, field="amount")
        walk = Walk(table.rules, instant, due, start.tzinfo)
        return Explanation(
            start=start,
            due=written_in(due, start.tzinfo),
            amount=amount,
            consumed=tuple(consumed(walk)),
            skipped=tuple(skipped(walk)),
            notes=("holidays_unknown",) if self._is_unknown(due) else (),
        )

    def _on_day(self, table: SharedTable, instant: int, n: int, *, to_close: bool) -> int:
        local = written_in(instant, ZoneInfo(self.zone))
        day = arithmetic.worked_day(table, local.toordinal(), n, "n")
        if to_close:
            return table.rules.worked_instants(day)[-1][1]
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        return table.rules.instant_at(day, seconds * 1_000_000 + local.microsecond)

    def _is_unknown(self, instant: int) -> bool:
        known_end = self._shared.known_end
        return known_end is not None and instant > known_end

    def _check_known(self, instant: int) -> None:
        if not self._is_unknown(instant):
            return
        message = sentence(
            "the answer lies after {known_until}, the last date whose holidays are known", known_until=self.known_until
        )
        if self.beyond_known == "raise":
            remedy = "add the holidays announced since, or allow the answer with beyond_known='warn'"
            raise HolidaysUnknown("holidays_unknown", "known_until", message, remedy)
        warnings.warn(HolidaysUnknownWarning(message, "add the holidays announced since"), stacklevel=3)

    def _rules(self) -> Rules:
        weekly = dict(self.weekly)
        known = self.known_until
        return Rules(
            zone=self.zone,
            weekly=tuple(minute_spans(weekly.get(day, ())) for day in WEEKDAYS),
            dates=tuple((day.toordinal(), minute_spans(spans)) for day, spans in self.dates),
            holidays=frozenset(day.toordinal() for day in self.holidays),
            annual_holidays=self.annual_holidays,
            breaks=tuple((day.toordinal(), minute_spans(spans)) for day, spans in self.breaks),
            forced=frozenset(day.toordinal() for day in self.force_dates),
            always_open=self.always_open,
            known_until=None if known is None else known.toordinal(),
        )
