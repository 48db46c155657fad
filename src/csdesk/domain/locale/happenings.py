"""What events are called in people's timelines: for each kind a text in English and in Chinese.

A text names fields of its event in braces; what stands in square brackets is left out where a field in it is empty.
Personal fields are never named: what a customer said stands in the message.
"""

from __future__ import annotations

from typing import Final

HAPPENINGS: Final[dict[str, tuple[str, str]]] = {
    # Customers
    "customer.created": ("a new customer on {account}", "新客户，来自 {account}"),
    "customer.identity_linked": (
        "an identity was linked: {identity_kind} ({evidence})",
        "关联身份：{identity_kind}（{evidence}）",
    ),
    "customer.identity_unlinked": ("an identity was taken out, now {into}", "移出一个身份，现属 {into}"),
    "customer.named": ("the name was changed", "修改了姓名"),
    "customer.attributes_set": ("the profile was changed", "修改了资料"),
    "customer.placed": (
        "placed[: level {level}][, stage {stage}][, language {language}][, agent {dedicated_agent}]",
        "客户归类[：等级 {level}][，阶段 {stage}][，语言 {language}][，专属客服 {dedicated_agent}]",
    ),
    "customer.tagged": ("tagged {tags}", "添加客户标签 {tags}"),
    "customer.untagged": ("tag {tag} removed", "移除客户标签 {tag}"),
    "customer.flagged": ("flagged {flag}[ until {until}][, by {by}]", "标注 {flag}[，至 {until}][，标注人 {by}]"),
    "customer.unflagged": ("flag {flag} lifted", "取消标注 {flag}"),
    "customer.acted": ("{did} on {day}[, amount {amount}]", "{day} {did}[，金额 {amount}]"),
    "customer.recounted": ("{did} counted anew", "重新统计 {did}"),
    "segment.entered": ("entered segment {segment}", "进入分群 {segment}"),
    "segment.left": ("left segment {segment}", "离开分群 {segment}"),
    "segment.planned": ("segments are looked at again[ at {at}]", "[{at} ]再次核对分群"),
    "customer.blocked": ("blocked[ until {until}]", "已拉黑[，至 {until}]"),
    "customer.unblocked": ("no longer blocked", "已解除拉黑"),
    "customer.merged": ("merged into {into}", "已并入客户 {into}"),
    "customer.absorbed": ("{customers} merged into this one", "并入了客户 {customers}"),
    "customer.unmerged": ("taken out of {out_of} again", "已从客户 {out_of} 拆出"),
    "customer.released": ("{customers} taken out again", "拆出了客户 {customers}"),
    "customer.erased": ("erasing begins", "开始删除个人数据"),
    "customer.erasure_completed": ("everything personal is erased", "个人数据已全部删除"),
    # Tickets
    "ticket.opened": ("ticket #{number} opened in queue {queue}", "新建工单 #{number}，队列 {queue}"),
    "ticket.tagged": ("tagged {tags}", "添加标签 {tags}"),
    "ticket.untagged": ("tag {tag} removed", "移除标签 {tag}"),
    "ticket.field_set": ("{name}: [{before} → ]{after}", "{name}：[{before} → ]{after}"),
    "ticket.custom_field": ("field {name} set", "修改字段 {name}"),
    "ticket.subject_set": ("the subject was changed", "修改了主题"),
    "ticket.status": (
        "{before} → {after}[ ({status})][, until {until}][, {reason}]",
        "{before} → {after}[（{status}）][，至 {until}][，{reason}]",
    ),
    "ticket.assigned": (
        "[given to {worker}][, taken from {before}][ ({reason})]",
        "[交给 {worker}][，原处理人 {before}][（{reason}）]",
    ),
    "ticket.elsewhere": ("[{by} answers elsewhere]", "[{by} 在其他地方接待]"),
    "ticket.participants": ("the participants changed", "参与人有变化"),
    "ticket.sla": ("service level {policy}[, group {group}]", "适用服务等级 {policy}[，组内 {group}]"),
    "ticket.clocks": ("clocks: {clocks}", "时钟：{clocks}"),
    "ticket.clock_started": (
        "{metric} {name} begins[, within {within}][, until {until}]",
        "开始{metric} {name}[，限时 {within}][，截至 {until}]",
    ),
    "ticket.clock_ended": ("{metric} ended", "{metric}已结束"),
    "ticket.escalated": ("escalated: {step}[, told {tell}]", "升级：{step}[，通知 {tell}]"),
    "ticket.links": ("linked: {added}", "关联工单：{added}"),
    "ticket.merged": ("merged into {into}", "已并入工单 {into}"),
    "ticket.absorbed": ("{tickets} merged into this one", "并入了工单 {tickets}"),
    "ticket.unmerged": ("taken out of {out_of} again", "已从工单 {out_of} 拆出"),
    "ticket.released": ("{tickets} taken out again", "拆出了工单 {tickets}"),
    "ticket.messages_moved": ("messages moved from {source} to {target}", "消息由 {source} 移至 {target}"),
    "ticket.session": ("a new session", "新会话"),
    "ticket.session_joined": ("the session goes on here", "会话在此继续"),
    "ticket.erased": ("erased", "内容已删除"),
    # Offers
    "offer.made": ("offered to {offer}", "派给 {offer}，等待接单"),
    "offer.accepted": ("accepted by {agent}", "{agent} 已接单"),
    "offer.declined": ("declined[ by {agent}][: {reason}]", "[{agent} ]拒绝接单[：{reason}]"),
    "offer.expired": ("nobody answered the offer[ to {agent}]", "[{agent} ]未在限时内接单"),
    "offer.withdrawn": ("the offer[ to {agent}] was withdrawn[: {reason}]", "[对 {agent} 的]派单已撤回[：{reason}]"),
    # Messages
    "message.received": ("a message came in", "收到消息"),
    "message.queued": ("a reply is on its way", "回复待发送"),
    "message.noted": ("a note was added", "添加备注"),
    "message.delivery": ("delivery: {after}[ (needs {needs})]", "发送状态：{after}[（需要 {needs}）]"),
    "message.piece": ("piece {number} of {of} sent", "已发送第 {number}/{of} 段"),
    "message.media": ("a file was fetched", "已获取文件"),
    "message.recalled": ("a message was recalled", "消息已撤回"),
    "message.reacted": ("somebody put a sign on a message, or took it away", "消息的表情回应有变化"),
    "message.edited": ("a message was edited", "消息已编辑"),
    "message.erased": ("a message was erased", "消息内容已删除"),
    "message.raw_removed": ("the payload was kept long enough", "原始数据保存期满，已删除"),
    "message.moved": ("moved from {before} to {after}", "由 {before} 移至 {after}"),
    # Service levels
    "sla.warned": ("{clock}: soon late", "{clock}：即将超时"),
    "sla.breached": ("{clock}: late", "{clock}：已超时"),
    "sla.escalated": ("{clock}: escalated", "{clock}：已升级"),
    "sla.breach_voided": ("{clock}: not late after all", "{clock}：超时已撤销"),
    # Replies
    "reply.decided": ("{action}[: {phrase}]", "{action}[：{phrase}]"),
    "reply.phrase_used": ("phrase {phrase} used", "使用话术 {phrase}"),
    "reply.returned": ("the question came back after {phrase}", "自动回复 {phrase} 之后客户再次提问"),
    "reply.corrected": ("an answer was corrected[: {right} was right]", "更正了回复[：应为 {right}]"),
    "reply.wording": ("wording was found fault with", "发现不当用语"),
    "learning.judged": ("a suggestion was judged: {fate}[, {picked}]", "建议的结果：{fate}[，{picked}]"),
    "learning.forgotten": ("lessons were forgotten", "已撤销学习结果"),
    "assessment.reply": ("the answer of {author} counts as wrong", "{author}的回复记为错误"),
    # Rules
    "alert.raised": ("alert {name}[ by rule {rule}]", "提醒：{name}[（规则 {rule}）]"),
    "action.requested": ("{what}: {name}[ to {to}]", "{what}：{name}[，对象 {to}]"),
    "rules.timed": ("the time of rule {rule} came", "定时规则 {rule} 到期"),
    "rules.planned": ("the next timed rule is due[ at {at}]", "下一条定时规则[在 {at}]到期"),
    "rules.exhausted": ("rules stopped by their budget of {budget}", "规则达到预算上限 {budget}，已停止"),
    # The desk
    "time.skew": ("the clock was {behind} behind", "时钟落后 {behind}"),
    "agent.saved": ("an agent was changed", "修改了客服资料"),
    "agent.presence": ("{before} → {after}", "{before} → {after}"),
    "agent.load_repaired": ("load put right: {counted} → {carried}", "负载已修正：{counted} → {carried}"),
    "phrase.saved": ("a phrase was changed", "修改了话术"),
    "library.changed": ("phrases changed: {phrases}", "话术有变化：{phrases}"),
    "holidays.saved": ("holidays were saved", "保存了节假日安排"),
    "config.activated": ("another configuration is in force", "启用了新配置"),
    "session.answered": (
        "{account}: a session was answered with {what}[: {problem}]",
        "{account}：会话事件已回应 {what}[：{problem}]",
    ),
    "access.denied": ("{command} refused: {reason}", "拒绝执行 {command}：{reason}"),
    "inbox.parked": ("a message could not be taken in: {error}", "消息未能接收：{error}"),
    "inbox.released": ("a message left the inbox", "消息已离开收件箱"),
}

