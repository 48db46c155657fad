"""From when until when phrases, articles and assets hold; at ``valid_until`` they do no more."""

from __future__ import annotations

from datetime import datetime

from pydantic_core import PydanticCustomError


def check_validity(valid_from: datetime | None, valid_until: datetime | None) -> None:
    """Refuse a validity that ends before it begins, as a validator's error."""
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        raise PydanticCustomError("value_error", "valid_until must lie after valid_from")


def is_early(valid_from: datetime | None, at: datetime) -> bool:
    """Whether it does not hold yet; None: it always did."""
    return valid_from is not None and at < valid_from


def is_over(valid_until: datetime | None, at: datetime) -> bool:
    """Whether it holds no more; None: it always will."""
    return valid_until is not None and at >= valid_until
