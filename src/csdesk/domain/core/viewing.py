"""What a reader sees who may not see personal values: the records as they are, with those values covered.

What is covered is what erasing a customer removes: names, addresses, what was said, custom fields, remarks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from csdesk.domain.records._model import replaced
from csdesk.domain.records.actors import Viewer
from csdesk.domain.records.articles import ArticleQuestion
from csdesk.domain.records.authority import Carrying, ExceptionRequest, Settlement
from csdesk.domain.records.business import Order
from csdesk.domain.records.channels import Suggestion
from csdesk.domain.records.customers import Act, Attribute, Block, Customer, Identity
from csdesk.domain.records.drafts import Draft
from csdesk.domain.records.events import Entry
from csdesk.domain.records.exemplars import Exemplar
from csdesk.domain.records.flags import Flag
from csdesk.domain.records.matches import Why
from csdesk.domain.records.messages import Message, TextPart
from csdesk.domain.records.origins import TOLD, Entered, Origin
from csdesk.domain.records.phrases import Preview, Wording
from csdesk.domain.records.queues import InboxItem, OutboxItem
from csdesk.domain.records.tickets import FieldValue, Ticket
from csdesk.domain.rules.why import Seen

COVER: Final = "•••"
"""What stands for a text that the reader may not see."""

T = TypeVar("T")


def seen_by(viewer: Viewer, value: T) -> T:
    """The value as the viewer may see it: itself, or a copy with what is personal covered."""
    return value if viewer.personal else covered(value)


def covered(value: T) -> T:
    """The value with every personal text in it replaced by ``COVER``; what is empty stays empty."""
    cover = _COVERS.get(type(value))
    # ``Any``: each function takes and returns the class of its own row.
    found: Any = _inside(value) if cover is None else cover(value)
    return found  # type: ignore[no-any-return]


def _inside(value: Any) -> Any:
    """Cover what the parts of a value hold; a value without such parts is returned as it is."""
    if isinstance(value, tuple):
        parts = [covered(one) for one in value]
        if all(now is was for now, was in zip(parts, value, strict=True)):
            return value
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, BaseModel):
        changed = _changed(value, type(value).model_fields)
        return replaced(value, **changed) if changed else value
    if is_dataclass(value) and not isinstance(value, type):
        changed = _changed(value, [one.name for one in fields(value)])
        return replace(value, **changed) if changed else value
    return value


def _changed(value: object, names: Any) -> dict[str, object]:
    pairs = ((name, getattr(value, name)) for name in names)
    return {name: now for name, was in pairs if (now := covered(was)) is not was}


def _text(value: str | None) -> str | None:
    return COVER if value else value


def _texts(record: Any, *names: str) -> dict[str, object]:
    return {name: _text(getattr(record, name)) for name in names}


def _customer(one: Customer) -> Customer:
    return replaced(
        one,
        name=_text(one.name),
        attributes=covered(one.attributes),
        identities=covered(one.identities),
        block=covered(one.block),
        source=covered(one.source),
        entered=covered(one.entered),
        flags=covered(one.flags),
    )


def _message(one: Message) -> Message:
    said = (TextPart(text=COVER),)
    return replaced(
        one,
        **_texts(one, "subject", "conversation", "provider_id", "delivery_reason"),
        origin=covered(one.origin),
        parts=said if one.parts else (),
        edited=said if one.edited else (),
        pieces=tuple(COVER for _ in one.pieces),
        raw=b"",
        raw_media=None,
    )


def _ticket(one: Ticket) -> Ticket:
    texts = _texts(one, "subject", "conversation", "close_reason")
    parts = {name: covered(getattr(one, name)) for name in ("origin", "fields", "flags", "exceptions")}
    return replaced(one, **texts, **parts)


def _settlement(one: Settlement) -> Settlement:
    texts = _texts(one, "subject", "reason", "brief", "answer")
    return replaced(one, **texts, carrying=covered(one.carrying))


def _order(one: Order) -> Order:
    bought = tuple(replaced(line, sku=COVER, name=_text(line.name)) for line in one.lines)
    return replaced(one, ref=COVER, url=_text(one.url), tracking=tuple(COVER for _ in one.tracking), lines=bought)


def _entry(one: Entry) -> Entry:
    return one._replace(events=tuple(_event(event) for event in one.events))


def _event(event: Any) -> Any:
    return replaced(event, **dict.fromkeys(event.PERSONAL)) if event.PERSONAL else event


def _suggestion(one: Suggestion) -> Suggestion:
    """The phrase stays; what it would say to the customer, and which of their words it rests on, does not."""
    return replace(one, _preview=lambda: covered(one._preview()), _why=lambda: covered(one._why()))  # noqa: SLF001  its parts


def _why(one: Why) -> Why:
    """The places that it shares with a text of the library would tell its words too."""
    return replace(one, spans=tuple(replace(span, text=COVER) for span in one.spans), nearest_spans=())


def _exemplar(one: Exemplar) -> Exemplar:
    """A draft is made of what somebody wrote: without the right to read that, nothing of it is left."""
    hidden = ArticleQuestion(question=COVER, answer=COVER)
    return replace(
        one,
        phrase=replaced(one.phrase, title=COVER, questions=(COVER,), wordings=(Wording(text=COVER),), variables=()),
        article=replaced(one.article, title=COVER, questions=(hidden,)),
        personal=tuple(replace(part, text=COVER) for part in one.personal),
    )


_COVERS: Final[dict[type, Callable[[Any], Any]]] = {
    Customer: _customer,
    Identity: lambda one: replaced(one, external_id=_text(one.external_id)),
    Attribute: lambda one: replaced(one, name=COVER, value=COVER),
    Act: lambda one: replace(one, reference=COVER if one.reference else "", product=COVER if one.product else ""),
    Block: lambda one: replaced(one, reason=_text(one.reason)),
    Origin: lambda one: replaced(one, **_texts(one, *TOLD)),
    Entered: lambda one: replaced(one, conversation=_text(one.conversation), origin=covered(one.origin)),
    Flag: lambda one: replaced(one, reason=_text(one.reason), evidence=tuple(COVER for _ in one.evidence)),
    Message: _message,
    Ticket: _ticket,
    FieldValue: lambda one: replaced(one, value=COVER),
    Draft: lambda one: replaced(one, text=_text(one.text)),
    Exemplar: _exemplar,
    Preview: lambda one: one._replace(text=_text(one.text)),
    Suggestion: _suggestion,
    Why: _why,
    Settlement: _settlement,
    Order: _order,
    Carrying: lambda one: replaced(one, **_texts(one, "reference", "reason")),
    ExceptionRequest: lambda one: replaced(one, **_texts(one, "wish", "subject", "reason")),
    Entry: _entry,
    InboxItem: lambda one: replace(one, conversation=COVER, detail="", told="", payload=""),
    OutboxItem: lambda one: replace(one, conversation=COVER, reason=_text(one.reason)),
    Seen: lambda one: replace(one, state="hidden", value=None) if one.personal and one.state == "shown" else one,
}
"""How each kind of record is covered; what is not here is looked through for what is."""
