"""Stores, backups and media."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "not a SHA-256 in hex": "不是十六进制的 SHA-256",
    "pass 64 characters of 0-9a-f": "请传入 64 个 0-9a-f 字符",
    "media {sha256}: the stored bytes are not the ones that were put; restore the file": (
        "媒体 {sha256}：保存的内容与存入时不同；请恢复该文件"
    ),
    "out of range": "超出允许范围",
    "pass 1 to 1000": "请传入 1 到 1000",
    "pass one of {names}": "请传入以下之一：{names}",
    "{kind} has no column {column!r}": "{kind}没有“{column}”这一列",
    "{order!r} has many values": "“{order}”含有多个值",
    "order by another column": "请按其他列排序",
    "{kind} has no time": "{kind}没有时间",
    "leave since and until out": "请去掉 since 和 until",
    "not a cursor of this query": "不是该查询的游标",
    "pass the cursor of an earlier page of the same query": "请传入同一查询前一页的游标",
    "must be positive": "应为正数",
    "ask for at least one row": "请至少请求一行",
    "not a position of this store": "不是该存储的位置",
    "pass the position of an entry that was read": "请传入已读条目的位置",
    "ask for at least one number": "请至少请求一个编号",
    "there is no folder {folder}": "没有文件夹 {folder}",
    "make it first, or name another one": "请先创建它，或换一个",
    "{target} is a folder": "{target} 是文件夹",
    "name a file in it": "请指定其中的文件",
    "{target} is the store itself": "{target} 就是存储本身",
    "name another file": "请换一个文件",
    "{target} is there already": "{target} 已存在",
    "name another file, or pass overwrite=True": "请换一个文件，或传入 overwrite=True",
    "{target} is in use, or was not closed": "{target} 正在使用，或没有正常关闭",
    "close that desk, or name another file": "请关闭那个客服台，或换一个文件",
    "the backup {name} cannot be written; check its folder, its permissions and the free space": (
        "无法写入备份 {name}；请检查文件夹、权限和剩余空间"
    ),
    "the SQLite file is corrupt, and so would be its copy; restore an earlier backup": (
        "SQLite 文件已损坏，其副本也会损坏；请恢复较早的备份"
    ),
    "is no name for a file here": "不能用作文件名",
    "pass a shorter or simpler one": "请换一个更短或更简单的名称",
    "run a csdesk store: it is older than 3.35": "运行 csdesk 存储：版本低于 3.35",
    "pass 'FULL' or 'NORMAL'": "请传入 'FULL' 或 'NORMAL'",
    "read JSON": "读取 JSON",
    "search full text": "全文搜索",
    "SQLite failed while it committed; read the claim to find out whether it happened": (
        "SQLite 在提交时出错；请查询对应的唯一键，确认是否已提交"
    ),
    "SQLite {version}": "SQLite {version}（当前版本）",
    "use a Python whose SQLite is 3.35 or newer with JSON and FTS5": (
        "请使用内置 SQLite 3.35 以上并支持 JSON 与 FTS5 的 Python"
    ),
    "too large for SQLite": "超出 SQLite 的上限",
    "pass integers of 64 bits and texts under 1 GB": "请传入 64 位以内的整数和 1 GB 以内的文本",
    "SQLite failed in an unexpected way; see the cause": "SQLite 意外出错；详见其原因",
    "is closed, or belongs to another thread": "已关闭，或属于另一线程",
    "open the desk on an open connection of this thread (or one with check_same_thread=False)": (
        "请在本线程已打开的连接上打开客服台（或使用 check_same_thread=False 的连接）"
    ),
    "use a database in {encoding}": "使用 {encoding} 编码的数据库",
    "use one in UTF-8": "请使用 UTF-8 编码的数据库",
    "desk {desk!r} was rolled back and made anew; open it again": "客服台“{desk}”已回滚并重建；请重新打开",
    "another connection writes: roll your transaction back and begin it again, best with BEGIN IMMEDIATE": (
        "另一个连接正在写入：请回滚事务后重新开始，最好使用 BEGIN IMMEDIATE"
    ),
    "the SQLite file cannot be switched to WAL here; put it on a local disk": (
        "这里的 SQLite 文件不能切换到 WAL；请放到本地磁盘"
    ),
    "the file {name}": "文件 {name}",
    "the database": "数据库",
    "{name} is a database of something else; give the path of a csdesk store or of a new file": (
        "{name} 是其他用途的数据库；请给出 csdesk 存储或新文件的路径"
    ),
    "{name} is in the database already, and csdesk did not make it; rename it": (
        "数据库中已有 {name}，但不是 csdesk 创建的；请为它改名"
    ),
    "{name} does not tell its schema; restore a backup": "{name} 没有说明数据版本；请恢复备份",
    "holds what UTF-8 JSON cannot": "含有 UTF-8 JSON 无法表示的内容",
    "pass text without lone surrogates": "请传入不含孤立代理字符的文本",
    "the SQLite file is locked by another writer; try again, or give the store a longer busy_timeout": (
        "SQLite 文件正被另一写入者锁定；请重试，或为存储设置更长的 busy_timeout"
    ),
    "the statement was interrupted; nothing was written, try again": "语句被中断；没有写入任何内容，请重试",
    "SQLite found no memory; free some and try again": "SQLite 内存不足；请释放内存后重试",
    "the disk is full; free some space and try again": "磁盘已满；请腾出空间后重试",
    "the SQLite file is corrupt; restore a backup": "SQLite 文件已损坏；请恢复备份",
    "the file is no SQLite database; give the path of a csdesk store": "不是 SQLite 数据库；请给出 csdesk 存储的路径",
    "the tables were changed while they were used; open the store again": "表在使用中被改动；请重新打开存储",
    "a row breaks a rule of its table; check the file's integrity": "有一行违反了表的约束；请检查文件的完整性",
    "a row holds a value of the wrong type; check the file's integrity": "有一行的值类型不对；请检查文件的完整性",
    "the SQLite file cannot be opened; check its folder and its permissions": (
        "无法打开 SQLite 文件；请检查文件夹和权限"
    ),
    "{path} is a folder; name a file in it": "{path} 是文件夹；请指定其中的一个文件",
    "there is no folder {folder}; make it first": "没有文件夹 {folder}；请先创建",
    "{path} cannot be written; check its permissions and its disk": "无法写入 {path}；请检查权限和磁盘",
    "the SQLite file is read-only; check its permissions and its disk": "SQLite 文件只读；请检查权限和磁盘",
    "the SQLite file may not be accessed; check its permissions": "没有访问 SQLite 文件的权限；请检查权限",
    "the disk failed to read or write the SQLite file; check the disk": "磁盘读写 SQLite 文件失败；请检查磁盘",
    "the file system is too small for the SQLite file; move it": "文件系统容纳不下 SQLite 文件；请换到别处",
    "SQLite refused a statement; the file's tables are not as csdesk made them": (
        "SQLite 拒绝执行语句；文件中的表与 csdesk 所建的不同"
    ),
}
