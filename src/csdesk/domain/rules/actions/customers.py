"""What rules do to a customer."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from csdesk.domain.records._model import Key, Name, Scalar
from csdesk.domain.records._settings import OWN_FIELD, Section, refused
from csdesk.domain.records.durations import Duration
from csdesk.domain.rules.actions.tickets import Names


class TagCustomer(Section):
    """Put tags on the customer."""

    do: Literal["tag_customer"] = "tag_customer"
    tags: Names


class UntagCustomer(Section):
    """Take tags from the customer; those set by hand stay."""

    do: Literal["untag_customer"] = "untag_customer"
    tags: Names


class FlagCustomer(Section):
    """Flag the customer, for so long or for good; one who has the flag keeps it as it is."""

    do: Literal["flag_customer"] = "flag_customer"
    flag: Name
    reason: Annotated[str, Field(max_length=1000)] = ""
    span: Duration | None = None
    """None: until somebody lifts it."""


class LiftFlag(Section):
    """Take a flag from the customer."""

    do: Literal["lift_flag"] = "lift_flag"
    flag: Name


class PlaceCustomer(Section):
    """Set the customer's level, lifecycle stage or language."""

    do: Literal["place_customer"] = "place_customer"
    level: Name | None = None
    stage: Name | None = None
    language: Name | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.level is None and self.stage is None and self.language is None:
            raise refused("nothing to set", "give a level, a stage or a language")
        return self


class SetCustomerField(Section):
    """Set a custom field of the customer; None clears it."""

    do: Literal["set_customer_field"] = "set_customer_field"
    name: Annotated[Key, Field(pattern=OWN_FIELD)]
    """``x.<name>``."""
    value: Scalar


class BlockCustomer(Section):
    """Store later messages of the customer without going further; for so long, or for good."""

    do: Literal["block_customer"] = "block_customer"
    reason: Name
    span: Duration | None = None
    """None: for good."""
