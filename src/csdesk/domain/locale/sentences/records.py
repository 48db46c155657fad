"""Values and commands as callers build them."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "is of an unknown kind": "类别未知",
    "pass it": "请传入该值",
    "pass at least one": "请至少传入一项",
    "pass such a value": "请传入这种类型的值",
    "pass Actor.agent(agent.id), Actor.system(name) or another Actor": (
        "请传入 Actor.agent(agent.id)、Actor.system(name) 等 Actor"
    ),
    "pass a str, such as {name}.id": "请传入 str，例如 {name}.id",
    "pass a longer value": "请传入更长的值",
    "pass a shorter value": "请传入更短的值",
    "build a new value instead of changing this one": "请新建一个值，不要修改它",
    "a number must be finite": "数字应为有限值",
    "a whole number must fit 64 bits": "整数超出 64 位",
    "a key may not contain control characters": "键不能含有控制字符",
    "lies outside the years 1 to 9999 in UTC": "超出 UTC 公元 1 至 9999 年",
    "pass an instant in these years": "请传入这些年份内的时间",
    "says nothing": "没有内容",
    "pass a text, a picture or a file": "请传入文字、图片或文件",
    "text should be a valid string": "text 应为文本",
    "an event's personal values do not match the digest in its body": "事件中的个人信息与正文中的摘要不符",
    "holds a text of more than {most} bytes; send it as a file (MediaPart)": (
        "含有超过 {most} 字节的文本；请作为文件发送（MediaPart）"
    ),
    "has an unknown field {name}": "含有未知字段 {name}",
    "holds a link whose scheme is not http, https, mailto or tel": "含有协议不是 http、https、mailto 或 tel 的链接",
    "two phrases have one id": "有两条话术使用同一 id",
    "picked: it is not said which phrase was sent": "picked：没有说明发送的是哪条话术",
    "picked: nothing was picked of what was only shown or ignored": "picked：仅展示或未采用时，不应有选中的话术",
    "shown: it is not said which phrases": "shown：没有说明展示了哪些话术",
    "pass message, phrase or last, one of them": "请在 message、phrase 与 last 中只传一个",
    "source: nothing is called {name}; {remedy}": "source：没有名为 {name} 的来源；{remedy}",
    "valid_until must lie after valid_from": "valid_until 应晚于 valid_from",
    "two variables have one name": "有两个变量同名",
    "none is for this customer": "没有适合该客户的说法",
    "add one without language, channel and level": "请添加一条不限语言、渠道和级别的说法",
    "the variable {name} is not declared": "变量 {name} 没有声明",
}
