"""Events of the platform: one table from its event types to ours. The ids stand inside ``event``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote

from csdesk.domain.records.channels import (
    ChannelEvent,
    DeleteEvent,
    Entrance,
    HandoffEvent,
    IgnoredEvent,
    SessionEvent,
    StatusEvent,
)
from csdesk.parsing.values import fields_of, number_of, text_of
from csdesk.parsing.wecom.errors import FAILURE_NEEDS, FAILURES, REFUSED
from csdesk.parsing.wecom.items import Item

_ENDED: Final = 3
_HANDOVERS: Final = frozenset({1, 2, 4})
"""From the pool, to another agent, opened again by an agent."""


_LIVE: Final = "channels-live"
_CHANNELS: Final = {
    1: "channels-home",
    2: _LIVE,
    3: "channels-window",
    4: "channels-shop-product",
    5: "channels-shop-order",
}
"""Where in WeChat Channels (视频号) somebody came from: its home page, a product in a live room, the shop window, and a
product or an order of its shop. It is the scene of the entrance where no link of ours gave one."""


def event_of(item: Item, received_at: datetime | None) -> ChannelEvent | None:
    """The event of an item of type ``event``; None for one that is not known here."""
    build = _EVENTS.get(text_of(item.inner.get("event_type")))
    return None if build is None else build(item, received_at)


def _entered(item: Item, received_at: datetime | None) -> ChannelEvent:
    shop = fields_of(item.inner.get("wechat_channels"))
    place = _CHANNELS.get(number_of(shop.get("scene")) or 0, "")
    entrance = Entrance(
        scene=text_of(item.inner.get("scene")) or place,
        param=unquote(text_of(item.inner.get("scene_param"))),
        live_room=text_of(shop.get("nickname")) if place == _LIVE else "",
        code=text_of(shop.get("nickname")) or text_of(shop.get("shop_nickname")),
    )
    return SessionEvent(
        **item.head(received_at),
        conversation=item.customer,
        sender=item.person,
        what="started",
        entrance=entrance,
        code=text_of(item.inner.get("welcome_code")),
    )


def _send_failed(item: Item, received_at: datetime | None) -> ChannelEvent:
    kind = number_of(item.inner.get("fail_type"))
    reason, permanent = FAILURES[0] if kind is None else FAILURES.get(kind, FAILURES[0])
    failed = text_of(item.inner.get("fail_msgid"))
    return StatusEvent(
        **item.head(received_at),
        key=failed,
        provider_id=failed,
        status="blocked" if kind == REFUSED else "failed",
        reason=reason,
        permanent=permanent,
        needs="" if kind is None else FAILURE_NEEDS.get(kind, ""),
    )


def _session_changed(item: Item, received_at: datetime | None) -> ChannelEvent | None:
    kind = number_of(item.inner.get("change_type"))
    if kind == _ENDED:
        return SessionEvent(
            **item.head(received_at),
            conversation=item.customer,
            sender=item.person,
            what="ended",
            code=text_of(item.inner.get("msg_code")),
        )
    if kind in _HANDOVERS:
        return HandoffEvent(
            **item.head(received_at),
            conversation=item.customer,
            to=text_of(item.inner.get("new_servicer_userid")),
            before=text_of(item.inner.get("old_servicer_userid")),
        )
    return None


def _recalled(item: Item, received_at: datetime | None) -> ChannelEvent:
    return DeleteEvent(**item.head(received_at), provider_id=text_of(item.inner.get("recall_msgid")))


def _agent_status(item: Item, received_at: datetime | None) -> ChannelEvent:
    # Here 1 means receiving and 2 stopped; in the list of agents 0 means receiving.
    receiving = number_of(item.inner.get("status")) == 1
    return IgnoredEvent(
        **item.head(received_at), reason="wecom.agent_receiving" if receiving else "wecom.agent_stopped"
    )


def _refusal_switch(item: Item, received_at: datetime | None) -> ChannelEvent:
    # A person of ours takes no messages of a customer any more, over there; the customer is not asked.
    refuses = number_of(item.inner.get("reject_switch")) == 1
    return IgnoredEvent(
        **item.head(received_at), reason="wecom.customer_refused" if refuses else "wecom.customer_admitted"
    )


_EVENTS: Final[Mapping[str, Callable[[Item, datetime | None], ChannelEvent | None]]] = MappingProxyType(
    {
        "enter_session": _entered,
        "msg_send_fail": _send_failed,
        "session_status_change": _session_changed,
        "user_recall_msg": _recalled,
        "servicer_recall_msg": _recalled,
        "servicer_status_change": _agent_status,
        "reject_customer_msg_switch_change": _refusal_switch,
    }
)
