"""JSON objects as events: pages and items of WeCom customer service, events in csdesk's own form, and a simple form.

The simple form is a flat object: ``from`` (required), ``text``, ``id``, ``at`` (ISO 8601 with a zone, or seconds since
1970), ``conversation`` (default: ``from``), ``subject``, ``name``, ``from_kind`` (default ``external``), ``account``,
``language``, ``author`` (``customer``, ``elsewhere`` or ``bot``), ``html``. Another name is refused, so that a mistyped
one is seen. Without an ``id`` the key is made from the object, and from its place too if it has no ``at``: somebody may
say the same thing twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from pydantic import TypeAdapter, ValidationError

from csdesk.domain.records._model import translate
from csdesk.domain.records.channels import ChannelEvent
from csdesk.errors import ChannelError, InvalidInput, sentence
from csdesk.parsing.wecom import parse_page
from csdesk.sources.items import Entry, Settings, SourceItem, SourceProblem

_PLAIN: Final = {"id": "provider_id", "at": "sent_at", "subject": "subject", "language": "language", "author": "author"}
_KNOWN: Final = frozenset({*_PLAIN, "from", "text", "html", "conversation", "name", "from_kind", "account"})

Fields = Mapping[str, object]


def is_page(fields: Fields) -> bool:
    """True for an answer of ``kf/sync_msg``."""
    return "msg_list" in fields or ("errcode" in fields and "errmsg" in fields)


def entry_of(value: object, where: str, settings: Settings, *, place: str) -> Entry:
    """What a JSON value of a source says; ``place`` tells apart equal objects that have neither id nor time."""
    if not isinstance(value, dict):
        return SourceProblem(where=where, code="not_a_message", detail="is no JSON object")
    try:
        if is_page(value):
            return SourceItem(where=where, events=_page(value, settings))
        if "msgtype" in value:
            return SourceItem(where=where, events=_page({"errcode": 0, "msg_list": [value]}, settings))
        return SourceItem(where=where, events=(_event(value, settings, place),))
    except ChannelError as error:
        return SourceProblem(
            where=where, code="page_refused", detail=sentence("errcode {code}", code=error.provider_code)
        )
    except InvalidInput as error:
        return SourceProblem(where=where, code="not_a_message", detail=_told(error))


def _told(error: InvalidInput) -> str:
    return sentence("{field}: {problem}; {remedy}", field=error.field, problem=error.problem, remedy=error.remedy)


def _page(page: Fields, settings: Settings) -> tuple[ChannelEvent, ...]:
    account = settings.account or "wecom"
    accounts = settings.accounts
    read = parse_page(page, received_at=settings.now, accounts=accounts, account=account, corp=settings.scope)
    return read.events


def _event(fields: Fields, settings: Settings, place: str) -> ChannelEvent:
    given = dict(fields) if "from" not in fields else _from_simple(fields, settings, place)
    given.setdefault("kind", "message")
    given.setdefault("account", settings.account or "import")
    try:
        # Through JSON, because JSON has its own forms of times and bytes.
        return _adapter().validate_json(json.dumps(given))
    except ValidationError as error:
        told = translate(error, "")
        # The kind of event stands before the field already; without one the whole is meant.
        raise InvalidInput(told.field.removeprefix(".") or "message", told.problem, told.remedy) from None


def _from_simple(fields: Fields, settings: Settings, place: str) -> dict[str, object]:
    unknown = sorted(fields.keys() - _KNOWN)
    if unknown:
        raise InvalidInput(
            "message",
            sentence("a field is unknown: {name!r}", name=unknown[0][:40]),
            sentence("use {names}", names=tuple(sorted(_KNOWN))),
        )
    author = fields["from"]
    if not isinstance(author, str | int) or not str(author):
        raise InvalidInput("message.from", "it names nobody", "pass the id that the channel has for the sender")
    key = fields.get("id") or _key(fields, "" if fields.get("at") else place)
    sender: dict[str, object] = {"external_id": str(author), "scope": settings.scope, "name": fields.get("name") or ""}
    sender["kind"] = fields.get("from_kind") or "external"
    parts = [{"kind": "text", "text": fields["text"]}] if fields.get("text") else []
    parts += [{"kind": "html", "html": fields["html"]}] if fields.get("html") else []
    given: dict[str, object] = {
        "account": fields.get("account") or settings.account or "import",
        "dedupe_key": key,
        "conversation": fields.get("conversation") or str(author),
        "sender": sender,
        "parts": parts,
    }
    given.update({name: fields[key] for key, name in _PLAIN.items() if fields.get(key) is not None})
    return given


def _key(fields: Fields, place: str) -> str:
    content = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return f"sha256.{sha256(f'{place}{content}'.encode()).hexdigest()}"


def _adapter() -> TypeAdapter[ChannelEvent]:
    if not _ADAPTER:
        _ADAPTER.append(TypeAdapter(ChannelEvent))
    return _ADAPTER[0]


_ADAPTER: list[TypeAdapter[ChannelEvent]] = []
