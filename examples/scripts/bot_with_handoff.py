"""A bot answers first and hands off to people, who may hand back; nobody speaks over anybody.

    python examples/scripts/bot_with_handoff.py

In real use a worker calls run_due.
"""

from csdesk import Actor, Desk, DeskConfig, InboundMessage, Received, Sender, open_desk
from csdesk.errors import BotBarred
from csdesk.matching import Matcher, Phrase
from csdesk.ports.bots import BotAbstains, BotAnswer, BotOutcome, BotTurn
from csdesk.testing import FixedClock

CONFIG = DeskConfig.from_toml("""
    [[queues]]
    name = "default"
    reception = "bot_first"
    bot = "xiaozhi"

    [[bots]]
    name = "xiaozhi"
    farewell = "正在为您转接人工客服。"
""")
PHRASES = [
    Phrase("ship", "发货时间", ("什么时候发货", "几天发货", "今天下单什么时候发"), answer="48 小时内发货。"),
    Phrase("refund", "申请退款", ("怎么退款", "我要退款", "如何申请退款"), answer="在订单页点“申请退款”。"),
]


class FaqBot:
    """Answers from phrases, and abstains where it is not sure."""

    name = "xiaozhi"

    def __init__(self) -> None:
        self._matcher = Matcher(PHRASES, threshold=0.7)

    def answer(self, turn: BotTurn) -> BotOutcome:
        decision = self._matcher.decide(turn.text)
        if decision.action != "auto_reply" or decision.phrase_id is None:
            return BotAbstains(reason=decision.reason)
        phrase = self._matcher.get(decision.phrase_id)
        return BotAnswer(text=phrase.answer, sources=(decision.phrase_id,))


def hear(desk: Desk, who: str, text: str) -> Received:
    given = {"dedupe_key": f"{who}: {text}", "conversation": who, "sender": Sender(external_id=who), "text": text}
    return desk.receive(InboundMessage(account="web", **given))


def tell(desk: Desk, received: Received) -> None:
    """Do what is due, then show who has the ticket and what was said last."""
    while desk.run_due().more:
        pass
    brief = desk.tickets.brief(received.ticket.id)
    names = {one.id: one.name for one in desk.agents.list().items}
    worker = brief.ticket.worker
    print(f"{names.get(worker.id, worker.id)} has it [{brief.reason or '-'}], last said: {brief.said[-1].text}")


def main() -> None:
    with open_desk("memory://", config=CONFIG, bots=[FaqBot()], clock=FixedClock()) as desk:
        mei = Actor.agent(desk.agents.add("Mei", queues=["default"]).id)
        received = hear(desk, "li", "請問什麼時候發貨？")
        tell(desk, received)
        hear(desk, "li", "转人工")
        tell(desk, received)
        try:
            desk.reply(received.ticket.id, "我还在！", actor=Actor.bot("xiaozhi"), fence=1)
        except BotBarred as error:
            print("the bot may not:", error.params["reason"])
        desk.reply(received.ticket.id, "您好，我是小美。", actor=mei)
        desk.tickets.hand_back(received.ticket.id, actor=mei, reason="only a question")
        hear(desk, "li", "怎么退款")
        tell(desk, received)
        tell(desk, hear(desk, "wang", "今天天气怎么样"))


if __name__ == "__main__":
    main()
