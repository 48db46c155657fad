"""Working calendars and instants."""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    "this holiday source": "该节假日来源",
    "is not in the holidays package": "holidays 包中没有这个国家或地区",
    "no close within 30 years": "30 年内没有关闭的时刻",
    "do not ask a calendar that is always open": "不要对全天候日历询问关闭时刻",
    "the instants are more than 30 years apart": "两个时间点相距超过 30 年",
    "ask in parts": "请分段询问",
    "hours beside always_open": "设了 always_open，又写了工作时间",
    "give one of the two": "两者只写其一",
    "not among dates": "不在 dates 中",
    "list its hours in dates": "请在 dates 中写明当天的工作时间",
    "no instant is ever worked": "没有任何工作时间",
    "give weekly hours, dates, or always_open=True": "请填写每周工作时间、dates，或 always_open=True",
    "not a whole number of days": "不是整数天",
    "pass an int": "请传入整数",
    "unknown way to snap": "对齐方式未知",
    "use none, working or end_of_day": "请用 none、working 或 end_of_day",
    "the answer lies after {known_until}, the last date whose holidays are known": (
        "结果晚于 {known_until}，之后的节假日尚不可知"
    ),
    "add the holidays announced since": "请补充之后公布的节假日",
    "add the holidays announced since, or allow the answer with beyond_known='warn'": (
        "请补充之后公布的节假日，或用 beyond_known='warn' 允许此结果"
    ),
    "no such field": "没有这个字段",
    "not a weekday": "不是星期",
    "use mon, tue, wed, thu, fri, sat or sun": "请用 mon、tue、wed、thu、fri、sat 或 sun",
    "not a date": "不是日期",
    "pass datetime.date or YYYY-MM-DD": "请传入 datetime.date 或 YYYY-MM-DD",
    "not a day of the year": "不是一年中的日期",
    'write it MM-DD, such as "01-01"': '请写成 MM-DD，例如 "01-01"',
    "not a mapping": "不是映射",
    "map each day to its list of spans": "请把每一天对应到其时段列表",
    "not a zone name": "不是时区名",
    "use an IANA name such as Asia/Shanghai": "请使用 IANA 时区名，例如 Asia/Shanghai",
    "not a set or list": "不是集合或列表",
    "pass a set or a list": "请传入集合或列表",
    "no such time zone": "没有这个时区",
    "{guess}use an IANA name such as Asia/Shanghai (on systems without zone data, install tzdata)": (
        "{guess}请使用 IANA 时区名，例如 Asia/Shanghai（系统没有时区数据时请安装 tzdata）"
    ),
    "given twice": "重复出现",
    "put all its spans in one list": "请把当天的时段写在一个列表中",
    "make-up days without hours": "补班日没有工作时间",
    "pass make_up": "请传入 make_up",
    "not a datetime": "不是日期时间",
    "the year is not between 3 and 9997": "年份不在 3 到 9997 之间",
    "pass a date people live in": "请传入现实中的日期",
    "a datetime without a zone": "日期时间没有时区",
    "the amount is negative": "数量为负",
    "use the opposite operation": "请改用相反的运算",
    "not a timedelta": "不是 timedelta",
    "a time is not HH:MM between 00:00 and 48:00": "时刻不是 00:00 到 48:00 之间的 HH:MM",
    'write it as "09:00"': '请写成 "09:00" 的形式',
    "not a list of spans": "不是时段列表",
    'write [["09:00", "18:00"]]': '请写成 [["09:00", "18:00"]] 的形式',
    "more than {most} spans": "超过 {most} 个时段",
    "merge neighbouring spans": "请合并相邻的时段",
    "not an opening and a closing time": "不是（开始，结束）一对",
    'write ["09:00", "18:00"]': '请写成 ["09:00", "18:00"] 的形式',
    "closes at {closes}, not after {opens}": "结束于 {closes}，不晚于开始的 {opens}",
    'let it close later, adding 24 hours past midnight: "26:00" is 02:00 of the next day': (
        '请把结束时间写晚些，过了午夜加 24 小时："26:00" 即次日 02:00'
    ),
    "too little working time within 30 years": "30 年内的工作时间太少",
    "pass a smaller amount or give the calendar more hours": "请减小数量，或给日历更多工作时间",
    "use an ISO 3166 code and a subdivision that it lists": "请使用其中列出的 ISO 3166 代码和地区",
}
