"""What can be wrong with a holiday source."""


class CalendarExtraMissing(ImportError):
    """The library behind a holiday source is not installed.

    Attributes:
        extra: the extra of csdesk that brings it.
    """

    def __init__(self, library: str) -> None:
        super().__init__(f"{library} is not installed; install csdesk[calendar]", name=library)
        self.extra = "calendar"
