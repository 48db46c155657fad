"""Mounts in a web application."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "open it with open_async_desk; wsgi_app takes a blocking Desk": (
        "请用 open_async_desk 打开；wsgi_app 才使用同步的 Desk"
    ),
    "is of another type than http, websocket and lifespan": "类型不是 http、websocket 或 lifespan",
    "pass it elsewhere": "请交给其他应用处理",
    "pass 1 or more, or None: any number": "请传入 1 或更大的数；None 表示不限",
    "has no event of the desk in {name!r}": "“{name}”不是客服台的事件",
    "is no list": "不是列表",
    "pass kinds such as ticket.opened; docs/reference/events.md lists them": (
        "请传入例如 ticket.opened 的事件类型；见 docs/reference/events.md"
    ),
    "is no address of a mount": "不是挂载点的地址",
    "pass one such as https://example.com/hooks": "请传入例如 https://example.com/hooks 的地址",
    "pass the largest body in bytes": "请传入正文的最大字节数",
    "pass 10 milliseconds to 1 minute": "请传入 10 毫秒到 1 分钟",
    "open it with open_desk; asgi_app takes an AsyncDesk": "请用 open_desk 打开；asgi_app 才使用 AsyncDesk",
}
