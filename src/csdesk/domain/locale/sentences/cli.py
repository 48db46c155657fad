"""The command line."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "is no question": "不是问题",
    "call the columns text and gold": "请把两列命名为 text 和 gold，或 问题 和 编号",
    'write {"text": ..., "gold": ...} or plain text': '请写成 {"text": ..., "gold": ...} 或普通文本',
    'write it like "4h", "90m" or "1h30m"': '请写成 "4h"、"90m" 或 "1h30m" 的形式',
    "not an instant": "不是时间点",
    "write it like 2026-02-14T09:00, or now": "请写成 2026-02-14T09:00 的形式，或 now",
}
