"""One answer of ``kf/sync_msg``, made into events.

Tables lead from the platform's words to ours; a word that is not in them becomes an ``UnknownEvent`` that holds the
item. Everything about one item stays with that item: a broken one never costs the others.

``origin`` says who wrote: 3 the customer, 4 the system, 5 a person of ours in the WeCom client (an ``EchoEvent``). The
conversation is the customer's ``external_userid``, the account the ``open_kfid``, or what the host calls it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from csdesk.domain.records.channels import ChannelEvent, EchoEvent, InboundMessage, PullPage, UnknownEvent
from csdesk.errors import ChannelError, InvalidInput
from csdesk.parsing.values import number_of, text_of
from csdesk.parsing.wecom.errors import channel_error
from csdesk.parsing.wecom.events import event_of
from csdesk.parsing.wecom.items import Item
from csdesk.parsing.wecom.parts import parts_of

_CUSTOMER: Final = 3
_AGENT: Final = 5


def parse_page(
    payload: Mapping[str, object] | bytes | str,
    *,
    received_at: datetime | None,
    accounts: Mapping[str, str] | None = None,
    account: str = "wecom",
    corp: str = "",
) -> PullPage:
    """The events of one answer, its cursor, and whether more waits.

    Args:
        payload: the answer, as it came or already read.
        received_at: when it came (aware): the time of an event that has none; None: the desk's own arrival.
        accounts: ids of accounts by ``open_kfid``; an account that is not named keeps its ``open_kfid``.
        account: the account of errors, and of items that name none.
        corp: the corp id: the scope in which customer ids are unique.

    Raises:
        ChannelError: the platform refused (see ``ERRORS``), or the answer is no page.
    """
    page = _read(payload, account)
    code = number_of(page.get("errcode", 0))
    if code != 0:
        raise channel_error(account, code)
    items = page.get("msg_list")
    return PullPage(
        events=tuple(
            _event(_item(one, order, accounts or {}, account, corp), received_at)
            for order, one in enumerate(items if isinstance(items, list | tuple) else ())
        ),
        cursor=text_of(page.get("next_cursor")),
        more=number_of(page.get("has_more")) == 1,
    )


def _read(payload: Mapping[str, object] | bytes | str, account: str) -> Mapping[str, object]:
    if isinstance(payload, Mapping):
        return payload
    try:
        page = json.loads(payload)
    except (ValueError, RecursionError):
        page = None
    if not isinstance(page, dict):
        raise ChannelError(account, "the answer is no JSON object", disposition="retry")
    return page


def _item(one: object, order: int, accounts: Mapping[str, str], account: str, corp: str) -> Item:
    try:
        raw = json.dumps(one, separators=(",", ":"), sort_keys=True, default=str).encode()
    except (ValueError, TypeError, RecursionError):
        raw = b""
    fields = one if isinstance(one, dict) else {}
    return Item(fields, raw, order=order, accounts=accounts, account=account, corp=corp)


def _event(item: Item, received_at: datetime | None) -> ChannelEvent:
    try:
        found = event_of(item, received_at) if item.type == "event" else _message(item)
    except (InvalidInput, ValidationError):  # a value that no record takes: no customer, a place off the globe
        found = None
    if found is not None:
        return found
    kind = f"event.{text_of(item.inner.get('event_type'))}" if item.type == "event" else item.type
    return UnknownEvent(**item.head(received_at), provider_type=kind[:200])


def _message(item: Item) -> ChannelEvent | None:
    parts = parts_of(item.type, item.inner) if item.origin in {_CUSTOMER, _AGENT} else None
    if parts is None:
        return None
    if item.origin == _CUSTOMER:
        return InboundMessage(
            account=item.account,
            dedupe_key=item.key,
            conversation=item.customer,
            sender=item.person,
            parts=parts,
            provider_id=item.key,
            provider_order=item.order,
            sent_at=item.sent_at,
            raw=item.raw,
        )
    return EchoEvent(
        **item.head(),
        conversation=item.customer,
        to=item.person,
        author=text_of(item.fields.get("servicer_userid")),
        provider_id=item.key,
        parts=parts,
    )
