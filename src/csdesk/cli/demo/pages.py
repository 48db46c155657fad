"""Answers of WeCom customer service (微信客服), as the platform gives them: the desk reads them with its own parser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from csdesk.cli._output import JsonValue
from csdesk.cli.demo.material import WECOM

_KF: Final = "wkDEMO"
KNOWN_ACCOUNTS: Final = {_KF: WECOM}
"""Our account by the platform's id."""

Item = dict[str, JsonValue]


def page(items: Sequence[Item], cursor: str) -> bytes:
    """One answer with these items."""
    body: Item = {"errcode": 0, "errmsg": "ok", "next_cursor": cursor, "has_more": 0, "msg_list": list(items)}
    return json.dumps(body, ensure_ascii=False).encode()


def text(customer: str, key: str, at: datetime, said: str) -> Item:
    """A text that a customer wrote."""
    return {**_head(customer, key, at), "msgtype": "text", "text": {"content": said}}


def image(customer: str, key: str, at: datetime) -> Item:
    """A picture that a customer sent; its bytes stay with the platform."""
    return {**_head(customer, key, at), "msgtype": "image", "image": {"media_id": f"MEDIA_{key}"}}


def place(customer: str, key: str, at: datetime) -> Item:
    """A place that a customer sent."""
    where: Item = {"latitude": 23.106, "longitude": 113.323, "name": "示例小区", "address": "示例路 1 号"}
    return {**_head(customer, key, at), "msgtype": "location", "location": where}


def entered(customer: str, key: str, at: datetime, scene: str, param: str) -> Item:
    """A customer opens the conversation by a link or a code of ours."""
    return _event(customer, key, at, {"event_type": "enter_session", "scene": scene, "scene_param": param})


def recall(customer: str, key: str, at: datetime, recalled: str) -> Item:
    """A customer takes a message back."""
    return _event(customer, key, at, {"event_type": "user_recall_msg", "recall_msgid": recalled})


def _event(customer: str, key: str, at: datetime, inner: Item) -> Item:
    event: Item = {"open_kfid": _KF, "external_userid": customer, **inner}
    return {"msgid": key, "send_time": int(at.timestamp()), "origin": 4, "msgtype": "event", "event": event}


def _head(customer: str, key: str, at: datetime) -> Item:
    return {
        "msgid": key,
        "open_kfid": _KF,
        "external_userid": customer,
        "send_time": int(at.timestamp()),
        "origin": 3,
    }
