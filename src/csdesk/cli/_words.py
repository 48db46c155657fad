"""What the command line itself says, in both languages. Decisions and errors have their own catalogues."""

from __future__ import annotations

import os
from typing import Final

from csdesk.domain.locale.render import Locale

__all__ = ["WORDS", "Locale", "default_locale", "word"]

WORDS: Final[dict[str, tuple[str, str]]] = {
    # What goes wrong: English first, then Chinese
    "error.unexpected": ("unexpected error ({name}): a bug in csdesk", "意外错误（{name}）：csdesk 的缺陷"),
    "remedy.traceback": (
        "run it again with CSDESK_TRACEBACK=1 to see where, and report it",
        "加上环境变量 CSDESK_TRACEBACK=1 再运行一次，可看到出处，请报告",
    ),
    "remedy.not_found": (
        "csdesk tickets, or csdesk search TEXT, shows what there is",
        "用 csdesk tickets 或 csdesk search 查看已有内容",
    ),
    "remedy.config_mismatch": (
        "csdesk config --activate FILE makes another one active",
        "用 csdesk config --activate FILE 切换配置",
    ),
    "remedy.store_busy": ("another process is writing; try again", "另一个进程正在写入，请重试"),
    "remedy.store_damaged": (
        "name a file that csdesk init or csdesk demo made",
        "请指定由 csdesk init 或 csdesk demo 创建的文件",
    ),
    "no_file": ("there is no desk file {file}", "没有客服台文件 {file}"),
    "no_file.remedy": ("make one: csdesk init --db {file}", "先创建：csdesk init --db {file}"),
    "bad_store": ("{file} cannot be opened: {problem}", "无法打开 {file}：{problem}"),
    "no_folder": ("there is no folder {folder}", "没有文件夹 {folder}"),
    "no_folder.remedy": ("make it first: mkdir -p {folder}", "先创建：mkdir -p {folder}"),
    "no_desk": ("{file} holds no desk named {desk}", "{file} 中没有名为 {desk} 的客服台"),
    "no_desk.remedy": (
        "make it: csdesk init --db {file} --desk {desk}",
        "先创建：csdesk init --db {file} --desk {desk}",
    ),
    "no_source": ("there is no file or folder {path}", "没有文件或文件夹 {path}"),
    "no_source.remedy": (
        "name an mbox file, a Maildir, a folder of .eml files, saved pages or JSON Lines",
        "请指定 mbox 文件、Maildir、.eml 文件夹、保存的页面或 JSON Lines",
    ),
    "no_agent": ("no agent is named {name}", "没有名为 {name} 的客服"),
    "no_agent.remedy": ("choose one of: {names}", "可选：{names}"),
    "file_exists": ("{file} is there already", "{file} 已存在"),
    "file_exists.remedy": ("name another file, or remove that one first", "请换一个文件名，或先删除该文件"),
    "unreadable": ("{file} cannot be read: {problem}", "无法读取 {file}：{problem}"),
    "unreadable.remedy": ("name a file of UTF-8 text that you may read", "请指定可读的 UTF-8 文本文件"),
    "partly": ("{count} could not be taken in", "有 {count} 条未能接收"),
    "partly.remedy": (
        "the first reasons stand above; what was parked is kept in the inbox (desk.inbox.retry)",
        "最初的原因见上；待修复的消息保存在收件箱中（desk.inbox.retry）",
    ),
    # check
    "check.error": ("error", "错误"),
    "check.warning": ("warning", "警告"),
    "check.info": ("note", "提示"),
    "check.undecided": ("undecided", "未定"),
    "check.witness": ("shown by:", "实例："),
    "check.anything": ("any message", "任意消息"),
    "check.unset": ("(not set)", "（未设置）"),
    "check.counts": (
        "{file}: {rules} rules, {error} errors, {warning} warnings, {info} notes, {undecided} undecided",
        "{file}：{rules} 条规则，错误 {error}，警告 {warning}，提示 {info}，未定 {undecided}",
    ),
    "check.ends.none": ("No rule is tried on changes: no chain can arise.", "没有由变化触发的规则，不会形成连锁。"),
    "check.ends.proved": ("Proved: every chain of rules ends by itself.", "已证明：所有规则连锁都会自行结束。"),
    "check.ends.loop": ("A chain of rules ends only by the budget.", "存在只能靠预算终止的规则连锁。"),
    "check.ends.undecided": (
        "Could not decide whether every chain of rules ends.",
        "无法判定所有规则连锁是否都会结束。",
    ),
    # match, phrases
    "match.asking": ("asking", "提问中"),
    "match.no_gold": ("no question says which phrase answers it", "没有任何问题标注了答案"),
    "match.no_gold.remedy": (
        'write the questions as JSON Lines with "text" and "gold"',
        "请用 JSON Lines 提供 text 和 gold 两个字段",
    ),
    "match.phrase": ("phrase", "话术"),
    "match.confidence": ("sure", "置信度"),
    "match.action": ("action", "处理"),
    "match.because": ("because of", "依据"),
    "match.measure": ("measure", "指标"),
    "match.value": ("value", "数值"),
    "match.questions": ("questions", "问题数"),
    "match.answerable": ("... with an answer", "其中有答案"),
    "match.hit1": ("right phrase first", "首位命中率"),
    "match.hit5": ("right phrase in the first five", "前五命中率"),
    "match.mrr10": ("mean reciprocal rank (10)", "平均倒数排名 (10)"),
    "match.auroc": ("told from questions without answer (AUROC)", "区分无答案问题 (AUROC)"),
    "match.auto95": ("answered rightly at 95 % precision", "95% 准确率下的自动解答率"),
    "match.ece": ("calibration error (ECE)", "校准误差 (ECE)"),
    "match.precision": ("precision at {threshold}", "阈值 {threshold} 的准确率"),
    "match.coverage": ("coverage at {threshold}", "阈值 {threshold} 的覆盖率"),
    "match.confusions": ("Mixed up most", "最易混淆"),
    "match.wanted": ("wanted", "应答"),
    "match.found": ("found", "误答"),
    "match.times": ("times", "次数"),
    "lint.none": ("Nothing to mend", "没有需要修改的话术"),
    "lint.problem": ("problem", "问题"),
    "lint.other": ("other", "另一条"),
    "lint.question": ("seen by", "例句"),
    "lint.same_question": ("same question", "问法相同"),
    "lint.too_close": ("hard to tell apart", "难以区分"),
    "lint.hidden": ("its question finds another", "自己的问法命中了另一条"),
    "lint.no_samples": ("no sample questions", "没有示例问法"),
    "lint.unknown_related": ("related phrase is missing", "关联话术不存在"),
    "lint.no_text": ("nothing to find it by", "没有可匹配的文字"),
    "convert.done": ("{count} phrases written to {file}", "已将 {count} 条话术写入 {file}"),
    # init, config
    "made": ("Desk {desk} is ready in {file}", "客服台 {desk} 已就绪：{file}"),
    "there_already": (
        "Desk {desk} is there already in {file}; nothing changed",
        "客服台 {desk} 已存在于 {file}，没有改动",
    ),
    "example_written": ("An example configuration to edit: {file}", "可供修改的示例配置：{file}"),
    "next": ("What next", "接下来"),
    "next.ingest": (
        "take in what you have: mbox, Maildir, .eml, saved pages, JSON Lines",
        "导入已有内容：mbox、Maildir、.eml、保存的页面、JSON Lines",
    ),
    "next.tickets": ("list the tickets", "列出工单"),
    "next.show": ("one ticket, with everything behind it", "查看一张工单的来龙去脉"),
    "next.search": ("search messages, in Chinese or English", "搜索消息，中英文均可"),
    "next.work": ("fire what is due: warnings, breaches, waiting tickets", "处理到期事项：预警、超时、待分配工单"),
    "next.config": ("see the configuration in force", "查看当前配置"),
    "config.active": ("Active configuration {digest} of desk {desk}", "客服台 {desk} 的当前配置 {digest}"),
    "config.changed": ("Configuration {digest} is active now", "配置 {digest} 已生效"),
    "config.same": ("Configuration {digest} was active already", "配置 {digest} 本来就在生效"),
    "config.good": ("{file} is a usable configuration ({digest})", "{file} 是可用的配置（{digest}）"),
    # Columns
    "number": ("No.", "编号"),
    "subject": ("Subject", "主题"),
    "customer": ("Customer", "客户"),
    "category": ("State", "状态"),
    "worker": ("With", "处理人"),
    "priority": ("Priority", "优先级"),
    "due": ("Next due", "下一时限"),
    "due_at": ("Due", "时限"),
    "updated": ("Updated", "更新"),
    "queue": ("Queue", "队列"),
    "channel": ("Channel", "渠道"),
    "when": ("When", "时间"),
    "who": ("Who", "谁"),
    "said": ("Said", "内容"),
    "count": ("Count", "数量"),
    "what": ("What", "项目"),
    "clock": ("Clock", "时钟"),
    "phase": ("Phase", "阶段"),
    "target": ("Target", "目标"),
    "result": ("Result", "结果"),
    "activated": ("Activated", "生效时间"),
    "digest": ("Digest", "摘要"),
    "tag": ("Tag", "标签"),
    "language": ("Language", "语言"),
    "agent": ("Agent", "客服"),
    "load": ("Open now", "在手"),
    "answered": ("Answered", "已答"),
    "messages": ("Messages", "消息"),
    "share": ("Share", "占比"),
    "late_by": ("Late by", "超时"),
    "try": ("Try", "试试"),
    # Values
    "category.new": ("new", "新建"),
    "category.open": ("open", "处理中"),
    "category.waiting_customer": ("waiting", "待客户回复"),
    "category.waiting_internal": ("internal", "待内部处理"),
    "category.snoozed": ("snoozed", "已搁置"),
    "category.resolved": ("resolved", "已解决"),
    "category.closed": ("closed", "已关闭"),
    "category.merged": ("merged", "已合并"),
    "priority.low": ("low", "低"),
    "priority.normal": ("normal", "普通"),
    "priority.high": ("high", "高"),
    "priority.urgent": ("urgent", "紧急"),
    "metric.first_reply": ("first reply", "首次响应"),
    "metric.next_reply": ("next reply", "后续响应"),
    "metric.periodic_update": ("update", "定期更新"),
    "metric.requester_wait": ("customer waits", "客户等待"),
    "metric.agent_work": ("our work", "客服处理"),
    "metric.resolution": ("resolution", "解决"),
    "metric.assignment": ("assignment", "受理"),
    "metric.group_ownership": ("in the queue", "队列持有"),
    "metric.step": ("step", "步骤"),
    "metric.promise": ("promise", "承诺"),
    "phase.running": ("running", "计时中"),
    "phase.paused": ("paused", "暂停"),
    "phase.met": ("met", "达成"),
    "phase.cancelled": ("cancelled", "取消"),
    "breached": ("late since {at}", "{at} 起超时"),
    "warned": ("warned {at}", "{at} 已预警"),
    "author.customer": ("customer", "客户"),
    "author.agent": ("agent", "客服"),
    "author.bot": ("automatic", "自动"),
    "author.system": ("desk", "系统"),
    "author.elsewhere": ("elsewhere", "他处"),
    "author.note": ("note", "备注"),
    "nobody": ("nobody", "无人"),
    "none": ("none", "无"),
    # ingest
    "ingesting": ("reading", "读取中"),
    "stored": ("stored", "已接收"),
    "duplicate": ("stored before", "先前已接收"),
    "parked": ("parked", "待修复"),
    "blocked": ("blocked sender", "已屏蔽"),
    "ignored": ("ignored", "已忽略"),
    "reports": ("other events", "其他事件"),
    "attachments": ("attachments", "附件"),
    "problems": ("problems", "问题"),
    # tickets, show, search, work, backup
    "tickets.none": ("No ticket matches.", "没有符合条件的工单。"),
    "tickets.more": ("{shown} of {total}; --limit shows more", "共 {total} 张，显示 {shown} 张；用 --limit 显示更多"),
    "brief": ("{name} · {count} tickets · {open} open", "{name} · 共 {count} 张工单 · 未结 {open} 张"),
    "clocks": ("Clocks", "时钟"),
    "timeline": ("Timeline", "经过"),
    "why": ("Why", "原因"),
    "search.none": ("Nothing found.", "没有找到。"),
    "working": ("working", "处理中"),
    "work.done": ("Nothing more is due.", "没有更多到期事项。"),
    "work.more": ("Time is up, and more is due: run it again.", "时间已到，仍有到期事项：请再运行一次。"),
    "work.next": ("Next due: {at}", "下一事项：{at}"),
    "work.outbox": (
        "{count} replies wait for a process that has their channels",
        "{count} 条回复等待拥有相应渠道的进程发送",
    ),
    "backup.exists.remedy": ("name another file, or pass --overwrite", "请换一个文件名，或加上 --overwrite"),
    "backing_up": ("copying", "备份中"),
    "backup.done": (
        "{file} is a copy of {db}: {bytes} bytes, and {media} new files in {folder}",
        "已将 {db} 备份到 {file}：{bytes} 字节，另有 {media} 个新文件复制到 {folder}",
    ),
    "report.tickets": ("tickets for which something came due", "有事项到期的工单"),
    "report.assigned": ("waiting tickets that found an agent", "分配到客服的等待工单"),
    "report.indexed": ("messages indexed for search", "已编入搜索的消息"),
    "report.expired": ("expired unique keys removed", "已清除的过期唯一键"),
    # demo
    "demo.playing": ("playing a day", "正在模拟一天"),
    "demo.title": (
        "A simulated day of a small shop: {day}, {opens} to {closes} (UTC+8)",
        "一家小店的一天（模拟）：{day}，{opens} 到 {closes}（UTC+8）",
    ),
    "demo.came": ("Who came", "来了多少"),
    "demo.stored": ("taken in", "接收"),
    "demo.duplicate": ("twice", "重复"),
    "demo.blocked": ("blocked", "屏蔽"),
    "demo.parked": ("parked", "暂存"),
    "demo.waiting": ("waiting", "等待"),
    "demo.total": ("all", "合计"),
    "demo.came.note": (
        (
            "{duplicate} deliveries came twice and changed nothing; {parked} message broke the pipeline (a simulated "
            "fault), was kept, and came in with what waited behind it when it was tried again ({released}); a blocked "
            "sender wrote {blocked} more; {other} other reports (a bounce, a recall)."
        ),
        (
            "{duplicate} 次重复投递没有造成任何改动；{parked} 条消息在处理中出错（模拟故障），原文暂存，"
            "重试后连同其后等待的消息一并接收（共 {released} 条）；已屏蔽的发件人又来了 {blocked} 次；"
            "另有 {other} 个其他事件（退信、撤回）。"
        ),
    ),
    "demo.found": ("What was found", "识别到什么"),
    "demo.found.note": (
        "{tickets} tickets of {customers} customers, {alerts} alerts by rule",
        "{customers} 位客户的 {tickets} 张工单，规则告警 {alerts} 次",
    ),
    "demo.got": ("Who got it", "分给了谁"),
    "demo.assigned": ("Given", "分到"),
    "demo.reassigned": ("handed over", "转交"),
    "demo.snoozed": ("snoozed", "搁置"),
    "demo.woken": ("woken", "唤醒"),
    "demo.resolved": ("resolved", "解决"),
    "demo.reopened": ("reopened", "重开"),
    "demo.closed": ("closed", "关闭"),
    "demo.answered": ("What was answered", "怎么回复的"),
    "demo.automatic": ("automatic", "自动回复"),
    "demo.by_suggestion": ("a suggestion, sent by a person", "采用推荐话术"),
    "demo.by_hand": ("by hand", "人工书写"),
    "demo.bar": ("", ""),
    "demo.delivery": (
        "{delivered} replies confirmed as delivered, {undelivered} came back undelivered",
        "{delivered} 条回复确认送达，{undelivered} 条被退回",
    ),
    "demo.late": ("What is late", "哪些超时了"),
    "demo.late.note": (
        "{warned} warnings, {breached} broken promises, {late} tickets still late when the day ends",
        "预警 {warned} 次，超时 {breached} 次，下班时仍有 {late} 张工单超时未处理",
    ),
    "demo.late.more": ("and {count} more", "另有 {count} 张"),
    "demo.why": ("Why one ticket went the way it went", "一张工单为何如此处理"),
    "demo.why.note": ("Ticket #{number}, on {account}:", "工单 #{number}，来自 {account}："),
    "demo.next": ("What to try next", "接下来可以试试"),
}
"""Every text: in English, in Chinese."""


def word(key: str, locale: Locale, /, **params: object) -> str:
    """A text with its parameters; a key that is unknown is shown as it is."""
    texts = WORDS.get(key)
    if texts is None:
        return key
    text = texts[1] if locale == "zh-CN" else texts[0]
    return text.format(**params) if params else text


def default_locale() -> Locale:
    """The language of the environment: Chinese where LC_ALL, LC_MESSAGES or LANG says so, otherwise English."""
    named = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "zh-CN" if named.lower().startswith("zh") else "en"