WORDS_ZH: Final[dict[str, str]] = {
    # States of tickets
    "new": "新建",
    "open": "处理中",
    "waiting_customer": "待客户回复",
    "waiting_internal": "待内部处理",
    "snoozed": "已搁置",
    "resolved": "已解决",
    "closed": "已关闭",
    "merged": "已合并",
    # Properties
    "queue": "队列",
    "type": "类型",
    "priority": "优先级",
    "language": "语言",
    # Priorities
    "low": "低",
    "normal": "普通",
    "high": "高",
    "urgent": "紧急",
    # Clocks
    "first_reply": "首次响应",
    "next_reply": "后续响应",
    "periodic_update": "定期更新",
    "requester_wait": "客户等待",
    "agent_work": "客服处理",
    "resolution": "解决",
    "assignment": "受理",
    "group_ownership": "队列持有",
    "step": "步骤",
    "promise": "承诺",
    # Delivery
    "pending": "待发送",
    "sending": "发送中",
    "sent": "已发送",
    "delivered": "已送达",
    "read": "已读",
    "failed": "失败",
    "unknown": "未知",
    # Presence
    "online": "在线",
    "away": "离开",
    "busy": "忙碌",
    "offline": "离线",
    # Replies
    "auto_reply": "自动回复",
    "suggest": "给出建议",
    "hand_over": "转人工",
    "shown": "已展示",
    "picked": "已采用",
    "edited": "修改后采用",
    "ignored": "未采用",
    "wrong": "错误",
    # Who, and what is asked of them
    "customer": "客户",
    "agent": "客服",
    "bot": "机器人",
    "system": "系统",
    "notify": "通知",
    "call": "回电",
}
"""Words of fixed sets as Chinese timelines show them; English ones show the word itself, without underscores."""

REASONS_OF_CHANGES: Final[dict[str, tuple[str, str]]] = {
    "answered": ("answered", "已答复"),
    "asked": ("asked for", "应要求"),
    "by_hand": ("by hand", "手动"),
    "elsewhere": ("answered elsewhere", "在其他地方接待"),
    "erased": ("erased", "数据已删除"),
    "escalated": ("escalated", "升级"),
    "merged": ("merged", "合并"),
    "reopened": ("reopened", "重新打开"),
    "resolved": ("resolved long enough", "解决后期满"),
    "retired": ("the agent left", "客服已停用"),
    "route.least_loaded": ("least busy", "负载最低"),
    "snooze_over": ("the snooze is over", "搁置期满"),
    "spam": ("spam", "垃圾消息"),
    "transfer": ("transferred", "转接"),
}
"""Why tickets change hands or states; other reasons, such as what a person wrote, are shown as they are."""
