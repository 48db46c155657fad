"""Where public holidays come from."""

from __future__ import annotations

from typing import Protocol

from csdesk.domain.time.holidays import HolidayYear

__all__ = ["HolidaySource", "HolidayYear"]


class HolidaySource(Protocol):
    """Answers for whole years. Asked when a calendar is built, never for a message.

    A source reads data it has at hand, makes no network request, and gives equal answers while its data stays equal.
    """

    def year(self, year: int) -> HolidayYear:
        """The holidays of a calendar year, every date inside that year.

        A year the source has no announcement for is answered with `known=False`, with the dates that can be computed
        or none; it is never an error.
        """
        ...
