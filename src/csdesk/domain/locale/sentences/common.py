"""Sentences of several areas."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    # What was probably meant
    "did you mean {name!r}? ": "是否想写“{name}”？",
    "there are none yet: declare it, or leave it out": "目前还没有任何一个：请先声明，或不要填写",
    "is a {type}": "类型是 {type}",
    "unknown setting": "没有这个配置项",
    "is not the URL of a store": "不是存储的 URL",
    "use memory:// or sqlite:///file.db": "请用 memory:// 或 sqlite:///file.db",
    "{guess}choose one of: {names}": "{guess}可选：{names}",
}
