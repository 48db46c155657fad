"""Words that mean the same to a service desk: groups of synonyms, each counted as one more term."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from csdesk.domain.matching.terms import CONCEPT, term
from csdesk.domain.text.folding import fold
from csdesk.domain.text.keywords import KeywordIndex
from csdesk.errors import InvalidInput

_GROUPS: Final = """
怎么 如何 咋 怎样 怎么样才能 how do i, how can i, how to, how should i
多久 何时 几天 什么时候 啥时候 多长时间 几点 how long, when will, when can, how soon
多少钱 价格 价钱 费用 怎么收费 贵不贵 几块钱, how much, price, cost, fee, fees, charge
为什么 为啥 怎么回事 什么原因 咋回事 why, how come, what is the reason
哪里 在哪 哪儿 什么地方 哪个位置 where, location
可以吗 能不能 可不可以 能否 行不行 可否 是否可以 can i, could i, may i, is it possible, am i able
退款 退钱 钱退 把钱还 退我钱 refund, refunded, money back, reimburse, reimbursement
退货 退回 寄回 不想要了 return, send back, sending back
换货 调换 换一个 更换 换个 exchange, replace, replacement, swap
发货 寄出 发出 出库 啥时候发 ship out, shipped, dispatch, dispatched
快递 物流 包裹 运单 单号 parcel, package, delivery, courier, tracking
没收到 没到 未收到 还没收 收不到 not received, haven't received, have not received, didn't arrive, hasn't arrived
坏了 破损 损坏 碎了 裂了 烂了 摔坏 broken, damaged, cracked, defective, faulty
质量 瑕疵 次品 做工 quality, defect
少发 漏发 少了 缺了 没给全 missing item, incomplete
发错 寄错 不是我买的 弄错了 wrong item, wrong product, wrong one
优惠 折扣 打折 便宜 活动 满减 优惠券 红包 立减, discount, coupon, promo, promotion, voucher, deal, offer
发票 开票 抬头 税号 报销 invoice, receipt, tax invoice
地址 收货信息 收件人 address, shipping address
修改 更改 改一下 变更 改成 change, edit, modify, update, amend
取消 撤销 不买了 撤回 不要了 cancel, call off, revoke, terminate, stop
付款 支付 付钱 结账 买单 pay, payment, paying, check out, checkout
扣款 扣钱 扣费 多扣 charged, deducted, debited
账号 账户 帐号 用户名 account, user name, username, profile
密码 口令 验证码 password, passcode, pin, verification code
登录 登陆 登不上 进不去 log in, login, sign in, signin
人工 真人 客服 转人工 活人, human, real person, live agent, representative, talk to someone, speak to someone
电话 联系方式 热线 手机号 phone number, contact number, hotline, telephone
会员 等级 vip vip卡 member, membership, rewards
尺码 尺寸 大小 多大 几码 码数, size, sizes, sizing, dimensions, measurements, big, large, wide
颜色 色差 什么色 color, colour, colors
正品 真假 假货 是不是真的 原装 genuine, authentic, fake, original, counterfeit
保修 质保 维修 修理 售后 三包 warranty, guarantee, repair, fix
有货 现货 库存 缺货 断货 补货 in stock, out of stock, available, availability, restock
安装 组装 怎么装 装不上 install, assemble, set up, setup, assembly
使用 用法 怎么用 操作 教程 说明书 how to use, manual, instructions, guide
投诉 举报 差评 不满意 complain, complaint, unhappy, dissatisfied
谢谢 感谢 多谢 谢啦 thanks, thank you, thx, appreciate
你好 您好 在吗 有人吗 hello, hi, hey, anyone there, good morning
再见 拜拜 回头见 bye, goodbye, see you
好的 行 嗯嗯 没问题 明白 知道了 ok, okay, sure, got it, alright
运费 邮费 包邮 快递费 免邮 shipping fee, delivery fee, free shipping, postage, shipping cost
丢了 遗失 不见了 找不到 丢失 lost, missing, can't find, cannot find, misplaced
被偷 盗 被盗 盗刷 stolen, theft, hacked, compromised
延迟 晚了 超时 拖了 太慢 delayed, late, slow, taking too long, still waiting
尽快 加急 快点 催 赶紧 着急 急用 asap, urgent, urgently, hurry, quickly, as soon as possible
失败 不成功 报错 出错 不了 failed, fail, declined, rejected, error, not working, doesn't work, does not work, won't work
余额 还剩 剩余 balance, remaining, left
转账 汇款 打款 transfer, wire, send money
充值 充钱 top up, topup, top-up, recharge, add money, load
提现 取钱 取现 取款 withdraw, withdrawal, cash out
限额 上限 额度 最多 limit, maximum, max, cap
预约 预订 订位 订房 book, booking, reserve, reservation, appointment
推荐 哪个好 建议 比较好 recommend, suggest, suggestion, recommendation, advise
评分 评价 口碑 好评 rating, review, reviews, rated
营业时间 几点开门 几点关门 开放时间 开门 opening hours, open, business hours, closing time
门票 票价 入场券 ticket price, admission, entry fee
赠品 送的 礼物 小样 gift, freebie, free gift
分期 花呗 月付 installment, instalment, emi, monthly payment
签收 代收 驿站 快递柜 自提 取件 放门口, pick up, pickup, collect it
送货 派送 派件 配送 上门 送到家 home delivery, delivered to
不动 不更新 没更新 卡住 停在 没动静 没变化, stuck, no update, not moving
到账 打到 退到 收到钱 回到账户 credited, in my account, show up, showed up
差价 保价 降价 便宜了 买贵了 补差 price drop, price match, price difference
合并 一起发 拼单 凑单 一起寄 combine, together
预售 定金 尾款 订金 pre-order, preorder, deposit, down payment
起球 掉色 褪色 缩水 变形 洗坏 fade, faded, shrink, shrunk
过敏 刺鼻 异味 味道 难闻 allergic, rash, smell, odor, odour
过期 保质期 生产日期 日期新鲜 expire, expired, expiry, expiration, shelf life
换码 换大 换小 大一码 小一码 偏大 偏小 不合身 太紧 太松 too big, too small, does not fit, doesn't fit
适合 合适 匹配 配不配 兼容 suitable, compatible, works with, fit for
区别 不同 哪里不一样 差别 对比 difference, different, compare, versus
材质 面料 什么做的 成分 含量 material, fabric, made of, ingredients
重量 多重 几斤 斤数 weight, how heavy
款式 样式 型号 style, model, version
包装 礼盒 盒子 袋子 packaging, gift box, wrapping
改签 改期 换时间 推迟 提前 reschedule, postpone, change the date
删除 注销 清空 移除 delete, remove, deactivate, close my account
绑定 解绑 关联 换绑 link, unlink, bind, connect
冻结 锁定 被封 限制登录 frozen, locked, blocked, suspended
积分 兑换 抵扣 抵现 redeem, exchange points
国外 海外 出国 境外 overseas, abroad, international, foreign
汇率 换汇 货币 外币 exchange rate, currency, conversion rate
夜里 晚上 半夜 周末 节假日 放假 weekend, holiday, holidays, at night
试用 体验 试穿 试睡 trial, try, test
"""


class Lexicon:
    """Groups of words that mean the same; immutable.

    A text that holds any word of a group counts as naming the group's concept, in phrases and in questions alike.
    """

    __slots__ = ("_index", "_terms", "groups")

    def __init__(self, groups: Iterable[Sequence[str]] = ()) -> None:
        """Compile the groups.

        Args:
            groups: each a sequence of words or short expressions, in any languages.

        Raises:
            InvalidInput: a group is one text instead of a sequence, or a word in it is empty.
        """
        kept: list[tuple[str, ...]] = []
        for group in groups:
            if isinstance(group, str):
                raise InvalidInput("lexicon", "a group is one text", "pass each group as a sequence of words")
            words: object = group  # whatever a caller passes
            if not isinstance(words, Iterable) or not all(isinstance(word, str) for word in words):
                raise InvalidInput("lexicon", "a group holds no texts", "pass each group as a sequence of words")
            kept.append(tuple(dict.fromkeys(fold(word) for word in group)))
        self.groups: tuple[tuple[str, ...], ...] = tuple(group for group in kept if group)
        self._index = KeywordIndex((word, number) for number, group in enumerate(self.groups) for word in group)
        self._terms = [term(CONCEPT, min(group)) for group in self.groups]

    @staticmethod
    def standard() -> Lexicon:
        """The groups that come with csdesk, Chinese and English, written for shops and services in general."""
        return _standard()

    def with_groups(self, groups: Iterable[Sequence[str]]) -> Lexicon:
        """The lexicon with more groups."""
        return Lexicon([*self.groups, *groups])

    def concepts_in(self, folded: str) -> set[int]:
        """The terms of the concepts that a folded text names."""
        return {self._terms[number] for number in self._index.find(folded)}

    def words_in(self, folded: str) -> list[tuple[int, str]]:
        """The concepts that a folded text names, each with the words of its group that occur."""
        return [
            (self._terms[number], word)
            for number in self._index.find(folded)
            for word in self.groups[number]
            if word in folded
        ]


@cache
def _standard() -> Lexicon:
    return Lexicon(_split(line) for line in _GROUPS.strip().splitlines())


def _split(line: str) -> list[str]:
    """Words of a line: expressions with blanks inside are set off by commas, Chinese words by blanks."""
    words: list[str] = []
    for part in line.split(","):
        head: list[str] = []
        rest = part.split()
        while rest and not rest[0].isascii():
            head.append(rest.pop(0))
        words += head
        if rest:
            words.append(" ".join(rest))
    return words
