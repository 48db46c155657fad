"""Mail and files that are taken in."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "it has no zone": "没有时区",
    "pass the text of a mail as a str": "请以 str 传入邮件的文字",
    "a field is unknown: {name!r}": "有未知字段“{name}”",
    "it names nobody": "没有写明是谁",
    "pass the id that the channel has for the sender": "请传入渠道中发信人的 id",
    "what {path!r} holds is not known": "不认识“{path}”中的内容",
    "pass kind, one of {names}": "请传入 kind，可选：{names}",
    "{kind!r} is not known": "不认识“{kind}”",
    "pass one of {names}, or None to find out": "可选：{names}；传入 None 则自动判断",
    "there is nothing at {path!r}": "“{path}”不存在",
    "pass the path of a file or folder that exists": "请传入已有文件或文件夹的路径",
    "the folder {path!r} holds no mail": "文件夹“{path}”中没有邮件",
    "pass a Maildir or a folder with .eml files": "请传入 Maildir，或含有 .eml 文件的文件夹",
    "is no JSON object": "不是 JSON 对象",
    "this is no JSON; see that no line is cut": "不是 JSON；请检查是否有行被截断",
    "larger than {most} bytes; raise max_bytes to read it": "超过 {most} 字节；要读取请调大 max_bytes",
    "errcode {code}": "错误码 {code}",
}
