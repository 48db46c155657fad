"""The public test kit."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "as scripted": "按脚本出错",
    "status {status}": "对方返回状态 {status}",
    "commit fails by plan; read the claim to find out": "提交按计划失败；请查询对应的唯一键，确认是否已提交",
    "stand around a host's connection": "包装使用宿主连接的存储",
    "wrap a SqliteStore": "请包装 SqliteStore",
    "{name} fails by plan; nothing was done": "{name} 按计划失败；没有做任何改动",
    "Mailbox": "Mailbox（测试邮箱）",
}
