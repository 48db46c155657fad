"""What all errors of csdesk have, and the three sides that they are sorted by."""

from __future__ import annotations

import copyreg
from typing import ClassVar

Param = str | int | float | bool | None
"""What an error may hold beside its text; a sentence is a str."""


class CsdeskError(Exception):
    """The root of every error csdesk raises on purpose."""

    code: ClassVar[str] = "error"
    """The catalogue key of this kind of error."""
    retryable: ClassVar[bool] = False
    """True when the same call may succeed later without any change."""
    status_hint: ClassVar[int] = 500
    """The HTTP status that fits when a web view must answer."""

    def __init__(self, message: str, **params: Param) -> None:
        super().__init__(message)
        self.params: dict[str, Param] = params

    def __reduce__(self) -> tuple[object, ...]:
        # Errors come from worker processes too. Each kind has its own arguments, so what it holds is carried over;
        # ``__newobj__`` (which typeshed leaves out) makes one without asking for them.
        return copyreg.__newobj__, (type(self), *self.args), dict(self.__dict__)  # type: ignore[attr-defined]


class CsdeskWarning(UserWarning):
    """The root of every warning of csdesk's: something went on, but what came of it may not be what is wanted."""

    code: ClassVar[str] = "warning"
    """The catalogue key of this kind of warning."""

    def __init__(self, message: str, **params: Param) -> None:
        super().__init__(message)
        self.params: dict[str, Param] = params

    def __reduce__(self) -> tuple[object, ...]:
        return copyreg.__newobj__, (type(self), *self.args), dict(self.__dict__)  # type: ignore[attr-defined]


class UsageError(CsdeskError):
    """The caller's side: change the call, the configuration or the installation."""

    code = "error.usage"
    status_hint = 400


class RemoteError(CsdeskError):
    """The channel's other side refused or failed."""

    code = "error.remote"
    status_hint = 502


class StoreError(CsdeskError):
    """The storage refused or failed; nothing was written unless the error says so."""

    code = "error.store"
