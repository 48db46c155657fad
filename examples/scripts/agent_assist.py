"""Suggestions for a person who answers: what they send teaches, a mistake is taken back, a wrong answer is followed up.

    python examples/scripts/agent_assist.py

With a file instead of memory the lessons stay, and every process of the desk learns them.
"""

from csdesk import Actor, InboundMessage, LibraryPhrase, Sender, Variable, Wording, open_desk

PHRASES = [
    LibraryPhrase(
        id="ship", title="发货时间", questions=("什么时候发货", "几天发货"), wordings=(Wording(text="48 小时内发货。"),)
    ),
    LibraryPhrase(
        id="arrive",
        title="退款到账",
        questions=("退款多久到账", "退款什么时候到"),
        variables=(Variable(name="name", source="customer.name"), Variable(name="days", type="number")),
        wordings=(
            Wording(text="{{ name }}您好，{{ days }} 个工作日内到账。"),
            Wording(text="{{ name }}，已为您加急，{{ days }} 个工作日内到账。", level="gold"),
        ),
        rationale="银行入账最长三个工作日，支付宝当天。",
    ),
    LibraryPhrase(
        id="invoice",
        title="开发票",
        questions=("可以开发票吗", "发票怎么开"),
        wordings=(Wording(text="在订单页申请。"),),
    ),
]
DAY = [
    ("我的钱什么时候回来", "arrive"),
    ("钱啥时候回", "arrive"),
    ("钱怎么还没回来", "arrive"),
    ("什么时候发货", "ship"),
]


def main() -> None:
    with open_desk("memory://") as desk:
        desk.replies.import_(PHRASES)
        me = Actor.agent(desk.agents.add("Maple").id)
        for number, (asked, picked) in enumerate(DAY):
            who = Sender(external_id=f"c{number}", name=f"客户{number}")
            got = desk.receive(
                InboundMessage(account="web", dedupe_key=str(number), conversation=str(number), sender=who, text=asked)
            )
            found = desk.replies.suggest(got.message.id, actor=me)
            best = found.suggestions[0]
            because = ", ".join(span.text for span in best.why.spans[:2])
            print(f"{asked}: {best.phrase.title} because of {because}")
            values = {"days": 3} if picked == "arrive" else {}
            sent = desk.replies.send(got.ticket.id, picked, values, actor=me, shown=found.shown)
            print(f"  sent: {sent.message.text}")
        print("now:", desk.replies.suggest_for("钱什么时候回来呀").suggestions[0].phrase.title)
        print("unlearnt:", desk.learning.forget(last=1))
        ticket = desk.learning.correct(sent.ticket.id, sent.message.id, right="arrive", actor=me)
        print("owed:", [clock.name for clock in ticket.clocks], "wrong:", len(desk.learning.corrections().items))
        print("say it better:", [spot.instead for spot in desk.replies.check("没办法")])


if __name__ == "__main__":
    main()
