"""One delivery of the webhook, made into events: entries, changes, and in them messages and statuses.

Everything about one item stays with that item: a broken one never costs the others. What is not known becomes an
``UnknownEvent`` that holds it, and so does what came to a number that is not ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from csdesk.domain.records.channels import ChannelEvent, ContactEvent
from csdesk.errors import InvalidInput
from csdesk.parsing.values import Fields, fields_of, text_of
from csdesk.parsing.whatsapp.errors import code_in
from csdesk.parsing.whatsapp.messages import became, echoed, said
from csdesk.parsing.whatsapp.told import Reading, Told

__all__ = ["Reading", "parse_delivery"]

_Read = Callable[[Told], ChannelEvent | None]


def parse_delivery(body: Fields, *, reading: Reading, received_at: datetime | None) -> tuple[ChannelEvent, ...]:
    """The events of a delivery, in its order.

    Args:
        body: the JSON object of the request.
        reading: whose numbers are ours.
        received_at: when it came (aware): the time of an event that has none; None: the desk's own arrival.
    """
    return tuple(
        event
        for entry in _items(body.get("entry"))
        for change in _items(fields_of(entry).get("changes"))
        for event in _change(fields_of(entry), fields_of(change), reading, received_at)
    )


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _change(entry: Fields, change: Fields, reading: Reading, received_at: datetime | None) -> Iterator[ChannelEvent]:
    field, value = text_of(change.get("field")), fields_of(change.get("value"))
    number = text_of(fields_of(value.get("metadata")).get("phone_number_id"))
    contacts = _contacts(value)
    business = text_of(entry.get("id"))

    def told(item: object, order: int = 0) -> Told:
        account = reading.accounts.get(number, "") if number else reading.account
        return Told(reading, business, account, fields_of(item), contacts, received_at, order)

    lists = _LISTS.get(field)
    if lists is None:
        yield told(value).ignored(f"field.{field}") if field in _IGNORED else told(change).unknown(field)
        return
    for name, read in lists.items():
        for order, item in enumerate(_items(value.get(name))):
            yield _event(told(item, order), f"{name}.{text_of(fields_of(item).get('type'))}".rstrip("."), read, number)
    for item in _items(value.get("errors")):
        one = told(item)
        yield one.unknown(f"errors.{code_in([fields_of(item)]) or ''}")


def _contacts(value: Fields) -> Mapping[str, Fields]:
    """Those whom a change names, by number; by user id where they show no number."""
    found = [fields_of(one) for one in _items(value.get("contacts"))]
    return {text_of(one.get("wa_id") or one.get("user_id")): one for one in found}


def _event(told: Told, kind: str, read: _Read, number: str) -> ChannelEvent:
    if not told.account:
        return told.unknown(f"number.{number}")
    try:
        return read(told) or told.unknown(kind)
    except (InvalidInput, ValidationError):  # a value that no record takes: no sender, a place off the globe
        return told.unknown(kind)


def _preferred(told: Told) -> ChannelEvent | None:
    """Whether a customer wants marketing messages: the desk knows one consent only, and keeps to the stricter word."""
    who, wish = told.person(told.fields.get("wa_id")), told.fields.get("value")
    if who is None or wish not in ("stop", "resume"):
        return None
    key = f"preference/{who.external_id}/{text_of(told.fields.get('timestamp'))}"
    return ContactEvent(**told.head(key), sender=who, allowed=wish == "resume")


_LISTS: Final[Mapping[str, Mapping[str, _Read]]] = MappingProxyType(
    {
        "messages": {"messages": said, "statuses": became},
        "smb_message_echoes": {"message_echoes": echoed},
        "user_preferences": {"user_preferences": _preferred},
    }
)
"""What is read of the changes of a field."""

_IGNORED: Final = frozenset(
    {
        *("account_alerts", "account_review_update", "account_settings_update", "account_update"),
        *("business_capability_update", "business_status_update", "calls", "flows", "history"),
        *("message_template_components_update", "message_template_quality_update", "message_template_status_update"),
        *("messaging_handovers", "partner_solutions", "payment_configuration_update", "phone_number_name_update"),
        *("phone_number_quality_update", "security", "smb_app_state_sync", "template_category_update"),
        *("template_correct_category_detection", "tracking_events", "user_id_update", "business_username_update"),
    }
)
"""Fields of the webhook that are nothing for a desk."""
